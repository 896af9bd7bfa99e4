/**
 * The task threads of operators, joins and sinks: poll a buffer, serve its records one by one. A task without
 * consumers has one event per buffer, at its end, and catches up record by record where something cuts in; one with
 * consumers has an event per record, since each may wait for a segment.
 */
import { PRIORITY } from "../../../kernel/priorities.js";
import type { PlaneContext } from "../../network/data-plane.js";
import type { Outputs } from "../../network/exact/channels.js";
import type { Violations } from "../../network/exact/checks.js";
import type { Gates } from "../../network/exact/gates.js";
import type { Ledger } from "../../network/exact/ledger.js";
import type { Buffers, RecordNodes } from "../../network/exact/pools.js";
import type { Subpartitions } from "../../network/exact/subpartitions.js";
import type { World } from "../../network/exact/world.js";
import { BuffersInHand } from "./buffers-in-hand.js";
import type { Emitter } from "./emitter.js";
import type { JoinState } from "./join-state.js";
import { RecordProcessor } from "./record-processor.js";
import { THREAD } from "./source-threads.js";
import type { StallReport } from "./stall-report.js";

export class WorkerThreads {
  /** By task; sources stay `down` here. */
  readonly state: Uint8Array;
  private polled = 0;
  private readonly context: PlaneContext;
  private readonly outputs: Outputs;
  private readonly subpartitions: Subpartitions;
  private readonly gates: Gates;
  private readonly buffers: Buffers;
  private readonly emitter: Emitter;
  private readonly nodes: RecordNodes;
  private readonly ledger: Ledger;
  private readonly stalls: StallReport;
  private readonly violations: Violations;
  private readonly processor: RecordProcessor;
  private readonly hand: BuffersInHand;
  private readonly states: readonly (JoinState | null)[];
  private readonly soft: boolean;

  private readonly handle: Float64Array;
  /** The thread is inside poll: an UnavailableEvent it meets there may bring it a mail. */
  private readonly polling: Uint8Array;
  /** Work left of the record in hand of a hung thread, in ns at normal speed. */
  private readonly leftNs: Float64Array;
  private readonly kindDone: number;

  constructor(
    world: World,
    subpartitions: Subpartitions,
    gates: Gates,
    emitter: Emitter,
    states: readonly (JoinState | null)[],
  ) {
    const { context } = world;
    this.context = world.context;
    this.outputs = world.outputs;
    this.subpartitions = subpartitions;
    this.gates = gates;
    this.buffers = world.buffers;
    this.nodes = world.nodes;
    this.emitter = emitter;
    this.ledger = world.ledger;
    this.stalls = world.stalls;
    this.violations = world.violations;
    this.states = states;
    this.processor = new RecordProcessor(world, emitter, states);
    this.hand = new BuffersInHand(world, this.processor);
    this.soft = !context.config.engine.blocksInsideEmit;
    const tasks = context.topology.tasks;
    this.state = new Uint8Array(tasks);
    this.handle = new Float64Array(tasks).fill(-1);
    this.polling = new Uint8Array(tasks);
    this.leftNs = new Float64Array(tasks);
    this.kindDone = context.sim.defineKind("records processed", PRIORITY.completion, (_, task, attempt) =>
      this.done(task, attempt),
    );
  }

  start(task: number): void {
    this.state[task] = THREAD.idle;
    this.hand.reset(task);
  }

  /** Buffers polled and records processed. */
  get events(): number {
    return this.polled + this.hand.events;
  }

  /** A fault: the thread works at another speed from now on. */
  setSpeed(task: number, speed: number): void {
    const before = this.hand.speed[task]!;
    if (this.state[task] === THREAD.down || before === speed) return;
    const { sim } = this.context;
    if (this.state[task] === THREAD.serving && this.hand.buffer[task]! >= 0) {
      this.settle(task);
      sim.cancel(this.handle[task]!);
      const left = before === 0 ? this.leftNs[task]! : Math.max(0, this.hand.nextNs[task]! - sim.nowNs) * before;
      this.hand.speed[task] = speed;
      this.hand.nextNs[task] = sim.nowNs + (speed === 0 ? left : Math.ceil(left / speed));
      this.wake(task);
      return;
    }
    this.hand.speed[task] = speed;
    if (before > 0) return;
    if (this.state[task] === THREAD.idle) this.begin(task);
    else this.spaceFreed(task);
  }

  /** The gate has something. */
  available(task: number): void {
    if (this.state[task] === THREAD.idle) this.begin(task);
  }

  private roomBehind(task: number): boolean {
    if (!this.soft) return true;
    for (let o = this.outputs.base[task]!; o < this.outputs.base[task + 1]!; o++)
      if (!this.subpartitions.pools.available(o)) return false;
    return true;
  }

  /** The thread is free: polls the next buffer and serves it. */
  private begin(task: number): void {
    const { sim } = this.context;
    if (this.hand.speed[task] === 0) {
      this.state[task] = THREAD.idle;
      return;
    }
    // The thread counts as busy while it looks, so that what it consumes cannot start it again.
    this.state[task] = THREAD.serving;
    if (this.hand.freeNs[task]! > sim.nowNs) {
      this.handle[task] = sim.schedule(
        this.hand.freeNs[task]!,
        this.kindDone,
        this.context.entityBase + task,
        task,
        this.subpartitions.attempt[task]!,
      );
      return;
    }
    for (;;) {
      if (!this.roomBehind(task)) {
        this.state[task] = THREAD.suspended;
        this.stalls.begin(task, sim.nowNs);
        return;
      }
      this.polling[task] = 1;
      const b = this.gates.poll(task);
      this.polling[task] = 0;
      if (b < 0) {
        this.state[task] = THREAD.idle;
        return;
      }
      this.polled++;
      if (this.buffers.count[b]! > 0) {
        this.hand.take(task, b);
        this.wake(task);
        return;
      }
      this.gates.done(b);
    }
  }

