/**
 * What happens in the plane when an attempt ends or starts: at a source, what is lost and where the next attempt goes
 * on; at a consumer, the fate of what was under way to it and of its state.
 */

import { matchWait } from "./match-waits.js";
import type { PlaneParts } from "./plane-parts.js";
import { BIN, CONSUMER_MASK, COPY, COUNT_0, COUNT_1, DOUBLES, OWN, SOURCE, TARGET, TIME, WORDS } from "./quanta.js";
import { ALL_CLASSES, CAUSE } from "./record-ledger.js";
import { BEHIND, CONSUMER_HELD, CONSUMER_OPEN, CONSUMER_PASSED, DEAD, HAS_ROWS, IN_DEBT } from "./state.js";

/** Beyond it a queue is no longer what a steady state leaves in it. */
const MOST_LOAD = 0.9;

export class Attempts {
  readonly consumerEpoch: Int32Array;
  private readonly plane: PlaneParts;
  /** Of a record that consumers which ended had still in their gates. */
  private keepCarry = 0.5;

  constructor(plane: PlaneParts) {
    this.plane = plane;
    this.consumerEpoch = new Int32Array(plane.layout.consumers);
  }

  private get nowNs(): number {
    return this.plane.state.context.sim.nowNs;
  }

  // --- sources ---
  sourceEnded(s: number): void {
    const { state, sources, ledger, holding, rows, rereads } = this.plane;
    const { sourceFlags, flushed, read } = state;
    if (sourceFlags[s]! & DEAD) return;
    const nowNs = this.nowNs;
    state.noteCaughtUp(s);
    state.noteDead(s);
    state.committed[s] = sources.committedAt(s, nowNs);
    const readTo = sources.readAt(s, nowNs);
    const group = state.layout.groupOfSource[s]!;
    sources.sendFullSegments(s, group, readTo, nowNs);
    if (readTo > flushed[s]!)
      sources.pieces(s, flushed[s]!, readTo, (bin, a, b) =>
        ledger.loseOwn(s, CAUSE.unflushedOutput, b, bin, rereads.originalsIn(s, a, b), 0),
      );
    rows.sourceDied(s);
    holding.loseAll(s);
    holding.unstalled(s, nowNs);
    state.unread.begin(s, readTo);
    read[s] = readTo;
    sourceFlags[s] = DEAD | (sourceFlags[s]! & (HAS_ROWS | IN_DEBT));
    state.cutNs[s] = nowNs;
    state.countAttempt(s);
  }

  sourceStarted(s: number): void {
    const { state, sources, ledger, books, rows, rereads, layout } = this.plane;
    const { sourceFlags, flushed, read, arrivals } = state;
    if ((sourceFlags[s]! & DEAD) === 0) {
      state.placeSource(s);
      return;
    }
    const nowNs = this.nowNs;
    const group = layout.groups[layout.groupOfSource[s]!]!;
    const book = books[group.sink]!;
    const logEnd = arrivals.endAt(s, nowNs);
    const readTo = read[s]!;
    const from = group.resumeCommitted ? Math.min(state.committed[s]!, readTo) : logEnd;
    const position = flushed[s]! + sources.shift[s]!;
    state.placeSource(s);

    const backBy = new Map<number, number>();
    const causes = new Map<number, { cause: number; count: number }[]>();
    ledger.settleOwn(
      s,
      group.resumeCommitted ? from : Number.POSITIVE_INFINITY,
      (bin, count, cls, cause) => book.loseEarlier(group.input, bin, count, cls, cause === CAUSE.lostInFlight),
      (bin, count, cause) => {
        backBy.set(bin, (backBy.get(bin) ?? 0) + count);
        const list = causes.get(bin);
        if (list) list.push({ cause, count });
        else causes.set(bin, [{ cause, count }]);
      },
    );
    // A second reading of what was being read a second time: what had not been read stays as it was.
    const pending: [number, number, number, number][] = [];
    if (group.resumeCommitted) {
      sources.pieces(s, from, readTo, (bin, a, b) => pending.push([bin, a, b, 0]));
      const rest: [number, number, number][] = [];
      for (const piece of pending) {
        const [bin, a, b] = piece;
        book.rereadBegins(group.input, bin);
        const own = Math.min(b - a, backBy.get(bin) ?? 0);
        backBy.set(bin, (backBy.get(bin) ?? 0) - own);
        let left = own;
        for (const one of causes.get(bin) ?? []) {
          const part = Math.min(left, one.count);
          one.count -= part;
          left -= part;
          ledger.takeBackOwn(one.cause, part);
        }
        const before = ledger.stateLostIn(group.index, bin);
        const pooled = ledger.takeBackPooled(
          group.index,
          bin,
          b - a,
          b - a - own,
          state.unread.of(group.index, bin),
          rows.hadRows(s, state.cutNs[s]!),
        );
        if (pooled.all > 0) book.readAgain(group.input, bin, pooled.all, pooled.state, before);
        piece[3] = own + pooled.all;
      }
      // Rereads that lie beyond what had been read go on after it.
      rereads.pieces(s, readTo, (a, b, originals) => rest.push([a, b, originals]));
      rereads.open(s);
      for (const [, a, b, originals] of pending) rereads.add(s, a, b, originals);
      for (const [a, b, originals] of rest) rereads.add(s, a, b, originals);
    } else {
      sources.pieces(s, readTo, logEnd, (bin, a, b) => {
        const count = rereads.originalsIn(s, a, b);
        ledger.lost[CAUSE.skippedAtSource] = ledger.lost[CAUSE.skippedAtSource]! + count;
        book.lose(group.input, bin, count);
      });
      rereads.open(s);
      state.unread.skip(s, logEnd);
    }
    // Own losses of bins that are not read again after all.
    for (const [bin, count] of backBy) if (count > 0) book.loseEarlier(group.input, bin, count, ALL_CLASSES, false);

    flushed[s] = from;
    sources.shift[s] = position - from;
    read[s] = from;
    state.readAtNs[s] = nowNs;
    state.attemptNs[s] = nowNs;
    // What the last attempt sent does not count against this one.
    state.processedAtTick[s] = state.processedBefore[s] = state.sentOf[s]!;
    state.committed[s] = from;
    sourceFlags[s] = BEHIND | state.noteStarted(s) | (sourceFlags[s]! & IN_DEBT);
    sources.locate(s);
    rows.sourceStarted(s);
  }

