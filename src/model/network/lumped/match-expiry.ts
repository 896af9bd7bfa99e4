/** Records leave the state a window after they arrived there: per class, in the order of arrival. */
import { type BookColumns, MISS } from "./book-columns.js";
import { HELD } from "./match-cells.js";
import type { MatchClass } from "./match-class.js";

/** So many expired entries of the history are forgotten together. */
const TRIM_AT = 4096;
/** Where old event bins are settled in turns, their arrivals are booked so much later on average; expiry waits as long. */
const MEAN_TURN_BINS = 2;

/** Records that entered the states of a class at one settlement. */
interface Arrival {
  /** Input × stride + event bin. */
  readonly at: number;
  readonly cls: MatchClass;
  readonly count: number;
  readonly settlement: number;
  /** Bin of the settlement. */
  readonly bin: number;
}

export class MatchExpiry {
  private readonly book: BookColumns;
  /** Arrivals in settlement order. */
  private readonly history: Arrival[] = [];
  private historyAt = 0;

  constructor(book: BookColumns) {
    this.book = book;
  }

  /** `count` records have entered the state of the class. */
  note(at: number, cls: MatchClass, count: number): void {
    this.history.push({ at, cls, count, settlement: this.book.settlement, bin: this.book.bin });
  }

  /** The current bin is over. `inTurns`: old event bins are settled in turns. */
  endBin(inTurns: boolean): void {
    const before = this.book.bin - this.book.windowBins - (inTurns ? MEAN_TURN_BINS : 0);
    while (this.historyAt < this.history.length && this.history[this.historyAt]!.bin <= before)
      this.expire(this.history[this.historyAt++]!);
    if (this.historyAt > TRIM_AT && 2 * this.historyAt > this.history.length) {
      this.history.splice(0, this.historyAt);
      this.historyAt = 0;
    }
  }

  /** What arrived a window ago leaves the state; of classes split off since, their part with it. */
  private expire(entry: Arrival): void {
    let { cls } = entry;
    while (cls.mergedInto !== null) cls = cls.mergedInto;
    const holders = this.book.classes.filter(
      (one) =>
        (one === cls || (one.slot === cls.slot && entry.settlement < one.splitAt)) &&
        one.diedAt < entry.settlement &&
        one.held[entry.at]! > 0,
    );
    let held = 0;
    for (const one of holders) held += one.held[entry.at]!;
    const share = held <= entry.count ? 1 : entry.count / held;
    const input = Math.floor(entry.at / this.book.stride);
    for (const one of holders) {
      one.cells.miss(
        this.book.cellInput(input),
        entry.at % this.book.stride,
        share,
        HELD,
        MISS.late,
        MISS.stateLost,
        this.book,
      );
      one.held[entry.at] = one.held[entry.at]! * (1 - share);
      one.matched[entry.at] = one.matched[entry.at]! * (1 - share);
    }
  }
}
