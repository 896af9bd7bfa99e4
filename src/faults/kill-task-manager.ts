/** `kill-task-manager`: the process dies at once, as by `kill -9`; peers see closed connections within milliseconds. */
import { type FaultKind, NEEDS_NOTHING } from "./fault-port.js";
import { taskManagersOf } from "./targets.js";

export const killTaskManager: FaultKind = {
  name: "kill-task-manager",
  summary: "the TaskManager's process dies; its host closes the connections",
  noticedBy: "peers in milliseconds; the provider's notice of the container's exit; heartbeats",
  needs: NEEDS_NOTHING,
  schedule: (fault, context, index) => {
    context.at(fault.atNs, () => {
      for (const tm of taskManagersOf(fault, context, index)) context.chaos.killTaskManager(tm);
    });
  },
};
