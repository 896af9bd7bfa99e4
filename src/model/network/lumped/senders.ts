/**
 * The way of a quantum from its source to the wire: the consumer whose turn it is, the Netty server loop, the machine's
 * link, and into the arrival list of the destination's TaskManager; or into what is held for a consumer without a view.
 */
import type { Holding } from "./holding.js";
import {
  ATTEMPT_MASK,
  ATTEMPT_SHIFT,
  BIN,
  COUNT_0,
  COUNT_1,
  DOUBLES,
  END,
  FIRST,
  SOURCE,
  SPAN,
  TARGET,
  TIME,
  WORDS,
} from "./quanta.js";
import { SourceLogs } from "./source-logs.js";
import { CONSUMER_HELD, CONSUMER_OPEN, type LumpedState } from "./state.js";
import type { Threads } from "./threads.js";

const MAX_SPAN = 2 ** 31 - 1;

export class Senders extends SourceLogs {
  quanta = 0;
  /** Records flushed into quanta, copies included. */
  sent = 0;
  holding!: Holding;
  /** Every quantum passes through `put`, for those who watch it. */
  protected stepwise = false;
  /** What leaves now has been served by the loops already. */
  protected skipServer = false;
  protected readonly threads: Threads;
  /** Place in its turns of each group's next quantum. */
  protected readonly cursor: Int32Array;
  /** The same for quanta whose turn's consumer cannot take them: walked by itself, or a neighbour would get them all. */
  protected readonly spareCursor: Int32Array;
  protected readonly wireNsPerRecord: Float64Array;
  protected readonly groupEdge: Int32Array;
  protected readonly perMachine: number;
  protected readonly latencyNs: number;

  constructor(state: LumpedState, threads: Threads) {
    super(state);
    this.threads = threads;
    const { layout } = state;
    const { cluster } = layout.config;
    this.cursor = new Int32Array(layout.groups.length);
    this.spareCursor = new Int32Array(layout.groups.length);
    this.wireNsPerRecord = Float64Array.from(
      layout.groups,
      (group) => (group.wireBytes * 8e9) / cluster.linkBitsPerSecond,
    );
    this.groupEdge = Int32Array.from(layout.groups, (group) => group.edge.index);
    this.perMachine = cluster.taskManagersPerMachine;
    this.latencyNs = cluster.linkLatencyNs;
  }

  /**
   * The flush of a source that keeps up, in the current bin: `count0` records of `bin` and `count1` of the next one.
   * Integers only: doubles would be boxed.
   */
  protected flush(
    s: number,
    groupIndex: number,
    turn: number,
    bin: number,
    count0: number,
    count1: number,
    end: number,
  ): void {
    const { resolutionNs, phaseNs } = this.state.layout;
    const flushNs = this.state.arrivals.bin * resolutionNs + phaseNs[s]!;
    const firstNs = flushNs > resolutionNs ? flushNs - resolutionNs : 0;
    this.send(s, groupIndex, turn, flushNs, firstNs, flushNs - firstNs, bin, count0, count1, end, 0);
  }

  protected pointwiseTurn(s: number, bin: number): number {
    const { firstConsumer, consumerCount } = this.state.layout;
    return firstConsumer[s]! + ((bin + s) % consumerCount[s]!);
  }

  /** One quantum leaves source `s` at `flushNs`. */
  send(
    s: number,
    group: number,
    turn: number,
    flushNs: number,
    firstNs: number,
    spanNs: number,
    bin: number,
    count0: number,
    count1: number,
    end: number,
    flags: number,
  ): void {
    const { state } = this;
    const { pool, consumerTm, consumerMode, sourceTm } = state;
    let consumer = turn;
    if (consumerMode[consumer] !== CONSUMER_OPEN) consumer = this.nextOpen(s, group, turn);
    const q = pool.take();
    const { words, doubles } = pool;
    const w = q * WORDS;
    const d = q * DOUBLES;
    const count = count0 + count1;
    doubles[d + FIRST] = firstNs;
    words[w + SPAN] = spanNs < MAX_SPAN ? spanNs : MAX_SPAN;
    words[w + SOURCE] = s;
    words[w + TARGET] = consumer | ((state.sourceAttempt[s]! & ATTEMPT_MASK) << ATTEMPT_SHIFT) | flags;
    words[w + BIN] = bin;
    words[w + COUNT_0] = count0;
    words[w + COUNT_1] = count1;
    words[w + END] = end;
    this.quanta++;
    this.sent += count;
    if (consumerMode[consumer] === CONSUMER_HELD) {
      this.holding.hold(q, s, consumer, count);
      return;
    }
    doubles[d + TIME] = flushNs;
    this.put(q, s, group, sourceTm[s]!, consumerTm[consumer]!, count);
  }

  /** Hands a quantum to the network; its time is that of the flush, and becomes that of its arrival. */
  put(q: number, s: number, groupIndex: number, from: number, to: number, count: number): void {
    const { state, threads } = this;
    const { serverFreeNs, nicFreeNs, remoteShare } = state;
    const { next, doubles } = state.pool;
    const flushNs = doubles[q * DOUBLES + TIME]!;
    state.sentOf[s] = state.sentOf[s]! + count;
    const share = remoteShare[s]!;
    const loop = threads.serverLoop(from, to, this.groupEdge[groupIndex]!);
    const free = serverFreeNs[loop]!;
    const served = (free > flushNs ? free : flushNs) + Math.floor(threads.costNs(groupIndex, count) * share + 0.5);
    if (!this.skipServer) serverFreeNs[loop] = served;
    if (from === to) {
      // A local channel: no Netty, no link.
      const { stagedHead, stagedTail, dueNs } = state;
      if (flushNs < dueNs[to]!) dueNs[to] = flushNs;
      const lane = to * state.lanes + state.clientLoops;
      next[q] = -1;
      const tail = stagedTail[lane]!;
      if (tail < 0) stagedHead[lane] = q;
      else next[tail] = q;
      stagedTail[lane] = q;
      return;
    }
    const machine = this.perMachine === 1 ? from : Math.floor(from / this.perMachine);
    const link = nicFreeNs[machine]!;
    // The link takes what the loops hand over in flush order.
    const left = this.skipServer
      ? flushNs
      : (link > served ? link : served) + Math.floor(count * share * this.wireNsPerRecord[groupIndex]! + 0.5);
    if (!this.skipServer) nicFreeNs[machine] = left;
    const arrivesNs = left + this.latencyNs;
    doubles[q * DOUBLES + TIME] = arrivesNs;
    state.toWire(q, to);
  }

  /** The consumer whose turn it is was lost alone: open ones share its turns as they share all. Where none is open: its own. */
  nextOpen(s: number, groupIndex: number, turn: number): number {
    const { consumerMode, layout } = this.state;
    if (consumerMode[turn] === CONSUMER_HELD) return turn;
    const { turns } = layout.groups[groupIndex]!;
    for (let i = 0; i < turns.length; i++) {
      const consumer = this.spareTurn(groupIndex, turns);
      if (consumerMode[consumer] === CONSUMER_OPEN) return consumer;
    }
    if (turns.length > 0) return turn;
    const first = layout.firstConsumer[s]!;
    for (let c = first; c < first + layout.consumerCount[s]!; c++) if (consumerMode[c] === CONSUMER_OPEN) return c;
    return turn;
  }

  protected spareTurn(groupIndex: number, turns: Int32Array): number {
    const at = this.spareCursor[groupIndex]!;
    this.spareCursor[groupIndex] = at + 1 >= turns.length ? 0 : at + 1;
    return turns[at]!;
  }
}
