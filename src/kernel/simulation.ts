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
import { capacityFor, grown } from "./growable.js";

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

const MAX_ENTITIES = 2 ** 26;
/** A handle is generation × 2^26 + slot; both fit a double exactly. */
const SLOT_LIMIT = 2 ** 26;
const GENERATION_LIMIT = 2 ** 26;
const MAX_TIME_NS = Number.MAX_SAFE_INTEGER;

export class Simulation {
  nowNs = 0;
  eventsHandled = 0;
  /** Events scheduled, neither handled nor cancelled. */
  pending = 0;
  readonly shuffleSalt: number;

  private readonly handlers: Handler[] = [];
  private readonly names: string[] = [];
  private readonly priorityOfKind = new Uint8Array(65536);
  private stopRequested = false;

  private capacity = 1024;
  private time = new Float64Array(this.capacity);
  private kind = new Uint16Array(this.capacity);
  private entity = new Int32Array(this.capacity);
  private sequence = new Uint32Array(this.capacity);
  private argA = new Int32Array(this.capacity);
  private argB = new Int32Array(this.capacity);
  private argC = new Int32Array(this.capacity);
  private generation = new Uint32Array(this.capacity);
  /** Position in the heap, or the next free slot. */
  private position = new Int32Array(this.capacity);
  private freeHead = -1;
  private slotsUsed = 0;
  private heap = new Int32Array(this.capacity);
  private sequenceOfEntity = new Uint32Array(1024);

  constructor(options: SimulationOptions = {}) {
    this.shuffleSalt = (options.shuffleSalt ?? 0) | 0;
  }

  /** Registers an event kind; `priority` is 0..255, see priorities.ts. Returns the kind id. */
  defineKind(name: string, priority: number, handler: Handler): number {
    assert(Number.isInteger(priority) && priority >= 0 && priority <= 255, `priority of ${name}: ${priority}`);
    assert(this.handlers.length < 65536, "too many event kinds");
    this.handlers.push(handler);
    this.names.push(name);
    this.priorityOfKind[this.handlers.length - 1] = priority;
    return this.handlers.length - 1;
  }

  kindName(kind: number): string {
    const name = this.names[kind];
    assert(name !== undefined, `no event kind ${kind}`);
    return name;
  }

  /** Schedules an event at `timeNs` (an integer, not in the past). The handle is good for cancel and timeOf. */
  schedule(timeNs: number, kind: number, entity: number, a = 0, b = 0, c = 0): number {
    if (!(timeNs >= this.nowNs) || timeNs > MAX_TIME_NS || Math.floor(timeNs) !== timeNs) this.badTime(timeNs, kind);
    if (entity >>> 0 >= this.sequenceOfEntity.length) this.growEntities(entity);
    assert(kind >>> 0 < this.handlers.length, "no such event kind");
    let slot = this.freeHead;
    if (slot >= 0) this.freeHead = this.position[slot]!;
    else {
      slot = this.slotsUsed++;
      if (slot === this.capacity) this.growSlots();
    }
    this.time[slot] = timeNs;
    this.kind[slot] = kind;
    this.entity[slot] = entity;
    this.sequence[slot] = this.sequenceOfEntity[entity]!++;
    this.argA[slot] = a;
    this.argB[slot] = b;
    this.argC[slot] = c;
    this.siftUp(this.pending++, slot);
    return this.generation[slot]! * SLOT_LIMIT + slot;
  }

  /** True if the event was pending; a handle of an event handled or cancelled before is harmless. */
  cancel(handle: number): boolean {
    const slot = this.slotOf(handle);
    if (slot < 0) return false;
    this.remove(slot);
    return true;
  }

  /** Time of a pending event in ns; NaN if it was handled or cancelled. */
  timeOf(handle: number): number {
    const slot = this.slotOf(handle);
    return slot < 0 ? Number.NaN : this.time[slot]!;
  }

  /** Time of the next event in ns; Infinity if there is none. */
  peekTimeNs(): number {
    return this.pending === 0 ? Number.POSITIVE_INFINITY : this.time[this.heap[0]!]!;
  }

  /** Handles one event; false if there was none. */
  step(): boolean {
    if (this.pending === 0) return false;
    const slot = this.heap[0]!;
    const handler = this.handlers[this.kind[slot]!]!;
    const entity = this.entity[slot]!;
    const a = this.argA[slot]!;
    const b = this.argB[slot]!;
    const c = this.argC[slot]!;
    this.nowNs = this.time[slot]!;
    this.eventsHandled++;
    this.remove(slot);
    handler(entity, a, b, c);
    return true;
  }

