/** Counts per 100 ms bin from t=0: what happened in each bin, and the backlog seen at its end. */

export const BIN_NS = 100_000_000;

/** Number of bins that cover [0, durationNs). */
export function binCount(durationNs: number): number {
  return Math.ceil(durationNs / BIN_NS);
}

export class TimelineBins {
  readonly bins: number;
  readonly produced: Float64Array;
  readonly delivered: Float64Array;
  readonly discarded: Float64Array;
  readonly emitted: Float64Array;
  /** Records in logs, not yet read, at the end of the bin. */
  readonly backlogLog: Float64Array;
  /** Records read and not yet processed by their consumer, at the end of the bin. */
  readonly backlogNetwork: Float64Array;

  constructor(durationNs: number) {
    this.bins = binCount(durationNs);
    this.produced = new Float64Array(this.bins);
    this.delivered = new Float64Array(this.bins);
    this.discarded = new Float64Array(this.bins);
    this.emitted = new Float64Array(this.bins);
    this.backlogLog = new Float64Array(this.bins);
    this.backlogNetwork = new Float64Array(this.bins);
  }

  /** Adds to a column at a time; what lies outside [0, duration) is not counted. */
  add(column: Float64Array, timeNs: number, count = 1): void {
    const bin = Math.floor(timeNs / BIN_NS);
    if (bin >= 0 && bin < column.length) column[bin] = column[bin]! + count;
  }
}
