/**
 * The receiving side: per TaskManager the Netty client loops, per consumer the gate's FIFO and the task thread. Every
 * server sees its arrivals sorted by (time, source); only what ends strictly before the given time is applied, so a
 * cut needs no undo.
 */
import { quantileNs } from "../../../kernel/distributions.js";
import type { GapTracker } from "../plane-common/gap-tracker.js";
import type { BinnedLatency, LatencyHistogram } from "../plane-common/latency-histogram.js";
import { ArrivalCounts, LateArrivalCounts } from "./arrival-counts.js";
import { OLD_BINS, type SharedShares } from "./match-book.js";
import {
  ATTEMPT_MASK,
  ATTEMPT_SHIFT,
  BIN,
  CONSUMER_MASK,
  COPY,
  COUNT_0,
  COUNT_1,
  DOUBLES,
  END,
  FIRST,
  LAG,
  NEXT,
  OWN,
  SOURCE,
  SPAN,
  TARGET,
  TIME,
  WORDS,
} from "./quanta.js";
import { CAUSE, type RecordLedger } from "./record-ledger.js";
import type { LumpedState } from "./state.js";
import type { Threads } from "./threads.js";

const LATE_SAMPLES = 16;
/** Share of the records that complete a match at once when a state has just begun to fill. */
const FIRST_MATCHES = 0.008;
/** Batches up to this length are sorted by insertion. */
const RUN = 48;

/** What the receiving side is built from. */
export interface ReceiverParts {
  readonly state: LumpedState;
  readonly threads: Threads;
  readonly ledger: RecordLedger;
  readonly shared: SharedShares;
  readonly gaps: GapTracker;
  readonly latency: LatencyHistogram;
  readonly binned: BinnedLatency;
  /** By consumer: its place among the sinks; and its base class, numbered over all vertices, of `slots`. */
  readonly sinkIndex: Int32Array;
  readonly slotOfConsumer: Uint8Array;
  readonly slots: number;
}

export class Receivers {
  readonly arrived: ArrivalCounts;
  readonly late: LateArrivalCounts;
  readonly copies: ArrivalCounts;
  /** Held contents of single channels processed since the last settlement: (class, group × stride + bin, count, when; −1: in time). */
  readonly own: number[] = [];
  /** Originals and copies processed, in this bin. */
  deliveredNow = 0;
  /** Records processed, and those lost in lists and FIFOs, copies included. */
  processed = 0;
  dropped = 0;
  arrivals = 0;
  completions = 0;
  protected readonly state: LumpedState;
  private readonly threads: Threads;
  private readonly ledger: RecordLedger;
  private readonly emission: Float64Array;
  private readonly isBase: Uint8Array;
  private readonly slotOfConsumer: Uint8Array;
  private readonly slotSize: number;
  private readonly gaps: GapTracker;
  private readonly latency: LatencyHistogram;
  private readonly binned: BinnedLatency;
  private readonly measureFromNs: number;
  private readonly sinkIndex: Int32Array;
  private readonly groups: number;
  private readonly stride: number;
  private readonly latencyNs: number;
  private readonly sourcesOfSink: Int32Array;
  private readonly serviceNs: Float64Array;
  /** Share of the flush wait that a record waits: less than 1 where segments fill faster than the flusher comes. */
  private readonly waitShare: Float64Array;
  /** Quanta whose latency is looked at: all, or of a large job one in four. */
  private readonly sampleMask: number;
  /** Signed quantiles of the partner's delay, by group; and from which age on a record counts as delayed. */
  private readonly delays: readonly Float64Array[];
  private readonly delayedFrom: number;
  /** Share of a quantum's records that one flush really brings to one consumer. */
  private readonly flushShare: Float64Array;
  private batch = new Int32Array(256);
  private ready = new Int32Array(256);
  private spare = new Int32Array(256);

