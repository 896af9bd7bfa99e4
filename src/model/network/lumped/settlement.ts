/** What consumers have processed since the last settlement goes into the books of matches, and into the records' ledger. */
import type { ArrivalCounts } from "./arrival-counts.js";
import type { SharedShares } from "./book-columns.js";
import type { Layout } from "./layout.js";
import type { MatchBook } from "./match-book.js";
import type { Receivers } from "./receivers.js";
import type { RecordLedger } from "./record-ledger.js";

/** Event bins older than this are late. */
const LAG_BINS = 30;
/** So many places are settled at once; where there are more, event bins that lag take turns. */
const ALL_AT_ONCE = 500;

export class Settlement {
  /** Some of what was settled since this was last set to false came late. */
  hadLate = false;
  private readonly layout: Layout;
  private readonly receivers: Receivers;
  private readonly ledger: RecordLedger;
  private readonly books: readonly MatchBook[];
  private readonly shared: SharedShares;

  constructor(
    layout: Layout,
    receivers: Receivers,
    ledger: RecordLedger,
    books: readonly MatchBook[],
    shared: SharedShares,
  ) {
    this.layout = layout;
    this.receivers = receivers;
    this.ledger = ledger;
    this.books = books;
    this.shared = shared;
  }

  /** All arrivals up to `nowNs`, in `bin`, go into the books; `everything`: none waits for its turn. */
  settle(nowNs: number, bin: number, everything: boolean): void {
    const { receivers, layout } = this;
    const stride = layout.bins + 1;
    // Consumers that lag bring a little of very many old event bins: a quarter of those takes its turn at each settlement.
    const takesTurns = receivers.arrived.used + receivers.late.used > ALL_AT_ONCE;
    for (const book of this.books) book.takesTurns = takesTurns;
    const all = everything || !takesTurns || this.books.some((book) => book.deaths);
    for (const book of this.books) book.applyBack();
    this.hadLate ||= receivers.late.used > 0;
    for (const counts of [receivers.arrived, receivers.late])
      this.settleDue(counts, counts.select(stride, bin - LAG_BINS, all ? -1 : bin & 3), stride);
    if (receivers.own.length > 0) this.settleOwn(stride);
    const { copies } = receivers;
    const copied = copies.select(stride, bin, -1);
    for (let i = 0; i < copied; i++) {
      const at = copies.due[i]!;
      const group = layout.groups[Math.floor(at / stride)]!;
      this.books[group.sink]!.arrivedAgain(group.input, at % stride, copies.take(at));
    }
    for (const book of this.books) book.settle(nowNs);
  }

  private settleDue(counts: ArrivalCounts, selected: number, stride: number): void {
    const { layout, ledger } = this;
    const { classes } = this.shared;
    const size = layout.groups.length * stride;
    for (let i = 0; i < selected; i++) {
      const place = counts.due[i]!;
      const count = counts.take(place);
      const at = place % size;
      const group = layout.groups[Math.floor(at / stride)]!;
      const lateNs = counts.meanNs(place, count);
      this.books[group.sink]!.arrived(classes[Math.floor(place / size)]!, group.input, at % stride, count, lateNs);
      ledger.delivered += count;
    }
  }

  private settleOwn(stride: number): void {
    const { own } = this.receivers;
    const sums = new Map<number, { count: number; timeUs: number }>();
    const size = this.layout.groups.length * stride;
    for (let i = 0; i < own.length; i += 4) {
      const key = own[i]! * size + own[i + 1]!;
      const count = own[i + 2]!;
      const timeUs = own[i + 3]! < 0 ? -1 : Math.floor(own[i + 3]! / 1000) * count;
      const sum = sums.get(key);
      if (sum === undefined) sums.set(key, { count, timeUs });
      else {
        sum.count += count;
        sum.timeUs = timeUs < 0 || sum.timeUs < 0 ? -1 : sum.timeUs + timeUs;
      }
    }
    own.length = 0;
    for (const key of [...sums.keys()].sort((a, b) => a - b)) {
      const id = Math.floor(key / size);
      const at = key % size;
      const group = this.layout.groups[Math.floor(at / stride)]!;
      const book = this.books[group.sink]!;
      const cls = book.classes.find((one) => one.id === id);
      const { count, timeUs } = sums.get(key)!;
      const lateNs = timeUs < 0 ? -1 : Math.round((timeUs / count) * 1000);
      if (cls && book.isApart(cls, at % stride)) book.arrivedOwn(cls, group.input, at % stride, count, lateNs);
      else book.arrived(book.classes[cls?.slot ?? 0]!, group.input, at % stride, count, lateNs);
      this.ledger.delivered += count;
    }
  }
}
