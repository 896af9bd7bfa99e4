/**
 * `region-restart`: Flink's RestartPipelinedRegionFailoverStrategy, what its shipped configuration sets.
 * Restarts the pipelined region of the failed task: the connected component over pipelined edges. Consumer regions
 * would follow, but every edge of a streaming job is pipelined, so a region has none outside itself; one all-to-all
 * edge makes the whole job one region. Without checkpoints the region's state and what is in flight in it are lost.
 */
import type { FailoverStrategy } from "../model/cluster/strategy-port.js";
import { channelsWithin, tasksInTopologicalOrder } from "./tasks.js";

export const regionRestart: FailoverStrategy = {
  name: "region-restart",
  summary:
    "the pipelined region of the failed task restarts; an all-to-all edge makes that the whole job (Flink's `region`)",
  restarts: "the connected component of the failed task",
  guarantee: "best effort without checkpoints: the region's state and in-flight data are lost",
  source: "Flink RestartPipelinedRegionFailoverStrategy, PipelinedRegionComputeUtil",
  policy: () => ({ receiver: "fail", sender: "hold" }),
  decide: (failure, view) => {
    const region = view.region(failure.task);
    const inRegion = (task: number): boolean => view.region(task) === region;
    return {
      action: "restart",
      tasks: tasksInTopologicalOrder(view.topology, inRegion),
      cancelFirst: true,
      updateConsumers: false,
      edgesVisited: channelsWithin(view.topology, inRegion),
    };
  },
  refuses: () => null,
};
