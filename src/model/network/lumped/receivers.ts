/**
 * The receiving side: per TaskManager the Netty client loops, per consumer the gate's FIFO and the task thread. Every
 * server sees its arrivals sorted by (time, source); only what ends strictly before the given time is applied, so a
 * cut needs no undo.
 */
import { quantileNs } from "../../../kernel/distributions.js";
import type { GapTracker } from "../plane-common/gap-tracker.js";
import type { BinnedLatency, LatencyHistogram } from "../plane-common/latency-histogram.js";
import { ArrivalCounts, LateArrivalCounts } from "./arrival-counts.js";
import { OLD_BINS, type SharedShares } from "./book-columns.js";
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
import { QuantumBatch } from "./quantum-batch.js";
import { CAUSE, type RecordLedger } from "./record-ledger.js";
import type { LumpedState } from "./state.js";
import { COST_TABLE, type Threads } from "./threads.js";

const LATE_SAMPLES = 16;

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
  private readonly batch = new QuantumBatch();
  private waiting = new Int32Array(256);

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

  /** Arrivals < timeNs go through the client loops; what they have done joins the lanes. */
  receive(tm: number, timeNs: number): void {
    const { state } = this;
    if (state.arrivalMinNs[tm]! >= timeNs) return;
    const { words, doubles } = state.pool;
    const { batch } = this;
    let n = 0;
    let later = 0;
    for (let q = state.arrivalTop[tm]!; q >= 0; q = words[q * WORDS + NEXT]!) {
      const time = doubles[q * DOUBLES + TIME]!;
      if (time < timeNs) {
        if (n === batch.quanta.length) batch.grow();
        batch.quanta[n] = q;
        batch.timesNs[n++] = time;
      } else {
        if (later === this.waiting.length) this.growWaiting();
        this.waiting[later++] = q;
      }
    }
    // What is later goes back on the stack in its order.
    state.arrivalTop[tm] = -1;
    state.arrivalMinNs[tm] = Number.POSITIVE_INFINITY;
    for (let i = later - 1; i >= 0; i--) state.toWire(this.waiting[i]!, tm);
    // Newest first: turned round, the batch is nearly sorted.
    batch.turnRound(n);
    batch.sort(n, words);
    this.arrive(n, tm);
  }

  /** The first `n` of the batch reach the client loops in order. */
  private arrive(n: number, tm: number): void {
    const { state, threads, latencyNs } = this;
    const { words, doubles } = state.pool;
    const { sourceAttempt, sourceTm, clientFreeNs, stagedHead, stagedTail, clientLoops, lanes } = state;
    const { groupOfSource, groups } = state.layout;
    const { table, clientMask, perEdge } = threads;
    const { quanta, timesNs } = this.batch;
    const pinned = Math.imul(tm + 1, 0x9e3779b1) >>> 16;
    let lost = 0;
    for (let i = 0; i < n; i++) {
      const q = quanta[i]!;
      const time = timesNs[i]!;
      const w = q * WORDS;
      const s = words[w + SOURCE]!;
      if (
        ((words[w + TARGET]! >>> ATTEMPT_SHIFT) & ATTEMPT_MASK) !== (sourceAttempt[s]! & ATTEMPT_MASK) &&
        time - latencyNs > state.cutNs[s]!
      ) {
        // It had not left its TaskManager when its source's attempt ended.
        this.lose(q, CAUSE.unflushedOutput);
        lost++;
        continue;
      }
      const group = groupOfSource[s]!;
      const count = words[w + COUNT_0]! + words[w + COUNT_1]!;
      const edge = perEdge ? groups[group]!.edge.index : 0;
      const loop =
        clientMask >= 0
          ? (pinned + sourceTm[s]! + edge) & clientMask
          : threads.clientLoop(tm, sourceTm[s]!, groups[group]!.edge.index) - tm * clientLoops;
      const server = tm * clientLoops + loop;
      const free = clientFreeNs[server]!;
      const cost = count < COST_TABLE ? table[group * COST_TABLE + count]! : threads.costNs(group, count);
      const done = (free > time ? free : time) + Math.floor(cost + 0.5);
      clientFreeNs[server] = done;
      doubles[q * DOUBLES + TIME] = done;
      words[w + NEXT] = -1;
      const lane = tm * lanes + loop;
      const tail = stagedTail[lane]!;
      if (tail < 0) stagedHead[lane] = q;
      else words[tail * WORDS + NEXT] = q;
      stagedTail[lane] = q;
    }
    this.arrivals += n - lost;
  }

  /** What the client loops have done before `timeNs` joins the consumers' FIFOs. */
  hand(tm: number, timeNs: number): void {
    const { state, batch } = this;
    const { words, doubles } = state.pool;
    const { stagedHead, stagedTail } = state;
    let n = 0;
    for (let lane = tm * state.lanes, end = lane + state.lanes; lane < end; lane++) {
      let q = stagedHead[lane]!;
      if (q < 0) continue;
      // A loop serves in order, so its lane is sorted by time.
      while (q >= 0) {
        const time = doubles[q * DOUBLES + TIME]!;
        if (time >= timeNs) break;
        if (n === batch.quanta.length) batch.grow();
        batch.quanta[n] = q;
        batch.timesNs[n++] = time;
        q = words[q * WORDS + NEXT]!;
      }
      stagedHead[lane] = q;
      if (q < 0) stagedTail[lane] = -1;
    }
    if (n === 0) return;
    batch.sort(n, words);
    const { gates, pool, queued, appended } = state;
    gates.reserve(n);
    for (let i = 0; i < n; i++) {
      const q = batch.quanta[i]!;
      const w = q * WORDS;
      const consumer = words[w + TARGET]! & CONSUMER_MASK;
      gates.append((words[w + TARGET]! & LAG) === 0 ? consumer : gates.lagList(consumer), pool, q);
      queued[consumer] = queued[consumer]! + words[w + COUNT_0]! + words[w + COUNT_1]!;
      appended[consumer] = appended[consumer]! + 1;
      pool.release(q);
    }
  }

  /** The consumer's task thread, up to completions strictly before `timeNs`. */
  serve(consumer: number, timeNs: number): void {
    const { state } = this;
    const { gates } = state;
    const lagList = gates.lagList(consumer);
    let head = gates.head[consumer]!;
    let lagHead = gates.head[lagList]!;
    if (head < 0 && lagHead < 0) return;
    const { words, doubles } = gates;
    const { freeAtNs, processedOf } = state;
    const { groupOfSource } = state.layout;
    const { gaps, emission, stride, sampleMask } = this;
    const { counts } = this.arrived;
    const service = this.serviceNs[consumer]!;
    const classBase = state.classOf[consumer]! * this.groups;
    const oldBefore = state.arrivals.bin - OLD_BINS;
    const slotAt = this.slotOfConsumer[consumer]! * this.slotSize;
    const sink = this.sinkIndex[consumer]!;
    let stolen = state.stolenNs[consumer]!;
    let free = freeAtNs[consumer]!;
    let owed = state.owed[consumer]!;
    let queued = 0;
    let delivered = 0;
    let served = 0;
    let serviceStart = Number.POSITIVE_INFINITY;
    while (head >= 0 || lagHead >= 0) {
      const lags = lagHead >= 0 && this.lagsTurn(head, lagHead, free, state.lagOwed[consumer]!);
      const e = lags ? lagHead : head;
      const w = e * WORDS;
      const time = doubles[e * DOUBLES + TIME]!;
      const start = free > time ? free : time;
      const count0 = words[w + COUNT_0]!;
      const count1 = words[w + COUNT_1]!;
      const count = count0 + count1;
      const done = start + Math.floor(count * service + 0.5) + stolen;
      if (done >= timeNs) {
        serviceStart = start;
        break;
      }
      stolen = 0;
      free = done;
      queued += count;
      served++;
      const source = words[w + SOURCE]!;
      processedOf[source] = processedOf[source]! + count;
      const group = groupOfSource[source]!;
      const flags = words[w + TARGET]!;
      const bin = words[w + BIN]!;
      if ((flags & (COPY | OWN)) === 0) {
        delivered += count;
        const at = slotAt + group * stride + bin;
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
      const completes = emission[(classBase + group) * 2 + (bin < oldBefore ? 1 : 0)]!;
      if ((flags & COPY) === 0) {
        owed += count * completes;
        if (owed >= 1) {
          const emitted = Math.floor(owed);
          owed -= emitted;
          if (sink >= 0) {
            const first = start + Math.floor(service + 0.5);
            gaps.output(sink, first < done ? first : done);
            gaps.output(sink, done);
          }
          // The latency of what comes late is known when the books are settled.
          if (bin >= oldBefore && (Math.imul(words[w + END]!, 0x85ebca6b) & sampleMask) === 0) {
            // Where doubles must not be boxed: the entry's own time carries the start of its service.
            doubles[e * DOUBLES + TIME] = start;
            // Late matches are all counted (by the books): those that are looked at here stand for the rest.
            this.sampleLatency(e, consumer, group, count, sampleMask === 0 ? emitted : 4 * emitted);
          }
        }
      }
      if (lagHead >= 0) this.noteTurn(consumer, head, lagHead, start, lags, count);
      if (lags) lagHead = gates.passed(lagList, e);
      else head = gates.passed(consumer, e);
    }
    state.serviceStartNs[consumer] = serviceStart;
    if (served === 0) return;
    gates.head[consumer] = head;
    gates.head[lagList] = lagHead;
    freeAtNs[consumer] = free;
    state.stolenNs[consumer] = stolen;
    state.owed[consumer] = owed;
    state.queued[consumer] = state.queued[consumer]! - queued;
    state.served[consumer] = state.served[consumer]! + served;
    this.completions += served;
    this.processed += queued;
    this.deliveredNow += delivered;
  }

  /** True if the next to be served is the head of the lagging quanta: it could start earlier, or it is their turn. */
  private lagsTurn(head: number, lagHead: number, free: number, owed: number): boolean {
    if (head < 0) return true;
    const { doubles } = this.state.gates;
    const time = doubles[head * DOUBLES + TIME]!;
    const lagTime = doubles[lagHead * DOUBLES + TIME]!;
    const start = free > time ? free : time;
    const lagStart = free > lagTime ? free : lagTime;
    return lagStart < start || (lagStart === start && owed > 0);
  }

  /** Of `count` records served while both kinds waited at `start`, each kind's channels are due their share. */
  private noteTurn(consumer: number, head: number, lagHead: number, start: number, lags: boolean, count: number): void {
    const { state } = this;
    const { doubles } = state.gates;
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

  /** The latency of one record of the quantum, whose service begins at its time, stands for all that it emitted. */
  private sampleLatency(e: number, consumer: number, group: number, count: number, emitted: number): void {
    const { words, doubles } = this.state.gates;
    const service = this.serviceNs[consumer]!;
    const start = doubles[e * DOUBLES + TIME]!;
    const done = start + Math.floor(count * service + 0.5);
    const w = e * WORDS;
    const event = doubles[e * DOUBLES + FIRST]!;
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
    const { gates } = state;
    const { words } = gates;
    const lagList = gates.lagList(consumer);
    let left = state.queued[consumer]! - Math.ceil(keep);
    while (left > 0) {
      const head = gates.head[consumer]!;
      const lagHead = gates.head[lagList]!;
      const lags = lagHead >= 0 && this.lagsTurn(head, lagHead, nowNs, state.lagOwed[consumer]!);
      const e = lags ? lagHead : head;
      if (e < 0) return;
      const w = e * WORDS;
      const count0 = Math.min(left, words[w + COUNT_0]!);
      const count1 = Math.min(left - count0, words[w + COUNT_1]!);
      const count = count0 + count1;
      left -= count;
      words[w + COUNT_0] = words[w + COUNT_0]! - count0;
      words[w + COUNT_1] = words[w + COUNT_1]! - count1;
      this.bookProcessed(e, consumer, count0, count1, nowNs);
      state.queued[consumer] = state.queued[consumer]! - count;
      if (words[w + COUNT_0]! + words[w + COUNT_1]! > 0) return;
      const list = lags ? lagList : consumer;
      gates.head[list] = gates.passed(list, e);
    }
  }

  private bookProcessed(e: number, consumer: number, count0: number, count1: number, nowNs: number): void {
    const { state } = this;
    const { words } = state.gates;
    const w = e * WORDS;
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
      state.toWire(q, tm);
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
    const { gates } = state;
    const { words, doubles } = gates;
    let free = state.freeAtNs[consumer]!;
    let stolen = state.stolenNs[consumer]!;
    let left = items;
    const lagList = gates.lagList(consumer);
    let head = gates.head[consumer]!;
    let lagHead = gates.head[lagList]!;
    while ((head >= 0 || lagHead >= 0) && left > 0) {
      left--;
      const lags = lagHead >= 0 && this.lagsTurn(head, lagHead, free, state.lagOwed[consumer]!);
      const e = lags ? lagHead : head;
      if (lags) lagHead = gates.after(lagList, e);
      else head = gates.after(consumer, e);
      const time = doubles[e * DOUBLES + TIME]!;
      free =
        (free > time ? free : time) +
        Math.floor((words[e * WORDS + COUNT_0]! + words[e * WORDS + COUNT_1]!) * this.serviceNs[consumer]! + 0.5) +
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

  private growWaiting(): void {
    const larger = new Int32Array(this.waiting.length * 2);
    larger.set(this.waiting);
    this.waiting = larger;
  }
}
