/**
 * The task threads of operators, joins and sinks: poll a buffer, serve its records one by one. A task without
 * consumers has one event per buffer, at its end, and catches up record by record where something cuts in; one with
 * consumers has an event per record, since each may wait for a segment.
 */
import { PRIORITY } from "../../../kernel/priorities.js";
import type { PlaneContext } from "../../network/data-plane.js";
import type { Outputs } from "../../network/exact/channels.js";
import type { HopCounters, Violations } from "../../network/exact/checks.js";
import type { Gates } from "../../network/exact/gates.js";
import type { Ledger } from "../../network/exact/ledger.js";
import type { Buffers, RecordNodes } from "../../network/exact/pools.js";
import type { Subpartitions } from "../../network/exact/subpartitions.js";
import type { World } from "../../network/exact/world.js";
import type { Emitter } from "./emitter.js";
import type { JoinState } from "./join-state.js";
import { RecordProcessor } from "./record-processor.js";
import type { ServiceTimes } from "./service.js";
import { THREAD } from "./source-threads.js";
import type { StallReport } from "./stall-report.js";

export class WorkerThreads {
  /** By task; sources stay `down` here. */
  readonly state: Uint8Array;
  /** Buffer in hand, −1. */
  readonly buffer: Int32Array;
  events = 0;
  private readonly context: PlaneContext;
  private readonly outputs: Outputs;
  private readonly subpartitions: Subpartitions;
  private readonly gates: Gates;
  private readonly buffers: Buffers;
  private readonly nodes: RecordNodes;
  private readonly emitter: Emitter;
  private readonly service: ServiceTimes;
  private readonly ledger: Ledger;
  private readonly stalls: StallReport;
  private readonly hops: HopCounters;
  private readonly violations: Violations;
  private readonly processor: RecordProcessor;
  private readonly states: readonly (JoinState | null)[];
  private readonly soft: boolean;

