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
  /** Channels without a registered view: their senders hold or discard. */
  readonly channelsDown: { timeNs: number; channels: number }[] = [];
  readonly markers: { timeNs: number; name: string; incident: number }[] = [];
  private readonly context: ControlContext;
  private lastLength = 0;
  private lastChannels = 0;

  constructor(context: ControlContext) {
    this.context = context;
  }
  task(task: number): void {
    const { sim, tasks } = this.context;
    this.taskChanges.push({ timeNs: sim.nowNs, task, state: tasks.state[task]!, attempt: tasks.attempt[task]! });
  }
  mark(name: string, timeNs = this.context.sim.nowNs): void {
    this.markers.push({ timeNs, name, incident: this.incident });
  }
  /** Samples the queue's length when it changed by ten messages and one percent. */
  queue(length: number): void {
    if (!isNews(length, this.lastLength)) return;
    this.lastLength = length;
    this.queueLengths.push({ timeNs: this.context.sim.nowNs, length });
  }
  /** Samples the channels that are down likewise; of changes at one instant the last counts. */
  channels(channels: number): void {
    if (!isNews(channels, this.lastChannels)) return;
    this.lastChannels = channels;
    const { nowNs: timeNs } = this.context.sim;
    if (this.channelsDown.at(-1)?.timeNs === timeNs) this.channelsDown.pop();
    this.channelsDown.push({ timeNs, channels });
  }
}

function isNews(value: number, last: number): boolean {
  return Math.abs(value - last) >= Math.max(10, last * 0.01) || (value === 0 && last > 0);
}
