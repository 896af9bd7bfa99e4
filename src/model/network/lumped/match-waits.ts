/**
 * Which records complete a match is chance, so between two matches of a consumer lies an exponential share of what is
 * due on average. Evenly spaced matches would begin a new state with all consumers at once, and none later.
 */

const BITS = 10;
/** From 32 random bits to a place in the table. */
export const MATCH_WAIT_SHIFT = 32 - BITS;
/** From so many matches of one quantum on their spacing shows nowhere. */
export const FEW_MATCHES = 8;

/** Quantiles of the wait, in matches due; their mean is 1. */
export const MATCH_WAITS = quantiles(1 << BITS);

/** The wait for the first match of a consumer's attempt. */
export function matchWait(consumer: number, attempt: number): number {
  const draw = Math.imul(consumer ^ Math.imul(attempt, 0x9e3779b1), 0x85ebca6b);
  return MATCH_WAITS[Math.imul(draw ^ (draw >>> 15), 0x2c1b3c6d) >>> MATCH_WAIT_SHIFT]!;
}

function quantiles(n: number): Float64Array {
  const waits = Float64Array.from({ length: n }, (_, i) => -Math.log((i + 0.5) / n));
  const mean = waits.reduce((sum, wait) => sum + wait, 0) / n;
  return waits.map((wait) => wait / mean);
}
