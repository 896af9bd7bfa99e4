/**
 * What never changes in a run of the lumped plane: which vertices are sources and consumers, their numbers, phases,
 * rates and shares. Sources are numbered by flush phase, so that the static flush order is the order of the columns.
 */
import { meanNs } from "../../../kernel/distributions.js";
import type { ModelConfig, VertexConfig } from "../../config.js";
import { consumersOf, type TopologyEdge } from "../../topology/topology.js";
import type { PlaneContext } from "../data-plane.js";
import { flushPhaseNs } from "../plane-common/pinning.js";
import { needsExact } from "./applies.js";
import { buildTurnTable } from "./turn-table.js";

/** All subtasks of one source vertex and the one edge that they feed. */
export interface SourceGroup {
  readonly index: number;
  readonly vertex: number;
  readonly edge: TopologyEdge;
  readonly sources: number;
  readonly sink: number;
  /** Which input of the consumer vertex this is. */
  readonly input: number;
  readonly ratePerSource: number;
  /** Expected records of one source in one bin. */
  readonly meanPerBin: number;
  readonly periodic: boolean;
  readonly resumeCommitted: boolean;
  /** Bytes of a record on the wire: its length prefix of 4 bytes included. */
  readonly wireBytes: number;
  readonly serviceNs: number;
  /** All-to-all edges: consumers (numbered in the plane) in the order of their turns. */
  readonly turns: Int32Array;
}

/** All subtasks of one consumer vertex. */
export interface SinkGroup {
  readonly index: number;
  readonly vertex: number;
  readonly config: VertexConfig;
  /** First consumer number. */
  readonly base: number;
  readonly consumers: number;
  /** Source groups by input. */
  readonly inputs: readonly SourceGroup[];
  readonly serviceNs: number;
  /** Where in the count of rare matches the run begins, in [0, 1): over many seeds they are rounded neither up nor down. */
  readonly matchPhase: number;
}

export interface Layout {
  readonly config: ModelConfig;
  readonly resolutionNs: number;
  /** Bins of `resolutionNs` that the run covers. */
  readonly bins: number;
  readonly groups: readonly SourceGroup[];
  readonly sinks: readonly SinkGroup[];
  readonly sources: number;
  readonly consumers: number;
  readonly sourceTask: Int32Array;
  readonly sourceSubtask: Int32Array;
  readonly groupOfSource: Uint8Array;
  /** Flush phase in ns, in [0, resolution), ascending. */
  readonly phaseNs: Float64Array;
  /** Phase as a fraction of the bin. */
  readonly phaseShare: Float64Array;
  readonly consumerTask: Int32Array;
  readonly sinkOfConsumer: Uint8Array;
  /** By job-wide task; −1 where the task is none. */
  readonly sourceOfTask: Int32Array;
  readonly consumerOfTask: Int32Array;
  /** Pointwise edges: first consumer and number of consumers of a source. */
  readonly firstConsumer: Int32Array;
  readonly consumerCount: Int32Array;
}

export function buildLayout(context: PlaneContext): Layout {
  const { config, topology, streams } = context;
  const { vertices, resolutionNs } = config;
  const refused = needsExact(config);
  if (refused !== null) throw new Error(`${refused.what} needs resolution: exact`);
  const sinks: { vertex: number; base: number; inputs: SourceGroup[] }[] = [];
  const sinkOfVertex = new Int32Array(vertices.length).fill(-1);
  let consumers = 0;
  for (let v = 0; v < vertices.length; v++) {
    const vertex = vertices[v]!;
    if (vertex.type === "source") continue;
    sinkOfVertex[v] = sinks.length;
    sinks.push({ vertex: v, base: consumers, inputs: [] });
    consumers += vertex.parallelism;
  }
  const groups: SourceGroup[] = [];
  for (const sink of sinks) {
    for (const edge of topology.inEdges[sink.vertex]!) {
      const vertex = vertices[edge.from]!;
      const ratePerSource = vertex.ratePerSecond / vertex.parallelism;
      const group: SourceGroup = {
        index: groups.length,
        vertex: edge.from,
        edge,
        sources: vertex.parallelism,
        sink: sinkOfVertex[sink.vertex]!,
        input: sink.inputs.length,
        ratePerSource,
        meanPerBin: (ratePerSource * resolutionNs) / 1e9,
        periodic: vertex.arrivals === "periodic",
        resumeCommitted: vertex.resume === "committed",
        wireBytes: vertex.recordBytes + 4,
        serviceNs: Math.max(1, meanNs(vertex.serviceTime)),
        turns: edge.allToAll
          ? buildTurnTable(edge, vertices[sink.vertex]!, config.edges[edge.index]!.keySkew, sink.base)
          : new Int32Array(0),
      };
      groups.push(group);
      sink.inputs.push(group);
    }
  }
  const order: { task: number; group: number; subtask: number; phaseNs: number }[] = [];
  for (const group of groups) {
    for (let i = 0; i < group.sources; i++) {
      const task = topology.taskBase[group.vertex]! + i;
      order.push({
        task,
        group: group.index,
        subtask: i,
        phaseNs: flushPhaseNs(streams, task, group.edge.index, resolutionNs),
      });
    }
  }
  order.sort((a, b) => a.phaseNs - b.phaseNs || a.task - b.task);
  const consumerTask = new Int32Array(consumers);
  const sinkOfConsumer = new Uint8Array(consumers);
  const consumerOfTask = new Int32Array(topology.tasks).fill(-1);
  for (let k = 0; k < sinks.length; k++) {
    const { vertex, base } = sinks[k]!;
    for (let i = 0; i < vertices[vertex]!.parallelism; i++) {
      const task = topology.taskBase[vertex]! + i;
      consumerTask[base + i] = task;
      sinkOfConsumer[base + i] = k;
      consumerOfTask[task] = base + i;
    }
  }
  const sourceOfTask = new Int32Array(topology.tasks).fill(-1);
  order.forEach((source, s) => {
    sourceOfTask[source.task] = s;
  });
  const ranges = order.map((source) => consumersOf(groups[source.group]!.edge, source.subtask));
  return {
    config,
    resolutionNs,
    bins: Math.ceil(config.durationNs / resolutionNs),
    groups,
    sinks: sinks.map((sink, index) => ({
      index,
      vertex: sink.vertex,
      config: vertices[sink.vertex]!,
      base: sink.base,
      consumers: vertices[sink.vertex]!.parallelism,
      inputs: sink.inputs,
      serviceNs: Math.max(1, meanNs(vertices[sink.vertex]!.serviceTime)),
      matchPhase: streams.family("match-phase").uniform53(sink.vertex, 0),
    })),
    sources: order.length,
    consumers,
    sourceTask: Int32Array.from(order, (source) => source.task),
    sourceSubtask: Int32Array.from(order, (source) => source.subtask),
    groupOfSource: Uint8Array.from(order, (source) => source.group),
    phaseNs: Float64Array.from(order, (source) => source.phaseNs),
    phaseShare: Float64Array.from(order, (source) => source.phaseNs / resolutionNs),
    consumerTask,
    sinkOfConsumer,
    sourceOfTask,
    consumerOfTask,
    firstConsumer: Int32Array.from(ranges, (range, s) => range.first + sinks[groups[order[s]!.group]!.sink]!.base),
    consumerCount: Int32Array.from(ranges, (range) => range.count),
  };
}
