/**
 * The book of matches of one consumer vertex: which matches exist (exogenous), which members have arrived, were lost
 * or died with a state, and so what is emitted, missed or pending. Settled once per bin, from counts that the
 * consumers have processed; every number is whole and moves from place to place. A sink that joins nothing is a
 * match of one member that always exists. This file puts the parts together and says when each of them acts.
 */
import type { Arrivals } from "./arrivals.js";
import { BookColumns, type SharedShares } from "./book-columns.js";
import { ClassSplits } from "./class-splits.js";
import { EmissionShares } from "./emission-shares.js";
import type { Layout, SinkGroup } from "./layout.js";
import { type LateMatch, MatchArrivals } from "./match-arrivals.js";
import type { MatchClass } from "./match-class.js";
import { MatchCreation } from "./match-creation.js";
import { MatchDuplicates } from "./match-duplicates.js";
import { settleLeftovers, walkPending } from "./match-end.js";
import { MatchExpiry } from "./match-expiry.js";
import { MatchLosses } from "./match-losses.js";
import { MatchPace } from "./match-pace.js";
import { MatchRereads } from "./match-rereads.js";
import type { RecordLedger } from "./record-ledger.js";
import { StateDeaths } from "./state-deaths.js";
import type { Unread } from "./unread.js";

export class MatchBook {
  readonly columns: BookColumns;
  /** Old event bins are settled in turns. */
  takesTurns = false;
  private readonly exogenous: Arrivals;
  private readonly creation: MatchCreation;
  private readonly expiry: MatchExpiry;
  private readonly pace: MatchPace;
  private readonly arrivals: MatchArrivals;
  private readonly losses: MatchLosses;
  private readonly rereads: MatchRereads;
  private readonly duplicates: MatchDuplicates;
  private readonly shares: EmissionShares;
  private readonly splits: ClassSplits;
  private readonly stateDeaths: StateDeaths;

  constructor(
    layout: Layout,
    sink: SinkGroup,
    exogenous: Arrivals,
    unread: Unread,
    ledger: RecordLedger,
    shared: SharedShares,
    lateMatch: LateMatch,
  ) {
    const columns = new BookColumns(layout, sink, shared);
    this.columns = columns;
    this.exogenous = exogenous;
    this.shares = new EmissionShares(columns);
    this.creation = new MatchCreation(columns);
    this.expiry = new MatchExpiry(columns);
    this.pace = new MatchPace(columns);
    this.arrivals = new MatchArrivals(columns, this.expiry, this.pace, unread, lateMatch);
    this.losses = new MatchLosses(columns);
    this.rereads = new MatchRereads(columns, this.pace);
    this.duplicates = new MatchDuplicates(columns);
    this.splits = new ClassSplits(columns, this.arrivals, this.shares, this.pace);
    this.stateDeaths = new StateDeaths(columns, ledger, this.shares);
  }

  // --- looking ---
  get sink(): SinkGroup {
    return this.columns.sink;
  }
  /** Base classes first, then those split off. */
  get classes(): readonly MatchClass[] {
    return this.columns.classes;
  }
  get bases(): number {
    return this.columns.bases;
  }
  /** Base class of each consumer of the vertex. */
  get slotOf(): Uint8Array {
    return this.columns.slotOf;
  }
  get expectedIn(): Float64Array {
    return this.columns.expectedIn;
  }
  get emittedIn(): Float64Array {
    return this.columns.emittedIn;
  }
  get missedIn(): Float64Array {
    return this.columns.missedIn;
  }
  get duplicated(): number {
    return this.duplicates.total;
  }
  /** Base class of a consumer. */
  baseOf(consumer: number): MatchClass {
    return this.classes[this.slotOf[consumer - this.sink.base]!]!;
  }
  /** Share of the keys that a consumer owns. */
  keyShare(consumer: number): number {
    const { base, consumers, inputs } = this.sink;
    const { edge } = inputs[0]!;
    return edge.allToAll ? edge.shares[consumer - base]! : 1 / consumers;
  }
  /** True if the class has a history of its own for the records of this bin. */
  isApart(cls: MatchClass, bin: number): boolean {
    return this.columns.isApart(cls, bin);
  }
  /** Some state is gone that the next settlement must take out. */
  get deaths(): boolean {
    return this.stateDeaths.due;
  }
  /** True if a state that died lately is being filled: its shares change within a bin. */
  get fresh(): boolean {
    return this.classes.some((cls) => cls.fresh > 0 && cls.aliveShare > 0);
  }

  // --- the course of a bin ---
  /** Bin `bin` begins: its records exist now, and the matches of which they are the earliest member. */
  beginBin(bin: number): void {
    const { columns } = this;
    columns.bin = bin;
    if (bin >= columns.layout.bins) return;
    for (const group of columns.sink.inputs) {
      const count = this.exogenous.produced[group.index * columns.stride + bin]!;
      const at = columns.at(group.input, bin);
      columns.remaining[at] = count;
      this.pace.expect(group.input, bin, count);
      for (let c = columns.bases; c < columns.classes.length; c++) {
        const cls = columns.classes[c]!;
        if (bin <= cls.apartTo) cls.due[at] = cls.share * count;
      }
      this.creation.create(bin, columns.cellInput(group.input), count);
    }
  }

  /** Before the arrivals of a settlement are booked: they may be of what came back. */
  applyBack(): void {
    this.rereads.applyBack();
  }

