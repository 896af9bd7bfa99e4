/**
 * `individual-restart`: the legacy RestartIndividualStrategy of Flink 1.8 and 1.9.
 * Restarts the failed task alone, at once, and refuses every job whose tasks are connected, as Flink did. The state of
 * that task is lost. Without a slot for it the whole job restarts.
 */
import type { FailoverStrategy } from "../model/cluster/strategy-port.js";
import { allTasksInTopologicalOrder } from "./tasks.js";

export const individualRestart: FailoverStrategy = {
  name: "individual-restart",
  summary: "the failed task restarts alone, at once; jobs with edges are refused (legacy Flink)",
  restarts: "the failed task",
  guarantee: "best effort: the task's state is lost",
  source: "Flink 1.9 RestartIndividualStrategy",
  policy: () => ({ receiver: "fail", sender: "hold" }),
  decide: (failure, view) => ({
    action: "restart",
    tasks: failure.slotsExhausted ? allTasksInTopologicalOrder(view.topology) : Int32Array.of(failure.task),
    cancelFirst: failure.slotsExhausted,
    updateConsumers: false,
    edgesVisited: 0,
  }),
  refuses: (config) => {
    const edge = config.edges[0];
    return edge === undefined ? null : `${JSON.stringify(config.vertices[edge.from]!.id)} is connected to others`;
  },
};
