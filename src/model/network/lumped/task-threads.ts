/**
 * The consumers' task threads: each serves the FIFOs of its gate, counts what it has processed for the books, and shows
 * output. Only what ends strictly before the given time is applied, so a cut needs no undo.
 */
import type { GapTracker } from "../plane-common/gap-tracker.js";
import type { BinnedLatency, LatencyHistogram } from "../plane-common/latency-histogram.js";
import { OLD_BINS, type SharedShares } from "./book-columns.js";
import { GateTurns } from "./gate-turns.js";
import { LatencySamples } from "./latency-samples.js";
import { FEW_MATCHES, MATCH_WAIT_SHIFT, MATCH_WAITS } from "./match-waits.js";
import { ProcessedRecords } from "./processed-records.js";
import { BIN, COPY, COUNT_0, COUNT_1, DOUBLES, END, OWN, SOURCE, TARGET, TIME, WORDS } from "./quanta.js";
import type { RecordLedger } from "./record-ledger.js";
import type { LumpedState } from "./state.js";
import type { Threads } from "./threads.js";

/** What the receiving side is built from. */
export interface ReceiverParts {
  readonly state: LumpedState;
  readonly threads: Threads;
  readonly ledger: RecordLedger;
  readonly shared: SharedShares;
  readonly gaps: GapTracker;
  readonly latency: LatencyHistogram;
  readonly binned: BinnedLatency;
  /** By consumer: its place among the sinks. */
  readonly sinkIndex: Int32Array;
  /** Numbers of match classes. */
  readonly classes: number;
}

export class TaskThreads extends ProcessedRecords {
  completions = 0;
  /** The time up to which the current call goes: as an argument it would be boxed, by task and interval. */
  protected readonly beforeNs = new Float64Array(1);
  private readonly emission: Float64Array;
  private readonly gaps: GapTracker;
  private readonly sinkIndex: Int32Array;
  /** How a gate divides its service between sources that lag and all others. */
  readonly turns: GateTurns;
  private readonly serviceNs: Float64Array;
  private readonly samples: LatencySamples;

  constructor(parts: ReceiverParts) {
    const { state, ledger, shared, gaps, latency, binned, sinkIndex, classes } = parts;
    super(state, ledger, shared.base, classes);
    this.emission = shared.emission;
    this.gaps = gaps;
    this.sinkIndex = sinkIndex;
    const { layout } = state;
    this.serviceNs = Float64Array.from(layout.sinkOfConsumer, (sink) => layout.sinks[sink]!.serviceNs);
    this.turns = new GateTurns(state);
    this.samples = new LatencySamples(state, latency, binned, this.serviceNs);
  }

  /** The consumer's task thread, up to completions strictly before `timeNs`. */
  serve(consumer: number, timeNs: number): void {
    this.beforeNs[0] = timeNs;
    this.serveNext(consumer);
  }

