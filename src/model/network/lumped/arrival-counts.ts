/** What consumers have processed since the books were last settled: whole numbers by class, source group and event bin. */

import { longer } from "../../columns.js";

const FIRST_PLACES = 512;

/** Arrivals since the last settlement, by group × stride + event bin, and the places that are not 0. */
export class ArrivalCounts {
  readonly counts: Int32Array;
  places = new Int32Array(FIRST_PLACES);
  used = 0;
  /** The places last selected, in order. */
  due = new Int32Array(FIRST_PLACES);
  constructor(size: number) {
    this.counts = new Int32Array(size);
  }
  add(at: number, count: number): void {
    if (this.counts[at] === 0) {
      if (this.used === this.places.length) this.places = longer(this.places, 2 * this.used);
      this.places[this.used++] = at;
    }
    this.counts[at] = this.counts[at]! + count;
  }
  /**
   * Moves the places whose turn it is to `due`: all if `turn` is negative, else those of event bins after `after`, and a
   * quarter of the others. @returns how many
   */
  select(stride: number, after: number, turn: number): number {
    const places = this.places.subarray(0, this.used).sort();
    if (this.due.length < places.length) this.due = new Int32Array(this.places.length);
    const { due } = this;
    let selected = 0;
    let kept = 0;
    for (let i = 0; i < places.length; i++) {
      const at = places[i]!;
      if (turn < 0 || at % stride > after || (at & 3) === turn) due[selected++] = at;
      else places[kept++] = at;
    }
    this.used = kept;
    return selected;
  }
  /** The count of a place, which is 0 from then on. */
  take(at: number): number {
    const count = this.counts[at]!;
    this.counts[at] = 0;
    return count;
  }
  /** When the `count` records of a place were processed; −1: in time. */
  meanNs(_at: number, _count: number): number {
    return -1;
  }
}

/** The same with the mean time of processing, of records that come late: when their matches are emitted follows from it. */
export class LateArrivalCounts extends ArrivalCounts {
  private readonly sums: Float64Array;
  constructor(size: number) {
    super(size);
    this.sums = new Float64Array(size);
  }
  /** Microseconds: their sums stay whole numbers, so the order of the additions does not matter. */
  addAt(at: number, count: number, timeNs: number): void {
    if (this.counts[at] === 0) {
      this.sums[at] = 0;
      this.add(at, count);
    } else this.counts[at] = this.counts[at]! + count;
    this.sums[at] = this.sums[at]! + count * Math.floor(timeNs / 1000);
  }
  override meanNs(at: number, count: number): number {
    return Math.round((this.sums[at]! / count) * 1000);
  }
}
