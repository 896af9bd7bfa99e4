/**
 * The spread of one measure over seeds: mean with Student's 95 % interval, median, quantiles; and the differences of
 * two cases, paired by seed. Owns no metric and no run. What the end of a run cut off counts as its lower bound and is
 * counted in `censored`: then mean, median and upper quantiles are lower bounds too.
 */
import jstat from "jstat";
import { mean as meanOf, quantileSorted, sampleStandardDeviation } from "simple-statistics";
import type { Measured } from "../../metrics/result.js";

export interface Spread {
  readonly n: number;
  /** How many of the values are lower bounds. */
  readonly censored: number;
  readonly mean: number;
  /** Student's 95 % interval of the mean; `null` for fewer than two values. */
  readonly low: number | null;
  readonly high: number | null;
  readonly sd: number | null;
  readonly median: number;
  /** 95 % interval of the median from the order of the values, whatever their distribution; `null` below six. */
  readonly medianLow: number | null;
  readonly medianHigh: number | null;
  readonly min: number;
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

const CONFIDENCE = 0.95;

/** @throws RangeError if there is no value */
export function spread(values: readonly Measured[]): Spread {
  if (values.length === 0) throw new RangeError("the spread of no values");
  const numbers = values.map((value) => (typeof value === "number" ? value : value.atLeastMs));
  const sorted = Float64Array.from(numbers).sort() as unknown as number[];
  const interval = meanInterval(numbers);
  const middle = medianRanks(sorted.length);
  return {
    n: values.length,
    censored: values.filter((value) => typeof value !== "number").length,
    ...interval,
    median: quantileSorted(sorted, 0.5),
    medianLow: middle === null ? null : (sorted[middle[0]] as number),
    medianHigh: middle === null ? null : (sorted[middle[1]] as number),
    min: sorted[0] as number,
    p50: quantileSorted(sorted, 0.5),
    p90: quantileSorted(sorted, 0.9),
    p95: quantileSorted(sorted, 0.95),
    p99: quantileSorted(sorted, 0.99),
    max: sorted.at(-1) as number,
  };
}

/** Mean, its 95 % interval and the standard deviation of one draw. */
export function meanInterval(values: readonly number[]): Pick<Spread, "mean" | "low" | "high" | "sd"> {
  const mean = meanOf(values as number[]);
  if (values.length < 2) return { mean, low: null, high: null, sd: null };
  const sd = sampleStandardDeviation(values as number[]);
  const half = (studentQuantile(values.length - 1) * sd) / Math.sqrt(values.length);
  return { mean, low: mean - half, high: mean + half, sd };
}

const quantiles = new Map<number, number>();

/** Two-sided 95 % quantile of Student's t. */
export function studentQuantile(degrees: number): number {
  let value = quantiles.get(degrees);
  if (value === undefined) {
    value = jstat.jStat.studentt.inv((1 + CONFIDENCE) / 2, degrees);
    quantiles.set(degrees, value);
  }
  return value;
}

/** Ranks (from 0) of the sorted values between which the median lies in at least 95 % of samples. */
function medianRanks(n: number): readonly [number, number] | null {
  let low = -1;
  while (low + 1 < n / 2 && jstat.jStat.binomial.cdf(low + 1, n, 0.5) <= (1 - CONFIDENCE) / 2) low++;
  return low < 0 ? null : [low, n - 1 - low];
}

export interface Paired {
  /** Seeds that both have. */
  readonly n: number;
  /** Mean of (other − baseline), seed by seed, with its 95 % interval. */
  readonly mean: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly sd: number | null;
  /** How many of the differences involve a lower bound. */
  readonly censored: number;
}

/**
 * The differences of two cases on the seeds that both have: common random numbers make them far less noisy than the
 * difference of two means.
 * @param other and `baseline`: value by seed
 * @returns `null` without a common seed
 */
export function pairedDifference(
  other: ReadonlyMap<string, Measured>,
  baseline: ReadonlyMap<string, Measured>,
): Paired | null {
  const differences: number[] = [];
  let censored = 0;
  const lowerBound = (value: Measured): number => (typeof value === "number" ? value : value.atLeastMs);
  for (const [seed, value] of other) {
    const base = baseline.get(seed);
    if (base === undefined) continue;
    differences.push(lowerBound(value) - lowerBound(base));
    if (typeof value !== "number" || typeof base !== "number") censored++;
  }
  if (differences.length === 0) return null;
  return { n: differences.length, ...meanInterval(differences), censored };
}
