/** Which tasks, machines and TaskManagers a fault means, at the instant it strikes. Random targets come from the fault's own stream. */
import type { FaultConfig } from "../model/config.js";
import type { FaultContext } from "./fault-port.js";

export function taskManagersOf(fault: FaultConfig, context: FaultContext, index: number): number[] {
  const { cluster, tasks, topology } = context.chaos.context;
  const { target } = fault;
  const all = Array.from({ length: cluster.taskManagers }, (_, tm) => tm);
  if (target === null) return [];
  switch (target.kind) {
    case "taskManager":
      return [target.taskManager];
    case "machine":
      return all.filter((tm) => cluster.machineOf(tm) === target.machine);
    case "rack":
      return all.filter((tm) => cluster.rackOf(tm) === target.rack);
    case "task":
      return [tasks.taskManager[topology.taskBase[target.vertex]! + target.subtask]!];
    case "random": {
      // Among the TaskManagers of t=0, so that the draw is the same in every case.
      return draw(context, index, target.count, all.slice(0, cluster.config.taskManagers));
    }
    case "sets":
      return [...target.from];
  }
}

/** Machines, each once. `count` machines from the first one on; random draws are of machines for kill-machines. */
export function machinesOf(fault: FaultConfig, context: FaultContext, index: number): number[] {
  const { cluster } = context.chaos.context;
  const { target } = fault;
  if (target?.kind === "machine") return Array.from({ length: fault.options.count ?? 1 }, (_, i) => target.machine + i);
  if (target?.kind === "random" && fault.kind === "kill-machines") {
    const machines = Math.ceil(cluster.config.taskManagers / cluster.config.taskManagersPerMachine);
    return draw(
      context,
      index,
      target.count,
      Array.from({ length: machines }, (_, machine) => machine),
    );
  }
  return [...new Set(taskManagersOf(fault, context, index).map((tm) => cluster.machineOf(tm)))];
}

/** Job-wide id of the task that the fault is aimed at. */
export function taskOf(fault: FaultConfig, context: FaultContext): number {
  const { target } = fault;
  if (target?.kind !== "task") throw new Error(`${fault.kind} needs a task as its target`);
  return context.chaos.context.topology.taskBase[target.vertex]! + target.subtask;
}

function draw(context: FaultContext, index: number, count: number, pool: number[]): number[] {
  const family = context.streams.family("fault/target");
  const chosen: number[] = [];
  for (let i = 0; i < count && pool.length > 0; i++)
    chosen.push(...pool.splice(family.below(index, i, pool.length), 1));
  return chosen;
}
