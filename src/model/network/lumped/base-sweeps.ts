/**
 * Base classes that keep up while others lag. How many records of an event bin quanta bring to which class is known on
 * average only; what a class lacks of a bin whose quanta have all come to it has come too. Without that it would wait
 * for the last record of the bin, which those that lag, or that are dead, bring seconds later.
 */
import { OLD_BINS } from "./book-columns.js";
import type { MatchBook } from "./match-book.js";
import { BIN, WORDS } from "./quanta.js";
import { BEHIND, CONSUMER_HELD, CONSUMER_PASSED, LAGGING, type LumpedState } from "./state.js";

/** Of these sources quanta of old bins can be on their way; what dead ones have not read is known. */
const INCOMPLETE = BEHIND | LAGGING;

export class BaseSweeps {
  private readonly state: LumpedState;
  private readonly books: readonly MatchBook[];
  /** By class number: the oldest event bin at the head of a queue that counts for it. */
  private readonly oldest = new Int32Array(256);

  constructor(state: LumpedState, books: readonly MatchBook[]) {
    this.state = state;
    this.books = books;
  }

  /** Everything is advanced to the end of the bin; some of what was settled was late, or some sources are dead. */
  sweep(): void {
    const { sourceFlags, layout, arrivals } = this.state;
    const old = arrivals.bin - OLD_BINS;
    const complete = layout.groups.map(() => true);
    for (let s = 0; s < layout.sources; s++)
      if ((sourceFlags[s]! & INCOMPLETE) !== 0) complete[layout.groupOfSource[s]!] = false;
    for (const book of this.books) {
      if (book.sink.inputs.length === 1 || !book.sink.inputs.every((group) => complete[group.index])) continue;
      this.look(book);
      for (let b = 0; b < book.bases; b++) book.sweepBase(b, Math.min(old, this.oldest[book.classes[b]!.id]! - 1));
    }
  }

  private look(book: MatchBook): void {
    const { oldest, state } = this;
    const { gates, countsFor, consumerAlive, consumerMode, queued, served, lateUntil } = state;
    const { words } = gates;
    const { base, consumers } = book.sink;
    oldest.fill(state.arrivals.bin);
    for (let c = base; c < base + consumers; c++) {
      const cls = countsFor[c]!;
      // Its channels are apart: quanta bring it nothing.
      if (consumerMode[c] === CONSUMER_PASSED && queued[c] === 0) continue;
      if (consumerAlive[c] === 0 || consumerMode[c] === CONSUMER_HELD || served[c]! < lateUntil[c]!) oldest[cls] = 0;
      if (queued[c] === 0) continue;
      for (const list of [c, gates.lagList(c)]) {
        const head = gates.head[list]!;
        if (head >= 0) oldest[cls] = Math.min(oldest[cls]!, words[head * WORDS + BIN]!);
      }
    }
  }
}
