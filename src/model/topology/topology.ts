/**
 * The job graph expanded to subtasks, and the initial placement: pure data. A *task* is a subtask of a vertex with a
 * job-wide integer id; a *slot* holds one subtask of every vertex of its slot sharing group (Flink's slot sharing).
 */
import type { ModelConfig, Partitioning } from "../config.js";
import { keyGroupShares } from "./key-groups.js";

export interface TopologyEdge {
  readonly index: number;
  readonly from: number;
  readonly to: number;
  readonly partitioning: Partitioning;
  readonly producers: number;
  readonly consumers: number;
  /** Every producer has a channel to every consumer. */
  readonly allToAll: boolean;
  /** All-to-all edges: share of a producer's records that goes to each consumer (broadcast: 1 each). */
  readonly shares: Float64Array;
}

export interface Topology {
  readonly tasks: number;
  readonly taskBase: Int32Array;
  readonly taskVertex: Int32Array;
  readonly taskSubtask: Int32Array;
  /** Shared slot of the task, 0 … slots−1. */
  readonly taskSlot: Int32Array;
  readonly slots: number;
  /** Tasks of each shared slot, in topological order of their vertices. */
  readonly tasksOfSlot: readonly Int32Array[];
  readonly edges: readonly TopologyEdge[];
  readonly inEdges: readonly (readonly TopologyEdge[])[];
  readonly outEdges: readonly (readonly TopologyEdge[])[];
  /** Vertices, producers before consumers. */
  readonly order: Int32Array;
  /** Channels of the whole job. */
  readonly channels: number;
}

/** First consumer and number of consumers of producer `p` (pointwise edges; all-to-all edges cover all). */
export function consumersOf(edge: TopologyEdge, producer: number): { first: number; count: number } {
  if (edge.allToAll) return { first: 0, count: edge.consumers };
  if (edge.partitioning === "forward") return { first: producer, count: 1 };
  return rescaleRange(producer, edge.producers, edge.consumers);
}

/** First producer and number of producers that consumer `c` reads from. */
export function producersOf(edge: TopologyEdge, consumer: number): { first: number; count: number } {
  if (edge.allToAll) return { first: 0, count: edge.producers };
  if (edge.partitioning === "forward") return { first: consumer, count: 1 };
  return rescaleRange(consumer, edge.consumers, edge.producers);
}

/** Flink's POINTWISE pattern: neighbouring subtasks are connected so that the fan-out is as even as possible. */
function rescaleRange(index: number, from: number, to: number): { first: number; count: number } {
  if (from >= to) return { first: Math.floor((index * to) / from), count: 1 };
  const first = Math.ceil((index * to) / from);
  const next = Math.ceil(((index + 1) * to) / from);
  return { first, count: next - first };
}

