/**
 * What senders hold for consumers without a view, where whole vertices restart: quanta wait in a list of their
 * consumer, and of their source, until the views are registered or the source ends. Also the limits of channels and
 * pools, which are reckoned in records per channel, never in quanta, and the stalls that they cause.
 */

import type { SourceGroup } from "./layout.js";
import { BIN, CONSUMER_MASK, COPY, COUNT_0, COUNT_1, DOUBLES, END, SOURCE, TARGET, TIME, WORDS } from "./quanta.js";
import { CAUSE, type RecordLedger } from "./record-ledger.js";
import type { SourceDoor } from "./source-door.js";
import { BEHIND, CONSUMER_OPEN, HOLDS, type LumpedState } from "./state.js";

/** While a quantum is held its time is not needed: the two words link the entries of one source. */
const OF_SOURCE_NEXT = 0;
const OF_SOURCE_PREV = 1;
/** `TARGET` of a quantum whose source ended: its records are counted, its consumer drops it. */
const LOST = -1;
/** Numbers that `reach` needs of a group. */
const REACH = 5;
const REPORTED_NS = 1_000_000_000;

export class Holding {
  readonly stalls: { task: number; atNs: number }[] = [];
  private readonly state: LumpedState;
  private readonly ledger: RecordLedger;
  private readonly sources: SourceDoor;
  private readonly sourceHead: Int32Array;
  /** Since when the source reads nothing; −1: it reads. */
  private readonly stalledSince: Float64Array;
  private readonly maxShare: Float64Array;
  /** `reachParts` of the groups, one after the other. */
  private readonly reachOf: Float64Array;
  private readonly segmentBytes: number;
  /** Copies held: they are in no ledger. */
  heldCopies = 0;

  constructor(state: LumpedState, ledger: RecordLedger, sources: SourceDoor) {
    this.state = state;
    this.ledger = ledger;
    this.sources = sources;
    this.sourceHead = new Int32Array(state.layout.sources).fill(-1);
    this.stalledSince = new Float64Array(state.layout.sources).fill(-1);
    this.reachOf = Float64Array.from(state.layout.groups.flatMap((group) => this.reachParts(group)));
    this.segmentBytes = state.layout.config.engine.segmentBytes;
    this.maxShare = Float64Array.from(state.layout.groups, (group) => {
      let most = 0;
      for (const share of group.edge.shares) most = Math.max(most, share);
      return most;
    });
  }

  /** The quantum waits for the consumer's views; its records are in no list of the pool any more. */
  hold(q: number, s: number, consumer: number, count: number): void {
    const { state, sourceHead } = this;
    const { gates, pool } = state;
    gates.reserve(1);
    const e = gates.append(gates.heldList(consumer), pool, q);
    pool.release(q);
    const { words } = gates;
    const head = sourceHead[s]!;
    words[e * WORDS + OF_SOURCE_NEXT] = head;
    words[e * WORDS + OF_SOURCE_PREV] = -1;
    if (head >= 0) words[head * WORDS + OF_SOURCE_PREV] = e;
    sourceHead[s] = e;
    state.held[s] = state.held[s]! + count;
    state.sourceFlags[s] = state.sourceFlags[s]! | HOLDS;
  }

  /** The views of a consumer are registered: what was held for it goes on its way. */
  open(consumer: number, nowNs: number): void {
    const { state, sources } = this;
    const { gates, pool } = state;
    const { words } = gates;
    const list = gates.heldList(consumer);
    for (let e = gates.head[list]!; e >= 0; e = gates.passed(list, e)) {
      const w = e * WORDS;
      if (words[w + TARGET] === LOST) continue;
      const s = words[w + SOURCE]!;
      const count = words[w + COUNT_0]! + words[w + COUNT_1]!;
      this.unlink(e, s);
      state.held[s] = state.held[s]! - count;
      const q = pool.take();
      gates.copyTo(e, pool, q);
      pool.doubles[q * DOUBLES + TIME] = nowNs;
      sources.put(q, s, state.layout.groupOfSource[s]!, state.sourceTm[s]!, state.consumerTm[consumer]!, count);
    }
    gates.head[list] = -1;
  }

  private unlink(e: number, s: number): void {
    const { words } = this.state.gates;
    const next = words[e * WORDS + OF_SOURCE_NEXT]!;
    const prev = words[e * WORDS + OF_SOURCE_PREV]!;
    if (prev < 0) this.sourceHead[s] = next;
    else words[prev * WORDS + OF_SOURCE_NEXT] = next;
    if (next >= 0) words[next * WORDS + OF_SOURCE_PREV] = prev;
  }

  /** The source's attempt ended: what it held is lost. */
  loseAll(s: number): void {
    const { words } = this.state.gates;
    let e = this.sourceHead[s]!;
    this.sourceHead[s] = -1;
    while (e >= 0) {
      const w = e * WORDS;
      if ((words[w + TARGET]! & COPY) === 0)
        this.ledger.loseOwn(
          s,
          CAUSE.unflushedOutput,
          words[w + END]!,
          words[w + BIN]!,
          words[w + COUNT_0]!,
          words[w + COUNT_1]!,
          this.state.countsFor[words[w + TARGET]! & CONSUMER_MASK]!,
        );
      this.lostCopiesAndAll += words[w + COUNT_0]! + words[w + COUNT_1]!;
      words[w + TARGET] = LOST;
      e = words[w + OF_SOURCE_NEXT]!;
    }
    this.state.held[s] = 0;
  }
  /** Records of held quanta lost with their sources, copies included. */
  lostCopiesAndAll = 0;