  // --- consumers ---
  consumerEnded(c: number, silent: boolean): void {
    const { plane } = this;
    const { state, rows, books, receivers, layout } = plane;
    if (!state.consumerAlive[c]) return;
    plane.advanceConsumer(c);
    const nowNs = this.nowNs;
    state.consumerAlive[c] = 0;
    this.consumerEpoch[c] = this.consumerEpoch[c]! + 1;
    const apart = rows.ofConsumer.has(c) && state.consumerMode[c] !== CONSUMER_HELD;
    const sink = layout.sinkOfConsumer[c]!;
    const book = books[sink]!;
    if (apart) {
      state.setMode(c, CONSUMER_PASSED);
      const transitNs = layout.config.cluster.linkLatencyNs + this.meanLoopNs(sink);
      const { queueNs, stayNs } = this.realDrain(c, receivers.drainNs(c, nowNs) - nowNs);
      rows.consumerDied(c, nowNs, queueNs + stayNs + transitNs, silent);
    } else {
      if (state.consumerMode[c] !== CONSUMER_HELD) state.setMode(c, CONSUMER_HELD);
      if (silent && state.openConsumers[sink]! > 0) rows.classes.setApartInBulk(c, nowNs);
      const { queueNs, stayNs, load } = this.realDrain(c, receivers.drainNs(c, nowNs) - nowNs);
      // Of the records that came within the time that one stays, as many are there (Little).
      const keep = this.keepCarry + (queueNs + stayNs * load) / layout.sinks[sink]!.serviceNs;
      this.keepCarry = keep - Math.floor(keep);
      receivers.processAhead(c, Math.floor(keep), nowNs);
      book.died(rows.classes.classOf.get(c) ?? book.baseOf(c), rows.classes.keyShare(c));
    }
    this.clear(c, apart, nowNs);
    state.owed[c] = 1 - matchWait(c, this.consumerEpoch[c]!);
    state.filled[c] = state.fillShare[c] = 0;
    state.stolenNs[c] = 0;
    state.freeAtNs[c] = nowNs;
  }

  /**
   * The FIFO of a consumer counts whole quanta; those of a flush are smaller, so the last one and a half count as what
   * a record spends there: in the gate behind what came before it (M/D/1, a flush's records together) and in service.
   */
  private realDrain(c: number, drainNs: number): { queueNs: number; stayNs: number; load: number } {
    const { layout, rows } = this.plane;
    const group = layout.sinks[layout.sinkOfConsumer[c]!]!;
    const { serviceNs } = group;
    const { allToAll } = group.inputs[0]!.edge;
    const share = allToAll ? rows.classes.keyShare(c) : 1;
    let lumpNs = 0;
    let busy = 0;
    let perFlush = 0;
    for (const { meanPerBin, sources } of group.inputs) {
      lumpNs = Math.max(lumpNs, meanPerBin * serviceNs);
      perFlush = Math.max(perFlush, meanPerBin * share);
      busy += (meanPerBin * (allToAll ? sources : 1) * share * serviceNs) / layout.resolutionNs;
    }
    const load = Math.min(busy, MOST_LOAD);
    const stayNs = serviceNs * (1 + perFlush / 2 + (load * (1 + perFlush)) / (2 * (1 - load)));
    return { queueNs: Math.max(0, drainNs - 1.5 * lumpNs), stayNs, load };
  }

