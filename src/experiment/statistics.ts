/** The spread of one measure over the seeds of a case. Medians are the scenario's, for its expectations use them. */
import type { Measured } from "../metrics/result.js";

/**
 * The interval that holds the middle `share` of single values (nearest rank; all of them if they are few). A value
 * that the end of the run cut off lies beyond an equal one that it did not.
 * @throws RangeError if there is no value
 */
export function interval(values: readonly Measured[], share = 0.95): readonly [low: Measured, high: Measured] {
  const sorted = [...values].sort(compare);
  const tail = (1 - share) / 2;
  const low = sorted[Math.floor(tail * sorted.length)];
  const high = sorted[Math.max(0, Math.ceil((1 - tail) * sorted.length) - 1)];
  if (low === undefined || high === undefined) throw new RangeError("the interval of no values");
  return [low, high];
}

function compare(a: Measured, b: Measured): number {
  const byValue = lowerBound(a) - lowerBound(b);
  return byValue !== 0 ? byValue : Number(typeof a === "object") - Number(typeof b === "object");
}

function lowerBound(value: Measured): number {
  return typeof value === "number" ? value : value.atLeastMs;
}
