/** `fail-task`: the task thread throws; slot and TaskManager stand, peers get an error per channel. */
import { type FaultKind, NEEDS_NOTHING } from "./fault-port.js";

export const failTask: FaultKind = {
  name: "fail-task",
  summary: "a task throws (exception, out of memory); its TaskManager lives",
  noticedBy: "peers and the JobManager in milliseconds",
  needs: NEEDS_NOTHING,
  schedule: (fault, context) => {
    const { target } = fault;
    if (target?.kind !== "task") throw new Error("fail-task needs a task as its target");
    const { topology } = context.chaos.context;
    context.at(fault.atNs, () => context.chaos.failTask(topology.taskBase[target.vertex]! + target.subtask));
  },
};
