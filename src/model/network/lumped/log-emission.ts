/**
 * From offsets of a log to quanta, for sources that do not simply flush what they have read since their last visit:
 * piece by piece by event bin, less what channels apart take out, originals and copies by themselves.
 */
import { COPY, LAG } from "./quanta.js";
import type { Rereads } from "./rereads.js";
import type { Rows } from "./rows.js";
import { Senders } from "./senders.js";
import { BEHIND, CONSUMER_OPEN, DEAD, HAS_ROWS, HOLDS, IN_DEBT, LAGGING, type LumpedState } from "./state.js";
import type { Threads } from "./threads.js";

export class LogEmission extends Senders {
  /** Originals emitted so far = flushed offset + shift: where the integer functions of the channels stand. */
  readonly shift: Int32Array;
  rows!: Rows;
  private readonly rereads: Rereads;
  /** Largest share of a group's channels, and the sum of the shares' squares. */
  private readonly hottest: Float64Array;
  private readonly squares: Float64Array;
  /** Of a record that filled segments have taken along. */
  private filledCarry = 0.5;
  /** A quantum that grows while a visit's pieces are walked: 0 originals, 1 copies. */
  private readonly growBin = new Int32Array(2);
  private readonly grow0 = new Int32Array(2);
  private readonly grow1 = new Int32Array(2);
  private readonly growEnd = new Int32Array(2);
  private readonly growFirst = new Float64Array(2);
  /** Of its last piece: the bin, the offset at which that begins, and its records. */
  private readonly growLastBin = new Int32Array(2);
  private readonly growLastStart = new Int32Array(2);
  private readonly growLastCount = new Int32Array(2);
  private extraTurn = 0;
  /**
   * Place in its turns of each group's next quantum from a backlog, originals and copies apart: they are of other sizes,
   * and consumers are to get as much of each kind.
   */
  private readonly backlogCursors: readonly Int32Array[];
  /** The visit's source has read its log to the end at this visit and at the one before. */
  private keepsUp = false;
  /** Bins that a quantum may hold beside its first one: a few sources' backlog counts as finely as other quanta. */
  private moreBins = 1;

  constructor(state: LumpedState, threads: Threads, rereads: Rereads) {
    super(state, threads);
    this.rereads = rereads;
    const { layout } = state;
    this.shift = new Int32Array(layout.sources);
    this.backlogCursors = [0, 1].map(() => new Int32Array(layout.groups.length));
    this.hottest = Float64Array.from(layout.groups, (group) =>
      group.edge.allToAll ? group.edge.shares.reduce((most, share) => Math.max(most, share), 0) : 1,
    );
    this.squares = Float64Array.from(layout.groups, (group) =>
      group.edge.allToAll ? group.edge.shares.reduce((sum, share) => sum + share * share, 0) : 1,
    );
  }

  /**
   * The source's attempt ends at `nowNs`: segments that its channels have filled since the last flush are on their
   * way already, with all that was in them by then.
   */
  sendFullSegments(s: number, groupIndex: number, readTo: number, nowNs: number): void {
    const { layout, flushed, sourceFlags } = this.state;
    const group = layout.groups[groupIndex]!;
    const unflushed = readTo - flushed[s]!;
    const perSegment = layout.config.engine.segmentBytes / group.wireBytes;
    if (sourceFlags[s]! & HOLDS || unflushed === 0) return;
    // A segment begins anywhere, so its end lies anywhere between two others: on average half of a channel's records since
    // its flush, or all but half a segment, have gone with the last end, if there was one.
    let exact = this.filledCarry;
    if (unflushed * this.hottest[groupIndex]! <= perSegment)
      exact += (unflushed * unflushed * this.squares[groupIndex]!) / (2 * perSegment);
    else if (group.edge.allToAll) for (const share of group.edge.shares) exact += filled(unflushed * share, perSegment);
    else exact += filled(unflushed / layout.consumerCount[s]!, perSegment) * layout.consumerCount[s]!;
    const sent = Math.min(unflushed, Math.floor(exact));
    this.filledCarry = Math.min(1, exact - sent);
    if (sent === 0) return;
    this.skipServer = true;
    this.emit(s, groupIndex, flushed[s]!, flushed[s]! + sent, nowNs);
    this.skipServer = false;
  }

