/**
 * The observer's truth about every task: where its newest attempt is and in which state. Columns indexed by task.
 * The JobManager's own, possibly stale, picture is in `cluster/execution-graph.ts`.
 */
export const TASK_STATE = { down: 0, opening: 1, running: 2, canceling: 3 } as const;

export class TaskTable {
  readonly state: Uint8Array;
  /** 1 from RUNNING until the attempt ends: the data plane knows it. */
  readonly started: Uint8Array;
  /** Newest attempt deployed, from 0. */
  readonly attempt: Int32Array;
  /** TaskManager of that attempt. */
  readonly taskManager: Int32Array;

  /** Since when the newest attempt that got there has been RUNNING. */
  readonly runningNs: Float64Array;
  /** When the attempt that ended last did so. */
  readonly endedNs: Float64Array;
  /** 1 while the newest attempt's thread does nothing (`hang-task`); a new attempt starts without. */
  readonly hung: Uint8Array;

  constructor(tasks: number) {
    this.state = new Uint8Array(tasks);
    this.started = new Uint8Array(tasks);
    this.attempt = new Int32Array(tasks);
    this.taskManager = new Int32Array(tasks);
    this.runningNs = new Float64Array(tasks);
    this.endedNs = new Float64Array(tasks).fill(-1);
    this.hung = new Uint8Array(tasks);
  }
}
