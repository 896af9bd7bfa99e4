/**
 * The discrete-event kernel: a clock in integer nanoseconds, event kinds with integer arguments, a total order and
 * a run loop. It knows nothing of what is simulated.
 *
 * Order: (time, priority of the kind, entity key, sequence within the entity). The sequence counts what was
 * scheduled for one entity, so two events of the same entity, time and priority keep their scheduling order, and
 * ties between entities do not depend on who scheduled first: code may visit entities in any order. The entity key
 * is the entity number itself or, with a `shuffleSalt`, a permutation of it.
 */
import { assert } from "./assert.js";
import { EventQueue } from "./event-queue.js";
import { MAX_KINDS } from "./event-records.js";

/** `a`, `b`, `c` are int32; what is larger goes to a column of the entity. */
export type Handler = (entity: number, a: number, b: number, c: number) => void;

/**
 * Why `run(untilNs)` returned. `reached`: later events are pending, the clock stands at `untilNs`. `drained`: no
 * event is left, the clock stands at `untilNs` (at the last event if `untilNs` is Infinity). `stopped`: a handler
 * called `stop()`, the clock stands at that event and the rest is pending.
 */
export type RunEnd = "reached" | "drained" | "stopped";

export interface SimulationOptions {
  /** 0: same-time events of equal priority run in order of entity number. Else: in an order drawn from the salt. */
  readonly shuffleSalt?: number;
}

/** What no handle is: the start value of a place that keeps one. */
export const NO_EVENT = 0;

const MAX_TIME_NS = Number.MAX_SAFE_INTEGER;
const MAX_ENTITY = 2 ** 31 - 1;

export class Simulation {
  declare private readonly queue: EventQueue;
  private readonly handlers: Handler[] = [];
  private readonly names: string[] = [];
  private kinds = 0;
  private stopRequested = false;

  constructor(options: SimulationOptions = {}) {
    this.queue = new EventQueue((options.shuffleSalt ?? 0) | 0);
  }

  /** The clock: an integer below 2^53. */
  get nowNs(): number {
    return this.queue.nowNs;
  }

  get eventsHandled(): number {
    return this.queue.taken;
  }

  /** Events scheduled, neither handled nor cancelled. */
  get pending(): number {
    return this.queue.pending;
  }

  /** Steps of work that the queue has done: for tests and benchmarks, which compare counts instead of seconds. */
  get queueWork(): number {
    return this.queue.work;
  }

  /** Events that fit without growing. */
  get recordCapacity(): number {
    return this.queue.records.slotCapacity;
  }

  /** Registers an event kind; `priority` is 0..255, see priorities.ts. Returns the kind id. */
  defineKind(name: string, priority: number, handler: Handler): number {
    assert(Number.isInteger(priority) && priority >= 0 && priority <= 255, `priority of ${name}: ${priority}`);
    assert(this.kinds < MAX_KINDS, "too many event kinds");
    const kind = this.kinds++;
    this.handlers.push(handler);
    this.names.push(name);
    this.queue.records.priorityOfKind[kind] = priority;
    return kind;
  }

  kindName(kind: number): string {
    const name = this.names[kind];
    assert(name !== undefined, `no event kind ${kind}`);
    return name;
  }

  /**
   * Schedules an event at `timeNs` (an integer, not in the past) for an entity in [0, 2^31). The handle is good for
   * `cancel` and `timeOf`; it may be ignored.
   */
  schedule(timeNs: number, kind: number, entity: number, a = 0, b = 0, c = 0): number {
    if (
      !(timeNs >= this.queue.nowNs && timeNs <= MAX_TIME_NS) ||
      Math.floor(timeNs) !== timeNs ||
      !(kind >= 0 && kind < this.kinds) ||
      !(entity >= 0 && entity <= MAX_ENTITY)
    ) {
      this.refuse(timeNs, kind, entity);
    }
    return this.queue.records.handleOf(this.queue.push(timeNs, kind, entity, a, b, c));
  }

  /** True if the event was pending; a handle of an event handled or cancelled before is harmless. */
  cancel(handle: number): boolean {
    return this.queue.cancel(handle);
  }

  /** Time of a pending event in ns; NaN if it was handled or cancelled. */
  timeOf(handle: number): number {
    const { records } = this.queue;
    const slot = records.slotOf(handle);
    return slot < 0 ? Number.NaN : records.timeOf(slot);
  }

  /** Time of the next event in ns; Infinity if there is none. */
  peekTimeNs(): number {
    return this.queue.peekTimeNs();
  }

  /** Handles one event; false if there was none. */
  step(): boolean {
    return this.handleNext(Number.POSITIVE_INFINITY);
  }

  /** Handles all events up to and including `untilNs`, those scheduled meanwhile too. */
  run(untilNs: number): RunEnd {
    assert(untilNs >= this.nowNs, `run until ${untilNs} ns, but it is ${this.nowNs} ns`);
    this.stopRequested = false;
    while (this.handleNext(untilNs)) {
      if (this.stopRequested) return "stopped";
    }
    if (untilNs !== Number.POSITIVE_INFINITY) this.queue.nowNs = untilNs;
    return this.queue.pending === 0 ? "drained" : "reached";
  }

  /** Ends the current `run` after the event that is being handled; outside a run it does nothing. */
  stop(): void {
    this.stopRequested = true;
  }

  private handleNext(limitNs: number): boolean {
    const { queue } = this;
    const slot = queue.take(limitNs);
    if (slot < 0) return false;
    const { records } = queue;
    const handler = this.handlers[records.kindOf(slot)]!;
    const entity = records.entityOf(slot);
    const a = records.argumentA(slot);
    const b = records.argumentB(slot);
    const c = records.argumentC(slot);
    records.release(slot);
    handler(entity, a, b, c);
    return true;
  }

  private refuse(timeNs: number, kind: number, entity: number): never {
    const name = this.names[kind];
    assert(name !== undefined, `no event kind ${kind}`);
    assert(entity >= 0 && entity <= MAX_ENTITY, `${name} scheduled for entity ${entity}`);
    assert(timeNs >= this.nowNs, `${name} scheduled at ${timeNs} ns, but it is ${this.nowNs} ns already`);
    assert(false, `${name} scheduled at ${timeNs} ns, which is no integer below 2^53`);
  }
}