export function buildTopology(config: ModelConfig): Topology {
  const { vertices } = config;
  const taskBase = new Int32Array(vertices.length);
  let tasks = 0;
  for (let v = 0; v < vertices.length; v++) {
    taskBase[v] = tasks;
    tasks += vertices[v]!.parallelism;
  }
  const taskVertex = new Int32Array(tasks);
  const taskSubtask = new Int32Array(tasks);
  const taskSlot = new Int32Array(tasks);
  const groups = [...new Set(vertices.map((vertex) => vertex.slotSharingGroup))];
  let slots = 0;
  for (const group of groups) {
    let width = 0;
    for (let v = 0; v < vertices.length; v++) {
      const vertex = vertices[v]!;
      if (vertex.slotSharingGroup !== group) continue;
      width = Math.max(width, vertex.parallelism);
      for (let i = 0; i < vertex.parallelism; i++) {
        taskVertex[taskBase[v]! + i] = v;
        taskSubtask[taskBase[v]! + i] = i;
        taskSlot[taskBase[v]! + i] = slots + i;
      }
    }
    slots += width;
  }
  const edges = config.edges.map((edge, index): TopologyEdge => {
    const producers = vertices[edge.from]!.parallelism;
    const to = vertices[edge.to]!;
    const allToAll = edge.partitioning !== "forward" && edge.partitioning !== "rescale";
    let shares = new Float64Array(0);
    if (edge.partitioning === "hash")
      shares = Float64Array.from(keyGroupShares(to.parallelism, to.maxParallelism, edge.keySkew));
    else if (edge.partitioning === "rebalance") shares = new Float64Array(to.parallelism).fill(1 / to.parallelism);
    else if (edge.partitioning === "broadcast") shares = new Float64Array(to.parallelism).fill(1);
    return {
      index,
      from: edge.from,
      to: edge.to,
      partitioning: edge.partitioning,
      producers,
      consumers: to.parallelism,
      allToAll,
      shares,
    };
  });
  const order = topologicalOrder(vertices.length, edges);
  const members: number[][] = Array.from({ length: slots }, () => []);
  for (const v of order) {
    for (let i = 0; i < vertices[v]!.parallelism; i++) members[taskSlot[taskBase[v]! + i]!]!.push(taskBase[v]! + i);
  }
  let channels = 0;
  for (const edge of edges) channels += channelsOf(edge);
  return {
    tasks,
    taskBase,
    taskVertex,
    taskSubtask,
    taskSlot,
    slots,
    tasksOfSlot: members.map((list) => Int32Array.from(list)),
    edges,
    inEdges: vertices.map((_, v) => edges.filter((edge) => edge.to === v)),
    outEdges: vertices.map((_, v) => edges.filter((edge) => edge.from === v)),
    order,
    channels,
  };
}

export function channelsOf(edge: TopologyEdge): number {
  return edge.allToAll ? edge.producers * edge.consumers : Math.max(edge.producers, edge.consumers);
}

/** Kahn's algorithm; ties by vertex index. Throws on a cycle (`scenario/` refuses it first, with its position). */
function topologicalOrder(vertices: number, edges: readonly TopologyEdge[]): Int32Array {
  const waiting = new Int32Array(vertices);
  for (const edge of edges) waiting[edge.to] = waiting[edge.to]! + 1;
  const order: number[] = [];
  const done = new Uint8Array(vertices);
  while (order.length < vertices) {
    let next = -1;
    for (let v = 0; v < vertices && next < 0; v++) if (!done[v] && waiting[v] === 0) next = v;
    if (next < 0) throw new Error("the job graph has a cycle");
    done[next] = 1;
    order.push(next);
    for (const edge of edges) if (edge.from === next) waiting[edge.to] = waiting[edge.to]! - 1;
  }
  return Int32Array.from(order);
}

/**
 * Pipelined regions: connected components over pipelined edges (all of a streaming job's are), as lists of tasks.
 * All-to-all edges join whole vertices, so this is linear in tasks, not in channels (PipelinedRegionComputeUtil).
 */
export function pipelinedRegions(topology: Topology): Int32Array {
  const parent = Int32Array.from({ length: topology.tasks }, (_, i) => i);
  const find = (i: number): number => {
    let root = i;
    while (parent[root] !== root) root = parent[root]!;
    while (parent[i] !== root) {
      const next = parent[i]!;
      parent[i] = root;
      i = next;
    }
    return root;
  };
  const union = (a: number, b: number): void => {
    const ra = find(a);
    const rb = find(b);
    if (ra !== rb) parent[Math.max(ra, rb)] = Math.min(ra, rb);
  };
  for (const edge of topology.edges) {
    const from = topology.taskBase[edge.from]!;
    const to = topology.taskBase[edge.to]!;
    if (edge.allToAll) {
      for (let p = 0; p < edge.producers; p++) union(from + p, to);
      for (let c = 0; c < edge.consumers; c++) union(from, to + c);
    } else {
      for (let p = 0; p < edge.producers; p++) {
        const { first, count } = consumersOf(edge, p);
        for (let c = first; c < first + count; c++) union(from + p, to + c);
      }
    }
  }
  return Int32Array.from({ length: topology.tasks }, (_, i) => find(i));
}