  constructor(parts: ReceiverParts) {
    const { state, threads, ledger, shared, gaps, latency, binned, sinkIndex, slotOfConsumer, slots } = parts;
    this.state = state;
    this.threads = threads;
    this.ledger = ledger;
    this.emission = shared.emission;
    this.isBase = shared.base;
    this.slotOfConsumer = slotOfConsumer;
    this.gaps = gaps;
    this.latency = latency;
    this.binned = binned;
    this.sinkIndex = sinkIndex;
    const { layout } = state;
    this.measureFromNs = state.context.measureFromNs;
    this.groups = layout.groups.length;
    this.stride = layout.bins + 1;
    this.latencyNs = layout.config.cluster.linkLatencyNs;
    this.sourcesOfSink = Int32Array.from(layout.sinks, (each) =>
      each.inputs.reduce((sum, group) => sum + group.sources, 0),
    );
    this.serviceNs = Float64Array.from(layout.sinkOfConsumer, (sink) => layout.sinks[sink]!.serviceNs);
    this.slotSize = this.groups * this.stride;
    this.arrived = new ArrivalCounts(slots * this.slotSize);
    this.late = new LateArrivalCounts(slots * this.slotSize);
    this.copies = new ArrivalCounts(this.groups * this.stride);
    const { engine } = layout.config;
    this.sampleMask = layout.sources >= 1000 ? 3 << 16 : 0;
    this.delayedFrom = 4 * layout.resolutionNs;
    this.delays = layout.groups.map((group) => {
      const vertex = layout.sinks[group.sink]!.config;
      if (vertex.type !== "join") return new Float64Array(0);
      return Float64Array.from(
        { length: 64 },
        (_, i) => (i % 2 === 0 ? 1 : -1) * quantileNs(vertex.matchDelay, ((i >> 1) + 0.5) / 32),
      );
    });
    this.flushShare = Float64Array.from(layout.groups, (group) => (group.edge.allToAll ? 1 / group.edge.consumers : 1));
    this.waitShare = Float64Array.from(layout.groups, (group) => {
      const channels = group.edge.allToAll ? group.edge.consumers : 1;
      const fillNs = (engine.segmentBytes / ((group.ratePerSource * group.wireBytes) / channels)) * 1e9;
      return Math.min(1, engine.bufferTimeoutNs / layout.resolutionNs, fillNs / layout.resolutionNs);
    });
  }

  /** A TaskManager's client loops and its consumers, up to strictly before `timeNs`. Sources must be there already. */
  advanceTaskManager(tm: number, timeNs: number): void {
    this.receive(tm, timeNs);
    this.hand(tm, timeNs);
  }

  /** Arrivals < timeNs go through the client loops; what they have done joins the staged list. */
  receive(tm: number, timeNs: number): void {
    const { state } = this;
    if (state.arrivalMinNs[tm]! >= timeNs) return;
    const { words, doubles } = state.pool;
    let n = 0;
    let later = 0;
    for (let q = state.arrivalTop[tm]!; q >= 0; q = words[q * WORDS + NEXT]!) {
      if (doubles[q * DOUBLES + TIME]! < timeNs) {
        if (n === this.batch.length) this.growBatch();
        this.batch[n++] = q;
      } else {
        if (later === this.ready.length) this.growReady();
        this.ready[later++] = q;
      }
    }
    // What is later goes back on the stack in its order.
    let top = -1;
    let earliest = Number.POSITIVE_INFINITY;
    for (let i = later - 1; i >= 0; i--) {
      const q = this.ready[i]!;
      words[q * WORDS + NEXT] = top;
      top = q;
      if (doubles[q * DOUBLES + TIME]! < earliest) earliest = doubles[q * DOUBLES + TIME]!;
    }
    state.arrivalTop[tm] = top;
    state.arrivalMinNs[tm] = earliest;
    // Newest first: turned round, the batch is nearly sorted.
    const { batch } = this;
    for (let i = 0, j = n - 1; i < j; i++, j--) {
      const q = batch[i]!;
      batch[i] = batch[j]!;
      batch[j] = q;
    }
    this.sort(batch, n);
    for (let i = 0; i < n; i++) this.arrive(batch[i]!, tm);
  }

  /** Stable sort by (time, source): insertion for what is short or nearly sorted, as batches are; else merging of such runs. */
  private sort(list: Int32Array, n: number): void {
    for (let from = 0; from < n; from += RUN) this.sortRun(list, from, Math.min(n, from + RUN));
    if (n <= RUN) return;
    if (this.spare.length < n) this.spare = new Int32Array(list.length);
    let source: Int32Array = list;
    let target: Int32Array = this.spare;
    for (let width = RUN; width < n; width *= 2) {
      for (let from = 0; from < n; from += 2 * width) {
        const middle = Math.min(n, from + width);
        const end = Math.min(n, from + 2 * width);
        let left = from;
        let right = middle;
        for (let at = from; at < end; at++) {
          if (left < middle && (right >= end || !this.before(source[right]!, source[left]!)))
            target[at] = source[left++]!;
          else target[at] = source[right++]!;
        }
      }
      const swap = source;
      source = target;
      target = swap;
    }
    if (source !== list) list.set(source.subarray(0, n));
  }

