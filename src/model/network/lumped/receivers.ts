/**
 * The receiving side: per TaskManager the Netty client loops, in front of the consumers' gates and task threads. Every
 * server sees its arrivals sorted by (time, source); only what ends strictly before the given time is applied, so a
 * cut needs no undo.
 */
import { OLD_BINS } from "./book-columns.js";
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
  SOURCE,
  TARGET,
  TIME,
  WORDS,
} from "./quanta.js";
import { QuantumBatch } from "./quantum-batch.js";
import { CAUSE } from "./record-ledger.js";
import { PLACE_GROUP_MASK, PLACE_GROUP_SHIFT, PLACE_TM_SHIFT } from "./source-place.js";
import { type ReceiverParts, TaskThreads } from "./task-threads.js";
import { COST_TABLE, type Threads } from "./threads.js";

export class Receivers extends TaskThreads {
  arrivals = 0;
  /** Records lost in lists and FIFOs, copies included. */
  dropped = 0;
  private readonly threads: Threads;
  private readonly latencyNs: number;
  /** What arrives, and what the client loops have done. */
  private readonly batch = new QuantumBatch();
  private readonly done = new QuantumBatch();
  private waiting = new Int32Array(256);

  constructor(parts: ReceiverParts) {
    super(parts);
    this.threads = parts.threads;
    this.latencyNs = parts.state.layout.config.cluster.linkLatencyNs;
  }

  /** Everything up to strictly before `timeNs`; sources must be there already. */
  advanceAll(timeNs: number): void {
    this.beforeNs[0] = timeNs;
    const { consumerTm, taskManagers } = this.state;
    // Consumers are served as soon as their gates have got something, for it is in the caches then.
    let tm = -1;
    for (let c = 0; c < consumerTm.length; c++) {
      if (consumerTm[c] !== tm) {
        tm = consumerTm[c]!;
        this.passOn(tm);
      }
      this.serveNext(c);
    }
    for (tm = 0; tm < taskManagers; tm++) this.passOn(tm);
  }

  /** A TaskManager's client loops, up to strictly before `timeNs`, and what they have done to the gates. Sources must be there already. */
  advanceTaskManager(tm: number, timeNs: number): void {
    this.beforeNs[0] = timeNs;
    this.passOn(tm);
  }

  private passOn(tm: number): void {
    const { dueNs } = this.state;
    if (dueNs[tm]! >= this.beforeNs[0]!) return;
    dueNs[tm] = Number.POSITIVE_INFINITY;
    const n = this.collect(tm);
    this.toGates(this.arrive(n, tm, this.takeStaged(tm)));
  }

  /** Arrivals < timeNs go through the client loops; what they have done joins the lanes. Step by step, for the event plane. */
  receive(tm: number, timeNs: number): void {
    const { state } = this;
    if (state.arrivalTop[tm]! < 0) return;
    this.beforeNs[0] = timeNs;
    const n = this.collect(tm);
    this.beforeNs[0] = Number.NEGATIVE_INFINITY;
    this.arrive(n, tm, 0);
    state.dueNs[tm] = Number.NEGATIVE_INFINITY;
  }

  /** What the client loops have done before `timeNs` joins the consumers' FIFOs. Step by step, for the event plane. */
  hand(tm: number, timeNs: number): void {
    this.beforeNs[0] = timeNs;
    this.toGates(this.takeStaged(tm));
    this.state.dueNs[tm] = Number.NEGATIVE_INFINITY;
  }

