/**
 * One restart: the tasks that get a new attempt together, and how far they are. Data with counters; the JobManager
 * moves it on.
 */
export interface Restart {
  readonly id: number;
  readonly tasks: Int32Array;
  readonly updateConsumers: boolean;
  readonly startedNs: number;
  readonly delayNs: number;
  stage: "cancel" | "delay" | "reset" | "slots" | "deployed" | "superseded";
  /** Tasks whose terminal state is still awaited. */
  awaitingTerminal: number;
  awaitingReset: number;
  /** Tasks that have a slot. */
  granted: number;
}

export function newRestart(id: number, tasks: Int32Array, updateConsumers: boolean, startedNs: number, delayNs: number): Restart {
  return { id, tasks, updateConsumers, startedNs, delayNs, stage: "cancel", awaitingTerminal: 0, awaitingReset: 0, granted: 0 };
}