  private before(x: number, y: number): boolean {
    const { words, doubles } = this.state.pool;
    const timeX = doubles[x * DOUBLES + TIME]!;
    const timeY = doubles[y * DOUBLES + TIME]!;
    return timeX < timeY || (timeX === timeY && words[x * WORDS + SOURCE]! < words[y * WORDS + SOURCE]!);
  }

  private sortRun(list: Int32Array, from: number, to: number): void {
    const { words, doubles } = this.state.pool;
    for (let i = from + 1; i < to; i++) {
      const q = list[i]!;
      const time = doubles[q * DOUBLES + TIME]!;
      let at = i;
      while (at > from) {
        const other = list[at - 1]!;
        const otherTime = doubles[other * DOUBLES + TIME]!;
        if (otherTime < time || (otherTime === time && words[other * WORDS + SOURCE]! <= words[q * WORDS + SOURCE]!))
          break;
        list[at] = other;
        at--;
      }
      list[at] = q;
    }
  }

  /** A quantum reaches the client loop at its time. */
  arrive(q: number, tm: number): void {
    const { state, threads } = this;
    const { words, doubles } = state.pool;
    const w = q * WORDS;
    const s = words[w + SOURCE]!;
    const target = words[w + TARGET]!;
    const time = doubles[q * DOUBLES + TIME]!;
    if (
      ((target >>> ATTEMPT_SHIFT) & ATTEMPT_MASK) !== (state.sourceAttempt[s]! & ATTEMPT_MASK) &&
      time - this.latencyNs > state.cutNs[s]!
    ) {
      // It had not left its TaskManager when its source's attempt ended.
      this.lose(q, CAUSE.unflushedOutput);
      return;
    }
    this.arrivals++;
    const group = state.layout.groupOfSource[s]!;
    const count = words[w + COUNT_0]! + words[w + COUNT_1]!;
    const loop = threads.clientLoop(tm, state.sourceTm[s]!, state.layout.groups[group]!.edge.index);
    const free = state.clientFreeNs[loop]!;
    const done = (free > time ? free : time) + Math.floor(threads.costNs(group, count) + 0.5);
    state.clientFreeNs[loop] = done;
    doubles[q * DOUBLES + TIME] = done;
    words[w + NEXT] = -1;
    const { stagedHead, stagedTail } = state;
    const lane = tm + loop;
    const tail = stagedTail[lane]!;
    if (tail < 0) stagedHead[lane] = q;
    else words[tail * WORDS + NEXT] = q;
    stagedTail[lane] = q;
  }

  /** What the client loops have done before `timeNs` joins the consumers' FIFOs. */
  hand(tm: number, timeNs: number): void {
    const { state } = this;
    const { words, doubles } = state.pool;
    const { stagedHead, stagedTail } = state;
    let n = 0;
    for (let lane = tm * state.lanes, end = lane + state.lanes; lane < end; lane++) {
      let q = stagedHead[lane]!;
      if (q < 0) continue;
      // A loop serves in order, so its lane is sorted by time.
      while (q >= 0 && doubles[q * DOUBLES + TIME]! < timeNs) {
        if (n === this.ready.length) this.growReady();
        this.ready[n++] = q;
        q = words[q * WORDS + NEXT]!;
      }
      stagedHead[lane] = q;
      if (q < 0) stagedTail[lane] = -1;
    }
    if (n > 1) this.sort(this.ready, n);
    for (let i = 0; i < n; i++) this.enqueue(this.ready[i]!);
  }

