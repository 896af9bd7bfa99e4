/**
 * One restart: the tasks that get a new attempt together, and how far they are. Data with counters; the JobManager
 * moves it on.
 */
export interface Restart {
  readonly id: number;
  readonly tasks: Int32Array;
  readonly cancelFirst: boolean;
  readonly updateConsumers: boolean;
  readonly startedNs: number;
  readonly delayNs: number;
  stage: "cancel" | "delay" | "reset" | "slots" | "deployed" | "superseded";
  /** Tasks that no newer restart has taken over. */
  size: number;
  /** Tasks whose terminal state is still awaited. */
  awaitingTerminal: number;
  awaitingReset: number;
  /** Tasks that have a slot. */
  granted: number;
}

export function newRestart(
  id: number,
  plan: Pick<Restart, "tasks" | "cancelFirst" | "updateConsumers">,
  startedNs: number,
  delayNs: number,
): Restart {
  const { tasks, cancelFirst, updateConsumers } = plan;
  return {
    id,
    tasks,
    cancelFirst,
    updateConsumers,
    startedNs,
    delayNs,
    stage: "cancel",
    size: tasks.length,
    awaitingTerminal: 0,
    awaitingReset: 0,
    granted: 0,
  };
}
