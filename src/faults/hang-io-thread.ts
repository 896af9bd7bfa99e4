/** `hang-io-thread`: one Netty event loop of a TaskManager serves nobody; what is meant for it waits. */
import type { FaultKind } from "./fault-port.js";

export const hangIoThread: FaultKind = {
  name: "hang-io-thread",
  summary: "one Netty event loop of a TaskManager stops serving its connections",
  noticedBy: "nobody: back-pressure on the connections pinned to it",
  needs: () => ["setLoopSpeed"],
  schedule: (fault, context) => {
    const { target, options } = fault;
    if (target?.kind !== "taskManager") throw new Error("hang-io-thread needs a TaskManager as its target");
    const side = options.client === 1 ? "client" : "server";
    context.during(fault, (endsNs) =>
      context.chaos.slowness.hangLoop(target.taskManager, side, options.thread ?? 0, endsNs),
    );
  },
};