  /** Handles all events up to and including `untilNs`, those scheduled meanwhile too. */
  run(untilNs: number): RunEnd {
    assert(untilNs >= this.nowNs, `run until ${untilNs} ns, but it is ${this.nowNs} ns`);
    this.stopRequested = false;
    while (this.peekTimeNs() <= untilNs && this.pending > 0) {
      this.step();
      if (this.stopRequested) return "stopped";
    }
    if (untilNs !== Number.POSITIVE_INFINITY) this.nowNs = untilNs;
    return this.pending === 0 ? "drained" : "reached";
  }

  /** Ends the current `run` after the event that is being handled; outside a run it does nothing. */
  stop(): void {
    this.stopRequested = true;
  }

  private slotOf(handle: number): number {
    const slot = handle % SLOT_LIMIT;
    if (!(slot < this.slotsUsed) || this.generation[slot] !== Math.floor(handle / SLOT_LIMIT)) return -1;
    return slot;
  }

  /** True if the event in slot x comes before the one in slot y. */
  private before(x: number, y: number): boolean {
    if (this.time[x] !== this.time[y]) return this.time[x]! < this.time[y]!;
    const priorityX = this.priorityOfKind[this.kind[x]!]!;
    const priorityY = this.priorityOfKind[this.kind[y]!]!;
    if (priorityX !== priorityY) return priorityX < priorityY;
    const entityX = this.entity[x]!;
    const entityY = this.entity[y]!;
    if (entityX !== entityY) return tieKey(entityX, this.shuffleSalt) < tieKey(entityY, this.shuffleSalt);
    return ((this.sequence[x]! - this.sequence[y]!) | 0) < 0;
  }

  private siftUp(start: number, slot: number): void {
    let at = start;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const other = this.heap[parent]!;
      if (!this.before(slot, other)) break;
      this.heap[at] = other;
      this.position[other] = at;
      at = parent;
    }
    this.heap[at] = slot;
    this.position[slot] = at;
  }

  private siftDown(start: number, slot: number): void {
    let at = start;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.pending) break;
      if (child + 1 < this.pending && this.before(this.heap[child + 1]!, this.heap[child]!)) child++;
      const other = this.heap[child]!;
      if (!this.before(other, slot)) break;
      this.heap[at] = other;
      this.position[other] = at;
      at = child;
    }
    this.heap[at] = slot;
    this.position[slot] = at;
  }

  /** Takes a pending event out of the heap, and frees its slot under a new generation. */
  private remove(slot: number): void {
    const hole = this.position[slot]!;
    const last = this.heap[--this.pending]!;
    if (last !== slot) {
      if (hole > 0 && this.before(last, this.heap[(hole - 1) >> 1]!)) this.siftUp(hole, last);
      else this.siftDown(hole, last);
    }
    this.generation[slot] = (this.generation[slot]! + 1) % GENERATION_LIMIT;
    this.position[slot] = this.freeHead;
    this.freeHead = slot;
  }

  private badTime(timeNs: number, kind: number): never {
    const name = this.names[kind] ?? `kind ${kind}`;
    assert(timeNs >= this.nowNs, `${name} scheduled at ${timeNs} ns, but it is ${this.nowNs} ns already`);
    assert(false, `${name} scheduled at ${timeNs} ns, which is no integer below 2^53`);
  }

  private growEntities(entity: number): void {
    assert(Number.isInteger(entity) && entity >= 0 && entity < MAX_ENTITIES, `entity ${entity} is out of range`);
    this.sequenceOfEntity = grown(this.sequenceOfEntity, capacityFor(entity, this.sequenceOfEntity.length));
  }

  private growSlots(): void {
    this.capacity *= 2;
    assert(this.capacity <= SLOT_LIMIT, "more events pending than a handle can tell apart");
    this.time = grown(this.time, this.capacity);
    this.kind = grown(this.kind, this.capacity);
    this.entity = grown(this.entity, this.capacity);
    this.sequence = grown(this.sequence, this.capacity);
    this.argA = grown(this.argA, this.capacity);
    this.argB = grown(this.argB, this.capacity);
    this.argC = grown(this.argC, this.capacity);
    this.generation = grown(this.generation, this.capacity);
    this.position = grown(this.position, this.capacity);
    this.heap = grown(this.heap, this.capacity);
  }
}

/** Order of an entity among same-time ones: itself for salt 0, else a salted permutation of the 32-bit numbers. */
export function tieKey(entity: number, salt: number): number {
  if (salt === 0) return entity;
  let key = entity ^ salt;
  key = Math.imul(key ^ (key >>> 16), 0x21f0aaad);
  key = Math.imul(key ^ (key >>> 15) ^ salt, 0x735a2d97);
  return (key ^ (key >>> 15)) >>> 0;
}
