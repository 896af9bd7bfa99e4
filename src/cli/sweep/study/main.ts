/**
 * `npm run study:sweeps`: what sweeps promise, measured whole on this machine, which should have nothing else to do.
 * Writes `results/bench/sweeps.json`; the tests do the same at a size that fits CI.
 */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { packageRoot } from "../../package-info.js";
import { eventRate, manyRuns, speedUp } from "./speed.js";
import { coverage, tenMillionRows } from "./statistics.js";
import type { Finding } from "./study.js";
import { fullDisk, killedTwentyTimes, stormyQueue } from "./survival.js";

const PARTS: Readonly<Record<string, (cwd: string) => Promise<Finding | string>>> = {
  manyRuns: (cwd) => manyRuns(cwd),
  speedUp: (cwd) => speedUp(cwd),
  eventRate: (cwd) => eventRate(cwd),
  killedTwentyTimes,
  fullDisk,
  stormyQueue,
  coverage,
  tenMillionRows,
};

const chosen = process.argv.slice(2);
const cwd = mkdtempSync(join(tmpdir(), "outgap-study-"));
const findings: Finding[] = [];
try {
  copyFileSync(join(packageRoot, "scenarios", "tiny-join.yaml"), join(cwd, "tiny-join.yaml"));
  for (const [name, part] of Object.entries(PARTS)) {
    if (chosen.length > 0 && !chosen.includes(name)) continue;
    const finding = await part(cwd);
    if (typeof finding === "string") {
      process.stdout.write(`- not measured: ${finding}\n`);
      continue;
    }
    findings.push(finding);
    process.stdout.write(`${finding.ok ? "✓" : "✗"} ${finding.what}: ${finding.measured} (${finding.wanted})\n`);
  }
} finally {
  rmSync(cwd, { recursive: true, force: true });
}
if (chosen.length === 0) {
  const folder = join(packageRoot, "results", "bench");
  mkdirSync(folder, { recursive: true });
  const machine = `${cpus()[0]?.model.trim() ?? "unknown"}, ${availableParallelism()} cores, Node ${process.version}`;
  writeFileSync(join(folder, "sweeps.json"), `${JSON.stringify({ machine, findings }, null, 2)}\n`);
}
process.exitCode = findings.every((finding) => finding.ok) ? 0 : 1;
