/** `hang-task`: a task thread stops working and keeps all it holds; it still reacts to an interrupt, so it can be cancelled. */
import type { FaultKind } from "./fault-port.js";
import { taskOf } from "./targets.js";

export const hangTask: FaultKind = {
  name: "hang-task",
  summary: "a task thread does nothing for a while; its queue and state are kept",
  noticedBy: "nobody: back-pressure, and in single-task mode the fallback timer",
  needs: () => ["setTaskSpeed"],
  schedule: (fault, context) => {
    const task = taskOf(fault, context);
    context.during(fault, (endsNs) => context.chaos.slowness.slowTask(task, 0, endsNs));
  },
};
