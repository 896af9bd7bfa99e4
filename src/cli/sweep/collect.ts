/**
 * What the runs of a sweep come to, point by point in the order of the plan: spreads of every metric per case, and
 * differences from the first case paired by seed. Reads the store; keeps no more than one point's runs in memory.
 */
import { isFailure, type RunRecord } from "../../experiment/store/run-file.js";
import type { RunStore } from "../../experiment/store/run-store.js";
import { runKey } from "../../experiment/sweep/keys.js";
import { type PointCase, type SweepPoint, type SweepRun, seedsBetween } from "../../experiment/sweep/plan.js";
import { caseStatistics, type MetricValues, metricValues } from "../../experiment/sweep/replications.js";
import type { SweepRequest } from "../../experiment/sweep/request.js";
import type { Paired, Spread } from "../../experiment/sweep/spread.js";
import type { CaseSummary, Measured } from "../../metrics/result.js";
import { readMetric } from "../../scenario/index.js";

export interface FailedRun {
  readonly case: string;
  readonly seed: string;
  readonly error: string;
}

/** One case at one point. */
export interface CaseOutcome {
  readonly point: SweepPoint;
  readonly case: PointCase;
  readonly summaries: readonly CaseSummary[];
  /** End state → runs. */
  readonly endStates: Readonly<Record<string, number>>;
  readonly violations: number;
  /** By metric; none if no run has a value. */
  readonly spreads: ReadonlyMap<string, Spread>;
  /** Differences from the baseline, by metric; empty for the baseline itself. */
  readonly paired: ReadonlyMap<string, Paired>;
}

export interface PointOutcome {
  readonly point: SweepPoint;
  readonly seeds: number;
  readonly cases: readonly CaseOutcome[];
  readonly failed: readonly FailedRun[];
  /** Runs without any record: they have not been carried out. */
  readonly missing: readonly SweepRun[];
}

/** The outcome of one point with `seeds` seeds. */
export function collectPoint(request: SweepRequest, store: RunStore, point: SweepPoint, seeds: number): PointOutcome {
  const failed: FailedRun[] = [];
  const missing: SweepRun[] = [];
  let baseline: MetricValues | null = null;
  const cases = point.cases.map((each): CaseOutcome => {
    const summaries: CaseSummary[] = [];
    for (const seed of seedsBetween(point, 0, seeds)) {
      const key = runKey(request.outgap, each.name, each.hash, seed);
      const record: RunRecord | null = store.read(key);
      if (record === null) missing.push({ point, case: each, seed, key });
      else if (isFailure(record)) failed.push({ case: each.name, seed, error: record.error });
      else summaries.push(record.summary);
    }
    const values = metricValues(summaries);
    const { spreads, paired } = caseStatistics(values, baseline);
    baseline ??= values;
    const endStates: Record<string, number> = {};
    for (const { endState } of summaries) endStates[endState] = (endStates[endState] ?? 0) + 1;
    const violations = summaries.flatMap(({ invariants }) => invariants).reduce((sum, one) => sum + one.violations, 0);
    return { point, case: each, summaries, endStates, violations, spreads, paired };
  });
  return { point, seeds, cases, failed, missing };
}

/** The values of one metric per case of a point, for the decision whether it needs more seeds. */
export function metricByCase(
  request: SweepRequest,
  store: RunStore,
  point: SweepPoint,
  seeds: number,
  metric: string,
): Measured[][] {
  return point.cases.map((each) =>
    seedsBetween(point, 0, seeds).flatMap((seed) => {
      const record = store.read(runKey(request.outgap, each.name, each.hash, seed));
      return record === null || isFailure(record) ? [] : [readMetric(record.summary, metric)];
    }),
  );
}
