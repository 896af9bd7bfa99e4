/**
 * Debts: records that quanta had taken along although a row lost them, and what rows' roundings took too much. The next
 * quanta of the source leave as many out.
 */
import type { MatchBook } from "./match-book.js";
import { CAUSE, type RecordLedger } from "./record-ledger.js";
import { IN_DEBT, type LumpedState } from "./state.js";

export class RowDebts {
  /** Debts to rows whose loss stands, and to rows whose loss was taken back by a second reading; by source. */
  readonly debtLost: Int32Array;
  readonly debtBack: Int32Array;
  private readonly state: LumpedState;
  private readonly ledger: RecordLedger;
  private readonly books: readonly MatchBook[];

  constructor(state: LumpedState, ledger: RecordLedger, books: readonly MatchBook[]) {
    this.state = state;
    this.ledger = ledger;
    this.books = books;
    this.debtLost = new Int32Array(state.layout.sources);
    this.debtBack = new Int32Array(state.layout.sources);
  }

  loseInFlight(s: number, count: number, own: boolean): void {
    const { state, ledger } = this;
    const { arrivals, layout } = state;
    const group = layout.groupOfSource[s]!;
    const bin = arrivals.before[s]! > state.flushed[s]! ? Math.max(0, arrivals.bin - 1) : arrivals.bin;
    if (own) {
      ledger.loseOwn(s, CAUSE.lostInFlight, state.flushed[s]!, bin, count, 0);
      this.debtBack[s] = this.debtBack[s]! + count;
    } else {
      ledger.losePooled(CAUSE.lostInFlight, group, bin, count);
      this.debtLost[s] = this.debtLost[s]! + count;
    }
    state.sourceFlags[s] = state.sourceFlags[s]! | IN_DEBT;
  }

  /** What the source's quanta owe to rows is left out of this one; returns what is left. */
  payDebt(s: number, groupIndex: number, count: number, bin: number): number {
    const { debtLost, debtBack, state } = this;
    const input = state.layout.groups[groupIndex]!.input;
    const sink = state.layout.groups[groupIndex]!.sink;
    const book = this.books[sink]!;
    if (count < 0) {
      // The rows' roundings took more than there was.
      debtBack[s] = debtBack[s]! - count;
      state.sourceFlags[s] = state.sourceFlags[s]! | IN_DEBT;
      book.giveBack(undefined, input, bin, -count);
      return 0;
    }
    const back = Math.min(count, debtBack[s]!);
    if (back > 0) {
      debtBack[s] = debtBack[s]! - back;
      book.arrived(book.classes[0]!, input, bin, back);
    }
    const lost = Math.min(count - back, debtLost[s]!);
    if (lost > 0) {
      debtLost[s] = debtLost[s]! - lost;
      this.loseForClass(book, input, bin, lost);
    }
    if (debtLost[s] === 0 && debtBack[s] === 0) state.sourceFlags[s] = state.sourceFlags[s]! & ~IN_DEBT;
    return count - back - lost;
  }

  /** A debt's loss belongs to the newest class apart, if there is one. */
  private loseForClass(book: MatchBook, input: number, bin: number, count: number): void {
    for (let c = book.classes.length - 1; c >= book.bases; c--) {
      const cls = book.classes[c]!;
      if (bin >= cls.apartFrom && bin <= cls.apartTo) {
        book.withdraw(cls, input, bin, count, false);
        return;
      }
    }
    book.lose(input, bin, count);
  }
}
