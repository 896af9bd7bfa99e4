/** Statistics over the seeds of one case: medians and intervals of values that the end of a run may have cut off. */
import type { Measured } from "../metrics/result.js";

/** Orders values; one that was cut off lies beyond an equal one that was not. */
function compare(a: Measured, b: Measured): number {
  const byValue = lowerBound(a) - lowerBound(b);
  if (byValue !== 0) return byValue;
  return Number(typeof a === "object") - Number(typeof b === "object");
}

/** The value, or the least that it can be. */
function lowerBound(value: Measured): number {
  return typeof value === "number" ? value : value.atLeastMs;
}

/**
 * The median; of an even number of values the mean of the middle two. Cut off if one of those is.
 * @throws RangeError if there is no value
 */
export function median(values: readonly Measured[]): Measured {
  const sorted = [...values].sort(compare);
  const low = sorted[Math.floor((sorted.length - 1) / 2)];
  const high = sorted[Math.floor(sorted.length / 2)];
  if (low === undefined || high === undefined) throw new RangeError("the median of no values");
  if (typeof low === "number" && typeof high === "number") return (low + high) / 2;
  return { censored: true, atLeastMs: (lowerBound(low) + lowerBound(high)) / 2 };
}

/** The interval that holds the middle `share` of single values (nearest rank; all of them if they are few). */
export function interval(values: readonly Measured[], share = 0.95): readonly [low: Measured, high: Measured] {
  const sorted = [...values].sort(compare);
  const tail = (1 - share) / 2;
  const low = sorted[Math.floor(tail * sorted.length)];
  const high = sorted[Math.max(0, Math.ceil((1 - tail) * sorted.length) - 1)];
  if (low === undefined || high === undefined) throw new RangeError("the interval of no values");
  return [low, high];
}
