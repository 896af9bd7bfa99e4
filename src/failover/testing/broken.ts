/**
 * Deliberately broken variants of single-task recovery, one per protocol step, for tests only: what watches the runs
 * must find each of them. None is registered.
 */
import type { Defects, FailoverStrategy } from "../../model/cluster/strategy-port.js";
import { singleTask } from "../single-task.js";

function broken(name: string, defects: Defects): FailoverStrategy {
  return { ...singleTask, name, policy: (config) => ({ ...singleTask.policy(config), defects }) };
}

/** Restarts a running neighbour of the same vertex along with the failed task. */
const restartsASurvivor: FailoverStrategy = {
  ...singleTask,
  name: "restarts a survivor",
  decide: (failure, view) => {
    const plan = singleTask.decide(failure, view);
    if (plan.action !== "restart" || plan.tasks.length > 1) return plan;
    const { taskBase, taskVertex, taskSubtask } = view.topology;
    const vertex = taskVertex[failure.task]!;
    const neighbour =
      taskBase[vertex]! + ((taskSubtask[failure.task]! + 1) % view.config.vertices[vertex]!.parallelism);
    return { ...plan, tasks: Int32Array.of(failure.task, neighbour) };
  },
};

/** The consumers of a restarted producer are not told where its new attempt runs. */
const tellsNobody: FailoverStrategy = {
  ...singleTask,
  name: "tells nobody",
  decide: (failure, view) => {
    const plan = singleTask.decide(failure, view);
    return plan.action === "restart" ? { ...plan, updateConsumers: false } : plan;
  },
};

export interface BrokenStrategy {
  readonly strategy: FailoverStrategy;
  /** Invariants of which one at least must name it. */
  readonly breaks: readonly string[];
}

export const BROKEN_STRATEGIES: readonly BrokenStrategy[] = [
  {
    strategy: broken("keeps the half record", { keepsHalfRecord: true }),
    breaks: ["two-attempts", "no-mixed-attempts", "record-boundary"],
  },
  {
    strategy: broken("re-enables on a stale request", { reenablesOnStale: true }),
    breaks: ["one-view-per-subpartition"],
  },
  {
    strategy: broken("a stale close takes the view down", { closesAnyView: true }),
    breaks: ["one-view-per-subpartition"],
  },
  { strategy: broken("drops the cached update", { dropsCachedUpdate: true }), breaks: ["recovers"] },
  {
    strategy: broken("applies the update before the drain", { appliesBeforeDrain: true }),
    breaks: ["possible-transitions", "order-per-channel", "two-attempts", "no-mixed-attempts"],
  },
  { strategy: broken("applies an older update", { appliesOlderUpdate: true }), breaks: ["recovers"] },
  { strategy: broken("ignores a forced update", { ignoresForcedUpdate: true }), breaks: ["recovers"] },
  { strategy: broken("no timer", { noTimer: true }), breaks: ["cached-updates-expire"] },
  { strategy: broken("leaks a credit", { leaksCredit: true }), breaks: ["credits-conserved"] },
  { strategy: restartsASurvivor, breaks: ["survivors-stay-running"] },
  { strategy: tellsNobody, breaks: ["recovers"] },
];
