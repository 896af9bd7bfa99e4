/**
 * What a record does in the vertex that processes it: an operator passes it on, a join lets it meet its partners, a
 * sink lets it out. Knows no time of its own; threads (`worker-threads.ts`) say when.
 */
import type { PlaneContext } from "../../network/data-plane.js";
import type { Outputs } from "../../network/exact/channels.js";
import type { HopCounters } from "../../network/exact/checks.js";
import type { Ledger } from "../../network/exact/ledger.js";
import type { OutputMeter } from "../../network/exact/output-meter.js";
import type { Routes } from "../../network/exact/routes.js";
import { MISSED, TUPLE, type TupleTable } from "../../network/exact/tuples.js";
import type { World } from "../../network/exact/world.js";
import type { Emitter } from "./emitter.js";
import type { JoinState } from "./join-state.js";
import type { ServiceTimes } from "./service.js";

export class RecordProcessor {
  private readonly context: PlaneContext;
  private readonly routes: Routes;
  private readonly outputs: Outputs;
  private readonly service: ServiceTimes;
  private readonly ledger: Ledger;
  private readonly meter: OutputMeter;
  private readonly hops: HopCounters;
  private readonly tables: readonly TupleTable[];
  private readonly emitter: Emitter;
  private readonly states: readonly (JoinState | null)[];

  constructor(world: World, emitter: Emitter, states: readonly (JoinState | null)[]) {
    this.context = world.context;
    this.routes = world.routes;
    this.outputs = world.outputs;
    this.service = world.service;
    this.ledger = world.ledger;
    this.meter = world.meter;
    this.hops = world.hops;
    this.tables = world.arrivals.tuples;
    this.emitter = emitter;
    this.states = states;
  }

  private hasOutputs(task: number): boolean {
    return this.outputs.base[task]! < this.outputs.base[task + 1]!;
  }

  /** One record; false: what it emits waits for a segment, and the record with it. */
  process(task: number, stream: number, offset: number, atNs: number): boolean {
    if (this.hops.leaks("gate")) {
      this.hops.out.gate--;
      return true;
    }
    const { ledger } = this;
    const state = this.states[task]!;
    if (state !== null) return this.joinRecord(task, state, stream, offset, atNs);
    if (!this.hasOutputs(task)) {
      const first =
        stream < this.routes.streams ? ledger.deliver(stream, offset, atNs) : ledger.deliverMatch(stream, offset);
      if (first && (stream >= this.routes.streams || offset >= ledger.log(stream).zero))
        this.meter.output(task, atNs, ledger.eventNs(stream, offset));
      return true;
    }
    const copies = this.service.copies(this.context.topology.taskVertex[task]!, stream, offset);
    if (copies === 0) {
      ledger.filtered(stream, offset, atNs);
      return true;
    }
    if (!this.emitter.emit(task, stream, offset, copies)) return false;
    ledger.passedOn(stream, offset);
    return true;
  }

  private joinRecord(task: number, state: JoinState, stream: number, offset: number, atNs: number): boolean {
    this.ledger.deliver(stream, offset, atNs);
    const tuple = state.arrive(stream, offset, atNs);
    if (this.hops.leaks("state")) state.leakNewest();
    if (tuple < 0) return true;
    const join = this.routes.joinOfVertex[this.context.topology.taskVertex[task]!]!;
    const table = this.tables[join]!;
    // Partners that both came before t=0 are no match of this run.
    const old = table.lastEventNs[tuple & table.mask]! < 0;
    const row = tuple & table.mask;
    const repeated = old || table.matched(tuple);
    if (this.hasOutputs(task)) {
      if (repeated) table.repeated[row] = 1;
      else table.status[row] = TUPLE.travelling;
    } else {
      if (!repeated) {
        table.status[row] = TUPLE.emitted;
        this.meter.output(task, atNs, table.lastEventNs[row]!);
      } else if (!old) this.ledger.matchesDuplicated++;
      return true;
    }
    return this.emitter.emit(task, this.routes.streams + join, tuple, 1);
  }

  /** The match that a join had in hand when its attempt ended. */
  loseMatch(task: number, tuple: number): void {
    const table = this.tables[this.routes.joinOfVertex[this.context.topology.taskVertex[task]!]!]!;
    const row = tuple & table.mask;
    if (table.status[row] === TUPLE.travelling && table.travelling[row] === 0) table.status[row] = MISSED.outputLost;
  }
}
