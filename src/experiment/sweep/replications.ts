/**
 * What several seeds of one scenario come to: the spread of every metric per case, and the differences of the other
 * cases from the first one, paired by seed. Owns no metric and no formula.
 */
import type { CaseSummary, Measured } from "../../metrics/result.js";
import { METRICS, readMetric } from "../../scenario/index.js";
import { type Paired, pairedDifference, type Spread, spread } from "./spread.js";

/** Metric → seed → value. */
export type MetricValues = ReadonlyMap<string, ReadonlyMap<string, Measured>>;

/** The values of all metrics, without those that a run does not have (no latency without output). */
export function metricValues(summaries: readonly CaseSummary[]): MetricValues {
  return new Map(
    METRICS.map(({ path }) => {
      const bySeed = new Map<string, Measured>();
      for (const summary of summaries) {
        const value = readMetric(summary, path);
        if (typeof value !== "number" || !Number.isNaN(value)) bySeed.set(summary.seed, value);
      }
      return [path, bySeed];
    }),
  );
}

export interface CaseStatistics {
  readonly spreads: ReadonlyMap<string, Spread>;
  /** Empty without a baseline. */
  readonly paired: ReadonlyMap<string, Paired>;
}

/** @param baseline the values of the case that differences are taken from; `null` for that case itself */
export function caseStatistics(values: MetricValues, baseline: MetricValues | null): CaseStatistics {
  const spreads = new Map<string, Spread>();
  const paired = new Map<string, Paired>();
  for (const [metric, bySeed] of values) {
    if (bySeed.size > 0) spreads.set(metric, spread([...bySeed.values()]));
    const base = baseline?.get(metric);
    const difference = base === undefined ? null : pairedDifference(bySeed, base);
    if (difference !== null) paired.set(metric, difference);
  }
  return { spreads, paired };
}

/** An entry of `statistics` in `--json` and `summary.json`. */
export interface StatisticsEntry {
  readonly case: string;
  readonly seeds: number;
  readonly metrics: Readonly<Record<string, Spread>>;
  /** Differences from `baseline` on the same seeds; not for the baseline itself. */
  readonly paired?: { readonly baseline: string; readonly metrics: Readonly<Record<string, Paired>> };
}

/** Statistics of every case, the first one being the baseline; none for a single seed. */
export function replicationStatistics(summaries: readonly CaseSummary[]): StatisticsEntry[] {
  const names = [...new Set(summaries.map((summary) => summary.case))];
  if (summaries.length <= names.length) return [];
  let baseline: MetricValues | null = null;
  return names.map((name): StatisticsEntry => {
    const own = summaries.filter((summary) => summary.case === name);
    const values = metricValues(own);
    const { spreads, paired } = caseStatistics(values, baseline);
    baseline ??= values;
    const metrics = Object.fromEntries(spreads);
    if (paired.size === 0) return { case: name, seeds: own.length, metrics };
    const differences = { baseline: names[0] as string, metrics: Object.fromEntries(paired) };
    return { case: name, seeds: own.length, metrics, paired: differences };
  });
}
