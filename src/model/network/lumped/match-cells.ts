/**
 * Whole numbers of matches by (anchor bin, delay combination, state of every member) for one class of consumers.
 * A member is not there yet (0), held (1), or died with its state (2); the state of a match is the ternary number of
 * its members. All members held means emitted. Moves only: a match is in one place at any time.
 */
import { BIN_MASK, BLOCK_BITS, CellBlocks } from "./cell-blocks.js";
import type { Combinations } from "./delay-atoms.js";

export const ABSENT = 0;
export const HELD = 1;
export const DIED = 2;
const GOLDEN = 0.6180339887498949;

/** Where moved matches go when they leave the cells. */
export interface MissCounter {
  missed(cause: number, laterBin: number, count: number): void;
  /** These were counted as missed because the member of `input` and `bin` had died with its state. */
  missedWithDead(input: number, bin: number, laterBin: number, count: number): void;
}

export class MatchCells extends CellBlocks {
  readonly full: number;
  readonly digit: Int32Array;
  private readonly anyDied: Uint8Array;
  /** States in which a member of input v is absent, held or died (without the full one), by v × 3 + digit. */
  private readonly having: readonly Int32Array[];
  /** The same states' distances in `counts` from the first one, beside them. */
  private readonly havingAt: readonly Int32Array[];
  /** Those of `havingAt` in which no other member died either. */
  private readonly aliveAt: readonly Int32Array[];
  /** In cells of later anchors no member died: so they need not be looked at. */
  private diedTo = -1;
  /** From the anchor's bin to that of the latest member, by combination. */
  private readonly laterBy: Int32Array;
  private readonly inputs: number;
  private readonly power: Int32Array;
  private readonly offsets: Int32Array;
  private dither = 0.5;
  /** Set by the last `arrive`: in all, and what was emitted by combination. */
  moved = 0;
  emitted = 0;
  readonly emittedOf: Int32Array;