  /** End of the record in hand; mails that wait for it; until when the thread is busy with mails. */
  private readonly nextNs: Float64Array;
  private readonly mailNs: Float64Array;
  private readonly freeNs: Float64Array;
  private readonly handle: Float64Array;
  /** The thread is inside poll: an UnavailableEvent it meets there may bring it a mail. */
  private readonly polling: Uint8Array;
  /** 1 normal, 0 hung; work left of the record in hand of a hung thread, in ns at normal speed. */
  private readonly speed: Float64Array;
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
    this.service = world.service;
    this.ledger = world.ledger;
    this.stalls = world.stalls;
    this.hops = world.hops;
    this.violations = world.violations;
    this.states = states;
    this.processor = new RecordProcessor(world, emitter, states);
    this.soft = !context.config.engine.blocksInsideEmit;
    const tasks = context.topology.tasks;
    this.state = new Uint8Array(tasks);
    this.buffer = new Int32Array(tasks).fill(-1);
    this.nextNs = new Float64Array(tasks);
    this.mailNs = new Float64Array(tasks);
    this.freeNs = new Float64Array(tasks);
    this.handle = new Float64Array(tasks).fill(-1);
    this.polling = new Uint8Array(tasks);
    this.speed = new Float64Array(tasks).fill(1);
    this.leftNs = new Float64Array(tasks);
    this.kindDone = context.sim.defineKind("records processed", PRIORITY.completion, (_, task, attempt) =>
      this.done(task, attempt),
    );
  }

  start(task: number): void {
    this.state[task] = THREAD.idle;
    this.buffer[task] = -1;
    this.mailNs[task] = 0;
    this.freeNs[task] = this.context.sim.nowNs;
    this.speed[task] = 1;
  }

  /** A fault: the thread works at another speed from now on. */
  setSpeed(task: number, speed: number): void {
    const before = this.speed[task]!;
    if (this.state[task] === THREAD.down || before === speed) return;
    const { sim } = this.context;
    if (this.state[task] === THREAD.serving && this.buffer[task]! >= 0) {
      this.settle(task);
      sim.cancel(this.handle[task]!);
      const left = before === 0 ? this.leftNs[task]! : Math.max(0, this.nextNs[task]! - sim.nowNs) * before;
      this.speed[task] = speed;
      this.nextNs[task] = sim.nowNs + (speed === 0 ? left : Math.ceil(left / speed));
      this.wake(task);
      return;
    }
    this.speed[task] = speed;
    if (before > 0) return;
    if (this.state[task] === THREAD.idle) this.begin(task);
    else this.spaceFreed(task);
  }

  private paced(task: number, ns: number): number {
    const speed = this.speed[task]!;
    return speed === 1 || speed === 0 ? ns : Math.round(ns / speed);
  }

  /** The gate has something. */
  available(task: number): void {
    if (this.state[task] === THREAD.idle) this.begin(task);
  }

  private hasOutputs(task: number): boolean {
    return this.outputs.base[task]! < this.outputs.base[task + 1]!;
  }

  private roomBehind(task: number): boolean {
    if (!this.soft) return true;
    for (let o = this.outputs.base[task]!; o < this.outputs.base[task + 1]!; o++)
      if (!this.subpartitions.available(o)) return false;
    return true;
  }

  /** The thread is free: polls the next buffer and serves it. */
  private begin(task: number): void {
    const { sim } = this.context;
    if (this.speed[task] === 0) {
      this.state[task] = THREAD.idle;
      return;
    }
    // The thread counts as busy while it looks, so that what it consumes cannot start it again.
    this.state[task] = THREAD.serving;
    if (this.freeNs[task]! > sim.nowNs) {
      this.handle[task] = sim.schedule(
        this.freeNs[task]!,
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
      this.events++;
      if (this.buffers.count[b]! > 0) {
        this.buffer[task] = b;
        // A mail may have come with what was polled on the way.
        this.nextNs[task] = Math.max(sim.nowNs, this.freeNs[task]!) + this.serviceOf(task, b);
        this.wake(task);
        return;
      }
      this.gates.done(b);
    }
  }

  /** Service time of the first record of a buffer. */
  private serviceOf(task: number, b: number): number {
    const node = this.buffers.head[b]!;
    const vertex = this.context.topology.taskVertex[task]!;
    return this.paced(task, this.service.ofRecord(vertex, this.nodes.stream[node]!, this.nodes.offset[node]!));
  }

  /** Schedules the next event of the buffer in hand: its next record, or its end where nothing leaves the task. */
  private wake(task: number): void {
    const { sim } = this.context;
    if (this.speed[task] === 0) {
      this.leftNs[task] = Math.max(0, this.nextNs[task]! - sim.nowNs);
      this.nextNs[task] = Number.POSITIVE_INFINITY;
      return;
    }
    let at = this.nextNs[task]!;
    if (!this.hasOutputs(task)) {
      const b = this.buffer[task]!;
      const vertex = this.context.topology.taskVertex[task]!;
      const constant = this.service.constant(vertex);
      const count = this.buffers.count[b]!;
      if (constant >= 0) at += this.paced(task, constant) * (count - 1);
      else {
        let node = this.nodes.next[this.buffers.head[b]!]!;
        for (let i = 1; i < count; i++) {
          at += this.paced(task, this.service.ofRecord(vertex, this.nodes.stream[node]!, this.nodes.offset[node]!));
          node = this.nodes.next[node]!;
        }
      }
      if (count > 1) at += this.mailNs[task]!;
    }
    this.handle[task] = sim.schedule(
      at,
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
    if (this.buffer[task]! < 0) this.begin(task);
    else this.go(task);
  }

  /** Serves what is due, then goes on with the buffer or the next one. */
  private go(task: number): void {
    if (!this.catchUp(task, this.context.sim.nowNs)) return;
    if (this.buffer[task]! >= 0) this.wake(task);
    else this.begin(task);
  }

  /** Processes the records in hand that end at or before `untilNs`; false if the thread waits inside emit. */
  private catchUp(task: number, untilNs: number): boolean {
    const b = this.buffer[task]!;
    while (this.buffers.count[b]! > 0 && this.nextNs[task]! <= untilNs) {
      this.events++;
      const node = this.buffers.head[b]!;
      const atNs = this.nextNs[task]!;
      if (!this.processor.process(task, this.nodes.stream[node]!, this.nodes.offset[node]!, atNs)) {
        this.state[task] = THREAD.blocked;
        this.stalls.begin(task, this.context.sim.nowNs);
        return false;
      }
      this.advance(task, b, atNs);
    }
    if (this.buffers.count[b] === 0) {
      this.buffer[task] = -1;
      this.gates.done(b);
    }
    return true;
  }

  /** The first record of the buffer is through at `atNs`. */
  private advance(task: number, b: number, atNs: number): void {
    const node = this.buffers.head[b]!;
    this.buffers.head[b] = this.nodes.next[node]!;
    this.buffers.count[b]!--;
    this.nodes.release(node);
    this.hops.out.gate++;
    const free = atNs + this.mailNs[task]!;
    this.mailNs[task] = 0;
    if (this.buffers.count[b]! > 0) this.nextNs[task] = free + this.serviceOf(task, b);
    else this.freeNs[task] = Math.max(this.freeNs[task]!, free);
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
    const b = this.buffer[task]!;
    const node = this.buffers.head[b]!;
    if (config.vertices[topology.taskVertex[task]!]!.type === "operator")
      this.ledger.passedOn(this.nodes.stream[node]!, this.nodes.offset[node]!);
    this.state[task] = THREAD.serving;
    this.advance(task, b, sim.nowNs);
    this.go(task);
  }

  /** A mail runs after the record in hand; returns when it is done. A thread that waits inside emit runs it later than told. */
  mail(task: number, readyNs: number, costNs: number): number {
    const { sim } = this.context;
    const now = sim.nowNs;
    if (this.state[task] === THREAD.serving && this.buffer[task]! >= 0) {
      sim.cancel(this.handle[task]!);
      // Records that ended before now are through; the one in hand ends first.
      if (!this.hasOutputs(task)) this.catchUpBefore(task, now);
      this.mailNs[task]! += costNs;
      const done = Math.max(readyNs, this.nextNs[task]! + this.mailNs[task]! - costNs) + costNs;
      this.wake(task);
      return done;
    }
    this.freeNs[task] = Math.max(this.freeNs[task]!, now) + costNs;
    if (this.state[task] === THREAD.serving && this.polling[task] === 0) {
      sim.cancel(this.handle[task]!);
      this.begin(task);
    }
    return Math.max(readyNs + costNs, this.freeNs[task]!);
  }

  /** Processes what ended strictly before `ns`; keeps the buffer in hand even when only its end is due. */
  private catchUpBefore(task: number, ns: number): void {
    const b = this.buffer[task]!;
    while (this.buffers.count[b]! > 1 && this.nextNs[task]! < ns) {
      this.events++;
      const node = this.buffers.head[b]!;
      const atNs = this.nextNs[task]!;
      this.processor.process(task, this.nodes.stream[node]!, this.nodes.offset[node]!, atNs);
      this.advance(task, b, atNs);
    }
  }

  /** Brings the task up to now: what happens at this instant comes later. */
  settle(task: number): void {
    if (this.state[task] === THREAD.serving && this.buffer[task]! >= 0 && !this.hasOutputs(task))
      this.catchUpBefore(task, this.context.sim.nowNs);
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
      this.advance(task, this.buffer[task]!, sim.nowNs);
    }
    this.state[task] = THREAD.down;
    if (this.buffer[task]! >= 0) this.gates.loseInHand(this.buffer[task]!);
    this.buffer[task] = -1;
    this.stalls.end(task, sim.nowNs);
    this.states[task]?.die(sim.nowNs);
  }
}
