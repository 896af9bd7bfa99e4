/**
 * Consumers that share a fate leave their base classes, and go back when what told them apart has passed. While a class
 * is apart its channels take its share out of the quanta; what its records of those event bins met is settled by itself.
 */
import { type BookColumns, MISS } from "./book-columns.js";
import { ABSENT } from "./cell-columns.js";
import type { EmissionShares } from "./emission-shares.js";
import type { MatchArrivals } from "./match-arrivals.js";
import type { MatchClass } from "./match-class.js";
import type { MatchPace } from "./match-pace.js";

/** Most classes beside a book's base classes; further deaths join the newest. */
export const MOST_CLASSES = 13;

export class ClassSplits {
  private readonly book: BookColumns;
  private readonly arrivals: MatchArrivals;
  private readonly shares: EmissionShares;
  private readonly pace: MatchPace;

  constructor(book: BookColumns, arrivals: MatchArrivals, shares: EmissionShares, pace: MatchPace) {
    this.book = book;
    this.pace = pace;
    this.arrivals = arrivals;
    this.shares = shares;
  }

  /** Splits consumers off, given their key share of each base class: from now on their channels have a history of their own. */
  split(shares: Float64Array): MatchClass {
    const id = this.book.shared.freeIds.pop();
    if (id === undefined || this.book.classes.length >= this.book.bases + MOST_CLASSES) {
      if (id !== undefined) this.book.shared.freeIds.push(id);
      const newest = this.book.classes[this.book.classes.length - 1]!;
      this.splitMore(newest, shares);
      return newest;
    }
    let slot = 0;
    for (let b = 1; b < this.book.bases; b++) if (shares[b]! > shares[slot]!) slot = b;
    const cls = this.book.makeClass(id, 0, slot, true);
    this.book.classes.push(cls);
    cls.apartFrom = this.book.bin;
    cls.apartTo = Number.POSITIVE_INFINITY;
    cls.apartDoneTo = this.book.bin - 1;
    cls.splitAt = this.book.settlement;
    this.splitMore(cls, shares);
    this.shares.inherit(cls, this.book.classes[slot]!);
    return cls;
  }

  /** More consumers join a class that was split off at this very instant. */
  splitMore(cls: MatchClass, shares: Float64Array): void {
    for (let b = 0; b < this.book.bases; b++) {
      const share = shares[b]!;
      const main = this.book.classes[b]!;
      if (share === 0) continue;
      const part = share >= main.share * (1 - 1e-9) ? 1 : share / main.share;
      main.cells.splitInto(cls.cells, this.book.bin - this.book.windowBins - 2 * this.book.combos.maxOffset - 2, part);
      for (const [from, to] of [
        [main.held, cls.held],
        [main.matched, cls.matched],
        [main.everMatched, cls.everMatched],
        [main.copies, cls.copies],
      ] as const) {
        for (let i = 0; i < from.length; i++) {
          const moved = from[i]! * part;
          from[i] = from[i]! - moved;
          to[i] = to[i]! + moved;
        }
      }
      main.share = Math.max(0, main.share - share);
      main.aliveShare = Math.max(0, main.aliveShare - share);
      cls.from[b] = cls.from[b]! + share;
      cls.share += share;
      cls.aliveShare += share;
    }
    this.setDue(cls, Math.max(cls.apartDoneTo + 1, cls.apartFrom));
  }

  /** Consumers of a class apart die again: it stays apart, or, if it was about to go back, goes back now. */
  apartAgain(cls: MatchClass, merge: (from: number) => void): boolean {
    if (cls.apartTo === Number.POSITIVE_INFINITY) return true;
    this.mergeBack(this.book.classes.indexOf(cls));
    merge(cls.id);
    return false;
  }

  /** From `fromBin` to the current bin, what remains for the class is due to its channels. */
  private setDue(cls: MatchClass, fromBin: number): void {
    for (let bin = Math.max(0, fromBin); bin <= Math.min(this.book.bin, this.book.layout.bins - 1); bin++) {
      for (const group of this.book.sink.inputs)
        cls.due[this.book.at(group.input, bin)] = cls.share * this.book.remaining[this.book.at(group.input, bin)]!;
    }
  }

  /** All channels of the class have been released. */
  released(cls: MatchClass): void {
    cls.apartTo = this.book.bin;
  }

