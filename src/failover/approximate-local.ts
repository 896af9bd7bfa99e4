/**
 * `approximate-local`: approximate local recovery, FLIP-135 as merged in Flink 1.12 (its single-task part never was).
 * Restarts the failed task and, transitively, everything that reads from it; what is upstream stays. Senders keep
 * their data for a restarting consumer, stall when that is full, and skip the half record at the head of the queue on
 * reconnect. Lost: the state of the restarted tasks, what had left the senders. Nothing upstream is read again.
 *
 * Every task is a region (PIPELINED_APPROXIMATE is reconnectable: PipelinedRegionComputeUtil of 1.12), so every failed
 * task is a failover with a restart set of its own, computed even if an earlier failover restarts the same tasks
 * (DefaultScheduler.handleTaskFailure): the newer one takes over what the older has not deployed yet
 * (ExecutionVertexVersioner), and restarts once more what it has. A lost TaskManager shows both sides. Its readers
 * elsewhere fail with their connections, in milliseconds, each for itself; if the restart delay ends before the
 * JobManager knows of the lost sources too, they restart twice. And each lost source of a P-way two-stream join makes
 * the main thread visit 2 P² channels: 12 s at P = 4,000 with 1.12's cost of one, hence 95 s for a TaskManager of four
 * slots. That outlasts the heartbeat timeout, every other TaskManager is given up too, and the job does not come back.
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
