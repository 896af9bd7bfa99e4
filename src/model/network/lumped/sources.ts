/**
 * The sending side: every source is visited once per interval, at its flush phase, in one static order. What it has
 * read since becomes one quantum (several while it catches up), addressed to the consumer whose turn it is, served by
 * the Netty server loop, put on the machine's link and into the arrival list of the destination's TaskManager.
 */
import { commitPhaseNs } from "../plane-common/pinning.js";
import type { Holding } from "./holding.js";
import type { LaterArrivals } from "./later-arrivals.js";
import {
  ATTEMPT_MASK,
  ATTEMPT_SHIFT,
  BIN,
  COPY,
  COUNT_0,
  COUNT_1,
  DOUBLES,
  END,
  FIRST,
  LAG,
  NEXT,
  SOURCE,
  SPAN,
  TARGET,
  TIME,
  WORDS,
} from "./quanta.js";
import type { Rereads } from "./rereads.js";
import type { Rows } from "./rows.js";
import {
  BEHIND,
  CONSUMER_HELD,
  CONSUMER_OPEN,
  DEAD,
  HAS_ROWS,
  HOLDS,
  IN_DEBT,
  LAGGING,
  type LumpedState,
} from "./state.js";
import { COST_TABLE, type Threads } from "./threads.js";

const MAX_SPAN = 2 ** 31 - 1;

export class Sources {
  /** Next source to visit in the current round; the round is the arrivals' bin. */
  position = 0;
  visits = 0;
  quanta = 0;
  /** Records flushed into quanta, copies included. */
  sent = 0;
  /** Originals emitted so far = flushed offset + shift: where the integer functions of the channels stand. */
  readonly shift: Int32Array;
  /** BEHIND: bin of the offset `flushed` and the offset at which that bin starts; −1 = to be found. */
  private readonly eventBin: Int32Array;
  private readonly eventStart: Int32Array;
  private readonly cursor: Int32Array;
  /** Records under way as of the last tick, at or below which a source no longer lags: two intervals' and a half. */
  private readonly caughtUpAt: Float64Array;
  private readonly commitPhase: Float64Array;
  protected readonly state: LumpedState;
  private readonly threads: Threads;
  private readonly rereads: Rereads;
  private readonly wireNsPerRecord: Float64Array;
  /** The groups' turns one after the other: where each group's begin, and how many they are. */
  private readonly turns: Int32Array;
  private readonly turnsFrom: Int32Array;
  private readonly turnsCount: Int32Array;
  /** Loop time by group × COST_TABLE + records. */
  private readonly loopCost: Float64Array;
  private readonly later: LaterArrivals;
  /** Every quantum passes through `put`, for those who watch it. */
  protected stepwise = false;
  private readonly groupEdge: Int32Array;
  private readonly perMachine: number;
  private readonly latencyNs: number;
  rows!: Rows;
  holding!: Holding;
  /** Groups whose sources read nothing because a consumer's queue is full. */
  readonly blocked: Uint8Array;
  /** A quantum that grows while a visit's pieces are walked: 0 originals, 1 copies. */
  private readonly growBin = new Int32Array(2);
  private readonly grow0 = new Int32Array(2);
  private readonly grow1 = new Int32Array(2);
  private readonly growEnd = new Int32Array(2);
  private readonly growFirst = new Float64Array(2);
  private readonly growLast = new Float64Array(2);
  private extraTurn = 0;

