/** Which TaskManagers a fault means, at the instant it strikes. Random targets come from the fault's own stream. */
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
      const pool = all.slice(0, cluster.config.taskManagers);
      const family = context.streams.family("fault/target");
      const chosen: number[] = [];
      for (let i = 0; i < target.count && pool.length > 0; i++) chosen.push(...pool.splice(family.below(index, i, pool.length), 1));
      return chosen;
    }
    case "sets":
      return [...target.from];
  }
}