  /** Schedules the next event of the buffer in hand: its next record, or its end where nothing leaves the task. */
  private wake(task: number): void {
    const { sim } = this.context;
    if (this.hand.speed[task] === 0) {
      this.leftNs[task] = Math.max(0, this.hand.nextNs[task]! - sim.nowNs);
      this.hand.nextNs[task] = Number.POSITIVE_INFINITY;
      return;
    }
    this.handle[task] = sim.schedule(
      this.hand.endNs(task),
      this.kindDone,
      this.context.entityBase + task,
      task,
      this.subpartitions.attempt[task]!,
    );
  }

  private done(task: number, attempt: number): void {
    if (attempt !== this.subpartitions.attempt[task] || this.state[task] !== THREAD.serving) {
      this.violations.add(
        "dead-attempt-event",
        `records processed by a dead attempt of task ${task} at ${this.context.sim.nowNs} ns`,
      );
      return;
    }
    if (this.hand.buffer[task]! < 0) this.begin(task);
    else this.go(task);
  }

  /** Serves what is due, then goes on with the buffer or the next one. */
  private go(task: number): void {
    if (!this.catchUp(task, this.context.sim.nowNs)) return;
    if (this.hand.buffer[task]! >= 0) this.wake(task);
    else this.begin(task);
  }

  /** Processes the records in hand that end at or before `untilNs`; false if the thread waits inside emit. */
  private catchUp(task: number, untilNs: number): boolean {
    if (!this.hand.processUntil(task, untilNs)) {
      this.state[task] = THREAD.blocked;
      this.stalls.begin(task, this.context.sim.nowNs);
      return false;
    }
    const b = this.hand.buffer[task]!;
    if (this.buffers.count[b] === 0) {
      this.hand.buffer[task] = -1;
      this.gates.done(b);
    }
    return true;
  }

  waits(task: number): boolean {
    return this.state[task] === THREAD.blocked || this.state[task] === THREAD.suspended;
  }

  /** A segment came back, or the flag changed: what waited may go on. */
  spaceFreed(task: number): void {
    if (this.state[task] === THREAD.blocked) {
      if (this.emitter.resume(task)) this.emitted(task);
    } else if (this.state[task] === THREAD.suspended) {
      if (!this.roomBehind(task)) return;
      this.stalls.end(task, this.context.sim.nowNs);
      this.begin(task);
    }
  }

  /** The emission that waited is through: the record in hand is done now. */
  emitted(task: number): void {
    const { sim, topology, config } = this.context;
    this.stalls.end(task, sim.nowNs);
    const b = this.hand.buffer[task]!;
    const node = this.buffers.head[b]!;
    if (config.vertices[topology.taskVertex[task]!]!.type === "operator")
      this.ledger.passedOn(this.nodes.stream[node]!, this.nodes.offset[node]!);
    this.state[task] = THREAD.serving;
    this.hand.advance(task, sim.nowNs);
    this.go(task);
  }

  /** A mail runs after the record in hand; returns when it is done. A thread that waits inside emit runs it later than told. */
  mail(task: number, readyNs: number, costNs: number): number {
    const { sim } = this.context;
    const now = sim.nowNs;
    if (this.state[task] === THREAD.serving && this.hand.buffer[task]! >= 0) {
      sim.cancel(this.handle[task]!);
      // Records that ended before now are through; the one in hand ends first.
      if (!this.hand.hasOutputs(task)) this.hand.processBefore(task, now);
      this.hand.mailNs[task]! += costNs;
      const done = Math.max(readyNs, this.hand.nextNs[task]! + this.hand.mailNs[task]! - costNs) + costNs;
      this.wake(task);
      return done;
    }
    this.hand.freeNs[task] = Math.max(this.hand.freeNs[task]!, now) + costNs;
    if (this.state[task] === THREAD.serving && this.polling[task] === 0) {
      sim.cancel(this.handle[task]!);
      this.begin(task);
    }
    return Math.max(readyNs + costNs, this.hand.freeNs[task]!);
  }

  /** Brings the task up to now: what happens at this instant comes later. */
  settle(task: number): void {
    if (this.state[task] === THREAD.serving && this.hand.buffer[task]! >= 0 && !this.hand.hasOutputs(task))
      this.hand.processBefore(task, this.context.sim.nowNs);
  }

  /** The attempt ends: what it had in hand is lost, its state dies. */
  end(task: number): void {
    if (this.state[task] === THREAD.down) return;
    const { sim } = this.context;
    this.settle(task);
    sim.cancel(this.handle[task]!);
    if (this.state[task] === THREAD.blocked && this.states[task] !== null) {
      // A join that waits inside emit has processed its record; the match it emits is lost.
      this.processor.loseMatch(task, this.emitter.offsetInHand(task));
      this.hand.advance(task, sim.nowNs);
    }
    this.state[task] = THREAD.down;
    // The state first: a match between it and what is in hand or in the gate is missed because it died, whichever it was.
    this.states[task]?.die(sim.nowNs);
    if (this.hand.buffer[task]! >= 0) this.gates.loseInHand(this.hand.buffer[task]!);
    this.hand.buffer[task] = -1;
    this.stalls.end(task, sim.nowNs);
  }
}
