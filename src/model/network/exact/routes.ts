/**
 * Which way the records of a source take. A *stream* is (source subtask, out-edge): its records are followed to the
 * first join, or to a vertex where they leave the job. Pure functions of config and topology; refuses graphs whose
 * joins have no real partners to draw.
 */
import type { Distribution, ModelConfig } from "../../config.js";
import type { Topology, TopologyEdge } from "../../topology/topology.js";

export interface JoinRoute {
  readonly vertex: number;
  /** Source vertex of each input, in the order of the join's in-edges. */
  readonly inputs: readonly number[];
  /** Edges from the source to the join, per input. */
  readonly paths: readonly (readonly TopologyEdge[])[];
  readonly windowNs: number;
  readonly matchDelay: Distribution;
  /** Operators between the join and the sink of its matches. */
  readonly operators: readonly number[];
  /** Tuples per second of the whole join. */
  readonly tuplesPerSecond: number;
}

export interface Routes {
  readonly joins: readonly JoinRoute[];
  /** Join of a vertex, −1 for other types. */
  readonly joinOfVertex: Int32Array;
  /** Join that a source vertex feeds, and at which input; −1: none. */
  readonly joinOfSource: Int32Array;
  readonly inputOfSource: Int32Array;
  readonly sourceTasks: Int32Array;
  /** Index into `sourceTasks`, −1 for other tasks. */
  readonly sourceOfTask: Int32Array;
  /** Streams of source subtask s: streamBase[s] … streamBase[s+1]−1, one per out-edge (one if there is none). */
  readonly streamBase: Int32Array;
  readonly streams: number;
  readonly streamSource: Int32Array;
  /** Join that the records of a stream reach, −1: they leave the job without one. */
  readonly streamJoin: Int32Array;
  /** Operators on the way of a stream to its join or sink; records they drop are never expected there. */
  readonly streamOperators: readonly (readonly number[])[];
}

export function planRoutes(config: ModelConfig, topology: Topology): Routes {
  const vertices = config.vertices;
  const joinOfVertex = new Int32Array(vertices.length).fill(-1);
  const joinOfSource = new Int32Array(vertices.length).fill(-1);
  const inputOfSource = new Int32Array(vertices.length).fill(-1);
  const joins: JoinRoute[] = [];
  for (let v = 0; v < vertices.length; v++) {
    const vertex = vertices[v]!;
    if (vertex.sink && topology.outEdges[v]!.length > 0) {
      throw new Error(`${vertex.id} is a sink and has consumers: exact channels need a vertex of its own for the sink`);
    }
    if (vertex.type !== "join") continue;
    const paths = topology.inEdges[v]!.map((edge) => pathFromSource(config, topology, edge));
    const inputs = paths.map((path) => path[0]!.from);
    inputs.forEach((source, input) => {
      if (joinOfSource[source] !== -1) {
        throw new Error(
          `source ${vertices[source]!.id} feeds two inputs of joins: exact channels draw partners for one only`,
        );
      }
      joinOfSource[source] = joins.length;
      inputOfSource[source] = input;
    });
    const slowest = Math.min(...inputs.map((source) => vertices[source]!.ratePerSecond));
    joinOfVertex[v] = joins.length;
    joins.push({
      vertex: v,
      inputs,
      paths,
      windowNs: vertex.windowNs,
      matchDelay: vertex.matchDelay,
      operators: topology.outEdges[v]!.length === 0 ? [] : operatorsBehind(config, topology, topology.outEdges[v]![0]!),
      tuplesPerSecond: inputs.length > 1 ? vertex.matchProbability * slowest : 0,
    });
  }
  const sourceTasks: number[] = [];
  const streamBase: number[] = [0];
  const streamSource: number[] = [];
  const streamJoin: number[] = [];
  const streamOperators: number[][] = [];
  const sourceOfTask = new Int32Array(topology.tasks).fill(-1);
  for (let task = 0; task < topology.tasks; task++) {
    const v = topology.taskVertex[task]!;
    if (vertices[v]!.type !== "source") continue;
    sourceOfTask[task] = sourceTasks.length;
    const edges = topology.outEdges[v]!;
    for (const edge of edges.length === 0 ? [null] : edges) {
      streamSource.push(sourceTasks.length);
      streamJoin.push(edge === null ? -1 : joinBehind(config, topology, joinOfVertex, edge));
      streamOperators.push(edge === null ? [] : operatorsBehind(config, topology, edge));
    }
    sourceTasks.push(task);
    streamBase.push(streamSource.length);
  }
  return {
    joins,
    joinOfVertex,
    joinOfSource,
    inputOfSource,
    sourceTasks: Int32Array.from(sourceTasks),
    sourceOfTask,
    streamBase: Int32Array.from(streamBase),
    streams: streamSource.length,
    streamSource: Int32Array.from(streamSource),
    streamJoin: Int32Array.from(streamJoin),
    streamOperators,
  };
}

/** Edges from a source to the join, ending with `edge`. */
function pathFromSource(config: ModelConfig, topology: Topology, edge: TopologyEdge): TopologyEdge[] {
  const path = [edge];
  for (;;) {
    const first = path[0]!;
    const from = config.vertices[first.from]!;
    if (from.type === "source") return path;
    const before = topology.inEdges[first.from]!;
    if (from.type === "join" || before.length !== 1) {
      throw new Error(
        `${config.vertices[edge.to]!.id} joins what comes from ${from.id}: exact channels need each input of a join to come from one source vertex, directly or through operators`,
      );
    }
    path.unshift(before[0]!);
  }
}

/** The join that records of this edge reach first on any way, −1 if none. */
function joinBehind(config: ModelConfig, topology: Topology, joinOfVertex: Int32Array, edge: TopologyEdge): number {
  const to = config.vertices[edge.to]!;
  if (to.type === "join") return joinOfVertex[edge.to]!;
  for (const next of topology.outEdges[edge.to]!) {
    const join = joinBehind(config, topology, joinOfVertex, next);
    if (join >= 0) return join;
  }
  return -1;
}

/** Operators that may drop a record before it reaches its first join or its sink, on the first way. */
function operatorsBehind(config: ModelConfig, topology: Topology, edge: TopologyEdge): number[] {
  const to = config.vertices[edge.to]!;
  const next = topology.outEdges[edge.to]!;
  if (to.type !== "operator" || next.length === 0) return [];
  return [edge.to, ...operatorsBehind(config, topology, next[0]!)];
}