  /** A quantum joins its consumer's FIFO. */
  enqueue(q: number): void {
    const { state } = this;
    const { words } = state.pool;
    const w = q * WORDS;
    const consumer = words[w + TARGET]! & CONSUMER_MASK;
    words[w + NEXT] = -1;
    const lags = (words[w + TARGET]! & LAG) !== 0;
    const heads = lags ? state.lagHead : state.fifoHead;
    const tails = lags ? state.lagTail : state.fifoTail;
    const tail = tails[consumer]!;
    if (tail < 0) heads[consumer] = q;
    else words[tail * WORDS + NEXT] = q;
    tails[consumer] = q;
    state.queued[consumer] = state.queued[consumer]! + words[w + COUNT_0]! + words[w + COUNT_1]!;
    state.appended[consumer] = state.appended[consumer]! + 1;
  }

  /** The consumer's task thread, up to completions strictly before `timeNs`. */
  serve(consumer: number, timeNs: number): void {
    const { state } = this;
    const { fifoHead, freeAtNs, processedOf, pool, layout } = state;
    let head = fifoHead[consumer]!;
    let lagHead = state.lagHead[consumer]!;
    if (head < 0 && lagHead < 0) return;
    const { words, doubles } = pool;
    const { groupOfSource } = layout;
    const { counts } = this.arrived;
    const service = this.serviceNs[consumer]!;
    const classBase = state.classOf[consumer]! * this.groups;
    const oldBefore = state.arrivals.bin - OLD_BINS;
    const slotAt = this.slotOfConsumer[consumer]! * this.slotSize;
    let free = freeAtNs[consumer]!;
    let queued = state.queued[consumer]!;
    let served = 0;
    let serviceStart = Number.POSITIVE_INFINITY;
    const { gaps } = this;
    const sink = this.sinkIndex[consumer]!;
    while (head >= 0 || lagHead >= 0) {
      const lags = lagHead >= 0 && this.lagsTurn(head, lagHead, free, state.lagOwed[consumer]!);
      const q = lags ? lagHead : head;
      const w = q * WORDS;
      const time = doubles[q * DOUBLES + TIME]!;
      const start = free > time ? free : time;
      const count0 = words[w + COUNT_0]!;
      const count1 = words[w + COUNT_1]!;
      const count = count0 + count1;
      const done = start + Math.floor(count * service + 0.5) + state.stolenNs[consumer]!;
      if (done >= timeNs) {
        serviceStart = start;
        break;
      }
      state.stolenNs[consumer] = 0;
      free = done;
      queued -= count;
      served++;
      const source = words[w + SOURCE]!;
      processedOf[source] = processedOf[source]! + count;
      const group = groupOfSource[source]!;
      const flags = words[w + TARGET]!;
      const bin = words[w + BIN]!;
      this.processed += count;
      if ((flags & (COPY | OWN)) === 0) {
        this.deliveredNow += count;
        const at = slotAt + group * this.stride + bin;
        if (bin < oldBefore) this.arriveLate(at, count0, count1, (start + done) / 2);
        else if (count0 > 0) {
          if (counts[at] === 0) this.arrived.add(at, count0);
          else counts[at] = counts[at]! + count0;
        }
        if (count1 > 0 && bin >= oldBefore) {
          if (counts[at + 1] === 0) this.arrived.add(at + 1, count1);
          else counts[at + 1] = counts[at + 1]! + count1;
        }
      } else
        this.processSpecial(consumer, group, bin, count0, count1, flags, bin < oldBefore ? (start + done) / 2 : -1);
      // Copies show no new match.
      let completes = this.emission[(classBase + group) * 2 + (bin < oldBefore ? 1 : 0)]!;
      if (completes === 0) completes = this.firstMatches(consumer, group);
      const owed = (flags & COPY) !== 0 ? 0 : state.owed[consumer]! + count * completes;
      if (owed >= 1) {
        const emitted = Math.floor(owed);
        state.owed[consumer] = owed - emitted;
        if (sink >= 0) {
          const first = start + Math.floor(service + 0.5);
          gaps.output(sink, first < done ? first : done);
          gaps.output(sink, done);
        }
        // The latency of what comes late is known when the books are settled.
        if (bin >= oldBefore && (Math.imul(words[w + END]!, 0x85ebca6b) & this.sampleMask) === 0) {
          // Where doubles must not be boxed: the quantum's own times carry them.
          doubles[q * DOUBLES + TIME] = start;
          this.sampleLatency(q, consumer, group, count, emitted);
        }
      } else if ((flags & COPY) === 0) state.owed[consumer] = owed;
      if (lagHead >= 0) this.noteTurn(consumer, head, lagHead, start, lags, count);
      if (lags) lagHead = words[w + NEXT]!;
      else head = words[w + NEXT]!;
      pool.release(q);
    }
    state.serviceStartNs[consumer] = serviceStart;
    if (served === 0) return;
    fifoHead[consumer] = head;
    if (head < 0) state.fifoTail[consumer] = -1;
    state.lagHead[consumer] = lagHead;
    if (lagHead < 0) state.lagTail[consumer] = -1;
    freeAtNs[consumer] = free;
    state.queued[consumer] = queued;
    state.served[consumer] = state.served[consumer]! + served;
    this.completions += served;
  }

