/**
 * The fate of every record and of every match, moved where and when it happens (`interface.md`, records and matches).
 * A unit of the record ledger is a record of a stream; it is *delivered* once a join or a sink has processed a copy.
 * Records of a join's own stream (numbers above the sources' streams) are matches on their way to a sink.
 */
import { RECORD_LOSS_CAUSES, type RecordLossCause } from "../../loss-causes.js";
import type { PlaneContext } from "../data-plane.js";
import type { Arrivals } from "./arrivals.js";
import type { OutputMeter } from "./output-meter.js";
import type { Routes } from "./routes.js";
import { FATE, REREAD, type SourceLog } from "./source-log.js";
import { MISSED, TUPLE } from "./tuples.js";

export const CAUSE = Object.fromEntries(RECORD_LOSS_CAUSES.map((name, index) => [name, index])) as Record<
  RecordLossCause,
  number
>;

export class Ledger {
  delivered = 0;
  duplicated = 0;
  readonly lost = new Float64Array(RECORD_LOSS_CAUSES.length);
  /** Copies between a writer and the end of their processing. */
  underWay = 0;
  matchesDuplicated = 0;
  /** Tallied when a record or tuple can change no more, and by the walk at the end. */
  matchesExpected = 0;
  matchesMissed = new Float64Array(4);

  private lastCause = 0;
  private readonly context: PlaneContext;
  private readonly routes: Routes;
  private readonly arrivals: Arrivals;
  private readonly meter: OutputMeter;
  private readonly logOfStream: SourceLog[];
  private readonly lane: Int32Array;
  private readonly inputOfStream: Int32Array;

  constructor(context: PlaneContext, routes: Routes, arrivals: Arrivals, meter: OutputMeter) {
    this.context = context;
    this.routes = routes;
    this.arrivals = arrivals;
    this.meter = meter;
    this.logOfStream = Array.from(routes.streamSource, (source) => arrivals.logs[source]!);
    this.lane = new Int32Array(routes.streams);
    this.inputOfStream = new Int32Array(routes.streams);
    for (let stream = 0; stream < routes.streams; stream++) {
      const source = routes.streamSource[stream]!;
      this.lane[stream] = stream - routes.streamBase[source]!;
      this.inputOfStream[stream] = routes.inputOfSource[context.topology.taskVertex[routes.sourceTasks[source]!]!]!;
    }
  }

  get now(): number {
    return this.context.sim.nowNs;
  }

  /** `count` copies of the record get under way. */
  send(stream: number, offset: number, count: number): void {
    this.underWay += count;
    if (stream >= this.routes.streams) {
      const table = this.arrivals.tuples[stream - this.routes.streams]!;
      table.travelling[offset & table.mask]! += count;
      return;
    }
    const log = this.logOfStream[stream]!;
    const at = (offset & log.mask) * log.width + this.lane[stream]!;
    log.live[at] = log.live[at]! + count;
    if ((log.fate[at]! & FATE.mask) >= FATE.lost) this.reopen(stream, log, offset, at);
  }

  /** A record that was given up has a copy again: read again, or broadcast to one consumer after another. */
  private reopen(stream: number, log: SourceLog, offset: number, at: number): void {
    const cause = (log.fate[at]! & FATE.mask) - FATE.lost;
    log.fate[at] = log.fate[at]! & ~FATE.mask;
    if (offset >= log.zero) this.lost[cause]!--;
    const join = this.routes.streamJoin[stream]!;
    const tuple = log.tuple[offset & log.mask]!;
    if (join >= 0 && tuple >= 0) this.arrivals.tuples[join]!.back(tuple, this.inputOfStream[stream]!);
  }

  /** A copy under way is gone. */
  lose(stream: number, offset: number, cause: number): void {
    this.underWay--;
    this.lastCause = cause;
    if (stream >= this.routes.streams) {
      const table = this.arrivals.tuples[stream - this.routes.streams]!;
      const row = offset & table.mask;
      if (--table.travelling[row]! === 0 && table.status[row] === TUPLE.travelling)
        table.status[row] = MISSED.outputLost;
      return;
    }
    const log = this.logOfStream[stream]!;
    const at = (offset & log.mask) * log.width + this.lane[stream]!;
    log.live[at]!--;
    if (this.gone(log, offset, at)) this.decideLost(stream, log, offset, at, cause);
  }

  /** No copy is under way, nor will the log be read again from here, and none was delivered. */
  private gone(log: SourceLog, offset: number, at: number): boolean {
    return log.live[at] === 0 && offset < log.position && (log.fate[at]! & FATE.mask) === FATE.undecided;
  }

  /** A record of which no copy is under way is lost at its source, or with a state. */
  loseUnsent(stream: number, offset: number, cause: number): void {
    const log = this.logOfStream[stream]!;
    const at = (offset & log.mask) * log.width + this.lane[stream]!;
    if (this.gone(log, offset, at)) this.decideLost(stream, log, offset, at, cause);
  }

