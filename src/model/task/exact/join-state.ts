/**
 * The state of one join subtask: the records that arrived within the last window of processing time, in order of
 * arrival. Whether partners meet is decided by the tuple table; this knows who is still there.
 */
import type { HopCounters } from "../../network/exact/checks.js";
import type { Ledger } from "../../network/exact/ledger.js";
import { powerOfTwo, regrown } from "../../network/exact/rings.js";
import type { TupleTable } from "../../network/exact/tuples.js";
import type { World } from "../../network/exact/world.js";

export class JoinState {
  head = 0;
  end = 0;
  stream: Int32Array<ArrayBuffer>;
  offset: Int32Array<ArrayBuffer>;
  private arrivalNs: Float64Array<ArrayBuffer>;
  mask: number;
  private readonly windowNs: number;
  private readonly subtask: number;
  private readonly table: TupleTable;
  private readonly ledger: Ledger;
  private readonly hops: HopCounters;
  private readonly broadcastInput: Uint8Array;

  constructor(world: World, join: number, subtask: number) {
    const route = world.routes.joins[join]!;
    const { context, arrivals } = world;
    this.table = arrivals.tuples[join]!;
    this.subtask = subtask;
    this.windowNs = route.windowNs;
    this.broadcastInput = Uint8Array.from(route.paths, (path) =>
      path[path.length - 1]!.partitioning === "broadcast" ? 1 : 0,
    );
    this.ledger = world.ledger;
    this.hops = world.hops;
    const { vertices } = context.config;
    const perSecond =
      route.inputs.reduce((sum, source) => sum + vertices[source]!.ratePerSecond, 0) /
      vertices[route.vertex]!.parallelism;
    // The hottest subtask may grow it once.
    const capacity = powerOfTwo(perSecond * (route.windowNs / 1e9));
    this.stream = new Int32Array(capacity);
    this.offset = new Int32Array(capacity);
    this.arrivalNs = new Float64Array(capacity);
    this.mask = capacity - 1;
  }

  /** The record enters the state at `ns`. Returns its tuple if it meets all partners there, else −1. */
  arrive(stream: number, offset: number, ns: number): number {
    this.expire(ns);
    if (this.end - this.head > this.mask) this.grow();
    const row = this.end++ & this.mask;
    this.stream[row] = stream;
    this.offset[row] = offset;
    this.arrivalNs[row] = ns;
    this.hops.in.state++;
    const log = this.ledger.log(stream);
    const logRow = offset & log.mask;
    log.held[logRow] = log.held[logRow]! + 1;
    const tuple = log.tuple[logRow]!;
    if (tuple < 0) return -1;
    const input = this.ledger.input(stream);
    return this.table.arrive(tuple, input, this.subtask, this.broadcastInput[input] === 1) ? tuple : -1;
  }

  /** Drops what has been there for a window. */
  expire(ns: number): void {
    while (this.head < this.end && this.arrivalNs[this.head & this.mask]! + this.windowNs <= ns) {
      const row = this.head++ & this.mask;
      const stream = this.stream[row]!;
      const log = this.ledger.log(stream);
      const logRow = this.offset[row]! & log.mask;
      const held = log.held[logRow]! - 1;
      log.held[logRow] = held;
      const tuple = log.tuple[logRow]!;
      if (held === 0 && tuple >= 0) this.table.expire(tuple, this.ledger.input(stream));
      this.hops.out.state++;
    }
  }

  /** The attempt is gone, and with it all of this. */
  die(ns: number): void {
    this.expire(ns);
    while (this.head < this.end) {
      const row = this.head++ & this.mask;
      const stream = this.stream[row]!;
      const offset = this.offset[row]!;
      const log = this.ledger.log(stream);
      const held = log.held[offset & log.mask]! - 1;
      log.held[offset & log.mask] = held;
      this.ledger.stateDied(stream, offset, held);
      this.hops.out.state++;
    }
  }

  /** For tests: the newest entry vanishes without a trace. */
  leakNewest(): void {
    this.end--;
  }

  private grow(): void {
    const capacity = (this.mask + 1) * 2;
    this.stream = regrown(this.stream, 1, capacity, this.head, this.end);
    this.offset = regrown(this.offset, 1, capacity, this.head, this.end);
    this.arrivalNs = regrown(this.arrivalNs, 1, capacity, this.head, this.end);
    this.mask = capacity - 1;
  }
}
