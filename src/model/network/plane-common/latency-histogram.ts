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

/** How many samples are at or below the q-quantile. */
function rankOf(total: number, q: number): number {
  return Math.max(1, Math.ceil(q * total));
}

export class LatencyHistogram {
  total = 0;
  maxNs = 0;
  private readonly counts = new Float64Array(BUCKETS);

  /** `weight` samples of this latency. */
  add(latencyNs: number, weight = 1): void {
    this.addTo(bucketOf(latencyNs), latencyNs, weight);
  }

  /** The same where the latency's bucket is known. */
  addTo(bucket: number, latencyNs: number, weight: number): void {
    this.counts[bucket] = this.counts[bucket]! + weight;
    this.total += weight;
    if (latencyNs > this.maxNs) this.maxNs = latencyNs;
  }

  /** The q-quantile in ns, never above the maximum; 0 if there was no sample. */
  quantile(q: number): number {
    if (this.total === 0) return 0;
    const rank = rankOf(this.total, q);
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      seen += this.counts[bucket]!;
      if (seen >= rank) return Math.min(this.maxNs, bucketValue(bucket));
    }
    return this.maxNs;
  }
}

/** Octaves of buckets; those below 2^8 count as two. */
const OCTAVES = BUCKETS / SUB;

/**
 * Latency quantiles of each bin. Samples may come late by up to `OPEN` bins; older ones count in the oldest open bin.
 * A bin has room only for the octaves in which it has samples, so that closing one takes no longer than filling it.
 */
export class BinnedLatency {
  readonly p50Ns: Float64Array;
  readonly p99Ns: Float64Array;
  /** Blocks of SUB counts, one per octave in use; block 0 is never used. */
  private counts = new Uint32Array(SUB * 64);
  private blocks = 1;
  private readonly free: number[] = [];
  /** Block of each octave of each open bin, 0: none. */
  private readonly blockOf = new Int32Array(OCTAVES * BinnedLatency.OPEN);
  private readonly totals: Float64Array;
  readonly binNs: number;
  /** First open bin. */
  private first = 0;

  static readonly OPEN = 32;

  /** Bins without a sample keep NaN. */
  constructor(bins: number, binNs: number) {
    this.binNs = binNs;
    this.p50Ns = new Float64Array(bins).fill(Number.NaN);
    this.p99Ns = new Float64Array(bins).fill(Number.NaN);
    this.totals = new Float64Array(BinnedLatency.OPEN);
  }

  add(timeNs: number, latencyNs: number, weight = 1): void {
    const row = this.rowOf(Math.floor(timeNs / this.binNs));
    if (row >= 0) this.addTo(row, bucketOf(latencyNs), weight);
  }

  /** The first `n` of many that end in the same bin: here and, if given, in a histogram of all times. */
  addMany(bin: number, latenciesNs: Float64Array, counts: Int32Array, n: number, all: LatencyHistogram | null): void {
    const row = this.rowOf(bin);
    for (let i = 0; i < n; i++) {
      const bucket = bucketOf(latenciesNs[i]!);
      if (row >= 0) this.addTo(row, bucket, counts[i]!);
      if (all !== null) all.addTo(bucket, latenciesNs[i]!, counts[i]!);
    }
  }

  /** Row of the open bin in which a sample of this bin counts; −1 after the run. */
  private rowOf(sampled: number): number {
    if (sampled >= this.p50Ns.length) return -1;
    const bin = sampled < this.first ? this.first : sampled;
    while (bin >= this.first + BinnedLatency.OPEN) this.closeFirst();
    return bin % BinnedLatency.OPEN;
  }

  private addTo(row: number, bucket: number, weight: number): void {
    const octave = row * OCTAVES + (bucket >> SUB_BITS);
    const block = this.blockOf[octave]! || this.open(octave);
    const at = block * SUB + (bucket & (SUB - 1));
    this.counts[at] = this.counts[at]! + weight;
    this.totals[row] = this.totals[row]! + weight;
  }

  finish(): void {
    while (this.first < this.p50Ns.length) this.closeFirst();
  }

  private open(octave: number): number {
    const block = this.free.pop() ?? this.blocks++;
    if (block * SUB >= this.counts.length) {
      const more = new Uint32Array(2 * this.counts.length);
      more.set(this.counts);
      this.counts = more;
    }
    this.blockOf[octave] = block;
    return block;
  }

  private closeFirst(): void {
    const bin = this.first++;
    const row = bin % BinnedLatency.OPEN;
    const total = this.totals[row]!;
    if (total === 0) return;
    const { counts, blockOf } = this;
    const rank50 = rankOf(total, 0.5);
    const rank99 = rankOf(total, 0.99);
    let seen = 0;
    for (let octave = 0; octave < OCTAVES; octave++) {
      const block = blockOf[row * OCTAVES + octave]!;
      if (block === 0) continue;
      const base = block * SUB;
      for (let at = 0; at < SUB && seen < rank99; at++) {
        const count = counts[base + at]!;
        if (count === 0) continue;
        const before = seen;
        seen += count;
        if (before < rank50 && seen >= rank50) this.p50Ns[bin] = bucketValue(octave * SUB + at);
        if (seen >= rank99) this.p99Ns[bin] = bucketValue(octave * SUB + at);
      }
      counts.fill(0, base, base + SUB);
      blockOf[row * OCTAVES + octave] = 0;
      this.free.push(block);
    }
    this.totals[row] = 0;
  }
}