  private decideLost(stream: number, log: SourceLog, offset: number, at: number, cause: number): void {
    log.fate[at] = (log.fate[at]! & ~FATE.mask) | (FATE.lost + cause);
    if (offset >= log.zero) {
      this.lost[cause]!++;
      if (cause === CAUSE.discardedAtSender) this.meter.bins.add(this.meter.bins.discarded, this.now);
    }
    const join = this.routes.streamJoin[stream]!;
    const tuple = log.tuple[offset & log.mask]!;
    if (join >= 0 && tuple >= 0)
      this.arrivals.tuples[join]!.lost(tuple, this.inputOfStream[stream]!, cause === CAUSE.stateLost);
  }

  /** A join or sink has processed a copy at `timeNs`. True if it is the first one that stands. */
  deliver(stream: number, offset: number, timeNs: number): boolean {
    this.underWay--;
    const log = this.logOfStream[stream]!;
    const at = (offset & log.mask) * log.width + this.lane[stream]!;
    log.live[at]!--;
    const fate = log.fate[at]! & FATE.mask;
    if (fate === FATE.delivered) {
      if ((log.fate[at]! & REREAD) !== 0 && offset >= log.zero) this.duplicated++;
      return false;
    }
    log.fate[at] = (log.fate[at]! & ~FATE.mask) | FATE.delivered;
    if (offset >= log.zero) {
      this.delivered++;
      this.meter.bins.add(this.meter.bins.delivered, timeNs);
    }
    return true;
  }

  /** An operator has passed the copy on; if what it wrote was dropped at once, the cause is that of the last drop. */
  passedOn(stream: number, offset: number): void {
    this.lose(stream, offset, this.lastCause);
  }

  /** A match reaches its sink. True if it is the first time. */
  deliverMatch(stream: number, tuple: number): boolean {
    const table = this.arrivals.tuples[stream - this.routes.streams]!;
    const row = tuple & table.mask;
    this.underWay--;
    table.travelling[row]!--;
    if (table.lastEventNs[row]! < 0) return false;
    if (table.status[row] === TUPLE.emitted) {
      // Copies of one emission are no repetition.
      if (table.repeated[row] === 1) this.matchesDuplicated++;
      return false;
    }
    table.status[row] = TUPLE.emitted;
    return true;
  }

  /** An operator dropped the copy: processed, and nothing follows from it. */
  filtered(stream: number, offset: number, timeNs: number): void {
    if (stream < this.routes.streams) this.deliver(stream, offset, timeNs);
    else {
      const table = this.arrivals.tuples[stream - this.routes.streams]!;
      this.underWay--;
      table.travelling[offset & table.mask]!--;
      table.status[offset & table.mask] = TUPLE.void;
    }
  }

  /** A copy goes out of a dead state; `stillHeld` others of it stand elsewhere. */
  stateDied(stream: number, offset: number, stillHeld: number): void {
    const log = this.logOfStream[stream]!;
    const at = (offset & log.mask) * log.width + this.lane[stream]!;
    const table = this.arrivals.tuples[this.routes.streamJoin[stream]!]!;
    const tuple = log.tuple[offset & log.mask]!;
    const input = this.inputOfStream[stream]!;
    if (stillHeld > 0) return;
    if (tuple >= 0 && table.matched(tuple)) {
      table.expire(tuple, input);
      return;
    }
    if ((log.fate[at]! & FATE.mask) !== FATE.delivered) return;
    if (offset >= log.zero) this.delivered--;
    log.fate[at] = log.fate[at]! & ~FATE.mask;
    if (this.gone(log, offset, at)) this.decideLost(stream, log, offset, at, CAUSE.stateLost);
    else if (tuple >= 0) table.back(tuple, input);
  }

  /** Source subtask `source` goes back to `from`: what it had read up to `to` will be read again. */
  readAgain(source: number, from: number, to: number): void {
    const log = this.arrivals.logs[source]!;
    for (let stream = this.routes.streamBase[source]!; stream < this.routes.streamBase[source + 1]!; stream++) {
      for (let offset = from; offset < to; offset++) {
        const at = (offset & log.mask) * log.width + this.lane[stream]!;
        if ((log.fate[at]! & FATE.mask) >= FATE.lost) this.reopen(stream, log, offset, at);
        log.fate[at] = log.fate[at]! | REREAD;
      }
    }
  }

  /** Records never read, passed over on resume. */
  skip(source: number, from: number, to: number): void {
    for (let stream = this.routes.streamBase[source]!; stream < this.routes.streamBase[source + 1]!; stream++) {
      for (let offset = from; offset < to; offset++) this.loseUnsent(stream, offset, CAUSE.skippedAtSource);
    }
  }

  input(stream: number): number {
    return this.inputOfStream[stream]!;
  }
  log(stream: number): SourceLog {
    return this.logOfStream[stream]!;
  }
  /** Index of the record's fate and live columns. */
  at(stream: number, offset: number): number {
    const log = this.logOfStream[stream]!;
    return (offset & log.mask) * log.width + this.lane[stream]!;
  }

  /** Event time that latency is measured from. */
  eventNs(stream: number, offset: number): number {
    if (stream >= this.routes.streams) {
      const table = this.arrivals.tuples[stream - this.routes.streams]!;
      return table.lastEventNs[offset & table.mask]!;
    }
    const log = this.logOfStream[stream]!;
    return log.eventNs[offset & log.mask]!;
  }
}
