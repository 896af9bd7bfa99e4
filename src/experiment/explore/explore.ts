/**
 * The swarm on all cores: stretches of runs on worker threads, put together in the order of the runs, so that findings
 * and coverage do not depend on how many threads there were; then the first finding of each kind shrunk. Owns the threads.
 */
import { availableParallelism } from "node:os";
import { IMPOSSIBLE_CELLS, STATE_TABLE_CELLS } from "../../scenario/explore-case.js";
import type { GivenScenario } from "./generate.js";
import type { Investigated } from "./investigate.js";
import type { Finding, StretchResult } from "./swarm.js";
import type { SwarmTask } from "./worker.js";

export interface ExploreOptions {
  readonly seed: string;
  readonly runs: number;
  readonly given: GivenScenario | null;
  /** Threads; all cores if undefined. */
  readonly workers: number | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: (runs: number, findings: number) => void;
}

export interface CellCoverage {
  readonly cell: string;
  readonly uses: number;
  readonly runs: number;
}

export interface Explored {
  readonly runs: number;
  readonly refused: readonly { readonly run: number; readonly reason: string }[];
  readonly simulations: number;
  readonly events: number;
  /** Every cell of the two state tables that a run may reach. */
  readonly coverage: readonly CellCoverage[];
  readonly neverReached: readonly string[];
  readonly impossibleReached: readonly string[];
  /** Notifications that came too late to matter, by state: no cells of the tables. */
  readonly stale: readonly CellCoverage[];
  readonly findings: readonly Finding[];
  readonly investigated: readonly Investigated[];
  readonly workers: number;
}

/** Runs per task of a worker: short enough to stop soon, long enough to be worth a message. */
const STRETCH = 20;
/** Findings that are shrunk: one of each kind, and not more kinds than a person reads. */
const MAX_INVESTIGATED = 8;

export async function explore(options: ExploreOptions): Promise<Explored> {
  const { seed, runs, given, signal } = options;
  const { Piscina } = await import("piscina");
  const workers = Math.min(options.workers ?? availableParallelism(), Math.ceil(runs / STRETCH));
  const pool = new Piscina({
    filename: workerFile(),
    minThreads: 0,
    maxThreads: workers,
    idleTimeout: 60_000,
    execArgv: [],
    recordTiming: false,
  });
  try {
    const ask = (task: SwarmTask): Promise<unknown> => pool.run(task, { signal });
    const stretches: (StretchResult | undefined)[] = [];
    let next = 0;
    let done = 0;
    let found = 0;
    const work = async (): Promise<void> => {
      while (next * STRETCH < runs && !signal.aborted) {
        const index = next++;
        const from = index * STRETCH;
        const count = Math.min(STRETCH, runs - from);
        const result = (await ask({ stretch: { seed, from, count, given } })) as StretchResult;
        stretches[index] = result;
        done += count;
        found += result.findings.length;
        options.onProgress(done, found);
      }
    };
    await Promise.all(Array.from({ length: workers }, work)).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
    const finished = stretches.filter((each) => each !== undefined);
    const findings = finished.flatMap((each) => each.findings);
    const chosen = signal.aborted ? [] : firstOfEachKind(findings);
    const investigated = (await Promise.all(chosen.map((finding) => ask({ finding })))) as Investigated[];
    return { ...together(finished), findings, investigated, workers };
  } finally {
    await pool.destroy();
  }
}

function workerFile(): string {
  const fromSource = import.meta.url.endsWith(".ts");
  return new URL(fromSource ? "./worker-boot.mjs" : "./worker.js", import.meta.url).href;
}

/** One finding per set of broken invariants: the one with the fewest faults, the earliest among those. */
export function firstOfEachKind(findings: readonly Finding[]): Finding[] {
  const byKind = new Map<string, Finding>();
  for (const finding of findings) {
    const kind = finding.broken
      .map(({ name }) => name)
      .sort()
      .join(" ");
    const known = byKind.get(kind);
    if (known === undefined || finding.swarm.faults.length < known.swarm.faults.length) byKind.set(kind, finding);
  }
  return [...byKind.values()].slice(0, MAX_INVESTIGATED);
}

/** Stretches as one, in the order of their runs. */
export function together(stretches: readonly StretchResult[]): Omit<Explored, "findings" | "investigated" | "workers"> {
  const uses = new Map<string, number>();
  const runsWith = new Map<string, number>();
  const add = (into: Map<string, number>, from: Readonly<Record<string, number>>): void => {
    for (const [cell, count] of Object.entries(from)) into.set(cell, (into.get(cell) ?? 0) + count);
  };
  for (const stretch of stretches) {
    add(uses, stretch.uses);
    add(runsWith, stretch.runsWith);
  }
  const covered = (cell: string): CellCoverage => ({ cell, uses: uses.get(cell) ?? 0, runs: runsWith.get(cell) ?? 0 });
  const known = new Set([...STATE_TABLE_CELLS, ...IMPOSSIBLE_CELLS]);
  return {
    runs: stretches.reduce((sum, each) => sum + each.runs, 0),
    refused: stretches.flatMap((each) => each.refused),
    simulations: stretches.reduce((sum, each) => sum + each.simulations, 0),
    events: stretches.reduce((sum, each) => sum + each.events, 0),
    coverage: STATE_TABLE_CELLS.map(covered),
    neverReached: STATE_TABLE_CELLS.filter((cell) => !uses.has(cell)),
    impossibleReached: IMPOSSIBLE_CELLS.filter((cell) => uses.has(cell)),
    stale: [...uses.keys()]
      .filter((cell) => !known.has(cell))
      .sort()
      .map(covered),
  };
}