  /** Fills the batch with what arrives before `beforeNs`, in order; returns how many that are. */
  private collect(tm: number): number {
    const timeNs = this.beforeNs[0]!;
    const { state, batch } = this;
    const { words, doubles, next } = state.pool;
    let n = 0;
    let later = 0;
    for (let q = state.arrivalTop[tm]!; q >= 0; q = next[q]!) {
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
    for (let i = later - 1; i >= 0; i--) state.toWire(this.waiting[i]!, tm);
    // Newest first: turned round, the batch is nearly sorted.
    batch.turnRound(n);
    batch.sort(n, words);
    return n;
  }

  /**
   * The first `n` of the batch reach the client loops in order. What those have done before `beforeNs` goes to the end of
   * `done`, which has `handed` already, the rest to the lanes; returns how many `done` has then.
   */
  private arrive(n: number, tm: number, handed: number): number {
    const timeNs = this.beforeNs[0]!;
    const { state, threads, latencyNs, done } = this;
    const { words, doubles, next } = state.pool;
    const { sourcePlace, clientFreeNs, stagedHead, stagedTail, clientLoops, lanes } = state;
    const { groups } = state.layout;
    const { table, clientMask, perEdge } = threads;
    const { quanta, timesNs } = this.batch;
    const pinned = Math.imul(tm + 1, 0x9e3779b1) >>> 16;
    while (done.quanta.length < handed + n) done.grow();
    const doneQuanta = done.quanta;
    const doneNs = done.timesNs;
    let at = handed;
    let lost = 0;
    for (let i = 0; i < n; i++) {
      const q = quanta[i]!;
      const time = timesNs[i]!;
      const w = q * WORDS;
      const s = words[w + SOURCE]!;
      const place = sourcePlace[s]!;
      if (
        ((words[w + TARGET]! >>> ATTEMPT_SHIFT) & ATTEMPT_MASK) !== (place & ATTEMPT_MASK) &&
        time - latencyNs > state.cutNs[s]!
      ) {
        // It had not left its TaskManager when its source's attempt ended.
        this.lose(q, CAUSE.unflushedOutput);
        lost++;
        continue;
      }
      const group = (place >> PLACE_GROUP_SHIFT) & PLACE_GROUP_MASK;
      const sourceTm = place >> PLACE_TM_SHIFT;
      const count = words[w + COUNT_0]! + words[w + COUNT_1]!;
      const edge = perEdge ? groups[group]!.edge.index : 0;
      const loop =
        clientMask >= 0
          ? (pinned + sourceTm + edge) & clientMask
          : threads.clientLoop(tm, sourceTm, groups[group]!.edge.index) - tm * clientLoops;
      const server = tm * clientLoops + loop;
      const free = clientFreeNs[server]!;
      const cost = count < COST_TABLE ? table[group * COST_TABLE + count]! : threads.costNs(group, count);
      const end = (free > time ? free : time) + Math.floor(cost + 0.5);
      clientFreeNs[server] = end;
      doubles[q * DOUBLES + TIME] = end;
      if (end < timeNs) {
        doneQuanta[at] = q;
        doneNs[at++] = end;
        continue;
      }
      if (end < state.dueNs[tm]!) state.dueNs[tm] = end;
      next[q] = -1;
      const lane = tm * lanes + loop;
      const tail = stagedTail[lane]!;
      if (tail < 0) stagedHead[lane] = q;
      else next[tail] = q;
      stagedTail[lane] = q;
    }
    this.arrivals += n - lost;
    return at;
  }

  /** Fills `done` with what the lanes have done before `beforeNs`, lane by lane; returns how many that are. */
  private takeStaged(tm: number): number {
    const timeNs = this.beforeNs[0]!;
    const { state, done } = this;
    const { doubles, next } = state.pool;
    const { stagedHead, stagedTail, dueNs } = state;
    let n = 0;
    for (let lane = tm * state.lanes, end = lane + state.lanes; lane < end; lane++) {
      let q = stagedHead[lane]!;
      if (q < 0) continue;
      // A loop serves in order, so its lane is sorted by time.
      while (q >= 0) {
        const time = doubles[q * DOUBLES + TIME]!;
        if (time >= timeNs) {
          if (time < dueNs[tm]!) dueNs[tm] = time;
          break;
        }
        if (n === done.quanta.length) done.grow();
        done.quanta[n] = q;
        done.timesNs[n++] = time;
        q = next[q]!;
      }
      stagedHead[lane] = q;
      if (q < 0) stagedTail[lane] = -1;
    }
    return n;
  }

  /** The first `n` of `done` join the consumers' FIFOs, in the order in which the loops were done with them. */
  private toGates(n: number): void {
    if (n === 0) return;
    const { state, done } = this;
    const { words } = state.pool;
    done.sort(n, words);
    const { gates, pool, queued, appended, lateUntil } = state;
    const oldBefore = state.arrivals.bin - OLD_BINS;
    gates.reserve(n);
    for (let i = 0; i < n; i++) {
      const q = done.quanta[i]!;
      const w = q * WORDS;
      const consumer = words[w + TARGET]! & CONSUMER_MASK;
      gates.append((words[w + TARGET]! & LAG) === 0 ? consumer : gates.lagList(consumer), pool, q);
      queued[consumer] = queued[consumer]! + words[w + COUNT_0]! + words[w + COUNT_1]!;
      appended[consumer] = appended[consumer]! + 1;
      if (words[w + BIN]! < oldBefore) lateUntil[consumer] = appended[consumer]!;
      pool.release(q);
    }
  }

  /** A quantum that was under way to another consumer joins the arrivals, or what the client loops have done, at `timeNs`. */
  rejoin(q: number, tm: number, timeNs: number, wire: boolean): void {
    const { state } = this;
    const { doubles, next } = state.pool;
    doubles[q * DOUBLES + TIME] = timeNs;
    if (wire) {
      state.toWire(q, tm);
      return;
    }
    // Into the local lane, at its place by time.
    if (timeNs < state.dueNs[tm]!) state.dueNs[tm] = timeNs;
    const lane = tm * state.lanes + state.clientLoops;
    let before = -1;
    let after = state.stagedHead[lane]!;
    while (after >= 0 && doubles[after * DOUBLES + TIME]! <= timeNs) {
      before = after;
      after = next[after]!;
    }
    next[q] = after;
    if (before < 0) state.stagedHead[lane] = q;
    else next[before] = q;
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
        this.state.countsFor[words[w + TARGET]! & CONSUMER_MASK]!,
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
