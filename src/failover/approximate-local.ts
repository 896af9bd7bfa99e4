/**
 * `approximate-local`: approximate local recovery, FLIP-135 as merged in Flink 1.12 (its single-task part never was).
 * Restarts the failed task and, transitively, everything that reads from it; what is upstream stays. Senders keep
 * their data for a restarting consumer, stall when that is full, and skip the half record at the head of the queue on
 * reconnect. Lost: the state of the restarted tasks, what had left the senders. Nothing upstream is read again.
 */
import type { FailoverStrategy } from "../model/cluster/strategy-port.js";
import { channelsTouching, downstreamOf, tasksInTopologicalOrder } from "./tasks.js";

export const approximateLocal: FailoverStrategy = {
  name: "approximate-local",
  summary:
    "the failed task and everything downstream of it restart; senders hold their data and stall (FLIP-135 in 1.12)",
  restarts: "the failed task and everything downstream",
  guarantee: "approximate: held data comes late, what was in flight and the restarted state are lost",
  source: "FLIP-135; Flink 1.12 PipelinedApproximateSubpartition, RestartPipelinedRegionFailoverStrategy",
  policy: () => ({ receiver: "fail", sender: "hold", leavesOthersRunning: true }),
  decide: (failure, view) => {
    const restarts = downstreamOf(view.topology, failure.task);
    const chosen = (task: number): boolean => restarts[task] === 1;
    return {
      action: "restart",
      tasks: tasksInTopologicalOrder(view.topology, chosen),
      cancelFirst: true,
      updateConsumers: false,
      edgesVisited: channelsTouching(view.topology, chosen),
    };
  },
  refuses: () => null,
};
