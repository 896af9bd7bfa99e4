/**
 * How many seeds `--until` asks for: rounds, each decided from the results of the rounds before alone, so that the
 * number does not depend on workers, interruptions or machines. Owns no run.
 */
import type { Measured } from "../../metrics/result.js";
import type { Precision } from "../../scenario/index.js";
import { meanInterval, type Spread } from "./spread.js";

/** Below this an interval is a guess about the variance, so it is not trusted to stop. */
export const FIRST_SEEDS = 5;

export interface Reached {
  readonly reached: boolean;
  /** Half-width of the widest interval among the cases, relative to the mean or in the metric's unit. */
  readonly halfWidth: number;
  /** Values that the end of a run cut off: their interval says nothing, and more seeds do not help. */
  readonly censored: number;
}

/** Of a case without an interval: wider than anything, and still a JSON number. */
const UNKNOWN = Number.MAX_VALUE;

type Interval = Pick<Spread, "mean" | "low" | "high" | "censored">;

function halfWidth(interval: Interval | null, precision: Precision): number {
  if (interval === null || interval.low === null || interval.high === null) return UNKNOWN;
  const half = (interval.high - interval.low) / 2;
  if (precision.kind === "absolute" || half === 0) return half;
  return interval.mean === 0 ? UNKNOWN : half / Math.abs(interval.mean);
}

/** @param cases the spread of the metric in each case; `null` where a case has no value */
export function spreadPrecision(cases: readonly (Interval | null)[], precision: Precision): Reached {
  const widest = cases.reduce((most, each) => Math.max(most, halfWidth(each, precision)), 0);
  const censored = cases.reduce((sum, each) => sum + (each?.censored ?? 0), 0);
  return { reached: censored === 0 && widest <= precision.halfWidth, halfWidth: widest, censored };
}

/** @param byCase the values of each case so far */
export function precisionOf(byCase: readonly (readonly Measured[])[], precision: Precision): Reached {
  const intervals = byCase.map((values): Interval | null => {
    if (values.length === 0) return null;
    const censored = values.filter((value) => typeof value !== "number").length;
    const numbers = values.map((value) => (typeof value === "number" ? value : value.atLeastMs));
    return { ...meanInterval(numbers), censored };
  });
  return spreadPrecision(intervals, precision);
}

/**
 * Seeds that a point should have after the next round; `seeds` again if it has enough.
 * @param byCase the values of each case so far, `seeds` each
 */
export function nextSeeds(
  byCase: readonly (readonly Measured[])[],
  precision: Precision,
  seeds: number,
  maxSeeds: number,
): number {
  if (seeds >= maxSeeds) return seeds;
  if (seeds < FIRST_SEEDS) return Math.min(FIRST_SEEDS, maxSeeds);
  const { reached, halfWidth: half, censored } = precisionOf(byCase, precision);
  if (reached || censored > 0) return seeds;
  // The width falls with the root of the number; never more than doubled at once, for the variance is a guess too.
  const wanted = Math.ceil(seeds * Math.min(2, (half / precision.halfWidth) ** 2));
  return Math.min(maxSeeds, Math.max(seeds + 1, wanted));
}