  constructor(state: LumpedState, threads: Threads, rereads: Rereads) {
    this.state = state;
    this.threads = threads;
    this.rereads = rereads;
    const { layout, context } = state;
    const { cluster, costs } = layout.config;
    this.shift = new Int32Array(layout.sources);
    this.eventBin = new Int32Array(layout.sources).fill(-1);
    this.eventStart = new Int32Array(layout.sources);
    this.cursor = new Int32Array(layout.groups.length);
    this.caughtUpAt = Float64Array.from(
      layout.groups,
      (group) => 2.5 * group.meanPerBin + 2 * Math.sqrt(group.meanPerBin),
    );
    this.hottest = Float64Array.from(layout.groups, (group) =>
      group.edge.allToAll ? group.edge.shares.reduce((most, share) => Math.max(most, share), 0) : 1,
    );
    this.blocked = new Uint8Array(layout.groups.length);
    this.commitPhase = Float64Array.from(layout.sourceTask, (task) =>
      commitPhaseNs(context.streams, task, costs.offsetCommitIntervalNs),
    );
    this.wireNsPerRecord = Float64Array.from(
      layout.groups,
      (group) => (group.wireBytes * 8e9) / cluster.linkBitsPerSecond,
    );
    this.turnsCount = Int32Array.from(layout.groups, (group) => group.turns.length);
    this.turnsFrom = new Int32Array(layout.groups.length);
    for (let g = 1; g < layout.groups.length; g++) this.turnsFrom[g] = this.turnsFrom[g - 1]! + this.turnsCount[g - 1]!;
    this.turns = Int32Array.from(layout.groups.flatMap((group) => [...group.turns]));
    this.loopCost = threads.table;
    this.later = state.later;
    this.groupEdge = Int32Array.from(layout.groups, (group) => group.edge.index);
    this.perMachine = cluster.taskManagersPerMachine;
    this.latencyNs = cluster.linkLatencyNs;
  }

  /** All flushes strictly before `timeNs`, which lies in the current bin or at its end. */
  advance(timeNs: number): void {
    const { phaseNs, resolutionNs, sources } = this.state.layout;
    const start = this.state.arrivals.bin * resolutionNs;
    const from = this.position;
    if (from >= sources || start + phaseNs[from]! >= timeNs) return;
    let to = from + 1;
    while (to < sources && start + phaseNs[to]! < timeNs) to++;
    this.position = to;
    this.visits += to - from;
    this.visit(from, to, start);
  }

