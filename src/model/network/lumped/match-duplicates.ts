/** Copies of records that were delivered before arrive: matches are emitted again where the partners are still held. */
import type { BookColumns } from "./book-columns.js";
import type { MatchClass } from "./match-class.js";

export class MatchDuplicates {
  total = 0;
  private readonly book: BookColumns;
  private carry = 0;

  constructor(book: BookColumns) {
    this.book = book;
  }

  /** Copies of records of (input, bin) have been processed: matches are emitted again where the partners are held. */
  arrivedAgain(input: number, bin: number, count: number): void {
    if (this.book.inputs === 1) this.total += count;
    else {
      let again = 0;
      // Records whose delivery stands: matched once, or unmatched in a state that lives.
      let standing = 0;
      const at = this.book.at(input, bin);
      for (const cls of this.book.classes) {
        again += this.emittedWithPartnersHeld(cls, input, bin);
        standing += cls.everMatched[at]! + Math.max(0, cls.held[at]! - cls.matched[at]!);
        cls.copies[at] = cls.copies[at]! + count * cls.share;
      }
      if (standing <= 0) return;
      this.carry += again * Math.min(1, count / standing);
      const whole = Math.floor(this.carry);
      this.carry -= whole;
      this.total += whole;
    }
  }

  /** Emitted matches of a class with a member of (input, bin), as far as their other members are in the state now. */
  private emittedWithPartnersHeld(cls: MatchClass, input: number, bin: number): number {
    let count = 0;
    for (let k = 0; k < this.book.combos.count; k++) {
      const anchor = bin - this.book.combos.offsets[input * this.book.combos.count + k]!;
      const base = cls.cells.base(anchor, k);
      if (base < 0) continue;
      const emitted = cls.cells.counts[base + cls.cells.full * cls.cells.step]!;
      if (emitted === 0) continue;
      let there = 1;
      for (let v = 0; v < this.book.inputs; v++) {
        const other = anchor + this.book.combos.offsets[v * this.book.combos.count + k]!;
        if (v === input || other < 0) continue;
        const at = this.book.at(v, other);
        if (cls.everMatched[at]! > 0) there *= Math.min(1, (cls.matched[at]! + cls.copies[at]!) / cls.everMatched[at]!);
      }
      count += emitted * there;
    }
    return count;
  }
}
