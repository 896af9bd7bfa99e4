/**
 * Two-phase liveness: once the last fault is over, every task must be RUNNING, every channel have its view, and the
 * backlog be back at what it was before the first fault, all within the bound that the scenario states (`liveness:`).
 * Without a bound, or where the end of the run leaves less time than that, nothing is checked.
 */
import type { Invariant } from "./invariant.js";

const BIN_NS = 100_000_000;

export const recovers: Invariant = {
  name: "recovers",
  summary: "within the scenario's bound after the last fault everything runs and the backlog is drained",
  probe: ({ context, violated }) => {
    const { sim, config } = context;
    const boundNs = config.livenessNs;
    if (boundNs === undefined) return {};
    let firstNs = Number.NaN;
    let lastNs = Number.NaN;
    let forGood = false;
    return {
      fault: (_name, endsNs) => {
        if (Number.isNaN(firstNs)) firstNs = sim.nowNs;
        if (endsNs === null) forGood = true;
        else if (!(endsNs <= lastNs)) lastNs = endsNs;
      },
      finished: (end) => {
        if (Number.isNaN(firstNs) || forGood || end.jobFailed || lastNs + boundNs > end.endNs) return;
        if (end.tasksDown > 0 || end.channelsDown > 0) {
          violated(
            "recovers",
            `${end.tasksDown} tasks and ${end.channelsDown} channels are still down ${(end.endNs - lastNs) / 1e9} s after the last fault`,
          );
          return;
        }
        if (end.healthySinceNs > lastNs + boundNs) {
          violated("recovers", `everything runs only ${(end.healthySinceNs - lastNs) / 1e9} s after the last fault`);
        }
        const backlog = (bin: number): number => end.backlogLog[bin]! + end.backlogNetwork[bin]!;
        let allowed = 0;
        for (let bin = 0; bin < Math.floor(firstNs / BIN_NS); bin++) allowed = Math.max(allowed, backlog(bin));
        // The end of the run itself is looked at, over a second, so that one burst of arrivals is no violation.
        const bins = end.backlogLog.length;
        let least = Number.POSITIVE_INFINITY;
        for (let bin = Math.max(0, bins - 10); bin < bins; bin++) least = Math.min(least, backlog(bin));
        if (least > 2 * allowed + 20)
          violated("recovers", `the backlog is ${least} records at the end, ${allowed} before the first fault`);
      },
    };
  },
};
