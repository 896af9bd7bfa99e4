/**
 * No task that nothing happened to leaves RUNNING. Where consumers survive lost producers (single-task recovery): only
 * a fault, its own fallback timer or an escalation ends an attempt. Under every strategy: only the tasks of a restart
 * that cancels are cancelled.
 */
import type { Invariant } from "./invariant.js";

export const survivorsStayRunning: Invariant = {
  name: "survivors-stay-running",
  summary: "no task leaves RUNNING unless a fault hit it, its timer fired, or a restart that cancels includes it",
  probe: ({ context, policy, violated }) => {
    const { tasks, topology, sim } = context;
    const mayBeCancelled = new Uint8Array(topology.tasks);
    return {
      restarting: (restarted, cancelFirst) => {
        for (const task of restarted) mayBeCancelled[task] = cancelFirst ? 1 : 0;
      },
      attemptEnded: (task, attempt, _how, reason) => {
        const allowed =
          reason === "canceled"
            ? mayBeCancelled[task] === 1
            : policy.receiver === "fail" || (reason !== "peer" && reason !== "partition-not-found");
        if (!allowed)
          violated(
            "survivors-stay-running",
            `task ${task}, attempt ${attempt}: ${reason} at ${sim.nowNs} ns on TaskManager ${tasks.taskManager[task]}`,
          );
      },
    };
  },
};
