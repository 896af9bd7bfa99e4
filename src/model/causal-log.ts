/**
 * The rare-event trace: one *step* per control event, with the step that caused it and, when it waited in a FIFO
 * server, the step served before it. From these the critical path is walked back (`metrics/critical-path.ts`).
 * A step occupies [startNs, endNs]; startNs is the end of its predecessor: of `previous` if it waited, else of
 * `cause`. Columns, no object per step. Decides nothing.
 */
import { longer } from "./columns.js";
import type { CostName } from "./config.js";
import type { StepPhase } from "./phases.js";

/** Where a step ran. Encoded as category × 2^24 + index; Netty threads as TaskManager × 64 + loop. */
export const THREAD = {
  world: 0,
  jobManager: 1,
  taskManager: 2,
  nettyServer: 3,
  nettyClient: 4,
  task: 5,
  resourceManager: 6,
  wire: 7,
  jobManagerNic: 8,
  timer: 9,
} as const;
const THREAD_RANGE = 2 ** 24;

export function threadId(category: number, index: number): number {
  return category * THREAD_RANGE + index;
}
export function threadCategory(thread: number): number {
  return Math.floor(thread / THREAD_RANGE);
}
export function threadIndex(thread: number): number {
  return thread % THREAD_RANGE;
}

/** Names the costs that a step's duration consists of; −1 where there is none. */
export type CostLabel =
  | CostName
  | "heartbeatTimeout"
  | "restartDelay"
  | "askTimeout"
  | "linkLatency"
  | "backoff"
  | "queue"
  | "fallbackTimer"
  | "bandwidth"
  | "serviceTime";
export const COST_LABELS: readonly CostLabel[] = [
  "containerExitNotice",
  "nodeManagerHeartbeat",
  "applicationMasterHeartbeat",
  "peerErrorReport",
  "containerStart",
  "reservedSlot",
  "taskOpen",
  "taskCreate",
  "taskOperation",
  "descriptor",
  "restartSetPerEdge",
  "taskCancel",
  "heartbeatMessage",
  "tcpConnect",
  "partitionRequest",
  "partitionRequestServe",
  "updateRpcMainThread",
  "updateRpcWire",
  "rpcLatency",
  "nettyMessage",
  "flagVisibility",
  "partitionStateCheck",
  "eventVisibility",
  "heartbeatTimeout",
  "restartDelay",
  "askTimeout",
  "linkLatency",
  "backoff",
  "queue",
  "fallbackTimer",
  "bandwidth",
  "serviceTime",
];
const COST_INDEX = new Map(COST_LABELS.map((label, index) => [label, index]));
export function costIndex(label: CostLabel): number {
  return COST_INDEX.get(label) ?? -1;
}

export class CausalLog {
  length = 0;
  private capacity = 4096;
  kind = new Int16Array(this.capacity);
  phase = new Int8Array(this.capacity);
  thread = new Int32Array(this.capacity);
  entity = new Int32Array(this.capacity);
  startNs = new Float64Array(this.capacity);
  endNs = new Float64Array(this.capacity);
  cause = new Int32Array(this.capacity);
  previous = new Int32Array(this.capacity);
  /** Up to two costs make up a step; the rest of its duration, if any, belongs to neither. */
  costA = new Int8Array(this.capacity);
  costANs = new Float64Array(this.capacity);
  costB = new Int8Array(this.capacity);
  costBNs = new Float64Array(this.capacity);

  readonly kindNames: string[] = [];
  private readonly kindIds = new Map<string, number>();

  kindId(name: string): number {
    let id = this.kindIds.get(name);
    if (id === undefined) {
      id = this.kindNames.length;
      this.kindNames.push(name);
      this.kindIds.set(name, id);
    }
    return id;
  }

  /** Appends a step and returns its id. `previous` is −1 unless the step waited for that one. */
  add(
    kind: number,
    phase: StepPhase,
    thread: number,
    entity: number,
    startNs: number,
    endNs: number,
    cause: number,
    previous: number,
    costA = -1,
    costANs = 0,
    costB = -1,
    costBNs = 0,
  ): number {
    if (this.length === this.capacity) this.grow();
    const id = this.length++;
    this.kind[id] = kind;
    this.phase[id] = phase;
    this.thread[id] = thread;
    this.entity[id] = entity;
    this.startNs[id] = startNs;
    this.endNs[id] = endNs;
    this.cause[id] = cause;
    this.previous[id] = previous;
    this.costA[id] = costA;
    this.costANs[id] = costANs;
    this.costB[id] = costB;
    this.costBNs[id] = costBNs;
    return id;
  }

  /** Appends a step that takes as long as one cost and waits for nobody. Returns its id. */
  timed(
    kind: number,
    phase: StepPhase,
    thread: number,
    entity: number,
    startNs: number,
    cause: number,
    cost: CostLabel,
    costNs: number,
  ): number {
    return this.add(kind, phase, thread, entity, startNs, startNs + costNs, cause, -1, costIndex(cost), costNs);
  }

  private grow(): void {
    this.capacity *= 2;
    this.kind = longer(this.kind, this.capacity);
    this.phase = longer(this.phase, this.capacity);
    this.thread = longer(this.thread, this.capacity);
    this.entity = longer(this.entity, this.capacity);
    this.startNs = longer(this.startNs, this.capacity);
    this.endNs = longer(this.endNs, this.capacity);
    this.cause = longer(this.cause, this.capacity);
    this.previous = longer(this.previous, this.capacity);
    this.costA = longer(this.costA, this.capacity);
    this.costANs = longer(this.costANs, this.capacity);
    this.costB = longer(this.costB, this.capacity);
    this.costBNs = longer(this.costBNs, this.capacity);
  }
}
