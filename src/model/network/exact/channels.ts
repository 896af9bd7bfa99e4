/**
 * Columns of all channels and of all outputs (one per task and out-edge), and how to find them. No behaviour:
 * the sender's columns are moved by `subpartitions.ts`, the receiver's by `gates.ts`, credits by `wire.ts`.
 */
import { consumersOf, producersOf, type Topology, type TopologyEdge } from "../../topology/topology.js";

/** Sender side: no view but kept for one, view registered, dropping what is written, no writer. */
export const VIEW = { hold: 0, open: 1, discard: 2, none: 3 } as const;

export class Channels {
  readonly count: number;
  readonly edge: Int32Array;
  readonly producer: Int32Array;
  readonly consumer: Int32Array;
  readonly output: Int32Array;

  // Sender.
  readonly view: Uint8Array;
  /** Counts views of the channel; buffers carry the number of theirs. */
  readonly viewNumber: Int32Array;
  readonly credit: Int32Array;
  /** Netty connection, −1: local. */
  readonly connection: Int32Array;
  readonly readerQueued: Uint8Array;
  readonly nextReader: Int32Array;
  readonly segmentHead: Int32Array;
  readonly segmentTail: Int32Array;
  /** Segments of the pool that the channel holds, the open one and those under way included. */
  readonly segments: Int32Array;
  /** Bytes in the open segment (−1: none open), how many of them were polled, records that end in the rest. */
  readonly openBytes: Int32Array;
  readonly openPolled: Int32Array;
  readonly openCount: Int32Array;
  readonly openHeadBytes: Int32Array;
  readonly flushRequested: Uint8Array;
  /** Records not polled. */
  readonly recordHead: Int32Array;
  readonly recordTail: Int32Array;
  /** The bytes polled last end inside a record. */
  readonly torn: Uint8Array;

  // Receiver.
  /** View whose data is taken in, −1: none. */
  readonly accepts: Int32Array;
  readonly receivedHead: Int32Array;
  readonly receivedTail: Int32Array;
  readonly inGate: Uint8Array;
  readonly nextInGate: Int32Array;
  /** View of the half record that is parked, −1: none. */
  readonly half: Int32Array;
  /** Node of a half record whose producer died, −1. */
  readonly orphan: Int32Array;
  /** View of the last buffer processed: later ones must not be older. */
  readonly lastView: Int32Array;
  readonly exclusiveFree: Int32Array;
  readonly exclusiveInUse: Int32Array;
  readonly floatingFree: Int32Array;
  readonly floatingInUse: Int32Array;
  readonly wanted: Int32Array;
  readonly waitsForFloating: Uint8Array;
  readonly nextWaiting: Int32Array;
  /** Credit on its way to the sender, or about to be; buffers of the current view that were polled and have not arrived. */
  readonly unannounced: Int32Array;
  readonly polledOnWire: Int32Array;

  constructor(topology: Topology) {
    this.count = topology.channels;
    const ints = (value = 0): Int32Array => new Int32Array(this.count).fill(value);
    const bytes = (value = 0): Uint8Array => new Uint8Array(this.count).fill(value);
    this.edge = ints();
    this.producer = ints();
    this.consumer = ints();
    this.output = ints();
    this.view = bytes(VIEW.hold);
    this.viewNumber = ints();
    this.credit = ints();
    this.connection = ints(-1);
    this.readerQueued = bytes();
    this.nextReader = ints(-1);
    this.segmentHead = ints(-1);
    this.segmentTail = ints(-1);
    this.segments = ints();
    this.openBytes = ints(-1);
    this.openPolled = ints();
    this.openCount = ints();
    this.openHeadBytes = ints();
    this.flushRequested = bytes();
    this.recordHead = ints(-1);
    this.recordTail = ints(-1);
    this.torn = bytes();
    this.accepts = ints(-1);
    this.receivedHead = ints(-1);
    this.receivedTail = ints(-1);
    this.inGate = bytes();
    this.nextInGate = ints(-1);
    this.half = ints(-1);
    this.orphan = ints(-1);
    this.lastView = ints(-1);
    this.exclusiveFree = ints();
    this.exclusiveInUse = ints();
    this.floatingFree = ints();
    this.floatingInUse = ints();
    this.wanted = ints();
    this.waitsForFloating = bytes();
    this.nextWaiting = ints(-1);
    this.unannounced = ints();
    this.polledOnWire = ints();
  }
}

