/** Nothing is handled on behalf of an attempt that has ended. */
import { TASK_STATE } from "../model/task-table.js";
import type { Invariant } from "./invariant.js";

export const deadAttemptsAreSilent: Invariant = {
  name: "dead-attempts-are-silent",
  summary: "no event is handled by an attempt that has ended",
  probe: ({ context, violated }) => {
    const { tasks, sim } = context;
    return {
      handled: (what, task, attempt) => {
        if (tasks.attempt[task] === attempt && tasks.state[task] !== TASK_STATE.down) return;
        violated(
          "dead-attempts-are-silent",
          `${what} handled by task ${task}, attempt ${attempt}, at ${sim.nowNs} ns; attempt ${tasks.attempt[task]} is the newest`,
        );
      },
    };
  },
};
