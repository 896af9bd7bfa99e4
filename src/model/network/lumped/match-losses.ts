/** Records are lost before they arrive, or are taken out of the quanta for channels that are dealt with one by one. */
import { type BookColumns, MISS } from "./book-columns.js";
import { ABSENT } from "./cell-columns.js";
import type { MatchClass } from "./match-class.js";

export class MatchLosses {
  private readonly book: BookColumns;

  constructor(book: BookColumns) {
    this.book = book;
  }

  /** Records of (input, bin), of any consumer, are lost for good before they arrived. */
  lose(input: number, bin: number, count: number): void {
    this.loseOfAll(input, bin, count, MISS.stateLost);
  }

  /**
   * The same of records that were lost before this became final, so not because of a partner that has died since;
   * `withState`: they were lost with the consumer in whose state their partners were, which died first.
   */
  loseEarlier(input: number, bin: number, count: number, id: number, withState: boolean): void {
    if (bin >= this.book.layout.bins) return;
    const cls = this.book.shared.classes[id];
    const died = withState ? MISS.stateLost : MISS.inputLost;
    const own = cls && bin >= cls.pacedFrom ? this.loseOfPaced(cls, input, bin, count, died) : 0;
    this.loseOfAll(input, bin, count - own, died);
    // The last ones were those of that class: what rounding left of all others is lost with them.
    if (own > 0 && own === count && this.book.restOf(input, bin) <= 0) this.loseShare(input, bin, 0, 1, died);
  }

  /** They were on their way to consumers of a class with a pace of its own; returns how many it had to come. */
  private loseOfPaced(cls: MatchClass, input: number, bin: number, count: number, died: number): number {
    const at = this.book.at(input, bin);
    const own = Math.min(count, Math.floor(cls.passing[at]!));
    if (own <= 0) return 0;
    this.book.remaining[at] = Math.max(0, this.book.remaining[at]! - own);
    this.missOfPaced(cls, input, bin, own / cls.passing[at]!, died);
    return own;
  }

  private missOfPaced(cls: MatchClass, input: number, bin: number, share: number, died: number): void {
    const at = this.book.at(input, bin);
    const all = cls.passing[at]! + cls.backing[at]!;
    const part = all > 0 ? (share * cls.passing[at]!) / all : share;
    // Whoever ended unseen did so before the senders lost what they held for it.
    const first = cls.apartFrom === Number.POSITIVE_INFINITY ? MISS.stateLost : died;
    cls.cells.miss(this.book.cellInput(input), bin, part, ABSENT, MISS.inputLost, first, this.book);
    cls.passing[at] = cls.passing[at]! * (1 - share);
  }

  private loseOfAll(input: number, bin: number, count: number, died: number): void {
    if (bin >= this.book.layout.bins || count === 0) return;
    const rest = this.book.restOf(input, bin);
    this.loseShare(input, bin, count, count >= rest ? 1 : count / rest, died);
  }

  private loseShare(input: number, bin: number, count: number, share: number, died: number): void {
    const at = this.book.at(input, bin);
    this.book.remaining[at] = Math.max(0, this.book.remaining[at]! - count);
    const v = this.book.cellInput(input);
    for (let b = 0; b < this.book.bases; b++)
      this.book.classes[b]!.rest[at] = this.book.classes[b]!.rest[at]! * (1 - share);
    for (const cls of this.book.classes) {
      if (bin >= cls.pacedFrom) {
        this.missOfPaced(cls, input, bin, share, died);
        continue;
      }
      if (this.book.shared.base[cls.id] === 1 || !this.book.isApart(cls, bin)) {
        cls.cells.miss(v, bin, share, ABSENT, MISS.inputLost, died, this.book);
        continue;
      }
      // Of a class apart, its keys' share is lost.
      const own = cls.cells.part(count * cls.share, 1 - 1e-12);
      cls.lost[at] = cls.lost[at]! + own;
      cls.taken[at] = cls.taken[at]! + own;
      if (bin > cls.apartDoneTo) continue;
      const all = cls.passing[at]! + cls.backing[at]!;
      cls.passing[at] = Math.max(0, cls.passing[at]! - own);
      if (all > 0) cls.cells.miss(v, bin, Math.min(1, own / all), ABSENT, MISS.inputLost, died, this.book);
    }
  }

  /** Channels of a class apart take `count` records out of the quanta: lost, or held back for later. */
  withdraw(cls: MatchClass, input: number, bin: number, count: number, held: boolean): void {
    const at = this.book.at(input, bin);
    if (bin >= this.book.layout.bins) return;
    // May fall below 0 for a moment: rows round each for itself, and give back what was too much.
    this.book.remaining[at] = this.book.remaining[at]! - count;
    const { rest } = this.book.classes[cls.slot]!;
    rest[at] = Math.max(0, rest[at]! - count);
    const column = held ? cls.heldBack : cls.lost;
    column[at] = column[at]! + count;
    cls.taken[at] = cls.taken[at]! + count;
    if (bin > cls.apartDoneTo) return;
    const all = cls.passing[at]! + cls.backing[at]!;
    cls.passing[at] = Math.max(0, cls.passing[at]! - count);
    if (held) cls.backing[at] = cls.backing[at]! + count;
    else if (all > 0)
      cls.cells.miss(
        this.book.cellInput(input),
        bin,
        Math.min(1, count / all),
        ABSENT,
        MISS.inputLost,
        MISS.stateLost,
        this.book,
      );
  }

  /** Records that were taken out of quanta for a class apart will come by quanta after all, or be lost as others are. */
  giveBack(cls: MatchClass | undefined, input: number, bin: number, count: number): void {
    if (bin >= this.book.layout.bins) return;
    const at = this.book.at(input, bin);
    this.book.remaining[at] = this.book.remaining[at]! + count;
    const { rest } = this.book.classes[cls?.slot ?? 0]!;
    rest[at] = rest[at]! + count;
    if (cls === undefined) return;
    cls.heldBack[at] = cls.heldBack[at]! - count;
    cls.taken[at] = cls.taken[at]! - count;
    if (bin > cls.apartDoneTo) return;
    cls.backing[at] = Math.max(0, cls.backing[at]! - count);
    cls.passing[at] = cls.passing[at]! + count;
  }
}