  /** True if the next to be served is the head of the lagging quanta: it could start earlier, or it is their turn. */
  private lagsTurn(head: number, lagHead: number, free: number, owed: number): boolean {
    if (head < 0) return true;
    const { doubles } = this.state.pool;
    const time = doubles[head * DOUBLES + TIME]!;
    const lagTime = doubles[lagHead * DOUBLES + TIME]!;
    const start = free > time ? free : time;
    const lagStart = free > lagTime ? free : lagTime;
    return lagStart < start || (lagStart === start && owed > 0);
  }

  /** Of `count` records served while both kinds waited at `start`, each kind's channels are due their share. */
  private noteTurn(consumer: number, head: number, lagHead: number, start: number, lags: boolean, count: number): void {
    const { state } = this;
    const { doubles } = state.pool;
    const { lagOwed, layout } = state;
    if (head < 0 || doubles[head * DOUBLES + TIME]! > start || doubles[lagHead * DOUBLES + TIME]! > start) {
      lagOwed[consumer] = 0;
      return;
    }
    const sink = layout.sinkOfConsumer[consumer]!;
    const lagging = Math.max(1, state.laggingAtTick[sink]!);
    const others = Math.max(1, this.sourcesOfSink[sink]! - lagging);
    lagOwed[consumer] = lagOwed[consumer]! + (lags ? -count * others : count * lagging);
  }

  /** A state that fills from nothing: the first matches come with the first records of the last input to be seen. */
  private firstMatches(consumer: number, group: number): number {
    const { layout, inputsSeen } = this.state;
    const { inputs } = layout.sinks[layout.sinkOfConsumer[consumer]!]!;
    inputsSeen[consumer] = inputsSeen[consumer]! | (1 << layout.groups[group]!.input);
    return inputsSeen[consumer] === (1 << inputs.length) - 1 ? FIRST_MATCHES : 0;
  }

  /** The latency of one record of the quantum, whose service begins at its time, stands for all that it emitted. */
  private sampleLatency(q: number, consumer: number, group: number, count: number, emitted: number): void {
    const { words, doubles } = this.state.pool;
    const service = this.serviceNs[consumer]!;
    const start = doubles[q * DOUBLES + TIME]!;
    const done = start + Math.floor(count * service + 0.5);
    const w = q * WORDS;
    const event = doubles[q * DOUBLES + FIRST]!;
    // A quantum that comes late carries records whose partners were there long ago, or not: several are looked at.
    const samples = done - event > this.delayedFrom ? LATE_SAMPLES : 1;
    const span = words[w + SPAN]!;
    const seed = (Math.imul(words[w + END]!, 0x9e3779b1) >>> 0) * 2 ** -32;
    for (let i = 0; i < samples; i++) {
      // A stratified place in the quantum: low-discrepancy in the offset, so independent of the order of visits.
      const u = (i + seed) / samples;
      const eventNs = event + u * span;
      // The records of one flush that are for this consumer are few; those before it in the quantum stand for others'.
      const emission = start + (u * count * this.flushShare[group]! + 1) * service;
      const wait = (1 - u) * (span < this.state.layout.resolutionNs ? span : this.state.layout.resolutionNs);
      const left = emission < done ? emission : done;
      const later = samples > 1 ? this.laterEvent((u * 7919) % 1, left, eventNs, group) : eventNs;
      const latency = Math.max(0, Math.round(left - later - wait * (1 - this.waitShare[group]!)));
      const weight =
        samples === 1 ? emitted : Math.floor(((i + 1) * emitted) / samples) - Math.floor((i * emitted) / samples);
      if (weight === 0) continue;
      this.binned.add(done, latency, weight);
      if (done >= this.measureFromNs) this.latency.add(latency, weight);
    }
  }

