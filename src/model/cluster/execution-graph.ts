/**
 * The JobManager's picture of every task, possibly behind the truth: state, newest attempt, location, and the
 * restart that the task is part of (ExecutionGraph, ExecutionVertex).
 */
export const EXECUTION = { created: 0, scheduled: 1, deploying: 2, running: 3, canceling: 4, terminal: 5 } as const;

export class ExecutionGraph {
  readonly state: Uint8Array;
  readonly attempt: Int32Array;
  readonly taskManager: Int32Array;
  /** Id of the restart that owns the task's next attempt; −1 = none yet. */
  readonly restart: Int32Array;
  /** Attempt that has reported RUNNING, −1 = none: what consumers are told. */
  readonly announced: Int32Array;
  /** Failovers of this task so far, for escalation. */
  readonly failovers: number[][] = [];

  constructor(tasks: number) {
    this.state = new Uint8Array(tasks).fill(EXECUTION.running);
    this.attempt = new Int32Array(tasks);
    this.taskManager = new Int32Array(tasks);
    this.restart = new Int32Array(tasks).fill(-1);
    this.announced = new Int32Array(tasks);
  }
}
