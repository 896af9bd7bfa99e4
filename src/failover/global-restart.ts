/**
 * `global-restart`: Flink's `full` (RestartAllStrategy of 1.9, RestartAllFailoverStrategy later).
 * Restarts every task of the job. Without checkpoints all operator state and everything in flight is lost.
 */
import type { FailoverStrategy } from "../model/cluster/strategy-port.js";
import { allTasksInTopologicalOrder } from "./tasks.js";

export const globalRestart: FailoverStrategy = {
  name: "global-restart",
  summary: "every task of the job restarts (Flink's `full`)",
  restarts: "every task",
  guarantee: "best effort without checkpoints: state and in-flight data are lost",
  source: "Flink 1.9 RestartAllStrategy; RestartAllFailoverStrategy",
  policy: () => ({ receiver: "fail", sender: "hold" }),
  decide: (_failure, view) => ({
    action: "restart",
    tasks: allTasksInTopologicalOrder(view.topology),
    cancelFirst: true,
    updateConsumers: false,
    edgesVisited: 0,
  }),
  refuses: () => null,
};