  /** A record that comes late has partners that came before it with a later event time: one of them, at place u. */
  private laterEvent(v: number, nowNs: number, event: number, group: number): number {
    const delays = this.delays[group]!;
    if (delays.length === 0) return event;
    // Half of the partners are earlier; of the later ones, those that can be there already.
    const other = event + delays[Math.floor(v * delays.length)]!;
    return other > event && other < nowNs - this.delayedFrom / 4 ? other : event;
  }

  private processSpecial(
    consumer: number,
    group: number,
    bin: number,
    count0: number,
    count1: number,
    flags: number,
    lateNs: number,
  ): void {
    const at = group * this.stride + bin;
    if (flags & COPY) {
      this.ledger.duplicated += count0 + count1;
      if (count0 > 0) this.copies.add(at, count0);
      if (count1 > 0) this.copies.add(at + 1, count1);
      return;
    }
    this.deliveredNow += count0 + count1;
    const { classOf } = this.state;
    if (this.isBase[classOf[consumer]!] === 1) {
      const slotAt = this.slotOfConsumer[consumer]! * this.slotSize;
      if (lateNs >= 0) this.arriveLate(slotAt + at, count0, count1, lateNs);
      else {
        if (count0 > 0) this.arrived.add(slotAt + at, count0);
        if (count1 > 0) this.arrived.add(slotAt + at + 1, count1);
      }
    } else {
      if (count0 > 0) this.own.push(classOf[consumer]!, at, count0, lateNs);
      if (count1 > 0) this.own.push(classOf[consumer]!, at + 1, count1, lateNs);
    }
  }

  private arriveLate(at: number, count0: number, count1: number, timeNs: number): void {
    if (count0 > 0) this.late.addAt(at, count0, timeNs);
    if (count1 > 0) this.late.addAt(at + 1, count1, timeNs);
  }

  /**
   * The consumer ends now, and those of its vertex with it: of what its FIFO holds, all but the last `keep` records
   * have been processed. A quantum stands for what a source sends to all consumers, which comes in much smaller parts.
   */
  processAhead(consumer: number, keep: number, nowNs: number): void {
    const { state } = this;
    const { words } = state.pool;
    let left = state.queued[consumer]! - Math.ceil(keep);
    while (left > 0) {
      const head = state.fifoHead[consumer]!;
      const lagHead = state.lagHead[consumer]!;
      const lags = lagHead >= 0 && this.lagsTurn(head, lagHead, nowNs, state.lagOwed[consumer]!);
      const q = lags ? lagHead : head;
      if (q < 0) return;
      const w = q * WORDS;
      const count0 = Math.min(left, words[w + COUNT_0]!);
      const count1 = Math.min(left - count0, words[w + COUNT_1]!);
      const count = count0 + count1;
      left -= count;
      words[w + COUNT_0] = words[w + COUNT_0]! - count0;
      words[w + COUNT_1] = words[w + COUNT_1]! - count1;
      this.bookProcessed(q, consumer, count0, count1, nowNs);
      state.queued[consumer] = state.queued[consumer]! - count;
      if (words[w + COUNT_0]! + words[w + COUNT_1]! > 0) return;
      const heads = lags ? state.lagHead : state.fifoHead;
      heads[consumer] = words[w + NEXT]!;
      if (heads[consumer]! < 0) (lags ? state.lagTail : state.fifoTail)[consumer] = -1;
      state.pool.release(q);
    }
  }

  private bookProcessed(q: number, consumer: number, count0: number, count1: number, nowNs: number): void {
    const { state } = this;
    const { words } = state.pool;
    const w = q * WORDS;
    const source = words[w + SOURCE]!;
    const group = state.layout.groupOfSource[source]!;
    const bin = words[w + BIN]!;
    const flags = words[w + TARGET]!;
    state.processedOf[source] = state.processedOf[source]! + count0 + count1;
    this.processed += count0 + count1;
    const late = bin < state.arrivals.bin - OLD_BINS;
    if ((flags & (COPY | OWN)) !== 0)
      this.processSpecial(consumer, group, bin, count0, count1, flags, late ? nowNs : -1);
    else {
      this.deliveredNow += count0 + count1;
      const at = this.slotOfConsumer[consumer]! * this.slotSize + group * this.stride + bin;
      if (late) this.arriveLate(at, count0, count1, nowNs);
      else {
        if (count0 > 0) this.arrived.add(at, count0);
        if (count1 > 0) this.arrived.add(at + 1, count1);
      }
    }
    const sink = this.sinkIndex[consumer]!;
    const completes = this.emission[(state.classOf[consumer]! * this.groups + group) * 2 + (late ? 1 : 0)]!;
    if (sink >= 0 && completes * (count0 + count1) >= 1 && (flags & COPY) === 0) this.gaps.output(sink, nowNs);
  }

