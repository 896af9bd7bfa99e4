/** On which machine something was measured, and how busy it was with other things. */
import { arch, cpus, loadavg, platform, release, totalmem } from "node:os";

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly os: string;
  readonly node: string;
  /** Processes that wanted a core, mean of the last five minutes: well above 1, others were in the way. */
  readonly loadAverage: number;
}

export function thisMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    memoryBytes: totalmem(),
    os: `${platform()} ${release()} ${arch()}`,
    node: process.version,
    loadAverage: Math.round((loadavg()[1] ?? 0) * 10) / 10,
  };
}
