/**
 * `single-task`: ByteDance's single-task recovery (first post 2020-09-22, full text 2023-11-06), built on Flink 1.9's
 * RestartIndividualStrategy. Restarts only the failed task, at once. Senders discard what is meant for it, receivers
 * clear its half record; at most once around the failure. After too many failovers of one task, or without slots when
 * so configured, it escalates to a global restart.
 */
import type { FailoverStrategy } from "../model/cluster/strategy-port.js";
import { allTasksInTopologicalOrder } from "./tasks.js";

export const singleTask: FailoverStrategy = {
  name: "single-task",
  summary: "only the failed tasks restart; senders discard, receivers survive (ByteDance)",
  restarts: "only the failed tasks",
  guarantee: "at most once around the failure",
  source: "ByteDance, Flink single-point recovery, 2020-09-22 and 2023-11-06",
  policy: (config) => ({ receiver: "survive", sender: config.strategy.discardAtSender ? "discard" : "hold" }),
  decide: (failure, view) => {
    const { escalateAfterFailovers, onReservesExhausted } = view.config.strategy;
    const tooMany = escalateAfterFailovers > 0 && failure.recentFailovers > escalateAfterFailovers;
    const noSlots = failure.slotsExhausted && onReservesExhausted === "escalate";
    const escalate = tooMany || noSlots;
    return {
      action: "restart",
      tasks: escalate ? allTasksInTopologicalOrder(view.topology) : Int32Array.of(failure.task),
      cancelFirst: escalate,
      updateConsumers: !escalate,
      edgesVisited: 0,
    };
  },
  refuses: () => null,
};
