/**
 * Which runs a command asks for: every case of every scenario on every seed, and the fault-free twins that they
 * share. Pure data; `execute.ts` runs it. The order of `runs` is the order of all output.
 */
import type { ModelConfig } from "../model/config.js";
import { twinKey, twinOf } from "../scenario/index.js";

/** One (case, seed). */
export interface PlannedRun {
  /** Place in `Plan.runs`. */
  readonly index: number;
  /** Place of its scenario in what was planned. */
  readonly scenario: number;
  readonly caseName: string;
  readonly config: ModelConfig;
  /** Place in `Plan.twins`. */
  readonly twin: number;
}

/** A fault-free run, simulated once for all cases that differ from it only in strategy. */
export interface PlannedTwin {
  readonly index: number;
  /** With the faults of its cases, which `runTwin` leaves out. */
  readonly config: ModelConfig;
  /** How many runs compare themselves with it. */
  readonly users: number;
}

export interface Plan {
  readonly runs: readonly PlannedRun[];
  readonly twins: readonly PlannedTwin[];
}

export interface ScenarioCases {
  readonly cases: readonly { readonly name: string; readonly config: ModelConfig }[];
}

/**
 * Plans every case of `scenarios` on each of `seeds`, seed by seed, so that an interrupted command leaves whole
 * comparisons behind. `seeds` has one list per scenario.
 */
export function planRuns(scenarios: readonly ScenarioCases[], seeds: readonly (readonly string[])[]): Plan {
  const runs: PlannedRun[] = [];
  const twins: { index: number; config: ModelConfig; users: number }[] = [];
  const twinByKey = new Map<string, number>();
  for (const [scenario, { cases }] of scenarios.entries()) {
    for (const seed of seeds[scenario] ?? []) {
      for (const { name, config } of cases) {
        const seeded: ModelConfig = { ...config, seed };
        // The twin is measured from the same instant as the case, so it has to know the faults that it leaves out.
        const { faults } = seeded;
        const key = `${twinKey(seeded)} ${JSON.stringify(faults)}`;
        let twin = twinByKey.get(key);
        if (twin === undefined) {
          twin = twins.length;
          twinByKey.set(key, twin);
          twins.push({ index: twin, config: { ...twinOf(seeded), faults }, users: 0 });
        }
        (twins[twin] as { users: number }).users++;
        runs.push({ index: runs.length, scenario, caseName: name, config: seeded, twin });
      }
    }
  }
  return { runs, twins };
}

/** `S, S+1, …`: `count` seeds from `first` on. More than one needs a whole number to start from, else null. */
export function seedSequence(first: string, count: number): string[] | null {
  if (count === 1) return [first];
  if (!/^\d{1,30}$/.test(first)) return null;
  const start = BigInt(first);
  return Array.from({ length: count }, (_, index) => String(start + BigInt(index)));
}

/**
 * A guess at the quanta that a plan moves, by which small plans are run without worker threads (starting those
 * takes longer than a small run). Healthy traffic only; decides nothing about results.
 */
export function estimateQuanta(plan: Plan): number {
  const ofConfig = ({ durationNs, resolutionNs, edges, vertices, engine }: ModelConfig): number => {
    const intervalNs = resolutionNs > 0 ? resolutionNs : Math.max(1_000_000, engine.bufferTimeoutNs);
    let channels = 0;
    for (const edge of edges) {
      const from = vertices[edge.from]?.parallelism ?? 1;
      channels += resolutionNs > 0 ? from : from * (vertices[edge.to]?.parallelism ?? 1);
    }
    return (durationNs / intervalNs) * Math.max(1, channels);
  };
  const all = [...plan.runs, ...plan.twins];
  return all.reduce((total, { config }) => total + ofConfig(config), 0);
}
