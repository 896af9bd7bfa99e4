/**
 * Whole numbers of matches by (anchor bin, delay combination, state of every member) for one class of consumers, and
 * what is looked up about them. A member is not there yet (0), held (1), or died with its state (2); the state of a
 * match is the ternary number of its members. All members held means emitted.
 */
import { CellBlocks } from "./cell-blocks.js";
import type { Combinations } from "./delay-atoms.js";

export const ABSENT = 0;
export const HELD = 1;
export const DIED = 2;
export const GOLDEN = 0.6180339887498949;

export class CellColumns extends CellBlocks {
  readonly full: number;
  readonly digit: Int32Array;
  protected readonly anyDied: Uint8Array;
  /** States in which a member of input v is absent, held or died (without the full one), by v × 3 + digit. */
  protected readonly having: readonly Int32Array[];
  /** The same states' distances in `counts` from the first one, beside them. */
  protected readonly havingAt: readonly Int32Array[];
  /** Those of `havingAt` in which no other member died either. */
  protected readonly aliveAt: readonly Int32Array[];
  /** In cells of later anchors no member died: so they need not be looked at. */
  protected diedTo = -1;
  /** From the anchor's bin to that of the latest member, by combination. */
  protected readonly laterBy: Int32Array;
  protected readonly inputs: number;
  protected readonly power: Int32Array;
  protected readonly offsets: Int32Array;
  /**
   * By input × bins + bin: no more members than so many are held in matches that are not emitted. Where none are,
   * expiry, which mostly comes after them, need not look at their cells.
   */
  protected readonly waiting: Int32Array;
  protected readonly bins: number;
  protected dither = 0.5;
  /** Set by the last `arrive`: in all, and what was emitted by combination. */
  moved = 0;
  emitted = 0;
  readonly emittedOf: Int32Array;

  constructor(inputs: number, combos: Combinations, firstBin: number, lastBin: number) {
    super(combos.count, 3 ** inputs, firstBin, lastBin);
    this.inputs = inputs;
    this.offsets = combos.offsets;
    this.bins = Math.max(0, lastBin) + 1;
    this.waiting = new Int32Array(inputs * this.bins);
    this.emittedOf = new Int32Array(this.k);
    this.laterBy = new Int32Array(this.k);
    for (let v = 1; v < inputs; v++)
      for (let k = 0; k < this.k; k++) this.laterBy[k] = Math.max(this.laterBy[k]!, this.offsets[v * this.k + k]!);
    this.power = Int32Array.from({ length: inputs }, (_, v) => 3 ** v);
    this.full = 0;
    for (const power of this.power) this.full += power;
    this.digit = new Int32Array(inputs * this.states);
    this.anyDied = new Uint8Array(this.states);
    for (let v = 0; v < inputs; v++) {
      for (let s = 0; s < this.states; s++) {
        this.digit[v * this.states + s] = Math.floor(s / 3 ** v) % 3;
        if (this.digit[v * this.states + s] === DIED) this.anyDied[s] = 1;
      }
    }
    this.having = Array.from({ length: inputs * 3 }, (_, i) => {
      const v = Math.floor(i / 3);
      const list: number[] = [];
      for (let state = 0; state < this.states; state++)
        if (state !== this.full && this.digit[v * this.states + state] === i % 3) list.push(state);
      return Int32Array.from(list);
    });
    this.havingAt = this.having.map((list) => list.map((state) => state * this.step));
    this.aliveAt = this.having.map((list) =>
      list.filter((state) => this.anyDied[state] === 0).map((state) => state * this.step),
    );
  }

  /** New matches of (anchor bin, combination) in this state, in which a member is still to come. */
  add(anchor: number, k: number, state: number, count: number): void {
    this.open(anchor - this.firstBin);
    const at = this.base(anchor, k) + state * this.step;
    this.counts[at] = this.counts[at]! + count;
    if (this.anyDied[state] !== 0) this.diedTo = Math.max(this.diedTo, anchor - this.firstBin);
    for (let v = 0; v < this.inputs; v++)
      if (this.digit[v * this.states + state] === HELD) this.wait(v, anchor + this.offsets[v * this.k + k]!, count);
  }

  /** `count` more members of input `v` and `bin` are held for matches not yet emitted (fewer: negative). */
  wait(v: number, bin: number, count: number): void {
    if (bin >= 0 && bin < this.bins) this.waiting[v * this.bins + bin] = this.waiting[v * this.bins + bin]! + count;
  }

  /** A rounded share of a count: right on average, all for share ≥ 1. */
  part(count: number, share: number): number {
    if (share >= 1) return count;
    this.dither += GOLDEN;
    if (this.dither >= 1) this.dither--;
    return Math.floor(count * share + this.dither);
  }

  /** Bin of the latest member of a match. */
  laterBin(anchor: number, k: number): number {
    return anchor + this.laterBy[k]!;
  }
}
