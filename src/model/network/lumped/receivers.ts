/**
 * The receiving side: per TaskManager the Netty client loops, in front of the consumers' gates and task threads. Every
 * server sees its arrivals sorted by (time, source); only what ends strictly before the given time is applied, so a
 * cut needs no undo.
 */
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
  LAG,
  NEXT,
  SOURCE,
  TARGET,
  TIME,
  WORDS,
} from "./quanta.js";
import { QuantumBatch } from "./quantum-batch.js";
import { CAUSE } from "./record-ledger.js";
import { type ReceiverParts, TaskThreads } from "./task-threads.js";
import { COST_TABLE, type Threads } from "./threads.js";

export class Receivers extends TaskThreads {
  arrivals = 0;
  /** Records lost in lists and FIFOs, copies included. */
  dropped = 0;
  private readonly threads: Threads;
  private readonly latencyNs: number;
  private readonly batch = new QuantumBatch();
  private waiting = new Int32Array(256);

  constructor(parts: ReceiverParts) {
    super(parts);
    this.threads = parts.threads;
    this.latencyNs = parts.state.layout.config.cluster.linkLatencyNs;
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

  private growWaiting(): void {
    const larger = new Int32Array(this.waiting.length * 2);
    larger.set(this.waiting);
    this.waiting = larger;
  }
}
