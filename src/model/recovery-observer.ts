/**
 * Reads the recovery condition of `interface.md` from task and channel states: every subtask's newest attempt RUNNING
 * and every input channel with a registered view, for one second. Opens an incident at a fault and closes it when the
 * condition holds. It watches; it steers nothing.
 */
import { PRIORITY } from "../kernel/priorities.js";
import type { Simulation } from "../kernel/simulation.js";

const STABLE_NS = 1_000_000_000;

export interface ObservedIncident {
  readonly faults: string[];
  readonly faultStep: number;
  readonly startNs: number;
  /** NaN while open. */
  recoveredNs: number;
  /** Step that made the condition true; −1 if nothing was ever down. */
  lastStep: number;
  /** Matches emitted at the fault and when the condition began to hold; NaN where the plane cannot tell. */
  emittedAtFault: number;
  emittedAtRecovery: number;
  /** Something left RUNNING or ACTIVE. */
  disturbed: boolean;
}

export class RecoveryObserver {
  readonly incidents: ObservedIncident[] = [];
  private open: ObservedIncident | null = null;
  private tasksDown = 0;
  private channelsDown = 0;
  private sinceNs = 0;
  private sinceStep = -1;
  private sinceEmitted = Number.NaN;
  private check = -1;
  private holds = 0;
  private readonly stable: number;
  private readonly sim: Simulation;
  /** Matches emitted so far, or NaN. */
  emitted: () => number = () => Number.NaN;
  onRecovered: ((incident: ObservedIncident) => void) | null = null;
  onChannels: ((down: number) => void) | null = null;

  constructor(sim: Simulation) {
    this.sim = sim;
    this.stable = sim.defineKind("recovery-stable", PRIORITY.observation, () => this.onStable());
  }

  get healthy(): boolean {
    return this.tasksDown === 0 && this.channelsDown === 0;
  }
  get down(): { tasks: number; channels: number } {
    return { tasks: this.tasksDown, channels: this.channelsDown };
  }

  fault(name: string, step: number): void {
    if (!this.open) {
      this.open = {
        faults: [],
        faultStep: step,
        startNs: this.sim.nowNs,
        recoveredNs: Number.NaN,
        lastStep: -1,
        emittedAtFault: this.emitted(),
        emittedAtRecovery: Number.NaN,
        disturbed: false,
      };
      this.incidents.push(this.open);
      this.arm(this.sim.nowNs, -1);
    }
    this.open.faults.push(name);
  }

  /** A fault that lasts has begun: the incident stays open until it is over. */
  holdOpen(): void {
    this.holds++;
  }
  letGo(): void {
    this.holds--;
    if (this.holds === 0 && this.healthy && this.check < 0)
      this.check = this.sim.schedule(this.sim.nowNs + STABLE_NS, this.stable, 0);
  }

  /** The run is over: an incident that only waited for the end of a lasting fault is closed. */
  finish(): void {
    this.holds = 0;
    if (this.check >= 0) this.sim.cancel(this.check);
    if (this.healthy && this.sim.nowNs - this.sinceNs >= STABLE_NS) this.onStable();
  }
  /** Since when nothing has been down; NaN if something is. */
  get healthySinceNs(): number {
    return this.healthy ? this.sinceNs : Number.NaN;
  }

  changeTasksDown(by: number, step: number): void {
    this.tasksDown += by;
    this.changed(by, step);
  }
  changeChannelsDown(by: number, step: number): void {
    this.channelsDown += by;
    this.onChannels?.(this.channelsDown);
    this.changed(by, step);
  }

  private changed(by: number, step: number): void {
    if (this.open && by > 0) this.open.disturbed = true;
    if (this.healthy) this.arm(this.sim.nowNs, step);
    else if (this.check >= 0) {
      this.sim.cancel(this.check);
      this.check = -1;
    }
  }

  private arm(nowNs: number, step: number): void {
    this.sinceNs = nowNs;
    this.sinceStep = step;
    this.sinceEmitted = this.emitted();
    if (this.check >= 0) this.sim.cancel(this.check);
    this.check = this.sim.schedule(nowNs + STABLE_NS, this.stable, 0);
  }

  private onStable(): void {
    this.check = -1;
    if (!this.open || !this.healthy || this.holds > 0) return;
    this.open.recoveredNs = this.open.disturbed ? this.sinceNs : this.open.startNs;
    this.open.lastStep = this.open.disturbed ? this.sinceStep : -1;
    this.open.emittedAtRecovery = this.open.disturbed ? this.sinceEmitted : this.open.emittedAtFault;
    const closed = this.open;
    this.open = null;
    this.onRecovered?.(closed);
  }
}
