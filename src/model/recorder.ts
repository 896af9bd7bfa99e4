/** What the playback, the markers and the counts need; written by the parts of the control plane as things happen. */
import type { ControlContext } from "./control-context.js";

export interface TaskChange {
  readonly timeNs: number;
  readonly task: number;
  readonly state: number;
  readonly attempt: number;
}

export class Recorder {
  tasksFailed = 0;
  tasksFailedByPeers = 0;
  slotsLost = 0;
  jobFailed = false;
  incident = -1;
  readonly taskChanges: TaskChange[] = [];
  readonly queueLengths: { timeNs: number; length: number }[] = [];
  readonly markers: { timeNs: number; name: string; incident: number }[] = [];
  private readonly context: ControlContext;
  private lastLength = 0;

  constructor(context: ControlContext) {
    this.context = context;
  }
  task(task: number): void {
    const { sim, tasks } = this.context;
    this.taskChanges.push({ timeNs: sim.nowNs, task, state: tasks.state[task]!, attempt: tasks.attempt[task]! });
  }
  mark(name: string): void {
    this.markers.push({ timeNs: this.context.sim.nowNs, name, incident: this.incident });
  }
  /** Samples the queue's length when it changed by ten messages and one percent. */
  queue(length: number): void {
    if (
      Math.abs(length - this.lastLength) < Math.max(10, this.lastLength * 0.01) &&
      !(length === 0 && this.lastLength > 0)
    )
      return;
    this.lastLength = length;
    this.queueLengths.push({ timeNs: this.context.sim.nowNs, length });
  }
}
