/**
 * What a run lets others watch: called as things happen, told nothing back. Invariants (`src/invariants`) are probes;
 * the model knows none of them. Every method is optional, so that nobody pays for what nobody watches.
 */
import type { DataPlanePolicy } from "./cluster/strategy-port.js";
import type { ControlContext } from "./control-context.js";
import type { AttemptEnd } from "./network/data-plane.js";

/** Why an attempt that was not hit by a fault itself ends. */
export type EndReason =
  | "fault"
  | "peer"
  | "timer"
  | "partition-not-found"
  | "canceled"
  | "superseded"
  | "job-manager-lost";

export interface Probe {
  /** A new attempt is placed on a TaskManager. */
  attemptDeployed?(task: number, attempt: number, taskManager: number): void;
  attemptRunning?(task: number, attempt: number): void;
  attemptEnded?(task: number, attempt: number, how: AttemptEnd, reason: EndReason): void;
  /** The JobManager has decided to restart these tasks. */
  restarting?(tasks: Int32Array, cancelFirst: boolean): void;
  /** A view is about to be registered. */
  viewRegistered?(view: RegisteredView): void;
  /** A view is taken down because `attempt` of its consumer has ended; the view's own attempt is the one that held it. */
  viewClosed?(view: RegisteredView, attempt: number): void;
  /** An input channel is about to change its state. */
  channelMoves?(edge: number, producer: number, consumer: number, from: number, to: number): void;
  /** Something was handled on behalf of an attempt. */
  handled?(what: string, task: number, attempt: number): void;
  /** A cell of a state table that no run may reach. */
  impossible?(cell: string, producer: number, consumer: number): void;
  /** A fault begins; `endsNs` is when it is over, its own time for those that strike once, null for good. */
  fault?(name: string, endsNs: number | null): void;
  /** The run is over. */
  finished?(end: RunEnd): void;
}

export interface RegisteredView {
  readonly edge: number;
  readonly producer: number;
  readonly producerAttempt: number;
  readonly consumer: number;
  readonly consumerAttempt: number;
}

export interface RunEnd {
  readonly endNs: number;
  readonly jobFailed: boolean;
  readonly tasksDown: number;
  readonly channelsDown: number;
  /** Instant from which nothing has been down; NaN if something is. */
  readonly healthySinceNs: number;
  /** Records in the logs and in the network, by 100 ms bins. */
  readonly backlogLog: Float64Array;
  readonly backlogNetwork: Float64Array;
}

/** What a probe may look at; nothing in it may be written. */
export interface ProbeView {
  readonly context: ControlContext;
  readonly policy: DataPlanePolicy;
  /** Reports a broken invariant: counted, and the first place kept. */
  violated(name: string, place: string): void;
}

export type ProbeFactory = (view: ProbeView) => Probe;

/** Several probes as one; with none, an object without methods. */
export function joined(probes: readonly Probe[]): Probe {
  const has = <K extends keyof Probe>(name: K): boolean => probes.some((probe) => probe[name] !== undefined);
  const probe: Probe = {};
  if (has("attemptDeployed"))
    probe.attemptDeployed = (...args) => probes.forEach((each) => void each.attemptDeployed?.(...args));
  if (has("attemptRunning"))
    probe.attemptRunning = (...args) => probes.forEach((each) => void each.attemptRunning?.(...args));
  if (has("attemptEnded"))
    probe.attemptEnded = (...args) => probes.forEach((each) => void each.attemptEnded?.(...args));
  if (has("restarting")) probe.restarting = (...args) => probes.forEach((each) => void each.restarting?.(...args));
  if (has("viewRegistered"))
    probe.viewRegistered = (...args) => probes.forEach((each) => void each.viewRegistered?.(...args));
  if (has("viewClosed")) probe.viewClosed = (...args) => probes.forEach((each) => void each.viewClosed?.(...args));
  if (has("channelMoves"))
    probe.channelMoves = (...args) => probes.forEach((each) => void each.channelMoves?.(...args));
  if (has("handled")) probe.handled = (...args) => probes.forEach((each) => void each.handled?.(...args));
  if (has("impossible")) probe.impossible = (...args) => probes.forEach((each) => void each.impossible?.(...args));
  if (has("fault")) probe.fault = (...args) => probes.forEach((each) => void each.fault?.(...args));
  if (has("finished")) probe.finished = (...args) => probes.forEach((each) => void each.finished?.(...args));
  return probe;
}
