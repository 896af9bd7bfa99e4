/** Task sets that several strategies return, and the channels looked at to find them; pure functions of the topology. */
import { consumersOf, type Topology, type TopologyEdge } from "../model/topology/topology.js";

/** Eager deployment order: vertices topologically, subtasks in order (ExecutionGraph.scheduleForExecution). */
export function allTasksInTopologicalOrder(topology: Topology): Int32Array {
  return tasksInTopologicalOrder(topology, () => true);
}

export function tasksInTopologicalOrder(topology: Topology, keep: (task: number) => boolean): Int32Array {
  const tasks: number[] = [];
  for (const vertex of topology.order) {
    const first = topology.taskBase[vertex]!;
    const end = vertex + 1 < topology.taskBase.length ? topology.taskBase[vertex + 1]! : topology.tasks;
    for (let task = first; task < end; task++) if (keep(task)) tasks.push(task);
  }
  return Int32Array.from(tasks);
}

/** 1 for the task and everything that reads from it, directly or not. Linear in tasks, not in channels. */
export function downstreamOf(topology: Topology, task: number): Uint8Array {
  const chosen = new Uint8Array(topology.tasks);
  const wholeVertex = new Uint8Array(topology.taskBase.length);
  const open = [task];
  chosen[task] = 1;
  const add = (next: number): void => {
    if (chosen[next]) return;
    chosen[next] = 1;
    open.push(next);
  };
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const edge of topology.outEdges[topology.taskVertex[at]!]!) {
      if (edge.allToAll && wholeVertex[edge.to]) continue;
      if (edge.allToAll) wholeVertex[edge.to] = 1;
      const { first, count } = consumersOf(edge, topology.taskSubtask[at]!);
      for (let c = first; c < first + count; c++) add(topology.taskBase[edge.to]! + c);
    }
  }
  return chosen;
}

/** Channels with both ends among the chosen tasks. */
export function channelsWithin(topology: Topology, chosen: (task: number) => boolean): number {
  return sumOverEdges(topology, (edge) => countChannels(topology, edge, chosen).within);
}

/** Channels with an end among the chosen tasks. */
export function channelsTouching(topology: Topology, chosen: (task: number) => boolean): number {
  return sumOverEdges(topology, (edge) => countChannels(topology, edge, chosen).touching);
}

function sumOverEdges(topology: Topology, channels: (edge: TopologyEdge) => number): number {
  return topology.edges.reduce((sum, edge) => sum + channels(edge), 0);
}

function countChannels(
  topology: Topology,
  edge: TopologyEdge,
  chosen: (task: number) => boolean,
): { within: number; touching: number } {
  const from = topology.taskBase[edge.from]!;
  const to = topology.taskBase[edge.to]!;
  if (edge.allToAll) {
    const producers = countOf(from, edge.producers, chosen);
    const consumers = countOf(to, edge.consumers, chosen);
    return {
      within: producers * consumers,
      touching: producers * edge.consumers + (edge.producers - producers) * consumers,
    };
  }
  let within = 0;
  let touching = 0;
  for (let p = 0; p < edge.producers; p++) {
    const { first, count } = consumersOf(edge, p);
    const consumers = countOf(to + first, count, chosen);
    if (chosen(from + p)) {
      within += consumers;
      touching += count;
    } else touching += consumers;
  }
  return { within, touching };
}

function countOf(base: number, parallelism: number, chosen: (task: number) => boolean): number {
  let count = 0;
  for (let i = 0; i < parallelism; i++) if (chosen(base + i)) count++;
  return count;
}
