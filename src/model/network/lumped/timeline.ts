/** Counts per bin of the resolution, and their translation to the 100 ms bins of the results. */
import { BIN_NS, binCount } from "../plane-common/timeline-bins.js";
import type { Layout } from "./layout.js";

export class Timeline {
  readonly delivered: Float64Array;
  readonly discarded: Float64Array;
  readonly emitted: Float64Array;
  readonly backlogLog: Float64Array;
  readonly backlogNetwork: Float64Array;
  private readonly layout: Layout;

  constructor(layout: Layout) {
    this.layout = layout;
    this.delivered = new Float64Array(layout.bins);
    this.discarded = new Float64Array(layout.bins);
    this.emitted = new Float64Array(layout.bins);
    this.backlogLog = new Float64Array(layout.bins);
    this.backlogNetwork = new Float64Array(layout.bins);
  }

  /** Counts of bins of the resolution as counts of 100 ms bins: each bin's count goes where the bin lies, in proportion. */
  counts(column: ArrayLike<number>): Float64Array {
    const { resolutionNs, config } = this.layout;
    const result = new Float64Array(binCount(config.durationNs));
    for (let bin = 0; bin < this.layout.bins; bin++) {
      const count = column[bin]!;
      if (count === 0) continue;
      const from = bin * resolutionNs;
      const to = from + resolutionNs;
      for (let at = Math.floor(from / BIN_NS); at * BIN_NS < to && at < result.length; at++) {
        const overlap = Math.min(to, (at + 1) * BIN_NS) - Math.max(from, at * BIN_NS);
        result[at] = result[at]! + (count * overlap) / resolutionNs;
      }
    }
    return result;
  }

  /** Levels seen at the end of bins: each 100 ms bin shows the last one seen by its end. */
  levels(column: ArrayLike<number>): Float64Array {
    const { resolutionNs, config, bins } = this.layout;
    const result = new Float64Array(binCount(config.durationNs));
    for (let at = 0; at < result.length; at++) {
      const bin = Math.min(bins, Math.floor(((at + 1) * BIN_NS) / resolutionNs)) - 1;
      if (bin >= 0) result[at] = column[bin]!;
    }
    return result;
  }
}
