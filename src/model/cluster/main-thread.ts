/**
 * The JobManager's main thread: one FIFO server for every message (RpcEndpoint's main-thread executor). A handler
 * runs when its service ends. A *loop* is work that a handler does without letting queued messages in between
 * (Flink's deploy loop): its items are served before the queue, each with its own service time.
 */
import { assert } from "../../kernel/assert.js";
import { PRIORITY } from "../../kernel/priorities.js";
import type { Simulation } from "../../kernel/simulation.js";
import { type CausalLog, type CostLabel, costIndex, THREAD, threadId } from "../causal-log.js";
import type { StepPhase } from "../phases.js";

export interface MessageKind {
  readonly name: string;
  readonly phase: StepPhase;
  readonly cost: CostLabel;
  /** Service time in ns that `cost` accounts for. */
  costNs(a: number, b: number): number;
  readonly secondCost?: CostLabel;
  /** Unit cost × the items that the message itself carries. */
  secondCostNs?(a: number, b: number): number;
  /** `step` is the id of this service in the trace. */
  handle(a: number, b: number, step: number): void;
}

class MessageQueue {
  private kinds: number[] = [];
  private as: number[] = [];
  private bs: number[] = [];
  private causes: number[] = [];
  private readys: number[] = [];
  private head = 0;

  get length(): number {
    return this.kinds.length - this.head;
  }

  push(kind: number, a: number, b: number, cause: number, readyNs: number): void {
    this.kinds.push(kind);
    this.as.push(a);
    this.bs.push(b);
    this.causes.push(cause);
    this.readys.push(readyNs);
  }

  /** Copies the oldest message to `into`. */
  shift(into: Served): void {
    const i = this.head++;
    into.kind = this.kinds[i]!;
    into.a = this.as[i]!;
    into.b = this.bs[i]!;
    into.cause = this.causes[i]!;
    into.readyNs = this.readys[i]!;
    if (this.head > 1024 && this.head * 2 > this.kinds.length) {
      for (const column of [this.kinds, this.as, this.bs, this.causes, this.readys]) column.splice(0, this.head);
      this.head = 0;
    }
  }
}

interface Served {
  kind: number;
  a: number;
  b: number;
  cause: number;
  readyNs: number;
}

const JOB_MANAGER_ENTITY = 0;

export class MainThread {
  private readonly kinds: MessageKind[] = [];
  private readonly arrivals: number[] = [];
  private readonly logKinds: number[] = [];
  private readonly costA: number[] = [];
  private readonly costB: number[] = [];
  private readonly queue = new MessageQueue();
  private readonly loop = new MessageQueue();
  private readonly current: Served = { kind: -1, a: 0, b: 0, cause: -1, readyNs: 0 };
  private busy = false;
  private startNs = 0;
  private costANs = 0;
  private costBNs = 0;
  private lastStep = -1;
  private readonly doneEvent: number;
  /** Told the queue's length whenever a message is queued or taken. */
  onLength: ((length: number) => void) | null = null;

  private readonly sim: Simulation;
  private readonly log: CausalLog;

  constructor(sim: Simulation, log: CausalLog) {
    this.sim = sim;
    this.log = log;
    this.doneEvent = sim.defineKind("main-thread-done", PRIORITY.completion, () => this.finish());
  }

  define(kind: MessageKind): number {
    const id = this.kinds.length;
    this.kinds.push(kind);
    this.arrivals.push(
      this.sim.defineKind(`${kind.name}-arrives`, PRIORITY.delivery, (_entity, a, b, cause) =>
        this.post(id, a, b, cause),
      ),
    );
    this.logKinds.push(this.log.kindId(kind.name));
    this.costA.push(costIndex(kind.cost));
    this.costB.push(kind.secondCost === undefined ? -1 : costIndex(kind.secondCost));
    return id;
  }

  /** Messages waiting, the one in service not counted. */
  get length(): number {
    return this.queue.length + this.loop.length;
  }

  /** A message arrives now and waits its turn. */
  post(kind: number, a: number, b: number, cause: number): void {
    this.queue.push(kind, a, b, cause, this.sim.nowNs);
    this.onLength?.(this.length);
    if (!this.busy) this.startNext();
  }

  /** A message that is still on the wire, or a timer that will post one: it is queued at `atNs`. */
  postAt(atNs: number, senderEntity: number, kind: number, a: number, b: number, cause: number): void {
    this.sim.schedule(atNs, this.arrivals[kind]!, senderEntity, a, b, cause);
  }

  /** An item of the loop that the running handler has begun: served before any queued message. */
  postLoop(kind: number, a: number, b: number, cause: number): void {
    this.loop.push(kind, a, b, cause, this.sim.nowNs);
    if (!this.busy) this.startNext();
  }

  private startNext(): void {
    if (this.loop.length > 0) this.loop.shift(this.current);
    else if (this.queue.length > 0) this.queue.shift(this.current);
    else return;
    const { kind, a, b } = this.current;
    const definition = this.kinds[kind];
    assert(definition !== undefined, "no such message kind");
    this.busy = true;
    this.startNs = this.sim.nowNs;
    this.costANs = definition.costNs(a, b);
    this.costBNs = definition.secondCostNs?.(a, b) ?? 0;
    this.sim.schedule(this.startNs + this.costANs + this.costBNs, this.doneEvent, JOB_MANAGER_ENTITY);
  }

  private finish(): void {
    const { kind, a, b, cause, readyNs } = this.current;
    const definition = this.kinds[kind]!;
    const waited = this.startNs > readyNs;
    const step = this.log.add(
      this.logKinds[kind]!,
      definition.phase,
      threadId(THREAD.jobManager, 0),
      a,
      this.startNs,
      this.sim.nowNs,
      cause,
      waited ? this.lastStep : -1,
      this.costA[kind]!,
      this.costANs,
      this.costB[kind]!,
      this.costBNs,
    );
    this.lastStep = step;
    definition.handle(a, b, step);
    // A handler that posts while busy leaves the start to us, so that its own loop items come first.
    this.busy = false;
    this.onLength?.(this.length);
    this.startNext();
  }
}
