/**
 * A task's RecordWriters: to which channels a record goes, and where an emission stands that found no segment. An
 * emission is resumed where it stopped; the caller decides when. Owns no segment (`subpartitions.ts`).
 */
import type { PlaneContext } from "../../network/data-plane.js";
import type { Arrivals } from "../../network/exact/arrivals.js";
import type { Outputs } from "../../network/exact/channels.js";
import { HashSelector, type Keys } from "../../network/exact/keys.js";
import type { Ledger } from "../../network/exact/ledger.js";
import type { Routes } from "../../network/exact/routes.js";
import type { Subpartitions } from "../../network/exact/subpartitions.js";
import type { World } from "../../network/exact/world.js";

const MODE = { hash: 0, single: 1, turns: 2, broadcast: 3 } as const;

export class Emitter {
  /** Channel whose segment the task waits for inside emit, −1. */
  readonly blockedOn: Int32Array;

  private readonly context: PlaneContext;
  private readonly routes: Routes;
  private readonly arrivals: Arrivals;
  private readonly keys: Keys;
  private readonly outputs: Outputs;
  private readonly subpartitions: Subpartitions;
  private readonly ledger: Ledger;
  private readonly mode: Uint8Array;
  private readonly selectors: (HashSelector | null)[];
  private readonly perOutputStream: Uint8Array;

  // The emission in hand, per task.
  private readonly stream: Int32Array;
  private readonly offset: Int32Array;
  private readonly copies: Int32Array;
  private readonly output: Int32Array;
  private readonly target: Int32Array;
  private readonly bytesLeft: Int32Array;

  constructor(world: World, subpartitions: Subpartitions) {
    const { context, outputs } = world;
    this.context = world.context;
    this.routes = world.routes;
    this.arrivals = world.arrivals;
    this.keys = world.keys;
    this.outputs = world.outputs;
    this.subpartitions = subpartitions;
    this.ledger = world.ledger;
    const { topology, config } = context;
    const selectorOfEdge = topology.edges.map((edge) => (edge.partitioning === "hash" ? new HashSelector(edge) : null));
    this.selectors = outputs.edges.map((edge) => selectorOfEdge[edge.index]!);
    this.mode = Uint8Array.from(outputs.edges, (edge) => {
      if (edge.partitioning === "hash") return MODE.hash;
      if (edge.partitioning === "forward") return MODE.single;
      return edge.partitioning === "broadcast" ? MODE.broadcast : MODE.turns;
    });
    this.perOutputStream = Uint8Array.from(topology.taskVertex, (v) => (config.vertices[v]!.type === "source" ? 1 : 0));
    this.blockedOn = new Int32Array(topology.tasks).fill(-1);
    this.stream = new Int32Array(topology.tasks);
    this.offset = new Int32Array(topology.tasks);
    this.copies = new Int32Array(topology.tasks);
    this.output = new Int32Array(topology.tasks);
    this.target = new Int32Array(topology.tasks);
    this.bytesLeft = new Int32Array(topology.tasks);
  }

  /** Emits a record over all outputs of the task. False: it waits inside for a segment. */
  emit(task: number, stream: number, offset: number, copies: number): boolean {
    this.stream[task] = stream;
    this.offset[task] = offset;
    this.copies[task] = copies;
    this.output[task] = this.outputs.base[task]!;
    this.target[task] = -1;
    return this.resume(task);
  }

  /** Goes on with the emission in hand. */
  resume(task: number): boolean {
    const { outputs, subpartitions } = this;
    const end = outputs.base[task + 1]!;
    const offset = this.offset[task]!;
    this.blockedOn[task] = -1;
    for (let copy = this.copies[task]!; copy > 0; copy--) {
      for (let o = this.output[task]!; o < end; o++) {
        const stream =
          this.perOutputStream[task] === 1 ? this.stream[task]! + o - outputs.base[task]! : this.stream[task]!;
        let left = this.bytesLeft[task]!;
        let target = this.target[task]!;
        if (target < 0) {
          target = this.select(o, stream, offset);
          left = subpartitions.wireBytes[o]!;
        }
        const last = this.mode[o] === MODE.broadcast ? outputs.channels[o]! - 1 : target;
        for (; target <= last; target++) {
          const ch = outputs.channelBase[o]! + target;
          // 0 bytes left: given up on this channel.
          if (left > 0) left = subpartitions.write(ch, stream, offset, left);
          if (left > 0) {
            this.copies[task] = copy;
            this.output[task] = o;
            this.target[task] = target;
            this.bytesLeft[task] = left;
            this.blockedOn[task] = ch;
            return false;
          }
          left = subpartitions.wireBytes[o]!;
        }
        this.target[task] = -1;
      }
      this.output[task] = outputs.base[task]!;
    }
    return true;
  }

  /** The record that waits for a segment of this channel is given up there; the emission goes on with the next. */
  abort(task: number, cause: number): boolean {
    const o = this.output[task]!;
    const stream =
      this.perOutputStream[task] === 1 ? this.stream[task]! + o - this.outputs.base[task]! : this.stream[task]!;
    this.ledger.send(stream, this.offset[task]!, 1);
    this.ledger.lose(stream, this.offset[task]!, cause);
    this.bytesLeft[task] = 0;
    return this.resume(task);
  }

  offsetInHand(task: number): number {
    return this.offset[task]!;
  }

  /** A fresh attempt: nothing in hand; rebalance starts anywhere, rescale at its first consumer. */
  reset(task: number, attempt: number): void {
    this.blockedOn[task] = -1;
    const start = this.context.streams.family("rebalance-start");
    for (let o = this.outputs.base[task]!; o < this.outputs.base[task + 1]!; o++) {
      const edge = this.outputs.edges[o]!;
      this.outputs.roundRobin[o] =
        edge.partitioning === "rebalance"
          ? start.below(task * 256 + edge.index, attempt, this.outputs.channels[o]!)
          : 0;
    }
  }

  private select(o: number, stream: number, offset: number): number {
    const mode = this.mode[o]!;
    if (mode === MODE.hash)
      return this.selectors[o]!.consumer(this.key(stream, offset)) - this.outputs.firstConsumer[o]!;
    if (mode !== MODE.turns) return 0;
    const turn = this.outputs.roundRobin[o]!;
    this.outputs.roundRobin[o] = turn + 1 === this.outputs.channels[o]! ? 0 : turn + 1;
    return turn;
  }

  private key(stream: number, offset: number): number {
    const { streams, streamSource } = this.routes;
    return stream < streams
      ? this.arrivals.key(streamSource[stream]!, offset)
      : this.keys.ofTuple(stream - streams, offset);
  }

  /** Where a record of a source stands at the end of a path of edges, for what happened before t=0. */
  consumerOnPath(
    edges: readonly { readonly index: number }[],
    subtask: number,
    source: number,
    offset: number,
  ): number {
    const { topology } = this.context;
    let at = subtask;
    for (const { index } of edges) {
      const edge = topology.edges[index]!;
      const o = this.outputs.find(topology.taskBase[edge.from]! + at, index);
      const channels = this.outputs.channels[o]!;
      if (this.mode[o] === MODE.hash) at = this.selectors[o]!.consumer(this.arrivals.key(source, offset));
      else at = this.outputs.firstConsumer[o]! + (this.mode[o] === MODE.turns ? offset % channels : 0);
    }
    return at;
  }
}
