/**
 * Flink's key groups: how a hash edge shares its keys among the consumer's subtasks
 * (KeyGroupRangeAssignment). Pure functions of the parallelism; no state.
 */

/** Key group `g` of `maxParallelism` belongs to subtask floor(g · parallelism / maxParallelism). */
export function subtaskOfKeyGroup(keyGroup: number, parallelism: number, maxParallelism: number): number {
  return Math.floor((keyGroup * parallelism) / maxParallelism);
}

/** Flink's default: the next power of two ≥ 1.5·p, clamped to [128, 32768]. */
export function defaultMaxParallelism(parallelism: number): number {
  let power = 1;
  while (power < parallelism + Math.floor(parallelism / 2)) power *= 2;
  return Math.min(32768, Math.max(128, power));
}

/**
 * Share of the keys that each consumer subtask owns; the shares sum to 1.
 * `zipfExponent` weighs key group k (in a fixed scattered order, so that hot groups are no neighbours) by 1/(k+1)^s.
 */
export function keyGroupShares(parallelism: number, maxParallelism: number, zipfExponent: number): Float64Array {
  const weights = new Float64Array(maxParallelism);
  let total = 0;
  // An odd multiplier is a bijection modulo a power of two and spreads ranks over the range; other sizes stay in order.
  const powerOfTwo = (maxParallelism & (maxParallelism - 1)) === 0;
  for (let rank = 0; rank < maxParallelism; rank++) {
    const group = powerOfTwo ? (rank * 40503) % maxParallelism : rank;
    const weight = zipfExponent === 0 ? 1 : (rank + 1) ** -zipfExponent;
    weights[group] = weight;
    total += weight;
  }
  const shares = new Float64Array(parallelism);
  for (let group = 0; group < maxParallelism; group++) {
    const subtask = subtaskOfKeyGroup(group, parallelism, maxParallelism);
    shares[subtask] = shares[subtask]! + weights[group]! / total;
  }
  return shares;
}
