/** Which consumers have a match class of their own now, and why: touched one by one, or lost unseen in bulk. */
import type { MatchBook } from "./match-book.js";
import type { MatchClass } from "./match-class.js";
import type { RowBlock } from "./row-block.js";
import type { LumpedState } from "./state.js";

export class RowClasses {
  /** Match class of a consumer apart; by consumer. */
  readonly classOf = new Map<number, MatchClass>();
  private readonly state: LumpedState;
  private readonly books: readonly MatchBook[];
  /** Consumers that ended unseen while others of their vertex live on, where channels are dealt with in bulk; when the last did. */
  private readonly apartInBulk = new Map<number, MatchClass>();
  private bulkNs = -1;

  constructor(state: LumpedState, books: readonly MatchBook[]) {
    this.state = state;
    this.books = books;
  }

  /** Consumers touched now leave their base classes together, before the first of them ends. */
  classFor(consumer: number, blocks: ReadonlyMap<number, RowBlock>, touchNs: Float64Array, nowNs: number): MatchClass {
    let cls = this.classOf.get(consumer);
    const { layout } = this.state;
    const book = this.bookOf(consumer);
    if (cls && book.apartAgain(cls, (from) => this.merged(from))) return cls;
    const sink = layout.sinks[layout.sinkOfConsumer[consumer]!]!;
    const members: number[] = [];
    const shares = new Float64Array(book.bases);
    // One class never mixes base classes: what its channels take out of the quanta is taken out of one base's rest.
    const slot = book.slotOf[consumer - sink.base]!;
    for (const c of blocks.keys()) {
      if (layout.sinkOfConsumer[c] !== sink.index || this.classOf.has(c) || touchNs[layout.consumerTask[c]!] !== nowNs)
        continue;
      if (book.slotOf[c - sink.base] !== slot) continue;
      members.push(c);
      shares[slot] = shares[slot]! + this.keyShare(c);
    }
    cls = book.split(shares);
    for (const c of members) {
      this.classOf.set(c, cls);
      this.state.classOf[c] = cls.id;
      this.state.countsFor[c] = this.bookOf(c).baseOf(c).id;
      cls.rows += blocks.get(c)!.active;
    }
    return cls;
  }

  /** The class of a consumer that is in none of the base classes; `classOf`, from columns. */
  splitOff(consumer: number): MatchClass | undefined {
    const { shared } = this.bookOf(consumer).columns;
    const id = this.state.classOf[consumer]!;
    return shared.base[id] === 1 ? undefined : shared.classes[id];
  }

  bookOf(consumer: number): MatchBook {
    return this.books[this.state.layout.sinkOfConsumer[consumer]!]!;
  }

  /** Share of the keys that a consumer owns. */
  keyShare(consumer: number): number {
    const { layout } = this.state;
    const sink = layout.sinks[layout.sinkOfConsumer[consumer]!]!;
    const edge = sink.inputs[0]!.edge;
    return edge.allToAll ? edge.shares[consumer - sink.base]! : 1 / sink.consumers;
  }

  /** The consumers of a class went back to their base classes. */
  merged(from: number): void {
    for (const [consumer, cls] of this.classOf) {
      if (cls.id !== from) continue;
      this.classOf.delete(consumer);
      this.state.classOf[consumer] = this.bookOf(consumer).baseOf(consumer).id;
      this.state.countsFor[consumer] = this.state.classOf[consumer]!;
    }
  }

  /** What quanta bring the consumers of a class is its own from now on. */
  paced(from: MatchClass): void {
    for (const [consumer, cls] of this.classOf) if (cls === from) this.state.countsFor[consumer] = cls.id;
  }

  /** The consumer's machine went silent: its state is gone, and nothing reaches it until its views are registered anew. */
  setApartInBulk(consumer: number, nowNs: number): void {
    if (this.classOf.has(consumer)) return;
    const book = this.bookOf(consumer);
    const shares = new Float64Array(book.bases);
    const sink = this.state.layout.sinks[this.state.layout.sinkOfConsumer[consumer]!]!;
    const slot = book.slotOf[consumer - sink.base]!;
    shares[slot] = this.keyShare(consumer);
    let cls: MatchClass | undefined;
    if (this.bulkNs === nowNs)
      for (const [other, its] of this.apartInBulk)
        if (its.slot === slot && this.state.layout.sinkOfConsumer[other] === sink.index) cls = its;
    if (cls) book.splitMore(cls, shares);
    else {
      cls = book.split(shares);
      // Nothing is taken out of quanta for it: those whose turn is its consumers' are held.
      cls.apartFrom = Number.POSITIVE_INFINITY;
    }
    book.paceAtOnce(cls, shares[slot]!);
    this.state.countsFor[consumer] = cls.id;
    this.bulkNs = nowNs;
    cls.rows++;
    this.apartInBulk.set(consumer, cls);
    this.classOf.set(consumer, cls);
    this.state.classOf[consumer] = cls.id;
  }

  /** All its views are registered: quanta bring it its share again. */
  joinInBulk(consumer: number): void {
    const cls = this.apartInBulk.get(consumer);
    if (cls === undefined) return;
    this.apartInBulk.delete(consumer);
    if (--cls.rows === 0) this.bookOf(consumer).released(cls);
  }
}