  /** Event bins apart whose records have all been read: what was lost, what passes, what is held back. */
  settleApart(cls: MatchClass): void {
    const released = cls.apartTo !== Number.POSITIVE_INFINITY;
    const to = Math.min(released ? this.book.bin : this.book.bin - 1, cls.apartTo, this.book.layout.bins - 1);
    for (let bin = Math.max(cls.apartFrom, cls.apartDoneTo + 1); bin <= to; bin++) {
      for (const group of this.book.sink.inputs) {
        const at = this.book.at(group.input, bin);
        const due = cls.due[at]!;
        if (due <= 0) continue;
        cls.cells.miss(
          this.book.cellInput(group.input),
          bin,
          Math.min(1, cls.lost[at]! / due),
          ABSENT,
          MISS.inputLost,
          MISS.stateLost,
          this.book,
        );
        cls.passing[at] = Math.max(0, due - cls.lost[at]! - cls.heldBack[at]!);
        cls.backing[at] = Math.max(0, cls.heldBack[at]!);
      }
      cls.apartDoneTo = bin;
    }
  }

  mergeBack(c: number): void {
    const cls = this.book.classes[c]!;
    const main = this.book.classes[cls.slot]!;
    this.arrivals.meetPostponed(cls);
    this.sweep(cls);
    main.cells.addAll(cls.cells);
    for (const [from, to] of [
      [cls.held, main.held],
      [cls.matched, main.matched],
      [cls.everMatched, main.everMatched],
      [cls.copies, main.copies],
    ] as const) {
      for (let i = 0; i < from.length; i++) to[i] = to[i]! + from[i]!;
    }
    for (let at = 0; at < cls.backing.length; at++) {
      const back = Math.round(cls.backing[at]!);
      this.book.remaining[at] = this.book.remaining[at]! + back;
      main.rest[at] = main.rest[at]! + back;
    }
    this.pace.end(cls);
    const alive = cls.share > 0 ? cls.aliveShare / cls.share : 0;
    for (let b = 0; b < this.book.bases; b++) {
      this.book.classes[b]!.share += cls.from[b]!;
      this.book.classes[b]!.aliveShare += cls.from[b]! * alive;
    }
    this.book.classes.splice(c, 1);
    cls.mergedInto = main;
    this.book.shared.freeIds.push(cls.id);
  }

  /** Bins apart of which nothing is under way any more: shares were met on average only, what is left has come too. */
  private sweep(cls: MatchClass): void {
    const to = cls.pacedFrom === Number.POSITIVE_INFINITY ? Math.min(cls.apartTo, cls.apartDoneTo) : this.book.bin;
    for (
      let bin = Math.max(0, Math.min(cls.apartFrom, cls.pacedFrom));
      bin <= Math.min(to, this.book.layout.bins - 1);
      bin++
    ) {
      for (const group of this.book.sink.inputs) {
        const at = this.book.at(group.input, bin);
        if (this.book.remaining[at]! <= 0 && cls.backing[at]! < 0.5)
          this.arrivals.arriveIn(cls, group.input, bin, 1, 0);
      }
    }
  }

  /** The bin is over: the event bins of classes apart that have been read whole are settled. */
  settleAll(paced: (cls: MatchClass) => void): void {
    for (let c = this.book.bases; c < this.book.classes.length; c++) {
      const cls = this.book.classes[c]!;
      this.settleApart(cls);
      if (cls.pacedTo >= cls.apartTo) this.arrivals.meetPostponed(cls);
      if (cls.apartTo === Number.POSITIVE_INFINITY || cls.pacedFrom !== Number.POSITIVE_INFINITY) continue;
      this.arrivals.startPace(cls);
      paced(cls);
    }
  }

  /** Classes whose difference has passed go back to their base classes; `merge` is told which. */
  mergeDue(merge: (from: number) => void): void {
    const { bin, combos, bases, classes } = this.book;
    for (let c = classes.length - 1; c >= bases; c--) {
      const cls = classes[c]!;
      if (cls.apartTo === Number.POSITIVE_INFINITY) continue;
      // Ended unseen, and then all others ended too: they begin anew together.
      const alike = cls.apartFrom === Number.POSITIVE_INFINITY && classes[cls.slot]!.diedAt > cls.splitAt;
      if (!alike && (bin <= cls.apartTo + combos.usualOffset + 4 || !this.pace.keepsUp(cls))) continue;
      this.mergeBack(c);
      merge(cls.id);
    }
  }
}
