/**
 * States that are being filled anew: the books know what share of a class's records complete a match, but consumers
 * that started earlier hold more partners than those that started later, and each of them holds more with every
 * record. So while a class is fresh, a consumer's share follows what it has processed itself.
 */
import type { MatchBook } from "./match-book.js";
import type { LumpedState } from "./state.js";

export class StateFilling {
  private readonly state: LumpedState;
  private readonly books: readonly MatchBook[];
  /** By class number: records processed per share of the keys, as of the last refreshment of the shares and now. */
  private readonly before = new Float64Array(256);
  private readonly records = new Float64Array(256);
  private readonly keys = new Float64Array(256);
  private any = false;

  constructor(state: LumpedState, books: readonly MatchBook[]) {
    this.state = state;
    this.books = books;
  }

  /** The emission shares have just been refreshed, from what came since the last time. */
  refreshed(): void {
    const fresh = this.books.some((book) => book.fresh);
    if (!fresh && !this.any) return;
    this.any = fresh;
    for (const book of this.books) this.refreshOf(book);
  }

  private refreshOf(book: MatchBook): void {
    const { state, before, records, keys } = this;
    const { classOf, filled, fillShare, consumerAlive } = state;
    const { base, consumers } = book.sink;
    records.fill(0);
    keys.fill(0);
    for (let c = base; c < base + consumers; c++) {
      if (consumerAlive[c] === 0) continue;
      const cls = classOf[c]!;
      records[cls] = records[cls]! + filled[c]!;
      keys[cls] = keys[cls]! + book.keyShare(c);
    }
    fillShare.fill(0, base, base + consumers);
    for (const { id, fresh } of book.classes) {
      const now = records[id]! / keys[id]!;
      // What the shares were taken from came on average half-way between the two refreshments.
      const mean = fresh > 0 && keys[id]! > 0 ? (now + before[id]!) / 2 : 0;
      before[id] = mean > 0 ? now : 0;
      if (mean === 0) continue;
      for (let c = base; c < base + consumers; c++) if (classOf[c] === id) fillShare[c] = 1 / (mean * book.keyShare(c));
    }
  }
}
