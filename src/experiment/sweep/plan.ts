/**
 * From a request to points, cases, seeds and runs: the cross product of the varied values, each point a scenario that
 * is parsed and checked as a whole. Pure: equal requests give equal plans, on every machine.
 */
import { basename } from "node:path";
import type { ModelConfig } from "../../model/config.js";
import {
  assignment,
  checkScenario,
  type Diagnostic,
  type NormalisedScenario,
  parseScenario,
  twinOf,
  type Variation,
  type VaryValue,
  varyLabel,
} from "../../scenario/index.js";
import { seedSequence } from "../plan.js";
import { configHash, runKey } from "./keys.js";
import type { GridRequest, Shard, SweepRequest } from "./request.js";

export interface PointCase {
  readonly name: string;
  readonly strategy: string;
  /** On the scenario's first seed; a run has its own. */
  readonly config: ModelConfig;
  readonly hash: string;
  /** Equal for cases that share a fault-free twin. */
  readonly twinHash: string;
}

/** One setting of the varied values. */
export interface SweepPoint {
  readonly index: number;
  readonly parameters: Readonly<Record<string, number | string>>;
  readonly cases: readonly PointCase[];
  readonly firstSeed: string;
  /** Seeds that are asked for; `until` may add to them. */
  readonly seeds: number;
}

export interface SweepPlan {
  readonly name: string;
  readonly description: string;
  /** Paths that vary, in the order of the request. */
  readonly parameters: readonly string[];
  readonly points: readonly SweepPoint[];
}

/** One (point, case, seed). */
export interface SweepRun {
  readonly point: SweepPoint;
  readonly case: PointCase;
  readonly seed: string;
  readonly key: string;
}

/** The most points that a sweep may have: more are a mistake in a range. */
const MAX_POINTS = 200_000;

export type PlanResult =
  | { readonly ok: true; readonly plan: SweepPlan }
  | { readonly ok: false; readonly problems: readonly (Diagnostic | string)[] };

/** @param onPoint called after each parsed point with how many there are in all */
export function planSweep(request: SweepRequest, onPoint?: (done: number, of: number) => void): PlanResult {
  const total = request.grids.reduce((sum, grid) => sum + sizeOf(grid), 0);
  if (total > MAX_POINTS)
    return { ok: false, problems: [`the sweep has ${total} points, at most ${MAX_POINTS} are meant`] };
  const points: SweepPoint[] = [];
  const labels = new Set<string>();
  let scenario: NormalisedScenario | null = null;
  for (const grid of request.grids) {
    for (const setting of settingsOf(grid.vary)) {
      const parameters = Object.fromEntries(setting.map(([path, value]) => [path, varyLabel(value)]));
      const made = parsePoint(request, setting, grid.seeds);
      if (!made.ok) return { ok: false, problems: made.problems };
      scenario ??= made.scenario;
      const label = JSON.stringify(Object.entries(parameters).sort());
      if (labels.has(label)) {
        return { ok: false, problems: [`the setting ${settingText(parameters)} is in two grids of the sweep`] };
      }
      labels.add(label);
      const first = made.scenario.seed;
      points.push({ index: points.length, parameters, cases: made.cases, firstSeed: first, seeds: grid.seeds });
      onPoint?.(points.length, total);
    }
  }
  if (scenario === null) return { ok: false, problems: ["the sweep has no point"] };
  const { name, description } = scenario;
  const parameters = [...new Set(request.grids.flatMap((grid) => grid.vary.map(({ path }) => path)))];
  return { ok: true, plan: { name, description, parameters, points } };
}

/** `P=500, cluster.reservedTaskManagers=1`; the scenario as it is where nothing varies. */
export function settingText(parameters: Readonly<Record<string, number | string>>): string {
  const parts = Object.entries(parameters).map(([path, value]) => `${path}=${value}`);
  return parts.length === 0 ? "as in the file" : parts.join(", ");
}

function sizeOf(grid: GridRequest): number {
  return grid.vary.reduce((product, { values }) => product * values.length, 1);
}

/** The cross product, the last path varying fastest. */
function* settingsOf(vary: readonly Variation[]): Generator<readonly (readonly [string, VaryValue])[]> {
  const [first, ...rest] = vary;
  if (first === undefined) {
    yield [];
    return;
  }
  for (const value of first.values) for (const tail of settingsOf(rest)) yield [[first.path, value], ...tail];
}

function parsePoint(request: SweepRequest, setting: readonly (readonly [string, VaryValue])[], seeds: number) {
  const fail = (problems: readonly (Diagnostic | string)[]) => ({ ok: false as const, problems });
  const parsed = parseScenario(request.scenario, {
    file: basename(request.file),
    sets: [...request.sets, ...setting.map(([path, value]) => assignment(path, value))],
    cases: request.cases,
    ...(request.seed === null ? {} : { seed: request.seed }),
  });
  const where = setting.map(([path, value]) => `${path}=${varyLabel(value)}`).join(", ");
  const at = (problems: readonly Diagnostic[]) =>
    fail(problems.map((found) => (where === "" ? found : { ...found, message: `with ${where}: ${found.message}` })));
  if (!parsed.ok) return at(parsed.diagnostics);
  const { refusals } = checkScenario(parsed.scenario, parsed.locate);
  if (refusals.length > 0) return at(refusals);
  if (seedSequence(parsed.scenario.seed, Math.max(seeds, request.until === null ? 1 : 2)) === null) {
    return fail([`seeds count up from the first, so ${JSON.stringify(parsed.scenario.seed)} has to be a whole number`]);
  }
  const cases = parsed.scenario.cases.map(({ name, strategy, config }): PointCase => {
    // The twin is measured from the same instant as the case, so the faults that it leaves out belong to it.
    const twinHash = configHash({ ...twinOf(config), faults: config.faults });
    return { name, strategy, config, hash: configHash(config), twinHash };
  });
  return { ok: true as const, scenario: parsed.scenario, cases };
}

/** The seeds of a point, from its `from`-th to before its `to`-th. */
export function seedsBetween(point: SweepPoint, from: number, to: number): string[] {
  const all = seedSequence(point.firstSeed, to);
  if (all === null) throw new RangeError(`seed ${JSON.stringify(point.firstSeed)} cannot be counted up from`);
  return all.slice(from);
}

/** Runs of every point in order, seed by seed; `counts` has the seeds of each point. */
export function runsOf(request: SweepRequest, plan: SweepPlan, counts: readonly number[]): SweepRun[] {
  return plan.points.flatMap((point) =>
    seedsBetween(point, 0, counts[point.index] as number).flatMap((seed) =>
      point.cases.map((each) => ({
        point,
        case: each,
        seed,
        key: runKey(request.outgap, each.name, each.hash, seed),
      })),
    ),
  );
}

/** The part of the runs that is a shard's: whole units, so that twins are not simulated twice. */
export function ofShard<T>(units: readonly T[], shard: Shard | null): readonly T[] {
  return shard === null ? units : units.filter((_, index) => index % shard.of === shard.index - 1);
}