  constructor(inputs: number, combos: Combinations, firstBin: number, lastBin: number) {
    super(combos.count, 3 ** inputs, firstBin, lastBin);
    this.inputs = inputs;
    this.offsets = combos.offsets;
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

  /**
   * A share of the members of input `v` produced in `bin` that are not there yet arrives. The numbers moved and emitted
   * are left in `moved`, `emitted` and `emittedOf`. On local numbers only, as in `miss`: a catch-up goes through many
   * thousands of cells at each settlement.
   */
  arrive(v: number, bin: number, share: number): void {
    const { counts, blockAt, k: combos, offsets, emittedOf, emittedAt, anchorBins, diedTo } = this;
    const allAt = this.havingAt[v * 3 + ABSENT]!;
    const aliveAt = this.aliveAt[v * 3 + ABSENT]!;
    const lists = this.states * this.step;
    const arriving = this.power[v]! * this.step;
    const fullAt = this.full * this.step - arriving;
    const first = bin - this.firstBin;
    let { dither } = this;
    let moved = 0;
    let emitted = 0;
    for (let k = 0; k < combos; k++) {
      emittedOf[k] = 0;
      const anchorAt = first - offsets[v * combos + k]!;
      if (anchorAt < 0 || anchorAt >= anchorBins) continue;
      const block = blockAt[anchorAt >> BLOCK_BITS]!;
      if (block < 0) continue;
      const base = block + k * lists + (anchorAt & BIN_MASK);
      const absentAt = anchorAt > diedTo ? aliveAt : allAt;
      for (let i = 0; i < absentAt.length; i++) {
        const stateAt = absentAt[i]!;
        const at = base + stateAt;
        const count = counts[at]!;
        if (count === 0) continue;
        let moving = count;
        if (share < 1) {
          // As `part`, but without a branch that nothing could predict.
          dither += GOLDEN;
          dither -= dither | 0;
          moving = Math.floor(count * share + dither);
          if (moving === 0) continue;
        }
        counts[at] = count - moving;
        moved += moving;
        if (stateAt === fullAt) {
          const done = k * anchorBins + anchorAt;
          emittedAt[done] = emittedAt[done]! + moving;
          emitted += moving;
          emittedOf[k] = moving;
        } else {
          const to = at + arriving;
          counts[to] = counts[to]! + moving;
        }
      }
    }
    this.dither = dither;
    this.moved = moved;
    this.emitted = emitted;
  }

  /** Marks the bins in which a member of input `v` is absent, and one place more for all later ones. */
  absentIn(v: number): Uint8Array {
    const { offsets, k: combos, firstBin } = this;
    const marks = new Uint8Array(firstBin + this.anchorBins + 1);
    for (let k = 0; k < combos; k++)
      for (const state of this.having[v * 3 + ABSENT]!)
        this.eachIn(k, state, (anchor) => {
          const bin = anchor + offsets[v * combos + k]!;
          if (bin >= 0) marks[Math.min(bin, marks.length - 1)] = 1;
        });
    return marks;
  }

  /** A share of the members of input `v` and `bin` in digit `from` leaves as a miss; if a partner died before, because of that. */
  miss(
    v: number,
    bin: number,
    share: number,
    from: number,
    cause: number,
    diedCause: number,
    counter: MissCounter,
  ): void {
    const { counts, blockAt, k: combos, offsets, laterBy, anyDied, anchorBins, diedTo } = this;
    const having = this.having[v * 3 + from]!;
    const allAt = this.havingAt[v * 3 + from]!;
    const aliveAt = this.aliveAt[v * 3 + from]!;
    const lists = this.states * this.step;
    let { dither } = this;
    for (let k = 0; k < combos; k++) {
      const anchor = bin - offsets[v * combos + k]!;
      const anchorAt = anchor - this.firstBin;
      if (anchorAt < 0 || anchorAt >= anchorBins) continue;
      const block = blockAt[anchorAt >> BLOCK_BITS]!;
      if (block < 0) continue;
      const base = block + k * lists + (anchorAt & BIN_MASK);
      const died = anchorAt <= diedTo;
      const havingAt = died ? allAt : aliveAt;
      for (let i = 0; i < havingAt.length; i++) {
        const at = base + havingAt[i]!;
        const count = counts[at]!;
        if (count === 0) continue;
        let moving = count;
        if (share < 1) {
          dither += GOLDEN;
          dither -= dither | 0;
          moving = Math.floor(count * share + dither);
          if (moving === 0) continue;
        }
        counts[at] = count - moving;
        const later = anchor + laterBy[k]!;
        if (!died || anyDied[having[i]!] === 0) counter.missed(cause, later, moving);
        else {
          counter.missed(diedCause, later, moving);
          this.missWithDead(having[i]!, anchor, k, later, moving, counter);
        }
      }
    }
    this.dither = dither;
  }

  private missWithDead(
    state: number,
    anchor: number,
    k: number,
    later: number,
    moving: number,
    counter: MissCounter,
  ): void {
    for (let v = 0; v < this.inputs; v++)
      if (this.digit[v * this.states + state] === DIED)
        counter.missedWithDead(v, anchor + this.offsets[v * this.k + k]!, later, moving);
  }

  /** Members of `v` and `bin` that died with their state will be read again: they are absent once more. */
  revive(v: number, bin: number, share: number): void {
    const { counts, power, step, k: combos, offsets } = this;
    const died = this.having[v * 3 + DIED]!;
    for (let k = 0; k < combos; k++) {
      const base = this.base(bin - offsets[v * combos + k]!, k);
      if (base < 0) continue;
      for (let i = 0; i < died.length; i++) {
        const at = base + died[i]! * step;
        const count = counts[at]!;
        if (count === 0) continue;
        const moving = this.part(count, share);
        counts[at] = count - moving;
        const to = at - 2 * power[v]! * step;
        counts[to] = counts[to]! + moving;
      }
    }
  }

  /** A share of the state dies: what is held of matches not yet emitted. */
  die(fromAnchor: number, toAnchor: number, share: number): void {
    const { counts, states, step, digit, full, power, inputs, k: combos } = this;
    this.diedTo = Math.max(this.diedTo, toAnchor - this.firstBin);
    for (let anchor = Math.max(fromAnchor, this.firstBin); anchor <= toAnchor; anchor++) {
      for (let k = 0; k < combos; k++) {
        const base = this.base(anchor, k);
        if (base < 0) break;
        for (let state = 0; state < states; state++) {
          const count = counts[base + state * step]!;
          if (count === 0 || state === full) continue;
          let to = state;
          for (let v = 0; v < inputs; v++) if (digit[v * states + state] === HELD) to += power[v]!;
          if (to === state) continue;
          const moving = this.part(count, share);
          counts[base + state * step] = count - moving;
          counts[base + to * step] = counts[base + to * step]! + moving;
        }
      }
    }
  }

  /** Moves a share of every match into the cells of another class, from `fromAnchor` on. */
  splitInto(other: MatchCells, fromAnchor: number, share: number): void {
    other.diedTo = Math.max(other.diedTo, this.diedTo);
    const end = Math.min(this.anchorBins, this.endBlock << BLOCK_BITS);
    for (let row = Math.max(0, fromAnchor - this.firstBin); row < end; row++)
      for (let k = 0; k < this.k; k++) this.splitStates(other, row, k, share);
  }

  private splitStates(other: MatchCells, row: number, k: number, share: number): void {
    const { states, step, full } = this;
    const block = this.blockAt[row >> BLOCK_BITS]!;
    const list = k * states * step + (row & BIN_MASK);
    for (let state = 0; state < states; state++) {
      if (state === full) {
        const at = k * this.anchorBins + row;
        if (this.emittedAt[at] === 0) continue;
        const moving = this.part(this.emittedAt[at]!, share);
        this.emittedAt[at] = this.emittedAt[at]! - moving;
        other.emittedAt[at] = other.emittedAt[at]! + moving;
        continue;
      }
      const at = list + state * step;
      if (block < 0 || this.counts[block + at] === 0) continue;
      const to = other.open(row) + at;
      const moving = this.part(this.counts[block + at]!, share);
      this.counts[block + at] = this.counts[block + at]! - moving;
      other.counts[to] = other.counts[to]! + moving;
    }
  }

  addAll(other: MatchCells): void {
    this.diedTo = Math.max(this.diedTo, other.diedTo);
    for (let block = 0; block < other.endBlock; block++) {
      const from = other.blockAt[block]!;
      if (from < 0) continue;
      const to = this.open(block << BLOCK_BITS);
      for (let i = 0; i < this.blockSize; i++) this.counts[to + i] = this.counts[to + i]! + other.counts[from + i]!;
    }
    for (let at = 0; at < this.emittedAt.length; at++) this.emittedAt[at] = this.emittedAt[at]! + other.emittedAt[at]!;
    other.counts.fill(0);
    other.emittedAt.fill(0);
  }
}
