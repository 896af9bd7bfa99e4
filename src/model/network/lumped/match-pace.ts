/**
 * Classes apart that meet what their own consumers were brought, at their pace: of the quanta, those that these consumers
 * serve stand for the class's keys only. Restarted consumers work off what was held for them before anything else, and
 * consumers that ended unseen are brought nothing, while all others go on.
 */
import type { BookColumns } from "./book-columns.js";
import type { MatchClass } from "./match-class.js";

/** A class keeps up if the newest records that it was brought are no older. */
const KEEPS_UP_BINS = 4;

export class MatchPace {
  private readonly book: BookColumns;

  constructor(book: BookColumns) {
    this.book = book;
  }

  /** All channels of the class were released in this bin, which is over: what passes comes at its own pace from now on. */
  start(cls: MatchClass): void {
    const { bin, sink } = this.book;
    const main = this.book.classes[cls.slot]!;
    cls.pacedFrom = 0;
    const part = this.partOf(main, cls.share, cls);
    for (let b = 0; b <= Math.min(bin, this.book.layout.bins - 1); b++) {
      for (const { input } of sink.inputs) {
        const at = this.book.at(input, b);
        const rest = part * main.rest[at]!;
        if (b < cls.apartFrom) cls.passing[at] = rest;
        main.rest[at] = main.rest[at]! - Math.min(cls.passing[at]!, rest);
      }
    }
  }

  /** Consumers that own `share` of the keys of a base class join a class that is paced from now on: their part of all that is to come. */
  startAtOnce(cls: MatchClass, share: number): void {
    const { bin, sink } = this.book;
    const main = this.book.classes[cls.slot]!;
    cls.pacedFrom = 0;
    const part = Math.min(1, this.partOf(main, share, cls, share));
    for (let b = 0; b <= Math.min(bin, this.book.layout.bins - 1); b++) {
      for (const { input } of sink.inputs) {
        const at = this.book.at(input, b);
        const rest = main.rest[at]! * part;
        main.rest[at] = main.rest[at]! - rest;
        cls.passing[at] = cls.passing[at]! + rest;
      }
    }
  }

  /** Part of a base class's rest that falls to `share` of the keys, while the paced classes (but for `cls`) have theirs apart. */
  private partOf(main: MatchClass, share: number, cls: MatchClass, joined = 0): number {
    let whole = this.book.slotShare[main.slot]!;
    for (const one of this.book.classes)
      if (one !== cls && one !== main && one.slot === main.slot && one.pacedFrom !== Number.POSITIVE_INFINITY)
        whole -= one.share;
    if (joined > 0) whole -= cls.share - joined;
    return whole > 0 ? Math.min(1, share / whole) : 1;
  }

  /** Key share of a base class that quanta of its own consumers bring: without what is paced apart. */
  shareOf(slot: number, bin: number): number {
    let share = this.book.slotShare[slot]!;
    const { classes } = this.book;
    for (let c = this.book.bases; c < classes.length; c++)
      if (classes[c]!.slot === slot && bin >= classes[c]!.pacedFrom) share -= classes[c]!.share;
    return share;
  }

  /** `count` records of (input, bin) are to come to all. */
  expect(input: number, bin: number, count: number): void {
    const at = this.book.at(input, bin);
    const { classes, bases, slotShare } = this.book;
    for (let b = 0; b < bases; b++) classes[b]!.rest[at] = classes[b]!.rest[at]! + slotShare[b]! * count;
    for (let c = bases; c < classes.length; c++) {
      const cls = classes[c]!;
      if (bin < cls.pacedFrom) continue;
      const { rest } = classes[cls.slot]!;
      rest[at] = rest[at]! - cls.share * count;
      cls.passing[at] = cls.passing[at]! + cls.share * count;
    }
  }

  /** The class goes back: what is still to come to it comes to its base class. */
  end(cls: MatchClass): void {
    if (cls.pacedFrom === Number.POSITIVE_INFINITY) return;
    const { rest } = this.book.classes[cls.slot]!;
    for (let at = 0; at < rest.length; at++) rest[at] = rest[at]! + cls.passing[at]!;
  }

  keepsUp(cls: MatchClass): boolean {
    return cls.pacedTo >= this.book.bin - KEEPS_UP_BINS;
  }
}
