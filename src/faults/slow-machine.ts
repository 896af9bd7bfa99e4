/** `slow-machine`: every thread on a machine works `factor` times slower: tasks, event loops, opening and cancelling tasks. */
import type { FaultKind } from "./fault-port.js";

export const slowMachine: FaultKind = {
  name: "slow-machine",
  summary: "all threads of a machine work `factor` times slower",
  noticedBy: "nobody: back-pressure",
  needs: () => ["setTaskSpeed", "setLoopSpeed"],
  schedule: (fault, context) => {
    const { target } = fault;
    if (target?.kind !== "machine") throw new Error("slow-machine needs a machine as its target");
    context.during(fault, (endsNs) =>
      context.chaos.slowness.slowMachine(target.machine, fault.options.factor!, endsNs),
    );
  },
};
