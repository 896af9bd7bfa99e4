/**
 * Who can reach whom: directed cuts between TaskManagers and the JobManager, and what TCP does to a message that is
 * sent into one. While its connection lives nothing is lost: the sender retransmits with a doubling timeout, and the
 * message arrives with the first retransmission after the cut is gone. Owns no message of its own.
 */
import { PRIORITY } from "../../kernel/priorities.js";
import type { Simulation } from "../../kernel/simulation.js";

/** The JobManager as a member of a side; TaskManagers are their indices. */
export const JOB_MANAGER_NODE = -1;

/** Linux's first retransmission timeout and its bound; measured connections start near the lower one. */
const FIRST_RETRANSMISSION_NS = 200_000_000;
const MAX_RETRANSMISSION_NS = 120_000_000_000;

interface Held {
  readonly from: number;
  readonly to: number;
  readonly sentNs: number;
  readonly latencyNs: number;
  deliver(arrivesNs: number): void;
}

export class Reachability {
  private readonly sim: Simulation;
  private readonly cuts = new Map<string, number>();
  private held: Held[] = [];
  private readonly cutNs = new Map<string, number>();
  private readonly resumed: number;
  private readonly retransmitted: number;
  private readonly pending: Held[] = [];
  /** Told whenever data in a direction stops, and when it flows again: at the first retransmission after the cut. */
  onChange: (from: number, to: number, up: boolean) => void = () => {};

  constructor(sim: Simulation) {
    this.sim = sim;
    this.resumed = sim.defineKind("connection-resumes", PRIORITY.repair, (_e, from, to) => {
      if (this.up(from, to)) this.onChange(from, to, true);
    });
    this.retransmitted = sim.defineKind("retransmission", PRIORITY.repair, (_e, index) => this.onRetransmission(index));
  }

  /** True while no cut is in force anywhere: the usual case, and the cheap one. */
  get whole(): boolean {
    return this.cuts.size === 0;
  }

  up(from: number, to: number): boolean {
    return this.cuts.size === 0 || !this.cuts.has(`${from}>${to}`);
  }
  /** Both directions: what a request and its answer need. */
  reachable(a: number, b: number): boolean {
    return this.up(a, b) && this.up(b, a);
  }

  cut(from: number, to: number): void {
    const key = `${from}>${to}`;
    const depth = this.cuts.get(key) ?? 0;
    this.cuts.set(key, depth + 1);
    if (depth > 0) return;
    this.cutNs.set(key, this.sim.nowNs);
    this.onChange(from, to, false);
  }

  heal(from: number, to: number): void {
    const key = `${from}>${to}`;
    const depth = this.cuts.get(key) ?? 0;
    if (depth > 1) {
      this.cuts.set(key, depth - 1);
      return;
    }
    if (!this.cuts.delete(key)) return;
    this.sim.schedule(this.retransmissionNs(this.cutNs.get(key)!), this.resumed, 0, from, to);
    const due = this.held.filter((message) => message.from === from && message.to === to);
    this.held = this.held.filter((message) => !due.includes(message));
    for (const message of due) this.retransmit(message);
  }

  /**
   * Sends a message now: `deliver` is called with its time of arrival, at once if nothing is in the way, else when the
   * cut is gone, and never if that does not happen.
   */
  send(from: number, to: number, latencyNs: number, deliver: (arrivesNs: number) => void): void {
    const { nowNs } = this.sim;
    if (this.up(from, to)) deliver(nowNs + latencyNs);
    else this.held.push({ from, to, sentNs: nowNs, latencyNs, deliver });
  }

  private retransmit(message: Held): void {
    this.pending.push(message);
    this.sim.schedule(this.retransmissionNs(message.sentNs), this.retransmitted, 0, this.pending.length - 1);
  }

  /** The first retransmission from now on of what was sent at `sentNs`. */
  private retransmissionNs(sentNs: number): number {
    let timeoutNs = FIRST_RETRANSMISSION_NS;
    let atNs = sentNs + timeoutNs;
    while (atNs < this.sim.nowNs) {
      timeoutNs = Math.min(timeoutNs * 2, MAX_RETRANSMISSION_NS);
      atNs += timeoutNs;
    }
    return atNs;
  }

  private onRetransmission(index: number): void {
    const message = this.pending[index]!;
    if (this.up(message.from, message.to)) message.deliver(this.sim.nowNs + message.latencyNs);
    else this.held.push(message);
  }
}