  /**
   * True if all that distinguishes the source from a healthy one is that channels apart take their shares out of its
   * quanta: it has read its log to the end since its last visit, does so now, and holds nothing itself.
   */
  protected onlyHasRows(s: number, groupIndex: number, flushNs: number, logEnd: number): boolean {
    const { state, rereads } = this;
    return (
      state.sourceFlags[s] === HAS_ROWS &&
      this.rows.limitStale[s] === 0 &&
      state.held[s] === 0 &&
      logEnd <= state.stallAt[s]! &&
      state.readCap[s] === Number.POSITIVE_INFINITY &&
      state.healthySinceNs[s]! < flushNs &&
      rereads.first[s]! >= rereads.end[s]! &&
      state.openConsumers[state.layout.groups[groupIndex]!.sink]! > 0
    );
  }

  /** What channels apart leave of the originals [from, to) of one event bin. */
  protected leftByRows(s: number, groupIndex: number, from: number, to: number, bin: number, flushNs: number): number {
    if (to <= from) return 0;
    const { rows } = this;
    const x = this.shift[s]!;
    const left = to - from - rows.withdrawals.withdraw(s, groupIndex, x + from, x + to, bin, flushNs);
    const owes = left < 0 || (this.state.sourceFlags[s]! & IN_DEBT) !== 0;
    return owes ? rows.debts.payDebt(s, groupIndex, left, bin) : left;
  }

  /** Turns the offsets [from, to) into quanta, bin by bin. */
  protected emit(s: number, groupIndex: number, from: number, to: number, flushNs: number): void {
    const { state, rereads, rows } = this;
    const { arrivals, sourceFlags } = state;
    this.keepsUp =
      !this.skipServer && (sourceFlags[s]! & (BEHIND | DEAD | HOLDS)) === 0 && state.healthySinceNs[s]! < flushNs;
    this.moreBins = (sourceFlags[s]! & (BEHIND | LAGGING)) === (BEHIND | LAGGING) ? 0 : 1;
    // Of a source that has kept up since, from its end it is nearer.
    const known = this.eventBin[s]!;
    if (known < 0 || (known < arrivals.bin - 1 && (sourceFlags[s]! & BEHIND) === 0)) this.locate(s);
    let bin = this.eventBin[s]!;
    let start = this.eventStart[s]!;
    let count = this.countIn(s, bin, start);
    this.grow0[0] = this.grow1[0] = this.grow0[1] = this.grow1[1] = 0;
    this.extraTurn = 0;
    const again = rereads.first[s]! < rereads.end[s]!;
    let offset = from;
    while (offset < to) {
      while (offset >= start + count) {
        start += count;
        bin++;
        count = this.countIn(s, bin, start);
      }
      const stop = Math.min(to, start + count);
      state.unread.read(s, bin, offset, stop);
      const originals = again ? rereads.originalsIn(s, offset, stop) : stop - offset;
      const copies = stop - offset - originals;
      const x = offset + this.shift[s]!;
      let count0 = originals;
      if (sourceFlags[s]! & HAS_ROWS && originals > 0)
        count0 -= rows.withdrawals.withdraw(s, groupIndex, x, x + originals, bin, flushNs);
      if (sourceFlags[s]! & IN_DEBT || count0 < 0) count0 = rows.debts.payDebt(s, groupIndex, count0, bin);
      if (count0 > 0) this.grow(0, s, groupIndex, flushNs, bin, count0, offset, stop, start, count);
      if (copies > 0) this.grow(1, s, groupIndex, flushNs, bin, copies, offset, stop, start, count);
      this.shift[s] = this.shift[s]! - copies;
      offset = stop;
    }
    for (let kind = 0; kind < 2; kind++) this.flushGrown(kind, s, groupIndex, flushNs);
    if (again) rereads.advance(s, to);
    this.eventBin[s] = bin;
    this.eventStart[s] = start;
    state.flushed[s] = to;
  }

