/**
 * What a worker takes at once: runs that are compared with one fault-free twin, so that it is simulated once. A unit
 * carries its configurations whole, so that it can be sent to another machine.
 */
import type { ModelConfig } from "../../model/config.js";
import { twinOf } from "../../scenario/index.js";
import { sha256 } from "./keys.js";
import type { SweepRun } from "./plan.js";

/** Runs of one twin, before their configurations are made. */
export interface UnitPlan {
  readonly runs: readonly SweepRun[];
}

export interface UnitRun {
  readonly key: string;
  readonly caseName: string;
  readonly config: ModelConfig;
}

/** Plain data, structured-cloneable and JSON. */
export interface Unit {
  readonly twin: ModelConfig;
  readonly runs: readonly UnitRun[];
}

/** Runs of a unit at most: a twin that many settings share is simulated again rather than kept by one worker. */
const MAX_RUNS = 16;

/** Groups runs by twin, in the order in which twins are first needed. Runs with one key are taken once. */
export function unitsOf(runs: readonly SweepRun[]): UnitPlan[] {
  const open = new Map<string, SweepRun[]>();
  const units: SweepRun[][] = [];
  const seen = new Set<string>();
  for (const run of runs) {
    if (seen.has(run.key)) continue;
    seen.add(run.key);
    const twin = `${run.case.twinHash}/${run.seed}`;
    let unit = open.get(twin);
    if (unit === undefined || unit.length >= MAX_RUNS) {
      unit = [];
      open.set(twin, unit);
      units.push(unit);
    }
    unit.push(run);
  }
  return units.map((unit) => ({ runs: unit }));
}

/** The unit without the runs that `isDone` names; `null` if none is left. */
export function withoutDone(unit: UnitPlan, isDone: (key: string) => boolean): UnitPlan | null {
  const runs = unit.runs.filter((run) => !isDone(run.key));
  return runs.length === 0 ? null : { runs };
}

export function materialise({ runs }: UnitPlan): Unit {
  const first = runs[0] as SweepRun;
  const config = { ...first.case.config, seed: first.seed };
  return {
    twin: { ...twinOf(config), faults: config.faults },
    runs: runs.map((run) => ({
      key: run.key,
      caseName: run.case.name,
      config: { ...run.case.config, seed: run.seed },
    })),
  };
}

/** The name of a unit: equal exactly for the same set of runs. */
export function unitKey({ runs }: { readonly runs: readonly { readonly key: string }[] }): string {
  return sha256(...runs.map(({ key }) => key)).slice(0, 40);
}
