/** Sources read records again: lost ones are under way once more, and members that had died with a state can still come. */
import type { BookColumns } from "./book-columns.js";
import type { MatchPace } from "./match-pace.js";

export class MatchRereads {
  private readonly book: BookColumns;
  private readonly pace: MatchPace;
  /** By input × stride + bin: members that come back with the next settlement. */
  private readonly backNow = new Map<number, { input: number; bin: number; count: number; before: number }>();

  constructor(book: BookColumns, pace: MatchPace) {
    this.book = book;
    this.pace = pace;
  }

  /** `count` records of (input, bin) are under way again, `state` of them had died in a state that held `stateBefore` lost ones. */
  readAgain(input: number, bin: number, count: number, state: number, stateBefore: number): void {
    if (bin >= this.book.layout.bins) return;
    const at = this.book.at(input, bin);
    this.book.remaining[at] = this.book.remaining[at]! + count;
    this.pace.expect(input, bin, count);
    for (let c = this.book.bases; c < this.book.classes.length; c++) {
      const cls = this.book.classes[c]!;
      if (bin >= cls.apartFrom && cls.apartTo === Number.POSITIVE_INFINITY)
        cls.due[at] = cls.due[at]! + cls.share * count;
    }
    if (state === 0) return;
    const back = this.backNow.get(at);
    // Many sources read the same bin again at about the same time: their members come back together.
    if (back === undefined) this.backNow.set(at, { input, bin, count: state, before: stateBefore });
    else back.count += state;
  }

  /** Before the arrivals of a settlement are booked: they may be of what came back. */
  applyBack(): void {
    if (this.backNow.size === 0) return;
    for (const [at, { input, bin, count, before }] of this.backNow) {
      const share = Math.min(1, count / before);
      for (const cls of this.book.classes) cls.cells.revive(this.book.cellInput(input), bin, share);
      this.book.reviveMissed(at, share);
    }
    this.backNow.clear();
  }
}