  /** After the arrivals of a bin (or of its part up to a cut) were booked: deaths take effect. */
  settle(nowNs: number): void {
    if (this.deaths) {
      const { bin, layout } = this.columns;
      this.expiry.expireWithin(Math.min(1, nowNs / layout.resolutionNs - bin), this.takesTurns);
      this.stateDeaths.applyAll();
    }
    this.columns.settlement++;
  }

  /**
   * The bin is over: expiry, channels apart, emission shares of the next bin. `paced` tells which class is counted by
   * itself from now on, `merge` which one went back to the base classes.
   */
  endBin(paced: (cls: MatchClass) => void, merge: (from: number) => void): void {
    this.splits.settleAll(paced);
    if (this.columns.isJoin) {
      this.expiry.endBin(this.takesTurns);
      for (const cls of this.classes) if (cls.fresh > 0 && this.shares.completes(cls)) cls.fresh--;
      this.refreshShares();
    }
    this.splits.mergeDue(merge);
  }

  /** What a record completes on arrival, from what has been settled since the last time. */
  refreshShares(): void {
    this.shares.refresh();
  }

  /** Matches emitted since the last call. */
  takeEmitted(): number {
    return this.arrivals.takeEmitted();
  }

  // --- records ---
  /** Quanta have brought consumers that are counted for this class `count` records of (input, bin); `lateNs`: when, if they are late. */
  arrived(cls: MatchClass, input: number, bin: number, count: number, lateNs = -1): void {
    this.noteDelivered(input, bin, count);
    this.arrivals.arrived(cls, input, bin, count, lateNs);
  }
  /** Held contents of single channels have been processed by consumers of this class. */
  arrivedOwn(cls: MatchClass, input: number, bin: number, count: number, lateNs = -1): void {
    this.noteDelivered(input, bin, count);
    this.arrivals.arrivedOwn(cls, input, bin, count, lateNs);
  }
  /** All quanta of event bins up to `toBin` have come to a base class: what rounding left of them too. */
  sweepBase(slot: number, toBin: number): void {
    this.arrivals.sweepBase(slot, toBin);
  }
  private noteDelivered(input: number, bin: number, count: number): void {
    const { columns } = this;
    const at = columns.at(input, bin);
    columns.delivered[at] = columns.delivered[at]! + count;
  }
  /** A source begins to read records of (input, bin) again. */
  rereadBegins(input: number, bin: number): void {
    this.duplicates.begins(input, bin);
  }
  /** Copies of records of (input, bin) have been processed. */
  arrivedAgain(input: number, bin: number, count: number): void {
    this.duplicates.arrivedAgain(input, bin, count);
  }
  /** Records of (input, bin), of any consumer, are lost for good before they arrived. */
  lose(input: number, bin: number, count: number): void {
    this.losses.lose(input, bin, count);
  }
  /** The same of records that were lost before a partner that has died since, on their way to consumers that counted for class `cls`. */
  loseEarlier(input: number, bin: number, count: number, cls: number, withState: boolean): void {
    this.losses.loseEarlier(input, bin, count, cls, withState);
  }
  /** Channels of a class apart take `count` records out of the quanta: lost, or held back for later. */
  withdraw(cls: MatchClass, input: number, bin: number, count: number, held: boolean): void {
    this.losses.withdraw(cls, input, bin, count, held);
  }
  /** Records that were taken out of quanta for a class apart will come by quanta after all, or be lost as others are. */
  giveBack(cls: MatchClass | undefined, input: number, bin: number, count: number): void {
    this.losses.giveBack(cls, input, bin, count);
  }
  /** `count` records of (input, bin) are under way again, `state` of them had died in a state that held `stateBefore` lost ones. */
  readAgain(input: number, bin: number, count: number, state: number, stateBefore: number): void {
    this.rereads.readAgain(input, bin, count, state, stateBefore);
  }

  // --- classes ---
  /** Splits consumers off, given their key share of each base class: from now on their channels have a history of their own. */
  split(shares: Float64Array): MatchClass {
    return this.splits.split(shares);
  }
  /** More consumers join a class that was split off at this very instant. */
  splitMore(cls: MatchClass, shares: Float64Array): void {
    this.splits.splitMore(cls, shares);
  }
  /** Consumers of a class apart die again: true if it stays apart; if it was about to go back, it goes back now. */
  apartAgain(cls: MatchClass, merge: (from: number) => void): boolean {
    return this.splits.apartAgain(cls, merge);
  }
  /** All channels of the class have been released. */
  released(cls: MatchClass): void {
    this.splits.released(cls);
  }
  /** The state of consumers with this key share is gone; takes effect with the next settlement. */
  died(cls: MatchClass, share: number): void {
    cls.diedShare += share;
  }
  revived(cls: MatchClass, share: number): void {
    cls.aliveShare += share;
  }

  /** Consumers with this key share of a base class join `cls` and are brought nothing, while the others go on. */
  paceAtOnce(cls: MatchClass, share: number): void {
    this.pace.startAtOnce(cls, share);
  }

  // --- the end of the run ---
  /**
   * Before the walk: what was read again since the last settlement is under way; and where the walk found nothing of
   * an event bin under way, what rounding left behind has come. Returns how many members that were.
   */
  settleAtEnd(underWay: (input: number, bin: number) => number): number {
    this.rereads.applyBack();
    return settleLeftovers(this.columns, this.arrivals, underWay);
  }
  /** Input and bin of every member not there yet, for the walk of what is pending; members that died are missed now. */
  finish(pending: (input: number, bin: number, later: number, count: number) => void): void {
    walkPending(this.columns, pending);
  }
}