  /** Calls `visit` for every entry of the gates' memory that is held by a live source. */
  walk(visit: (entry: number) => void): void {
    const { words } = this.state.gates;
    for (let s = 0; s < this.sourceHead.length; s++)
      for (let e = this.sourceHead[s]!; e >= 0; e = words[e * WORDS + OF_SOURCE_NEXT]!) visit(e);
  }

  /** True if no consumer of the source can be sent to: what it reads stays in its buffers. */
  nobodyOpen(s: number, groupIndex: number): boolean {
    const { state } = this;
    const group = state.layout.groups[groupIndex]!;
    if (group.edge.allToAll) return state.openConsumers[group.sink] === 0;
    const first = state.layout.firstConsumer[s]!;
    for (let c = first; c < first + state.layout.consumerCount[s]!; c++)
      if (state.consumerMode[c] === CONSUMER_OPEN) return false;
    return true;
  }

  /**
   * The offset up to which the source may read before a channel or its pool is full of what it holds, or of what is
   * under way while it catches up.
   */
  readLimit(s: number, groupIndex: number): number {
    const { state } = this;
    const nobody = this.nobodyOpen(s, groupIndex);
    const behind = (state.sourceFlags[s]! & BEHIND) !== 0;
    let limit = behind
      ? state.flushed[s]! + Math.max(0, this.reach(s, groupIndex) - state.outstanding(s) - state.held[s]!)
      : Number.POSITIVE_INFINITY;
    if (state.held[s] === 0 && !nobody) return limit;
    const { engine } = state.layout.config;
    const group = state.layout.groups[groupIndex]!;
    const channels = group.edge.allToAll ? group.edge.consumers : state.layout.consumerCount[s]!;
    const closed = nobody ? channels : Math.max(1, Math.min(channels, state.heldConsumers[group.sink]!));
    const perSegment = engine.segmentBytes / group.wireBytes;
    const hottest = group.edge.allToAll ? this.maxShare[groupIndex]! : 1 / channels;
    // Every other channel has one buffer in use, each closed one a last one that is half full, and where it was
    // closed in the midst of its work a first one of which half had gone out; the writer stops at the next one.
    const inPool = (2 * channels + 8.5 - (channels - closed) - (nobody ? 0.5 : 1) * closed) * perSegment;
    const records =
      engine.maxBuffersPerChannel !== null
        ? Math.min(inPool, (engine.maxBuffersPerChannel * perSegment * (closed / channels)) / hottest)
        : inPool;
    limit = Math.min(limit, state.flushed[s]! + Math.max(0, Math.floor(records) - state.held[s]!));
    return limit;
  }

  /**
   * Records that the source can have under way: the buffers of its pool (every channel's last one half full on
   * average), the exclusive ones that wait for it at consumers of other TaskManagers, its part of the gates' floating
   * ones; and no less than what is served until its next two visits.
   */
  reach(s: number, groupIndex: number): number {
    const at = groupIndex * REACH;
    const { reachOf } = this;
    const buffers = reachOf[at]! + reachOf[at + 1]! * this.state.remoteShare[s]! + reachOf[at + 2]!;
    return Math.floor(Math.max((buffers * this.segmentBytes) / reachOf[at + 3]!, reachOf[at + 4]!));
  }

  /** What `reach` is reckoned from, for a group: buffers of the pool, exclusive ones, floating ones; bytes of a record; and no less. */
  private reachParts(group: SourceGroup): number[] {
    const { layout } = this.state;
    const { engine } = layout.config;
    const sink = layout.sinks[group.sink]!;
    const channels = group.edge.allToAll ? group.edge.consumers : 1;
    const pool = Math.min((engine.maxBuffersPerChannel ?? Number.POSITIVE_INFINITY) * channels, 2 * channels + 8);
    const served = (layout.resolutionNs / sink.serviceNs) * (sink.consumers / Math.max(1, group.sources));
    return [
      pool - channels / 2,
      channels * engine.exclusiveBuffersPerChannel,
      (engine.floatingBuffersPerGate * sink.consumers) / group.sources,
      group.wireBytes,
      1.5 * served,
    ];
  }

  /** A visit at `seenNs` notices that reading ended at `offset`. */
  stalled(s: number, offset: number, seenNs: number): void {
    if (this.stalledSince[s]! >= 0) return;
    const { layout, arrivals } = this.state;
    // The instant at which the log reached the offset, by bisection to the microsecond.
    let low = Math.max(0, seenNs - layout.resolutionNs);
    let high = seenNs;
    while (high - low > 1000) {
      const middle = Math.floor((low + high) / 2);
      if (arrivals.endAt(s, middle) >= offset) high = middle;
      else low = middle;
    }
    this.stalledSince[s] = high;
  }

  /** The source reads on, or its attempt ended; only stalls that lasted are reported: a short one is back-pressure at work. */
  unstalled(s: number, nowNs: number): void {
    const since = this.stalledSince[s]!;
    if (since < 0) return;
    this.stalledSince[s] = -1;
    if (nowNs - since >= REPORTED_NS) this.stalls.push({ task: this.state.layout.sourceTask[s]!, atNs: since });
  }

  finish(endNs: number): readonly { task: number; atNs: number }[] {
    for (let s = 0; s < this.stalledSince.length; s++) this.unstalled(s, endNs);
    return this.stalls.sort((a, b) => a.atNs - b.atNs || a.task - b.task);
  }
}
