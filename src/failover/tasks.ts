/** Task sets that several strategies return; pure functions of the topology. */
import type { Topology } from "../model/topology/topology.js";

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