/** One output per (task, out-edge): its channels are consecutive, in order of the consumer. */
export class Outputs {
  readonly count: number;
  /** Outputs of task t: base[t] … base[t+1]−1. */
  readonly base: Int32Array;
  readonly task: Int32Array;
  readonly edges: readonly TopologyEdge[];
  readonly channelBase: Int32Array;
  readonly channels: Int32Array;
  /** Subtask of the first channel's consumer. */
  readonly firstConsumer: Int32Array;
  readonly poolSize: Int32Array;
  readonly poolFree: Int32Array;
  /** Channels that are at their limit. */
  readonly full: Int32Array;
  readonly roundRobin: Int32Array;

  constructor(topology: Topology, columns: Channels) {
    const edges: TopologyEdge[] = [];
    const tasks: number[] = [];
    const firsts: number[] = [];
    const counts: number[] = [];
    const channelBases: number[] = [];
    this.base = new Int32Array(topology.tasks + 1);
    let channel = 0;
    for (let task = 0; task < topology.tasks; task++) {
      this.base[task] = edges.length;
      for (const edge of topology.outEdges[topology.taskVertex[task]!]!) {
        const { first, count } = consumersOf(edge, topology.taskSubtask[task]!);
        edges.push(edge);
        tasks.push(task);
        firsts.push(first);
        counts.push(count);
        channelBases.push(channel);
        for (let c = first; c < first + count; c++, channel++) {
          columns.edge[channel] = edge.index;
          columns.producer[channel] = task;
          columns.consumer[channel] = topology.taskBase[edge.to]! + c;
          columns.output[channel] = edges.length - 1;
        }
      }
    }
    this.base[topology.tasks] = edges.length;
    this.count = edges.length;
    this.edges = edges;
    this.task = Int32Array.from(tasks);
    this.channelBase = Int32Array.from(channelBases);
    this.channels = Int32Array.from(counts);
    this.firstConsumer = Int32Array.from(firsts);
    // LocalBufferPool of a pipelined partition: at most 2N+8 segments.
    this.poolSize = this.channels.map((n) => 2 * n + 8);
    this.poolFree = Int32Array.from(this.poolSize);
    this.full = new Int32Array(this.count);
    this.roundRobin = new Int32Array(this.count);
  }

  /** Output of a task over an edge. */
  find(task: number, edge: number): number {
    for (let o = this.base[task]!; o < this.base[task + 1]!; o++) if (this.edges[o]!.index === edge) return o;
    throw new Error(`task ${task} has no output over edge ${edge}`);
  }

  /** Channel of an edge between two subtasks given by job-wide task ids. */
  channel(topology: Topology, edge: number, producer: number, consumer: number): number {
    const o = this.find(producer, edge);
    return this.channelBase[o]! + topology.taskSubtask[consumer]! - this.firstConsumer[o]!;
  }
}

/** All channels into a task, in order of edge and producer. */
export function channelsInto(topology: Topology, outputs: Outputs, task: number): Int32Array {
  const result: number[] = [];
  for (const edge of topology.inEdges[topology.taskVertex[task]!]!) {
    const { first, count } = producersOf(edge, topology.taskSubtask[task]!);
    const base = topology.taskBase[edge.from]!;
    for (let p = first; p < first + count; p++) result.push(outputs.channel(topology, edge.index, base + p, task));
  }
  return Int32Array.from(result);
}
