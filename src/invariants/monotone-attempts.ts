/** A task's attempts count upwards, and one runs at a time: a new one is placed only after the one before has ended. */
import type { Invariant } from "./invariant.js";

export const monotoneAttempts: Invariant = {
  name: "monotone-attempts",
  summary: "attempts of a task count upwards, one after the other",
  probe: ({ context, violated }) => {
    const { topology, sim } = context;
    const newest = new Int32Array(topology.tasks);
    const open = new Uint8Array(topology.tasks).fill(1);
    return {
      attemptDeployed: (task, attempt) => {
        if (attempt <= newest[task]!)
          violated("monotone-attempts", `task ${task}: attempt ${attempt} after ${newest[task]} at ${sim.nowNs} ns`);
        if (open[task] === 1)
          violated(
            "monotone-attempts",
            `task ${task}: attempt ${attempt} while ${newest[task]} has not ended, at ${sim.nowNs} ns`,
          );
        newest[task] = attempt;
        open[task] = 1;
      },
      attemptRunning: (task, attempt) => {
        if (attempt !== newest[task] || open[task] === 0)
          violated(
            "monotone-attempts",
            `task ${task}: attempt ${attempt} runs, ${newest[task]} is the newest, at ${sim.nowNs} ns`,
          );
      },
      attemptEnded: (task, attempt) => {
        if (attempt !== newest[task])
          violated(
            "monotone-attempts",
            `task ${task}: attempt ${attempt} ended, ${newest[task]} is the newest, at ${sim.nowNs} ns`,
          );
        open[task] = 0;
      },
    };
  },
};
