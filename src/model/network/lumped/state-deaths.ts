/** States die with their consumers: what they held is lost, records that had not been matched and the matches they were of. */
import type { BookColumns } from "./book-columns.js";
import type { EmissionShares } from "./emission-shares.js";
import type { MatchClass } from "./match-class.js";
import { CAUSE, type RecordLedger } from "./record-ledger.js";

/** Bins in which the shares of a state that died are refreshed more often. */
const FRESH_BINS = 10;

export class StateDeaths {
  private readonly book: BookColumns;
  private readonly ledger: RecordLedger;
  private readonly shares: EmissionShares;
  private carry = 0.5;

  constructor(book: BookColumns, ledger: RecordLedger, shares: EmissionShares) {
    this.book = book;
    this.ledger = ledger;
    this.shares = shares;
  }

  /** Some state is gone that the next settlement must take out. */
  get due(): boolean {
    return this.book.classes.some((cls) => cls.diedShare > 0);
  }

  applyAll(): void {
    for (const cls of this.book.classes) if (cls.diedShare > 0) this.apply(cls);
  }

  apply(cls: MatchClass): void {
    const share = cls.diedShare >= cls.aliveShare * (1 - 1e-9) ? 1 : cls.diedShare / cls.aliveShare;
    cls.aliveShare = Math.max(0, cls.aliveShare - cls.diedShare);
    cls.diedShare = 0;
    const { combos, stride } = this.book;
    const from = Math.max(0, this.book.bin - this.book.windowBins - combos.maxOffset - 1200);
    if (this.book.isJoin) {
      cls.cells.die(from - combos.maxOffset, this.book.bin + combos.maxOffset, share);
      for (const group of this.book.sink.inputs) {
        for (let bin = from; bin <= Math.min(this.book.bin, this.book.layout.bins - 1); bin++) {
          const at = group.input * stride + bin;
          const held = cls.held[at]!;
          if (held > 0) {
            // What is less than a record in this bin is lost in another.
            const exact = this.carry + (held - cls.matched[at]!) * share;
            const lost = Math.max(0, Math.floor(exact));
            this.carry = exact - lost;
            this.ledger.losePooled(CAUSE.stateLost, group.index, bin, lost);
            this.ledger.delivered -= lost;
            this.book.delivered[at] = this.book.delivered[at]! - lost;
          }
          cls.held[at] = held * (1 - share);
          cls.matched[at] = cls.matched[at]! * (1 - share);
          cls.copies[at] = cls.copies[at]! * (1 - share);
        }
      }
    }
    if (share === 1) {
      cls.diedAt = this.book.settlement;
      cls.fresh = FRESH_BINS;
      if (this.book.isJoin) this.shares.clear(cls);
    }
  }
}
