/**
 * What a source reads a second time: from the committed offset to where its last attempt had read. Per bin it keeps
 * how many of the records are under way for good (their loss was taken back) and how many are copies of records
 * whose delivery stands. Counts of a part are differences of a cumulative integer function of the offset.
 */
import { capacityFor } from "../../../kernel/growable.js";
import { longer } from "../../columns.js";

export class Rereads {
  /** First segment of each source, and its end; equal: none. */
  readonly first: Int32Array;
  readonly end: Int32Array;
  private start = new Int32Array(256);
  private stop = new Int32Array(256);
  private originals = new Int32Array(256);
  private used = 0;
  private active = 0;

  constructor(sources: number) {
    this.first = new Int32Array(sources);
    this.end = new Int32Array(sources);
  }

  /** Begins the list of a source; what was left of an earlier one is forgotten. */
  open(s: number): void {
    if (this.first[s]! < this.end[s]!) this.active--;
    if (this.active === 0) this.used = 0;
    this.first[s] = this.end[s] = this.used;
  }

  /** Offsets [start, stop) of one bin, of which `originals` are no copies. */
  add(s: number, start: number, stop: number, originals: number): void {
    if (this.used === this.start.length) {
      const capacity = capacityFor(this.used, this.used);
      this.start = longer(this.start, capacity);
      this.stop = longer(this.stop, capacity);
      this.originals = longer(this.originals, capacity);
    }
    if (this.first[s] === this.end[s]) this.active++;
    this.start[this.used] = start;
    this.stop[this.used] = stop;
    this.originals[this.used] = originals;
    this.end[s] = ++this.used;
  }

  /** Originals among the offsets [from, to) of source `s`. */
  originalsIn(s: number, from: number, to: number): number {
    let count = 0;
    let at = from;
    for (let i = this.first[s]!; i < this.end[s]!; i++) {
      const stop = this.stop[i]!;
      if (stop <= at) continue;
      const start = this.start[i]!;
      if (start >= to) break;
      const a = Math.max(at, start);
      const b = Math.min(to, stop);
      count += a - at;
      const length = stop - start;
      count +=
        Math.floor((this.originals[i]! * (b - start)) / length) -
        Math.floor((this.originals[i]! * (a - start)) / length);
      at = b;
      if (at === to) return count;
    }
    return count + (to - at);
  }

  /** Calls `visit` for the segments of `s` from offset `from` on. */
  pieces(s: number, from: number, visit: (start: number, stop: number, originals: number) => void): void {
    for (let i = this.first[s]!; i < this.end[s]!; i++) {
      const start = Math.max(from, this.start[i]!);
      if (start < this.stop[i]!) visit(start, this.stop[i]!, this.originalsIn(s, start, this.stop[i]!));
    }
  }

  /** Forgets what lies before `offset`. */
  advance(s: number, offset: number): void {
    if (this.first[s]! >= this.end[s]!) return;
    while (this.first[s]! < this.end[s]! && this.stop[this.first[s]!]! <= offset) this.first[s] = this.first[s]! + 1;
    if (this.first[s] === this.end[s] && --this.active === 0) this.used = 0;
  }
}
