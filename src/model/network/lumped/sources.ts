/**
 * The sending side: every source is visited once per interval, at its flush phase, in one static order. What it has
 * read since becomes one quantum (several while it catches up), addressed to the consumer whose turn it is, served by
 * the Netty server loop, put on the machine's link and into the arrival list of the destination's TaskManager.
 */
import { BLOCK } from "./blocks.js";
import { LogEmission } from "./log-emission.js";
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
import type { Rereads } from "./rereads.js";
import { BEHIND, CONSUMER_OPEN, DEAD, HAS_ROWS, HOLDS, LAGGING, type LumpedState } from "./state.js";
import { COST_TABLE, type Threads } from "./threads.js";

export class Sources extends LogEmission {
  /** Next source to visit in the current round; the round is the arrivals' bin. */
  position = 0;
  visits = 0;
  /** Records under way as of the last tick, at or below which a source no longer lags: two intervals' and a half. */
  private readonly caughtUpAt: Float64Array;
  /** The groups' turns one after the other: where each group's begin, and how many they are. */
  private readonly turns: Int32Array;
  private readonly turnsFrom: Int32Array;
  private readonly turnsCount: Int32Array;

  constructor(state: LumpedState, threads: Threads, rereads: Rereads) {
    super(state, threads, rereads);
    const { groups } = state.layout;
    this.caughtUpAt = Float64Array.from(groups, (group) => 2.5 * group.meanPerBin + 2 * Math.sqrt(group.meanPerBin));
    this.turnsCount = Int32Array.from(groups, (group) => group.turns.length);
    this.turnsFrom = new Int32Array(groups.length);
    for (let g = 1; g < groups.length; g++) this.turnsFrom[g] = this.turnsFrom[g - 1]! + this.turnsCount[g - 1]!;
    this.turns = Int32Array.from(groups.flatMap((group) => [...group.turns]));
  }

  /** All flushes strictly before `timeNs`, which lies in the current bin or at its end. */
  advance(timeNs: number): void {
    const { phaseNs, resolutionNs, sources } = this.state.layout;
    const start = this.state.arrivals.bin * resolutionNs;
    const from = this.position;
    if (from >= sources || start + phaseNs[from]! >= timeNs) return;
    // In steps that double while they go on, then halve.
    let to = from + 1;
    let step = 1;
    for (; to + step <= sources && start + phaseNs[to + step - 1]! < timeNs; step *= 2) to += step;
    for (; step >= 1; step >>= 1) if (to + step <= sources && start + phaseNs[to + step - 1]! < timeNs) to += step;
    this.position = to;
    this.visits += to - from;
    for (let s = from; s < to; s += BLOCK) this.visit(s, Math.min(to, s + BLOCK), start);
  }

  /**
   * The visits of the sources [from, to). A healthy source's quantum goes all the way to the wire in this loop, on
   * local columns only: what it does is `flush` and `put` for the usual case.
   */
  private visit(from: number, to: number, start: number): void {
    const { state, cursor, groupEdge, turns, turnsFrom, turnsCount, wireNsPerRecord } = this;
    const loopCost = this.threads.table;
    const { later } = state;
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
    let { words, doubles, next } = pool;
    for (let s = from; s < to; s++) {
      const group = groupOfSource[s]!;
      const inThis = Math.floor(inBin[s]! * phaseShare[s]! + 0.5);
      const end = before[s]! + inThis;
      const flushNs = start + phaseNs[s]!;
      const first = flushed[s]!;
      // Of the bin before, and of this one.
      let count0 = before[s]! > first ? before[s]! - first : 0;
      let count1 = end - first - count0;
      if (sourceFlags[s] !== 0) {
        const usual = this.onlyHasRows(s, group, flushNs, end) && !this.stepwise;
        if (usual) {
          flushed[s] = end;
          count0 = this.leftByRows(s, group, first, first + count0, bin - 1, flushNs);
          count1 = this.leftByRows(s, group, end - count1, end, bin, flushNs);
        } else this.visitSlow(s, group, flushNs, end);
        pool.reserve(to - s);
        words = pool.words;
        doubles = pool.doubles;
        next = pool.next;
        if (!usual || count0 + count1 === 0) continue;
      }
      const length = turnsCount[group]!;
      const at = cursor[group]!;
      cursor[group] = at + 1 >= length ? 0 : at + 1;
      flushed[s] = end;
      const count = count0 + count1;
      if (count <= 0) continue;
      const consumer = length > 0 ? turns[turnsFrom[group]! + at]! : this.pointwiseTurn(s, bin);
      const quantumBin = count0 > 0 ? bin - 1 : bin;
      const firstCount = count0 > 0 ? count0 : count1;
      const lastCount = count - firstCount;
      const lastEnd = count1 > 0 ? end : before[s]!;
      const firstNs = flushNs > resolutionNs ? flushNs - resolutionNs : 0;
      if (consumerMode[consumer] !== CONSUMER_OPEN || this.stepwise) {
        this.flush(s, group, consumer, quantumBin, firstCount, lastCount, lastEnd);
        pool.reserve(to - s);
        words = pool.words;
        doubles = pool.doubles;
        next = pool.next;
        continue;
      }
      const q = pool.take();
      const w = q * WORDS;
      const d = q * DOUBLES;
      doubles[d + FIRST] = firstNs;
      words[w + SPAN] = flushNs - firstNs;
      words[w + SOURCE] = s;
      words[w + TARGET] = consumer | ((sourceAttempt[s]! & ATTEMPT_MASK) << ATTEMPT_SHIFT);
      words[w + BIN] = quantumBin;
      words[w + COUNT_0] = firstCount;
      words[w + COUNT_1] = lastCount;
      words[w + END] = lastEnd;
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
        next[q] = -1;
        const lane = target * lanes + clientLoops;
        const tail = stagedTail[lane]!;
        if (tail < 0) stagedHead[lane] = q;
        else next[tail] = q;
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
      next[q] = arrivalTop[target]!;
      arrivalTop[target] = q;
    }
    this.quanta += quanta;
    this.sent += sent;
  }

  /** The visit of anything but a healthy source. */
  private visitSlow(s: number, groupIndex: number, flushNs: number, logEnd: number): void {
    const { state, holding } = this;
    const { sourceFlags, flushed, read, readAtNs } = state;
    if (sourceFlags[s]! & DEAD) return;
    if (sourceFlags[s]! & HAS_ROWS) this.rows.limitReading(s);
    this.noteCommit(s, flushNs);
    const limit = holding.readLimit(s, groupIndex);
    state.readCap[s] = limit;
    const to = this.readBy(s, flushNs, logEnd);
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
    }
    read[s] = to;
    if (holding.nobodyOpen(s, groupIndex)) {
      sourceFlags[s] = sourceFlags[s]! | HOLDS;
      return;
    }
    if (flushed[s]! < to) this.emit(s, groupIndex, flushed[s]!, to, flushNs);
    if (sourceFlags[s]! & HOLDS && state.held[s] === 0) sourceFlags[s] = sourceFlags[s]! & ~HOLDS;
    if (sourceFlags[s]! & BEHIND) return;
    state.unread.end(s);
    if (sourceFlags[s]! & LAGGING && state.sentOf[s]! - state.processedAtTick[s]! <= this.caughtUpAt[groupIndex]!)
      state.noteCaughtUp(s);
  }
}
