/**
 * Records that no attempt of their source has read yet: those of sources that are dead or behind their logs, by source
 * group and event bin. A loss that strikes all sources alike cannot have struck these.
 */
import type { Arrivals } from "./arrivals.js";
import type { Layout } from "./layout.js";

export class Unread {
  private readonly layout: Layout;
  private readonly arrivals: Arrivals;
  private readonly counts: Int32Array;
  /** Offset from which on the source's records are counted here; −1: it keeps up. */
  private readonly from: Int32Array;
  private counted = 0;

  constructor(layout: Layout, arrivals: Arrivals) {
    this.layout = layout;
    this.arrivals = arrivals;
    this.counts = new Int32Array(arrivals.produced.length);
    this.from = new Int32Array(layout.sources).fill(-1);
  }

  /** Some sources are dead or behind. */
  get any(): boolean {
    return this.counted > 0;
  }

  of(group: number, bin: number): number {
    return this.counts[this.at(group, bin)]!;
  }

  private at(group: number, bin: number): number {
    const { bins } = this.layout;
    return group * (bins + 1) + Math.min(bin, bins);
  }

  private add(s: number, bin: number, count: number): void {
    const at = this.at(this.layout.groupOfSource[s]!, bin);
    this.counts[at] = this.counts[at]! + count;
  }

  /** The source stops keeping up, or its attempt ends, having read up to `offset` of the current bin. */
  begin(s: number, offset: number): void {
    if (this.from[s]! >= 0) return;
    const { before, inBin, bin } = this.arrivals;
    this.from[s] = offset;
    this.counted++;
    this.add(s, bin, before[s]! + inBin[s]! - offset);
  }

  /** The next bin's records exist. */
  nextBin(): void {
    if (this.counted === 0) return;
    const { inBin, bin } = this.arrivals;
    for (let s = 0; s < this.from.length; s++) if (this.from[s]! >= 0) this.add(s, bin, inBin[s]!);
  }

  /** Records of `bin` are read, the last at offset `stop` − 1; some perhaps for a second time. */
  read(s: number, bin: number, start: number, stop: number): void {
    const from = this.from[s]!;
    if (from < 0 || stop <= from) return;
    this.add(s, bin, Math.max(from, start) - stop);
    this.from[s] = stop;
  }

  /** Passed over for good: they stay unread, what comes after `offset` is counted on. */
  skip(s: number, offset: number): void {
    if (this.from[s]! >= 0 && this.from[s]! < offset) this.from[s] = offset;
  }

  /** The source keeps up from here on. */
  end(s: number): void {
    const from = this.from[s]!;
    if (from < 0) return;
    const { before, inBin, bin } = this.arrivals;
    this.add(s, bin, from - before[s]! - inBin[s]!);
    this.from[s] = -1;
    this.counted--;
  }
}
