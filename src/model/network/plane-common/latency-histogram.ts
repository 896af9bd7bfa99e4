/**
 * Durations counted in logarithmic buckets: 128 to an octave, so a quantile is off by at most 0.4 %; below 256 ns
 * exact. Also the same per 100 ms bin, of which only the newest are kept open.
 */

const SUB_BITS = 7;
const SUB = 1 << SUB_BITS;
/** Values up to 2^53 ns. */
const BUCKETS = SUB * (53 - SUB_BITS + 2);

/** Bucket of a value in ns ≥ 0. Monotone in the value. */
export function bucketOf(ns: number): number {
  if (ns < 2 * SUB) return Math.max(0, Math.floor(ns));
  // Halve exactly until 8 bits are left: below 2^31 by shifts, above by one division first.
  let shift = 0;
  let value = Math.floor(ns);
  if (value >= 2 ** 31) {
    value = Math.floor(value / 2 ** 22);
    shift = 22;
    if (value >= 2 ** 31) value = 2 ** 31 - 1;
  }
  const down = 24 - Math.clz32(value);
  return (shift + down) * SUB + (value >>> down);
}

/** Middle of a bucket, ns. */
export function bucketValue(bucket: number): number {
  if (bucket < 2 * SUB) return bucket;
  const shift = Math.floor(bucket / SUB) - 1;
  const top = bucket - shift * SUB;
  return (top + 0.5) * 2 ** shift;
}

function quantileOf(counts: Float64Array | Uint32Array, base: number, total: number, q: number): number {
  if (total === 0) return Number.NaN;
  const rank = Math.max(1, Math.ceil(q * total));
  let seen = 0;
  for (let b = 0; b < BUCKETS; b++) {
    seen += counts[base + b]!;
    if (seen >= rank) return bucketValue(b);
  }
  return Number.NaN;
}

export class LatencyHistogram {
  total = 0;
  maxNs = 0;
  private readonly counts = new Float64Array(BUCKETS);

  /** `weight` samples of this latency. */
  add(latencyNs: number, weight = 1): void {
    const bucket = bucketOf(latencyNs);
    this.counts[bucket] = this.counts[bucket]! + weight;
    this.total += weight;
    if (latencyNs > this.maxNs) this.maxNs = latencyNs;
  }

  /** The q-quantile in ns, never above the maximum; 0 if there was no sample. */
  quantile(q: number): number {
    if (this.total === 0) return 0;
    return Math.min(this.maxNs, quantileOf(this.counts, 0, this.total, q));
  }
}

/** Latency quantiles of each bin. Samples may come late by up to `OPEN` bins; older ones count in the oldest open bin. */
export class BinnedLatency {
  readonly p50Ns: Float64Array;
  readonly p99Ns: Float64Array;
  private readonly counts: Uint32Array;
  private readonly totals: Float64Array;
  private readonly binNs: number;
  /** First open bin. */
  private first = 0;

  static readonly OPEN = 32;

  /** Bins without a sample keep NaN. */
  constructor(bins: number, binNs: number) {
    this.binNs = binNs;
    this.p50Ns = new Float64Array(bins).fill(Number.NaN);
    this.p99Ns = new Float64Array(bins).fill(Number.NaN);
    this.counts = new Uint32Array(BUCKETS * BinnedLatency.OPEN);
    this.totals = new Float64Array(BinnedLatency.OPEN);
  }

  add(timeNs: number, latencyNs: number, weight = 1): void {
    let bin = Math.floor(timeNs / this.binNs);
    if (bin >= this.p50Ns.length) return;
    if (bin < this.first) bin = this.first;
    while (bin >= this.first + BinnedLatency.OPEN) this.closeFirst();
    const row = bin % BinnedLatency.OPEN;
    const at = row * BUCKETS + bucketOf(latencyNs);
    this.counts[at] = this.counts[at]! + weight;
    this.totals[row] = this.totals[row]! + weight;
  }

  finish(): void {
    while (this.first < this.p50Ns.length) this.closeFirst();
  }

  private closeFirst(): void {
    const bin = this.first++;
    const row = bin % BinnedLatency.OPEN;
    const total = this.totals[row]!;
    if (total === 0) return;
    const base = row * BUCKETS;
    this.p50Ns[bin] = quantileOf(this.counts, base, total, 0.5);
    this.p99Ns[bin] = quantileOf(this.counts, base, total, 0.99);
    this.counts.fill(0, base, base + BUCKETS);
    this.totals[row] = 0;
  }
}
