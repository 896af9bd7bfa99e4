/** Records leave the state a window after they arrived there: per class, in the order of arrival. */
import { longer } from "../../columns.js";
import { type BookColumns, MISS } from "./book-columns.js";
import { HELD } from "./cell-columns.js";
import type { MatchClass } from "./match-class.js";

/** So many expired entries of the history are forgotten together. */
const TRIM_AT = 4096;
/** Where old event bins are settled in turns, their arrivals are booked so much later on average; expiry waits as long. */
const MEAN_TURN_BINS = 2;

export class MatchExpiry {
  private readonly book: BookColumns;
  // What entered the states of a class at one settlement, in settlement order.
  /** Input × stride + event bin. */
  private at = new Int32Array(TRIM_AT);
  private cls: MatchClass[] = [];
  private count = new Float64Array(TRIM_AT);
  private settlement = new Int32Array(TRIM_AT);
  /** Bin of the settlement. */
  private bin = new Int32Array(TRIM_AT);
  /** The oldest that has not expired, and the end. */
  private from = 0;
  private to = 0;
  /** Of what is due at the end of the current bin, the share that a state's death within it has met gone already. */
  private goneShare = 0;

  constructor(book: BookColumns) {
    this.book = book;
  }

  /** `count` records have entered the state of the class. */
  note(at: number, cls: MatchClass, count: number): void {
    if (this.to === this.at.length) this.makeRoom();
    const i = this.to++;
    this.at[i] = at;
    this.cls[i] = cls;
    this.count[i] = count;
    this.settlement[i] = this.book.settlement;
    this.bin[i] = this.book.bin;
  }

  private makeRoom(): void {
    if (this.from > TRIM_AT / 2 && 2 * this.from > this.to) {
      for (const column of [this.at, this.count, this.settlement, this.bin]) column.copyWithin(0, this.from, this.to);
      this.cls = this.cls.slice(this.from, this.to);
      this.to -= this.from;
      this.from = 0;
      return;
    }
    const capacity = 2 * this.at.length;
    this.at = longer(this.at, capacity);
    this.count = longer(this.count, capacity);
    this.settlement = longer(this.settlement, capacity);
    this.bin = longer(this.bin, capacity);
  }

  /** The current bin is over. `inTurns`: old event bins are settled in turns. */
  endBin(inTurns: boolean): void {
    const before = this.dueBin(inTurns);
    while (this.from < this.to && this.bin[this.from]! <= before) this.expire(this.from++);
    this.goneShare = 0;
  }

  /** A state dies when `share` of the current bin is over: so much of what would leave at its end has left by then. */
  expireWithin(share: number, inTurns: boolean): void {
    if (share <= this.goneShare) return;
    const before = this.dueBin(inTurns);
    const part = (share - this.goneShare) / (1 - this.goneShare);
    for (let i = this.from; i < this.to && this.bin[i]! <= before; i++) {
      const all = this.count[i]!;
      this.count[i] = all * part;
      this.expire(i);
      this.count[i] = all - all * part;
    }
    this.goneShare = share;
  }

  private dueBin(inTurns: boolean): number {
    return this.book.bin - this.book.windowBins - (inTurns ? MEAN_TURN_BINS : 0);
  }

  /** What arrived a window ago leaves the state; of classes split off since, their part with it. */
  private expire(i: number): void {
    let cls = this.cls[i]!;
    while (cls.mergedInto !== null) cls = cls.mergedInto;
    const at = this.at[i]!;
    const settlement = this.settlement[i]!;
    let held = 0;
    for (const one of this.book.classes) if (holds(one, cls, settlement)) held += one.held[at]!;
    const share = held <= this.count[i]! ? 1 : this.count[i]! / held;
    const input = this.book.cellInput(Math.floor(at / this.book.stride));
    const bin = at % this.book.stride;
    for (const one of this.book.classes) {
      if (!holds(one, cls, settlement) || one.held[at]! <= 0) continue;
      one.cells.miss(input, bin, share, HELD, MISS.late, MISS.stateLost, this.book);
      one.held[at] = one.held[at]! * (1 - share);
      one.matched[at] = one.matched[at]! * (1 - share);
    }
  }
}

/** Whether the class holds what entered the states of `cls` at a settlement. */
function holds(one: MatchClass, cls: MatchClass, settlement: number): boolean {
  return (one === cls || (one.slot === cls.slot && settlement < one.splitAt)) && one.diedAt < settlement;
}
