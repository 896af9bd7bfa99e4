/**
 * Recovery times of many runs for the studies, on worker threads: nothing but the first incident of each run, so no twin
 * and no files. Owns the threads.
 */
import { availableParallelism } from "node:os";
import type { ModelConfig } from "../../model/config.js";

export interface RecoveryTask {
  readonly config: ModelConfig;
  /** `control`: without data, where only the time is wanted (`model/network/null-plane.ts`). */
  readonly plane: "full" | "control";
}

export interface Recovery {
  /** NaN if the run ended before. */
  readonly recoveryNs: number;
  readonly tasksRestarted: number;
  /** TaskManagers that were given up although they lived. */
  readonly falseAlarms: number;
  /** Names of invariants that were broken. */
  readonly broken: readonly string[];
}

export type Recover = (tasks: readonly RecoveryTask[]) => Promise<Recovery[]>;

/** @param onDone called after each run */
export async function withRecovery<T>(
  workers: number | undefined,
  onDone: () => void,
  body: (recover: Recover) => Promise<T>,
): Promise<T> {
  const { Piscina } = await import("piscina");
  const fromSource = import.meta.url.endsWith(".ts");
  const pool = new Piscina({
    filename: new URL(fromSource ? "./recovery-boot.mjs" : "./recovery-worker.js", import.meta.url).href,
    maxThreads: workers ?? availableParallelism(),
    execArgv: [],
    recordTiming: false,
  });
  try {
    return await body((tasks) =>
      Promise.all(
        tasks.map(async (task) => {
          const recovery = (await pool.run(task)) as Recovery;
          onDone();
          return recovery;
        }),
      ),
    );
  } finally {
    await pool.destroy();
  }
}

/**
 * The same run with the fault early and the end soon after the recovery: nothing that decides the recovery depends on
 * when the fault comes.
 */
export function shortened(config: ModelConfig, recoveryWithinNs: number): ModelConfig {
  const [first] = config.faults;
  const laterNs = 5e9 - (first?.atNs ?? 0);
  const faults = config.faults.map((fault) => ({ ...fault, atNs: fault.atNs + laterNs }));
  return { ...config, faults, warmupNs: Math.min(config.warmupNs, 2e9), durationNs: 5e9 + recoveryWithinNs };
}