  /**
   * The visits of the sources [from, to). A healthy source's quantum goes all the way to the wire in this loop, on
   * local columns only: what it does is `flush` and `put` for the usual case.
   */
  private visit(from: number, to: number, start: number): void {
    const { state, cursor, groupEdge, turns, turnsFrom, turnsCount, loopCost, wireNsPerRecord, later } = this;
    const { layout, arrivals, sourceFlags, flushed, sourceAttempt, sourceTm, remoteShare, sentOf, pool } = state;
    const { consumerMode, consumerTm, serverFreeNs, nicFreeNs, arrivalTop, dueNs, stagedHead, stagedTail } = state;
    const { phaseNs, phaseShare, groupOfSource, resolutionNs } = layout;
    const { before, inBin, bin } = arrivals;
    const { latencyNs, perMachine } = this;
    const { loops, lanes, clientLoops } = state;
    const mask = this.threads.serverMask;
    const perEdge = this.threads.perEdge;
    const laterFrom = later.fromNs;
    let sent = 0;
    let quanta = 0;
    pool.reserve(to - from);
    let { words, doubles } = pool;
    for (let s = from; s < to; s++) {
      const group = groupOfSource[s]!;
      const inThis = Math.floor(inBin[s]! * phaseShare[s]!);
      const end = before[s]! + inThis;
      if (sourceFlags[s] !== 0) {
        this.visitSlow(s, group, start + phaseNs[s]!, end);
        pool.reserve(to - s);
        words = pool.words;
        doubles = pool.doubles;
        continue;
      }
      const length = turnsCount[group]!;
      const at = cursor[group]!;
      cursor[group] = at + 1 >= length ? 0 : at + 1;
      const first = flushed[s]!;
      flushed[s] = end;
      if (end <= first) continue;
      const before0 = before[s]! - first;
      const consumer = length > 0 ? turns[turnsFrom[group]! + at]! : this.pointwiseTurn(s, bin);
      if (consumerMode[consumer] !== CONSUMER_OPEN || this.stepwise) {
        this.flush(s, group, consumer, bin, before0, end);
        pool.reserve(to - s);
        words = pool.words;
        doubles = pool.doubles;
        continue;
      }
      const q = pool.take();
      const w = q * WORDS;
      const d = q * DOUBLES;
      const flushNs = start + phaseNs[s]!;
      const firstNs = flushNs > resolutionNs ? flushNs - resolutionNs : 0;
      const count = end - first;
      doubles[d + FIRST] = firstNs;
      words[w + SPAN] = flushNs - firstNs;
      words[w + SOURCE] = s;
      words[w + TARGET] = consumer | ((sourceAttempt[s]! & ATTEMPT_MASK) << ATTEMPT_SHIFT);
      words[w + BIN] = before0 > 0 ? bin - 1 : bin;
      words[w + COUNT_0] = before0 > 0 ? before0 : count;
      words[w + COUNT_1] = before0 > 0 ? inThis : 0;
      words[w + END] = end;
      quanta++;
      sent += count;
      sentOf[s] = sentOf[s]! + count;
      const tm = sourceTm[s]!;
      const target = consumerTm[consumer]!;
      const share = remoteShare[s]!;
      const loop =
        mask >= 0
          ? tm * loops + (((Math.imul(tm + 1, 0x9e3779b1) >>> 16) + target + (perEdge ? groupEdge[group]! : 0)) & mask)
          : this.threads.serverLoop(tm, target, groupEdge[group]!);
      const free = serverFreeNs[loop]!;
      const cost = count < COST_TABLE ? loopCost[group * COST_TABLE + count]! : this.threads.costNs(group, count);
      const served = (free > flushNs ? free : flushNs) + Math.floor(cost * share + 0.5);
      serverFreeNs[loop] = served;
      if (tm === target) {
        doubles[d + TIME] = flushNs;
        if (flushNs < dueNs[target]!) dueNs[target] = flushNs;
        words[w + NEXT] = -1;
        const lane = target * lanes + clientLoops;
        const tail = stagedTail[lane]!;
        if (tail < 0) stagedHead[lane] = q;
        else words[tail * WORDS + NEXT] = q;
        stagedTail[lane] = q;
        continue;
      }
      const machine = perMachine === 1 ? tm : Math.floor(tm / perMachine);
      const link = nicFreeNs[machine]!;
      const left = (link > served ? link : served) + Math.floor(count * share * wireNsPerRecord[group]! + 0.5);
      nicFreeNs[machine] = left;
      const arrivesNs = left + latencyNs;
      doubles[d + TIME] = arrivesNs;
      if (arrivesNs >= laterFrom) {
        later.add(q);
        continue;
      }
      if (arrivesNs < dueNs[target]!) dueNs[target] = arrivesNs;
      words[w + NEXT] = arrivalTop[target]!;
      arrivalTop[target] = q;
    }
    this.quanta += quanta;
    this.sent += sent;
  }

