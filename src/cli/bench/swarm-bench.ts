/**
 * The swarm benchmark: how many random runs one core explores in a second, and all cores together. The same runs in
 * every round, so that counts are equal everywhere and only seconds differ. It measures, printing is the caller's.
 */
import { availableParallelism, cpus } from "node:os";
import { explore } from "../../experiment/explore/explore.js";
import { exploreStretch } from "../../experiment/explore/swarm.js";

export interface SwarmBenchOptions {
  /** Rounds of which the best counts; default 3. */
  readonly rounds?: number;
  /** Runs of a round; default 300. */
  readonly runs?: number;
  /** Called before each round, with what it does. */
  readonly onProgress?: (text: string) => void;
}

export interface SwarmBenchResult {
  readonly machine: { readonly cpu: string; readonly cores: number; readonly node: string };
  /** Of one round: they do not depend on the machine. */
  readonly counts: { readonly runs: number; readonly simulations: number; readonly events: number };
  readonly findings: number;
  /** Of the best round: runs per second of processor time on one thread, and per second of the clock on all cores. */
  readonly runsPerSecondAndCore: number;
  readonly runsPerSecondOnAllCores: number;
  readonly eventsPerSecondAndCore: number;
}

const SEED = "bench";
/** Runs until the compiler has seen everything. */
const WARM_UP = 40;

export async function runSwarmBench(options: SwarmBenchOptions = {}): Promise<SwarmBenchResult> {
  const { rounds = 3, runs = 300, onProgress } = options;
  exploreStretch({ seed: "warm-up", from: 0, count: Math.min(WARM_UP, runs), given: null });
  let cpuSeconds = Number.POSITIVE_INFINITY;
  let clockSeconds = Number.POSITIVE_INFINITY;
  let one = exploreStretch({ seed: SEED, from: 0, count: 0, given: null });
  for (let round = 0; round < rounds; round++) {
    onProgress?.(`round ${round + 1} of ${rounds}: ${runs} runs on one thread, then on all cores`);
    const before = process.cpuUsage();
    one = exploreStretch({ seed: SEED, from: 0, count: runs, given: null });
    cpuSeconds = Math.min(cpuSeconds, process.cpuUsage(before).user / 1e6);
    const startMs = performance.now();
    await explore({
      seed: SEED,
      runs,
      given: null,
      workers: undefined,
      signal: new AbortController().signal,
      onProgress: () => undefined,
    });
    clockSeconds = Math.min(clockSeconds, (performance.now() - startMs) / 1000);
  }
  const cpu = cpus()[0]?.model.trim() ?? "unknown";
  return {
    machine: { cpu, cores: availableParallelism(), node: process.version },
    counts: { runs: one.runs, simulations: one.simulations, events: one.events },
    findings: one.findings.length,
    runsPerSecondAndCore: one.runs / cpuSeconds,
    runsPerSecondOnAllCores: one.runs / clockSeconds,
    eventsPerSecondAndCore: one.events / cpuSeconds,
  };
}
