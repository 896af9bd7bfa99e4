/**
 * The sweep benchmark: a thousand small runs, two workers against one, the event rate in a worker. The same parts as in
 * `npm run study:sweeps`; it measures in a folder of its own and compares, printing is the caller's.
 */
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { packageRoot } from "../package-info.js";
import { eventRate, manyRuns, SHORT_RUNS, speedUp } from "../sweep/study/speed.js";
import type { Finding } from "../sweep/study/study.js";

export interface SweepBenchOptions {
  /** Rounds of which the best counts; default 3. */
  readonly rounds?: number;
  /** Runs of the largest part; default 1,000. */
  readonly runs?: number;
  /** Called before each part, with what it does. */
  readonly onProgress?: (text: string) => void;
}

export interface SweepBenchResult {
  readonly machine: { readonly cpu: string; readonly cores: number; readonly node: string };
  readonly findings: readonly Finding[];
}

export async function runSweepBench(options: SweepBenchOptions = {}): Promise<SweepBenchResult> {
  const { rounds = 3, runs = 1_000, onProgress } = options;
  const cwd = mkdtempSync(join(tmpdir(), "outgap-bench-"));
  const findings: Finding[] = [];
  try {
    copyFileSync(join(packageRoot, "scenarios", "tiny-join.yaml"), join(cwd, "tiny-join.yaml"));
    onProgress?.(`${runs} runs on all cores`);
    findings.push(await manyRuns(cwd, runs));
    onProgress?.("one worker and two");
    findings.push(await speedUp(cwd, { ...SHORT_RUNS, runs: Math.ceil(runs / 20), rounds }));
    onProgress?.("a worker and the main thread");
    findings.push(await eventRate(cwd, Math.ceil(runs / 5), rounds));
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
  const cpu = cpus()[0]?.model.trim() ?? "unknown";
  return { machine: { cpu, cores: availableParallelism(), node: process.version }, findings };
}
