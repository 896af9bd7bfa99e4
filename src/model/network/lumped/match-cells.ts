/** How matches move from state to state, and out of the cells: moves only, so a match is in one place at any time. */
import { BIN_MASK, BLOCK_BITS } from "./cell-blocks.js";
import { ABSENT, CellColumns, DIED, GOLDEN, HELD } from "./cell-columns.js";

/** Where moved matches go when they leave the cells. */
export interface MissCounter {
  missed(cause: number, laterBin: number, count: number): void;
  /** These were counted as missed because the member of `input` and `bin` had died with its state. */
  missedWithDead(input: number, bin: number, laterBin: number, count: number): void;
}

export class MatchCells extends CellColumns {
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
    this.wait(v, bin, moved - emitted);
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
    const place = v * this.bins + bin;
    if (from === HELD && this.waiting[place] === 0) return;
    const { counts, blockAt, k: combos, offsets, laterBy, anyDied, anchorBins, diedTo } = this;
    const having = this.having[v * 3 + from]!;
    const allAt = this.havingAt[v * 3 + from]!;
    const aliveAt = this.aliveAt[v * 3 + from]!;
    const lists = this.states * this.step;
    let left = 0;
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
          left += count - moving;
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
    if (from === HELD) this.waiting[place] = left;
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
    other.waitAsWell(this.waiting);
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
    this.waitAsWell(other.waiting);
    other.waiting.fill(0);
  }

  private waitAsWell(waiting: Int32Array): void {
    for (let at = 0; at < waiting.length; at++) this.waiting[at] = this.waiting[at]! + waiting[at]!;
  }
}