  /** The flush of a healthy source: `before0` of its records are of the bin before. Integers only: doubles would be boxed. */
  private flush(s: number, groupIndex: number, turn: number, bin: number, before0: number, end: number): void {
    const { state } = this;
    const { resolutionNs } = state.layout;
    const { pool } = state;
    const flushNs = bin * resolutionNs + state.layout.phaseNs[s]!;
    let consumer = turn;
    if (state.consumerMode[consumer] !== CONSUMER_OPEN) consumer = this.nextOpen(s, groupIndex, turn);
    const q = pool.take();
    const { words, doubles } = pool;
    const w = q * WORDS;
    const d = q * DOUBLES;
    const inThis = Math.floor(state.arrivals.inBin[s]! * state.layout.phaseShare[s]!);
    const count0 = before0 > 0 ? before0 : before0 + inThis;
    const count1 = before0 > 0 ? inThis : 0;
    const count = count0 + count1;
    const firstNs = flushNs > resolutionNs ? flushNs - resolutionNs : 0;
    doubles[d + FIRST] = firstNs;
    words[w + SPAN] = flushNs - firstNs;
    words[w + SOURCE] = s;
    words[w + TARGET] = consumer | ((state.sourceAttempt[s]! & ATTEMPT_MASK) << ATTEMPT_SHIFT);
    words[w + BIN] = before0 > 0 ? bin - 1 : bin;
    words[w + COUNT_0] = count0;
    words[w + COUNT_1] = count1;
    words[w + END] = end;
    this.quanta++;
    this.sent += count;
    if (state.consumerMode[consumer] === CONSUMER_HELD) {
      this.holding.hold(q, s, consumer, count);
      return;
    }
    doubles[d + TIME] = flushNs;
    this.put(q, s, groupIndex, state.sourceTm[s]!, state.consumerTm[consumer]!, count);
  }