  /** About what a buffer spends in the two loops: half of what a flush of one source keeps them busy. */
  private meanLoopNs(sink: number): number {
    const { layout, threads, state } = this.plane;
    const group = layout.sinks[sink]!.inputs[0]!;
    const cost = threads.costNs(group.index, Math.round(group.meanPerBin));
    return cost / 2 / state.loops + cost / 2 / state.clientLoops / Math.max(1, state.taskManagers);
  }

  /** Quanta under way to, or queued at, a consumer that ends: sent to others (they stand for all channels), or lost. */
  private clear(c: number, apart: boolean, nowNs: number): void {
    const { state, receivers } = this.plane;
    const tm = state.consumerTm[c]!;
    const mine: { q: number; timeNs: number; wire: boolean }[] = [];
    // Quanta join the pool first: its columns stay what they are from then on.
    state.gates.takeAll(c, state.pool, (q) => mine.push({ q, timeNs: nowNs, wire: false }));
    state.wireAllLater();
    const { words } = state.pool;
    const isMine = (q: number, wire: boolean): boolean => {
      if ((words[q * WORDS + TARGET]! & CONSUMER_MASK) !== c) return false;
      mine.push({ q, timeNs: state.pool.doubles[q * DOUBLES + TIME]!, wire });
      return true;
    };
    state.queued[c] = 0;
    state.serviceStartNs[c] = Number.POSITIVE_INFINITY;
    state.served[c] = state.appended[c]!;
    for (let lane = tm * state.lanes; lane < (tm + 1) * state.lanes; lane++)
      state.stagedTail[lane] = unlinkAll(state.pool.next, state.stagedHead, lane, (q) => isMine(q, false));
    const wires = mine.length;
    unlinkAll(state.pool.next, state.arrivalTop, tm, (q) => isMine(q, true));
    // The wire's stack has the newest on top.
    mine.push(...mine.splice(wires).reverse());
    for (const { q, timeNs, wire } of mine) {
      if (apart && (words[q * WORDS + TARGET]! & OWN) === 0 && this.reroute(q, c, Math.max(nowNs, timeNs), wire))
        continue;
      this.giveBack(q, c);
      receivers.lose(q, CAUSE.lostInFlight);
    }
  }

  private reroute(q: number, c: number, timeNs: number, wire: boolean): boolean {
    const { state, sources } = this.plane;
    const { words } = state.pool;
    const s = words[q * WORDS + SOURCE]!;
    const to = sources.nextOpen(s, state.layout.groupOfSource[s]!, c);
    if (state.consumerMode[to] !== CONSUMER_OPEN) return false;
    words[q * WORDS + TARGET] = (words[q * WORDS + TARGET]! & ~CONSUMER_MASK) | to;
    this.plane.receivers.rejoin(q, state.consumerTm[to]!, timeNs, wire);
    return true;
  }

  /** A held channel's contents are lost on their way: a class apart no longer waits for them. */
  private giveBack(q: number, c: number): void {
    const { state, rows, books, layout } = this.plane;
    const { words } = state.pool;
    const w = q * WORDS;
    const cls = rows.classes.classOf.get(c);
    if ((words[w + TARGET]! & OWN) === 0 || words[w + TARGET]! & COPY || cls === undefined) return;
    const group = layout.groups[layout.groupOfSource[words[w + SOURCE]!]!]!;
    const book = books[group.sink]!;
    const bin = words[w + BIN]!;
    if (book.isApart(cls, bin)) book.giveBack(cls, group.input, bin, words[w + COUNT_0]!);
    if (words[w + COUNT_1]! > 0 && book.isApart(cls, bin + 1))
      book.giveBack(cls, group.input, bin + 1, words[w + COUNT_1]!);
  }

  consumerStarted(c: number): void {
    const { state, books, rows, layout } = this.plane;
    state.placeConsumer(c);
    if (state.consumerAlive[c]) return;
    state.consumerAlive[c] = 1;
    state.freeAtNs[c] = this.nowNs;
    const book = books[layout.sinkOfConsumer[c]!]!;
    book.revived(rows.classes.classOf.get(c) ?? book.baseOf(c), rows.classes.keyShare(c));
    if (state.consumerMode[c] === CONSUMER_PASSED && !rows.ofConsumer.has(c)) state.setMode(c, CONSUMER_OPEN);
  }
}

/** Takes the quanta that `gone` picks out of a list; returns its last one that stays, or −1. */
function unlinkAll(next: Int32Array, heads: Int32Array, list: number, gone: (q: number) => boolean): number {
  let last = -1;
  let q = heads[list]!;
  heads[list] = -1;
  while (q >= 0) {
    const after = next[q]!;
    if (!gone(q)) {
      if (last < 0) heads[list] = q;
      else next[last] = q;
      next[q] = -1;
      last = q;
    }
    q = after;
  }
  return last;
}