  /**
   * `count` records of the offsets [offset, stop) of `bin` join the quantum; the bin's `binCount` records begin at offset
   * `start`. Integers only: doubles would be boxed.
   */
  private grow(
    kind: number,
    s: number,
    groupIndex: number,
    flushNs: number,
    bin: number,
    count: number,
    offset: number,
    stop: number,
    start: number,
    binCount: number,
  ): void {
    if (this.grow0[kind]! + this.grow1[kind]! > 0 && bin > this.growBin[kind]! + this.moreBins)
      this.flushGrown(kind, s, groupIndex, flushNs);
    if (this.grow0[kind]! + this.grow1[kind]! === 0) {
      this.growBin[kind] = bin;
      const { resolutionNs } = this.state.layout;
      this.growFirst[kind] = bin * resolutionNs + ((offset - start) / binCount) * resolutionNs;
    }
    if (bin === this.growBin[kind]) this.grow0[kind] = this.grow0[kind]! + count;
    else this.grow1[kind] = this.grow1[kind]! + count;
    this.growEnd[kind] = stop;
    this.growLastBin[kind] = bin;
    this.growLastStart[kind] = start;
    this.growLastCount[kind] = binCount;
  }

  private flushGrown(kind: number, s: number, groupIndex: number, flushNs: number): void {
    const count0 = this.grow0[kind]!;
    const count1 = this.grow1[kind]!;
    if (count0 + count1 === 0) return;
    const { layout, arrivals } = this.state;
    const { turns } = layout.groups[groupIndex]!;
    const cursor = kind === 0 ? this.cursor : this.backlogCursors[kind]!;
    const at = cursor[groupIndex]!;
    const turn = turns.length > 0 ? turns[at]! : this.pointwiseTurn(s, arrivals.bin + this.extraTurn++);
    cursor[groupIndex] = at + 1 >= turns.length ? 0 : at + 1;
    const { resolutionNs } = layout;
    // What has come since the last visit is spread over that time. Of a backlog the offsets alone say when it came.
    const firstNs = this.keepsUp ? Math.max(0, flushNs - resolutionNs) : Math.round(this.growFirst[kind]!);
    const lastNs = this.keepsUp
      ? flushNs
      : this.growLastBin[kind]! * resolutionNs +
        ((this.growEnd[kind]! - this.growLastStart[kind]!) / this.growLastCount[kind]!) * resolutionNs;
    const lags = (this.state.sourceFlags[s]! & LAGGING) !== 0;
    this.send(
      s,
      groupIndex,
      lags ? this.freeOfOwn(groupIndex, turn, flushNs) : turn,
      flushNs,
      firstNs,
      Math.round(lastNs) - firstNs,
      this.growBin[kind]!,
      count0,
      count1,
      this.growEnd[kind]!,
      (kind === 1 ? COPY : 0) | (lags ? LAG : 0),
    );
    this.grow0[kind] = this.grow1[kind] = 0;
  }

  /**
   * A consumer that still works off what had been held for it would hold back the records of all others that a quantum
   * stands for: one from a backlog goes to those that do not, in turn. Its neighbour alone would soon be as busy.
   */
  private freeOfOwn(groupIndex: number, turn: number, nowNs: number): number {
    const { ownUntilNs, consumerMode, layout } = this.state;
    const group = layout.groups[groupIndex]!;
    const { consumers } = layout.sinks[group.sink]!;
    // Where many are, the others could not carry their part.
    const many = this.rows.classes.classOf.size * 8 > consumers;
    if (ownUntilNs[turn]! <= nowNs || many || !group.edge.allToAll) return turn;
    const { turns } = group;
    for (let i = 0; i < turns.length; i++) {
      const consumer = this.spareTurn(groupIndex, turns);
      if (ownUntilNs[consumer]! <= nowNs && consumerMode[consumer] === CONSUMER_OPEN) return consumer;
    }
    return turn;
  }
}

/** Expected records of `count` since a channel's flush that a segment has taken along which was filled since. */
function filled(count: number, perSegment: number): number {
  return count <= perSegment ? (count * count) / (2 * perSegment) : count - perSegment / 2;
}
