/**
 * Copies of records that were delivered before arrive: matches are emitted again where the partners are there, in the
 * state since the first time or as copies that came before. Copies are of what stood when its source began to read it
 * again; what arrives of the bin for the first time after that has none and is no partner of theirs, so it is kept out.
 */
import type { BookColumns } from "./book-columns.js";

const NEVER = -1e9;

export class MatchDuplicates {
  total = 0;
  private readonly book: BookColumns;
  private carry = 0;
  /** By input × stride + bin: records whose delivery stood, and those of them in a match, when it was last looked at; and in which bin that was. */
  private readonly stood: Float64Array;
  private readonly stoodMatched: Float64Array;
  private readonly seenIn: Int32Array;
  /** Of bins that are read again: matches emitted by then, by delay combination, and when they were counted. */
  private readonly emitted = new Map<number, { readonly counts: Int32Array; readonly seenIn: number }>();

  constructor(book: BookColumns) {
    this.book = book;
    const size = book.inputs > 1 ? book.delivered.length : 0;
    this.stood = new Float64Array(size);
    this.stoodMatched = new Float64Array(size);
    this.seenIn = new Int32Array(size).fill(NEVER);
  }

  /** A source begins to read records of (input, bin) again. */
  begins(input: number, bin: number): void {
    const { book } = this;
    const { combos, inputs } = book;
    if (inputs === 1 || bin >= book.layout.bins) return;
    const before = this.emitted.get(book.at(input, bin));
    if (before !== undefined && this.isRecent(before.seenIn)) return;
    const counts = new Int32Array(combos.count);
    for (let k = 0; k < combos.count; k++) {
      const anchor = bin - combos.offsets[input * combos.count + k]!;
      for (let v = 0; v < inputs; v++) this.look(v, anchor + combos.offsets[v * combos.count + k]!);
      for (const { cells } of book.classes) counts[k] = counts[k]! + cells.emittedOn(anchor, k);
    }
    this.emitted.set(book.at(input, bin), { counts, seenIn: book.bin });
  }

  /** Many sources read a bin again at about the same time: what the first ones bring is there before the last ones begin. */
  private isRecent(seenIn: number): boolean {
    return this.book.bin - seenIn < this.book.windowBins;
  }

  private look(input: number, bin: number): void {
    if (bin < 0 || bin >= this.book.layout.bins) return;
    const at = this.book.at(input, bin);
    if (this.isRecent(this.seenIn[at]!)) return;
    this.seenIn[at] = this.book.bin;
    const matched = this.everMatched(at);
    this.stoodMatched[at] = matched;
    // Shares of classes are met on average only: no fewer than were matched.
    this.stood[at] = Math.max(matched, this.book.delivered[at]!);
  }

  private everMatched(at: number): number {
    let count = 0;
    for (const cls of this.book.classes) count += cls.everMatched[at]!;
    return count;
  }

  /** Copies of records of (input, bin) have been processed: matches are emitted again where the partners are there. */
  arrivedAgain(input: number, bin: number, count: number): void {
    if (this.book.inputs === 1) {
      this.total += count;
      return;
    }
    const at = this.book.at(input, bin);
    const again = this.withPartnersThere(input, bin);
    for (const cls of this.book.classes) cls.copies[at] = cls.copies[at]! + count * cls.share;
    if (again <= 0) return;
    this.carry += again * Math.min(1, count / this.stood[at]!);
    const whole = Math.floor(this.carry);
    this.carry -= whole;
    this.total += whole;
  }

  /** Matches emitted before the bin was read again whose other members are in the state now. */
  private withPartnersThere(input: number, bin: number): number {
    const { book } = this;
    const { combos, inputs } = book;
    const counts = this.emitted.get(book.at(input, bin))?.counts;
    if (counts === undefined) return 0;
    let sum = 0;
    for (let k = 0; k < combos.count; k++) {
      if (counts[k] === 0) continue;
      const anchor = bin - combos.offsets[input * combos.count + k]!;
      let there = 1;
      for (let v = 0; v < inputs; v++) {
        const other = anchor + combos.offsets[v * combos.count + k]!;
        if (v !== input && other >= 0) there *= this.there(book.at(v, other));
      }
      sum += counts[k]! * there;
    }
    return sum;
  }

  /** Of the records of a bin that stood in a match, the share in the state: since they came, or as a copy, which comes whether they do or not. */
  private there(at: number): number {
    const stoodMatched = this.stoodMatched[at]!;
    if (stoodMatched <= 0) return 0;
    let matched = 0;
    let copies = 0;
    for (const cls of this.book.classes) {
      matched += cls.matched[at]!;
      copies += cls.copies[at]!;
    }
    const since = this.everMatched(at) - stoodMatched;
    const gone = 1 - Math.max(0, Math.min(1, (matched - since) / stoodMatched));
    return 1 - gone * (1 - Math.min(1, copies / this.stood[at]!));
  }
}