  /** A quantum that was under way to another consumer joins the arrivals, or what the client loops have done, at `timeNs`. */
  rejoin(q: number, tm: number, timeNs: number, wire: boolean): void {
    const { state } = this;
    const { words, doubles } = state.pool;
    doubles[q * DOUBLES + TIME] = timeNs;
    if (wire) {
      words[q * WORDS + NEXT] = state.arrivalTop[tm]!;
      state.arrivalTop[tm] = q;
      state.arrivalMinNs[tm] = Math.min(state.arrivalMinNs[tm]!, timeNs);
      return;
    }
    // Into the local lane, at its place by time.
    const lane = tm * state.lanes + state.clientLoops;
    let before = -1;
    let after = state.stagedHead[lane]!;
    while (after >= 0 && doubles[after * DOUBLES + TIME]! <= timeNs) {
      before = after;
      after = words[after * WORDS + NEXT]!;
    }
    words[q * WORDS + NEXT] = after;
    if (before < 0) state.stagedHead[lane] = q;
    else words[before * WORDS + NEXT] = q;
    if (after < 0) state.stagedTail[lane] = q;
  }

  /** The quantum's records are lost here, each source's own loss. */
  lose(q: number, cause: number): void {
    const { words } = this.state.pool;
    const w = q * WORDS;
    const count = words[w + COUNT_0]! + words[w + COUNT_1]!;
    if ((words[w + TARGET]! & COPY) === 0)
      this.ledger.loseOwn(
        words[w + SOURCE]!,
        cause,
        words[w + END]!,
        words[w + BIN]!,
        words[w + COUNT_0]!,
        words[w + COUNT_1]!,
      );
    this.dropped += count;
    this.state.processedOf[words[w + SOURCE]!] = this.state.processedOf[words[w + SOURCE]!]! + count;
    this.state.pool.release(q);
  }

  /** Instant at which the consumer will have served the next `items` of its FIFO (all that it holds, if not given). */
  drainNs(consumer: number, nowNs: number, items = Number.POSITIVE_INFINITY): number {
    const { state } = this;
    const { words, doubles } = state.pool;
    let free = state.freeAtNs[consumer]!;
    let stolen = state.stolenNs[consumer]!;
    let left = items;
    let head = state.fifoHead[consumer]!;
    let lagHead = state.lagHead[consumer]!;
    while ((head >= 0 || lagHead >= 0) && left > 0) {
      left--;
      const lags = lagHead >= 0 && this.lagsTurn(head, lagHead, free, state.lagOwed[consumer]!);
      const q = lags ? lagHead : head;
      if (lags) lagHead = words[q * WORDS + NEXT]!;
      else head = words[q * WORDS + NEXT]!;
      const time = doubles[q * DOUBLES + TIME]!;
      free =
        (free > time ? free : time) +
        Math.floor((words[q * WORDS + COUNT_0]! + words[q * WORDS + COUNT_1]!) * this.serviceNs[consumer]! + 0.5) +
        stolen;
      stolen = 0;
    }
    return Math.max(free, nowNs);
  }

  /** Records of the quanta in service that the task threads have processed by now; all are served up to now. */
  inService(nowNs: number): number {
    const { serviceStartNs } = this.state;
    let records = 0;
    for (let c = 0; c < serviceStartNs.length; c++) {
      const forNs = nowNs - serviceStartNs[c]!;
      if (forNs > 0) records += Math.floor(forNs / this.serviceNs[c]!);
    }
    return records;
  }

  private growBatch(): void {
    const larger = new Int32Array(this.batch.length * 2);
    larger.set(this.batch);
    this.batch = larger;
  }
  private growReady(): void {
    const larger = new Int32Array(this.ready.length * 2);
    larger.set(this.ready);
    this.ready = larger;
  }
}
