/** `slow-task`: a task thread works `factor` times slower: back-pressure once its queues are full. */
import type { FaultKind } from "./fault-port.js";
import { taskOf } from "./targets.js";

export const slowTask: FaultKind = {
  name: "slow-task",
  summary: "a task thread works `factor` times slower",
  noticedBy: "nobody: back-pressure",
  needs: () => ["setTaskSpeed"],
  schedule: (fault, context) => {
    const task = taskOf(fault, context);
    context.during(fault, (endsNs) => context.chaos.slowness.slowTask(task, 1 / fault.options.factor!, endsNs));
  },
};