  private pointwiseTurn(s: number, bin: number): number {
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
    const { words, doubles } = state.pool;
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
      words[q * WORDS + NEXT] = -1;
      const tail = stagedTail[lane]!;
      if (tail < 0) stagedHead[lane] = q;
      else words[tail * WORDS + NEXT] = q;
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

  /** The consumer whose turn it is was lost alone: the next open one in the walk. Where none is open: the turn's own. */
  nextOpen(s: number, groupIndex: number, turn: number): number {
    const { consumerMode, layout } = this.state;
    if (consumerMode[turn] === CONSUMER_HELD) return turn;
    const group = layout.groups[groupIndex]!;
    if (group.edge.allToAll) {
      const { base, consumers } = layout.sinks[group.sink]!;
      // Neighbours in number are no neighbours in the walk, so the dead one's share spreads.
      for (let i = 1; i < consumers; i++) {
        const consumer = base + ((turn - base + i * 7 + s) % consumers);
        if (consumerMode[consumer] === CONSUMER_OPEN) return consumer;
      }
      for (let consumer = base; consumer < base + consumers; consumer++)
        if (consumerMode[consumer] === CONSUMER_OPEN) return consumer;
    } else {
      const first = layout.firstConsumer[s]!;
      for (let c = first; c < first + layout.consumerCount[s]!; c++) if (consumerMode[c] === CONSUMER_OPEN) return c;
    }
    return turn;
  }

  // --- the slow path: anything but a healthy source ---
  private visitSlow(s: number, groupIndex: number, flushNs: number, logEnd: number): void {
    const { state, holding } = this;
    const { sourceFlags, flushed, read, readAtNs } = state;
    if (sourceFlags[s]! & DEAD) return;
    if (sourceFlags[s]! & HAS_ROWS) this.rows.limitReading(s);
    this.noteCommit(s, flushNs);
    const limit = holding.readLimit(s, groupIndex);
    state.readCap[s] = limit;
    const to = this.readBy(s, flushNs, logEnd);
    let keepsUp = false;
    if (to < logEnd) {
      const fell = (sourceFlags[s]! & BEHIND) === 0;
      if (fell) {
        state.committed[s] = this.committedAt(s, flushNs);
        this.locate(s);
        sourceFlags[s] = sourceFlags[s]! | BEHIND;
        state.unread.begin(s, to);
      }
      // What it could have read while it had to wait is no budget for later.
      if (fell || to >= limit || to >= state.stallAt[s]! || this.blocked[groupIndex]) readAtNs[s] = flushNs;
      else readAtNs[s] = readAtNs[s]! + (to - read[s]!) * state.layout.groups[groupIndex]!.serviceNs;
      if (to > (fell ? flushed[s]! : read[s]!)) holding.unstalled(s, flushNs);
      else holding.stalled(s, to, flushNs);
    } else if (sourceFlags[s]! & BEHIND) {
      state.committed[s] = this.committedAt(s, flushNs);
      sourceFlags[s] = sourceFlags[s]! & ~BEHIND;
      state.healthySinceNs[s] = flushNs;
      state.readCap[s] = Number.POSITIVE_INFINITY;
      holding.unstalled(s, flushNs);
      keepsUp = true;
    }
    read[s] = to;
    if (holding.nobodyOpen(s, groupIndex)) {
      sourceFlags[s] = sourceFlags[s]! | HOLDS;
      return;
    }
    if (flushed[s]! < to) this.emit(s, groupIndex, flushed[s]!, to, flushNs);
    if (sourceFlags[s]! & HOLDS && state.held[s] === 0) sourceFlags[s] = sourceFlags[s]! & ~HOLDS;
    if (sourceFlags[s]! & BEHIND) return;
    if (keepsUp) state.unread.end(s);
    this.eventBin[s] = -1;
    if (sourceFlags[s]! & LAGGING && state.sentOf[s]! - state.processedAtTick[s]! <= this.caughtUpAt[groupIndex]!)
      state.noteCaughtUp(s);
  }

  /** The source stops keeping up with its log: from `timeNs` on, `read` and the event position say where it is. */
  fallBehind(s: number, timeNs: number): void {
    const { sourceFlags, read, readAtNs, committed } = this.state;
    if (sourceFlags[s]! & (BEHIND | DEAD)) return;
    committed[s] = this.committedAt(s, timeNs);
    read[s] = this.readAt(s, timeNs);
    readAtNs[s] = timeNs;
    this.locate(s);
    sourceFlags[s] = sourceFlags[s]! | BEHIND;
    this.state.unread.begin(s, read[s]!);
  }

  /** Offset that the source has read by `timeNs`, given the end of its log then. */
  readBy(s: number, timeNs: number, logEnd: number): number {
    const { sourceFlags, read, readAtNs, stallAt, readCap, flushed, layout } = this.state;
    const flags = sourceFlags[s]!;
    if (flags & DEAD) return read[s]!;
    let to = logEnd;
    const least = flags & BEHIND ? read[s]! : flushed[s]!;
    if (flags & BEHIND) {
      const serviceNs = layout.groups[layout.groupOfSource[s]!]!.serviceNs;
      to = Math.min(to, read[s]! + Math.max(0, Math.floor((timeNs - readAtNs[s]!) / serviceNs)));
      if (this.blocked[layout.groupOfSource[s]!]) to = Math.min(to, read[s]!);
    }
    if (to > stallAt[s]!) to = Math.max(stallAt[s]!, least);
    return to > readCap[s]! ? Math.max(readCap[s]!, least) : to;
  }

  /** The same at a time in the current bin or before it. */
  readAt(s: number, timeNs: number): number {
    if (this.state.sourceFlags[s]! & DEAD) return this.state.read[s]!;
    return this.readBy(s, timeNs, this.state.arrivals.endAt(s, timeNs));
  }

  /**
   * The source's attempt ends at `nowNs`: segments that its channels have filled since the last flush are on their
   * way already. Only fast channels have any.
   */
  sendFullSegments(s: number, groupIndex: number, readTo: number, nowNs: number): void {
    const { layout, flushed, sourceFlags } = this.state;
    const group = layout.groups[groupIndex]!;
    const unflushed = readTo - flushed[s]!;
    const segment = layout.config.engine.segmentBytes;
    if (sourceFlags[s]! & HOLDS || unflushed * this.hottest[groupIndex]! * group.wireBytes < segment) return;
    let sent = 0;
    const perRow = (share: number): number =>
      Math.floor((Math.floor((unflushed * share * group.wireBytes) / segment) * segment) / group.wireBytes);
    if (group.edge.allToAll) for (const share of group.edge.shares) sent += perRow(share);
    else sent = perRow(1 / layout.consumerCount[s]!) * layout.consumerCount[s]!;
    if (sent === 0) return;
    this.skipServer = true;
    this.emit(s, groupIndex, flushed[s]!, flushed[s]! + sent, nowNs);
    this.skipServer = false;
  }
  private skipServer = false;
  /** Largest share of a group's channels. */
  private readonly hottest: Float64Array;

  /** Turns the offsets [from, to) into quanta, bin by bin. */
  private emit(s: number, groupIndex: number, from: number, to: number, flushNs: number): void {
    const { state, rereads, rows } = this;
    const { arrivals, sourceFlags, layout } = state;
    const { resolutionNs } = layout;
    if (this.eventBin[s]! < 0) this.locate(s);
    let bin = this.eventBin[s]!;
    let start = this.eventStart[s]!;
    let count = bin === arrivals.bin ? arrivals.inBin[s]! : arrivals.draw(s, bin);
    this.grow0[0] = this.grow1[0] = this.grow0[1] = this.grow1[1] = 0;
    this.extraTurn = 0;
    const again = rereads.first[s]! < rereads.end[s]!;
    let offset = from;
    while (offset < to) {
      while (offset >= start + count) {
        start += count;
        bin++;
        count = bin === arrivals.bin ? arrivals.inBin[s]! : arrivals.draw(s, bin);
      }
      const stop = Math.min(to, start + count);
      state.unread.read(s, bin, offset, stop);
      const originals = again ? rereads.originalsIn(s, offset, stop) : stop - offset;
      const copies = stop - offset - originals;
      const firstNs = bin * resolutionNs + ((offset - start) / count) * resolutionNs;
      const lastNs = bin * resolutionNs + ((stop - start) / count) * resolutionNs;
      const x = offset + this.shift[s]!;
      let count0 = originals;
      if (sourceFlags[s]! & HAS_ROWS && originals > 0)
        count0 -= rows.withdraw(s, groupIndex, x, x + originals, bin, flushNs);
      if (sourceFlags[s]! & IN_DEBT || count0 < 0) count0 = rows.debts.payDebt(s, groupIndex, count0, bin);
      if (count0 > 0) this.grow(0, s, groupIndex, flushNs, bin, count0, stop, firstNs, lastNs);
      if (copies > 0) this.grow(1, s, groupIndex, flushNs, bin, copies, stop, firstNs, lastNs);
      this.shift[s] = this.shift[s]! - copies;
      offset = stop;
    }
    for (let kind = 0; kind < 2; kind++) this.flushGrown(kind, s, groupIndex, flushNs);
    if (again) rereads.advance(s, to);
    this.eventBin[s] = bin;
    this.eventStart[s] = start;
    state.flushed[s] = to;
  }

  private grow(
    kind: number,
    s: number,
    groupIndex: number,
    flushNs: number,
    bin: number,
    count: number,
    end: number,
    firstNs: number,
    lastNs: number,
  ): void {
    if (this.grow0[kind]! + this.grow1[kind]! > 0 && bin > this.growBin[kind]! + 1)
      this.flushGrown(kind, s, groupIndex, flushNs);
    if (this.grow0[kind]! + this.grow1[kind]! === 0) {
      this.growBin[kind] = bin;
      this.growFirst[kind] = firstNs;
    }
    if (bin === this.growBin[kind]) this.grow0[kind] = this.grow0[kind]! + count;
    else this.grow1[kind] = this.grow1[kind]! + count;
    this.growEnd[kind] = end;
    this.growLast[kind] = lastNs;
  }

  private flushGrown(kind: number, s: number, groupIndex: number, flushNs: number): void {
    const count0 = this.grow0[kind]!;
    const count1 = this.grow1[kind]!;
    if (count0 + count1 === 0) return;
    const { layout, arrivals } = this.state;
    const { turns } = layout.groups[groupIndex]!;
    const at = this.cursor[groupIndex]!;
    const turn = turns.length > 0 ? turns[at]! : this.pointwiseTurn(s, arrivals.bin + this.extraTurn++);
    this.cursor[groupIndex] = at + 1 >= turns.length ? 0 : at + 1;
    const firstNs = Math.round(this.growFirst[kind]!);
    const lags = (this.state.sourceFlags[s]! & LAGGING) !== 0;
    this.send(
      s,
      groupIndex,
      lags ? this.freeOfOwn(groupIndex, turn, flushNs) : turn,
      flushNs,
      firstNs,
      Math.round(this.growLast[kind]!) - firstNs,
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
   * stands for: one from a backlog goes to the next that does not.
   */
  private freeOfOwn(groupIndex: number, turn: number, nowNs: number): number {
    const { ownUntilNs, consumerMode, layout } = this.state;
    const group = layout.groups[groupIndex]!;
    const { base, consumers } = layout.sinks[group.sink]!;
    // Where many are, the others could not carry their part.
    const many = this.rows.classes.classOf.size * 8 > consumers;
    if (ownUntilNs[turn]! <= nowNs || many || !group.edge.allToAll) return turn;
    for (let i = 1; i < consumers; i++) {
      const consumer = base + ((turn - base + i) % consumers);
      if (ownUntilNs[consumer]! <= nowNs && consumerMode[consumer] === CONSUMER_OPEN) return consumer;
    }
    return turn;
  }

  /** Finds the bin of offset `flushed` by walking back from the current one. */
  locate(s: number): void {
    const { arrivals, flushed } = this.state;
    let bin = arrivals.bin;
    let start = arrivals.before[s]!;
    while (start > flushed[s]! && bin > 0) start -= arrivals.draw(s, --bin);
    this.eventBin[s] = bin;
    this.eventStart[s] = start;
  }

  /** Calls `visit(bin, from, to)` for the pieces by event bin of the offsets [from, to) ⊂ log of `s`. */
  pieces(s: number, from: number, to: number, visit: (bin: number, from: number, to: number) => void): void {
    const { arrivals } = this.state;
    let bin = arrivals.bin;
    let start = arrivals.before[s]!;
    while (start > from && bin > 0) start -= arrivals.draw(s, --bin);
    let offset = from;
    while (offset < to) {
      const count = bin === arrivals.bin ? arrivals.inBin[s]! : arrivals.draw(s, bin);
      const stop = Math.min(to, start + count);
      if (stop > offset) {
        visit(bin, offset, stop);
        offset = stop;
      }
      start += count;
      bin++;
    }
  }

  // --- committed offsets ---
  private lastCommitTick(s: number, timeNs: number): number {
    const interval = this.state.layout.config.costs.offsetCommitIntervalNs;
    return Math.floor((timeNs - this.commitPhase[s]!) / interval) * interval + this.commitPhase[s]!;
  }

  /** A commit since the last visit of a source that is behind writes its offset down. */
  private noteCommit(s: number, timeNs: number): void {
    const { sourceFlags, committed, layout, attemptNs, arrivals } = this.state;
    if ((sourceFlags[s]! & BEHIND) === 0) return;
    const tick = this.lastCommitTick(s, timeNs);
    if (tick <= timeNs - layout.resolutionNs || tick < attemptNs[s]!) return;
    committed[s] = Math.max(committed[s]!, this.readBy(s, tick, arrivals.endAt(s, tick)));
  }

  /** Offset committed by `timeNs`. */
  committedAt(s: number, timeNs: number): number {
    const { sourceFlags, healthySinceNs, committed, arrivals } = this.state;
    if (sourceFlags[s]! & BEHIND) this.noteCommit(s, timeNs);
    const tick = this.lastCommitTick(s, timeNs);
    if (tick < 0 || sourceFlags[s]! & (DEAD | BEHIND) || tick < healthySinceNs[s]!) return committed[s]!;
    return arrivals.endAt(s, tick);
  }
}