  /** The same, up to `beforeNs`. */
  protected serveNext(consumer: number): void {
    const timeNs = this.beforeNs[0]!;
    const { state } = this;
    const { gates } = state;
    const lagList = gates.lagList(consumer);
    let head = gates.head[consumer]!;
    let lagHead = gates.head[lagList]!;
    if (head < 0 && lagHead < 0) return;
    const { words, doubles } = gates;
    const { freeAtNs, processedOf } = state;
    const { groupOfSource } = state.layout;
    const { gaps, emission, stride, samples } = this;
    const sampleMask = samples.mask;
    const matchWaits = MATCH_WAITS;
    const { counts } = this.arrived;
    const service = this.serviceNs[consumer]!;
    const classBase = state.classOf[consumer]! * this.groups;
    const oldBefore = state.arrivals.bin - OLD_BINS;
    const classAt = state.countsFor[consumer]! * this.classSize;
    const sink = this.sinkIndex[consumer]!;
    let stolen = state.stolenNs[consumer]!;
    let free = freeAtNs[consumer]!;
    let owed = state.owed[consumer]!;
    const filled = state.filled[consumer]!;
    const fillShare = state.fillShare[consumer]!;
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
        const at = classAt + group * stride + bin;
        if (bin < oldBefore) this.arriveLate(at, count0, count1, (start + done) / 2);
        else if (count0 > 0) {
          if (counts[at] === 0) this.arrived.add(at, count0);
          else counts[at] = counts[at]! + count0;
        }
        if (count1 > 0 && bin >= oldBefore) {
          if (counts[at + 1] === 0) this.arrived.add(at + 1, count1);
          else counts[at + 1] = counts[at + 1]! + count1;
        }
      } else this.countSpecial(consumer, group, bin, count0, count1, flags, bin < oldBefore ? (start + done) / 2 : -1);
      // Copies show no new match.
      let completes = emission[(classBase + group) * 2 + (bin < oldBefore ? 1 : 0)]!;
      if (fillShare > 0) completes *= fillShare * (filled + queued);
      if ((flags & COPY) === 0) {
        owed += count * completes;
        if (owed >= 1) {
          let emitted = Math.floor(owed);
          let first = 1;
          let last = count;
          if (emitted < FEW_MATCHES) {
            // Which of few records completes a match is chance: the next one comes when as much is due as was drawn for it.
            first = Math.ceil(count - (owed - 1) / completes);
            let draw = Math.imul(words[w + END]! ^ Math.imul(source, 0x9e3779b1), 0x85ebca6b);
            emitted = 0;
            while (owed >= 1) {
              last = Math.ceil(count - (owed - 1) / completes);
              emitted++;
              draw = Math.imul(draw ^ (draw >>> 15), 0x2c1b3c6d);
              owed -= matchWaits[draw >>> MATCH_WAIT_SHIFT]!;
            }
          } else owed -= emitted;
          if (sink >= 0) {
            gaps.output(sink, start + Math.floor((first > 1 ? first : 1) * service + 0.5));
            gaps.output(sink, last < count ? start + Math.floor(last * service + 0.5) : done);
          }
          // The latency of what comes late is known when the books are settled.
          if (bin >= oldBefore && (Math.imul(words[w + END]!, 0x85ebca6b) & sampleMask) === 0) {
            // Where doubles must not be boxed: the entry's own time carries the start of its service.
            doubles[e * DOUBLES + TIME] = start;
            // Late matches are all counted (by the books): those that are looked at here stand for the rest.
            samples.sample(e, consumer, group, count, sampleMask === 0 ? emitted : 4 * emitted);
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
    state.filled[consumer] = filled + queued;
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
    const { lagOwed } = state;
    if (head < 0 || doubles[head * DOUBLES + TIME]! > start || doubles[lagHead * DOUBLES + TIME]! > start) {
      lagOwed[consumer] = 0;
      return;
    }
    const lagShare = this.turns.lagShare[consumer]!;
    lagOwed[consumer] = lagOwed[consumer]! + (lags ? -count * (1 - lagShare) : count * lagShare);
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
    let left = state.queued[consumer]! - keep;
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
    const late = bin < state.arrivals.bin - OLD_BINS;
    state.processedOf[source] = state.processedOf[source]! + count0 + count1;
    this.processed += count0 + count1;
    const lateNs = late ? nowNs : -1;
    if ((flags & (COPY | OWN)) !== 0) this.countSpecial(consumer, group, bin, count0, count1, flags, lateNs);
    else this.count(consumer, group, bin, count0, count1, lateNs);
    const sink = this.sinkIndex[consumer]!;
    const completes = this.emission[(state.classOf[consumer]! * this.groups + group) * 2 + (late ? 1 : 0)]!;
    if (sink >= 0 && completes * (count0 + count1) >= 1 && (flags & COPY) === 0) this.gaps.output(sink, nowNs);
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
}
