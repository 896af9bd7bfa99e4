/**
 * The task threads of all source subtasks: read the log, serve one record at a time, write. What blocks or suspends
 * a thread is asked of its outputs. Where it reads is `log-positions.ts`.
 */
import { PRIORITY } from "../../../kernel/priorities.js";
import type { PlaneContext } from "../../network/data-plane.js";
import type { Arrivals } from "../../network/exact/arrivals.js";
import type { Outputs } from "../../network/exact/channels.js";
import type { HopCounters, Violations } from "../../network/exact/checks.js";
import type { Ledger } from "../../network/exact/ledger.js";
import type { OutputMeter } from "../../network/exact/output-meter.js";
import type { Routes } from "../../network/exact/routes.js";
import type { Subpartitions } from "../../network/exact/subpartitions.js";
import type { World } from "../../network/exact/world.js";
import type { Emitter } from "./emitter.js";
import { LogPositions } from "./log-positions.js";
import type { ServiceTimes } from "./service.js";
import type { StallReport } from "./stall-report.js";

export const THREAD = { down: 0, idle: 1, serving: 2, blocked: 3, suspended: 4 } as const;

export class SourceThreads {
  readonly state: Uint8Array;
  events = 0;
  private readonly context: PlaneContext;
  private readonly routes: Routes;
  private readonly arrivals: Arrivals;
  private readonly outputs: Outputs;
  private readonly subpartitions: Subpartitions;
  private readonly emitter: Emitter;
  private readonly service: ServiceTimes;
  private readonly ledger: Ledger;
  private readonly meter: OutputMeter;
  private readonly stalls: StallReport;
  private readonly hops: HopCounters;
  private readonly violations: Violations;
  private readonly soft: boolean;
  private readonly positions: LogPositions;

  /** By source: when the record in hand started and ends; when the thread is free of mails. */
  private readonly startNs: Float64Array;
  private readonly doneNs: Float64Array;
  private readonly freeNs: Float64Array;
  /** 1 normal, 0 hung; work left of the record in hand of a hung thread, in ns at normal speed. */
  private readonly speed: Float64Array;
  private readonly leftNs: Float64Array;
  private readonly mailNs: Float64Array;
  private readonly handle: Float64Array;
  private readonly kindDone: number;

  constructor(world: World, subpartitions: Subpartitions, emitter: Emitter) {
    const { context, routes } = world;
    this.context = world.context;
    this.routes = world.routes;
    this.arrivals = world.arrivals;
    this.outputs = world.outputs;
    this.subpartitions = subpartitions;
    this.emitter = emitter;
    this.service = world.service;
    this.ledger = world.ledger;
    this.meter = world.meter;
    this.stalls = world.stalls;
    this.hops = world.hops;
    this.violations = world.violations;
    const { config, sim } = context;
    this.soft = !config.engine.blocksInsideEmit;
    const n = routes.sourceTasks.length;
    this.state = new Uint8Array(n);
    this.startNs = new Float64Array(n);
    this.doneNs = new Float64Array(n);
    this.freeNs = new Float64Array(n);
    this.mailNs = new Float64Array(n);
    this.speed = new Float64Array(n).fill(1);
    this.leftNs = new Float64Array(n);
    this.handle = new Float64Array(n).fill(-1);
    this.kindDone = sim.defineKind("record written", PRIORITY.completion, (_, s, attempt) => this.done(s, attempt));
    this.positions = new LogPositions(world, subpartitions.attempt, (s) =>
      this.state[s] === THREAD.down ? -1 : this.beingServed(s),
    );
  }

  /** At t=0: all records before are read; the last commit was up to an interval ago. */
  startRunning(s: number): void {
    this.begin(s, this.positions.startRunning(s));
  }

  private begin(s: number, nextCommitInNs: number): void {
    const { sim } = this.context;
    this.state[s] = THREAD.idle;
    this.freeNs[s] = sim.nowNs;
    this.mailNs[s] = 0;
    this.speed[s] = 1;
    this.next(s);
    this.positions.commitIn(s, nextCommitInNs);
  }

  private entity(s: number): number {
    return this.context.entityBase + this.routes.sourceTasks[s]!;
  }

  /** The log may have records for threads that wait. */
  poke(): void {
    for (let s = 0; s < this.state.length; s++) if (this.state[s] === THREAD.idle) this.next(s);
  }

  /** A fault: the thread works at another speed from now on. */
  setSpeed(s: number, speed: number): void {
    const before = this.speed[s]!;
    if (this.state[s] === THREAD.down || before === speed) return;
    const { sim } = this.context;
    this.speed[s] = speed;
    if (this.state[s] === THREAD.serving) {
      sim.cancel(this.handle[s]!);
      if (this.startNs[s]! >= sim.nowNs) {
        this.state[s] = THREAD.idle;
        this.next(s);
        return;
      }
      const left = before === 0 ? this.leftNs[s]! : Math.max(0, this.doneNs[s]! - sim.nowNs) * before;
      this.leftNs[s] = left;
      if (speed === 0) return;
      this.doneNs[s] = sim.nowNs + Math.ceil(left / speed);
      this.wake(s);
    } else if (before === 0) {
      if (this.state[s] === THREAD.idle) this.next(s);
      else this.spaceFreed(s);
    }
  }

  private wake(s: number): void {
    const { sim } = this.context;
    const attempt = this.subpartitions.attempt[this.routes.sourceTasks[s]!]!;
    this.handle[s] = sim.schedule(Math.max(this.doneNs[s]!, sim.nowNs), this.kindDone, this.entity(s), s, attempt);
  }

  /** Takes the next record, if the outputs have room and the log has one. */
  private next(s: number): void {
    const task = this.routes.sourceTasks[s]!;
    const { sim } = this.context;
    if (this.speed[s] === 0) {
      this.state[s] = THREAD.idle;
      return;
    }
    if (this.soft) {
      for (let o = this.outputs.base[task]!; o < this.outputs.base[task + 1]!; o++) {
        if (this.subpartitions.pools.available(o)) continue;
        this.state[s] = THREAD.suspended;
        this.stalls.begin(task, sim.nowNs);
        return;
      }
    }
    const log = this.arrivals.logs[s]!;
    const offset = log.position;
    if (offset >= log.end) {
      this.state[s] = THREAD.idle;
      return;
    }
    const start = Math.max(log.eventNs[offset & log.mask]!, this.freeNs[s]!);
    const vertex = this.context.topology.taskVertex[task]!;
    this.startNs[s] = start;
    const serviceNs = this.service.ofRecord(vertex, this.routes.streamBase[s]!, offset);
    this.doneNs[s] = start + (this.speed[s] === 1 ? serviceNs : Math.round(serviceNs / this.speed[s]!));
    this.state[s] = THREAD.serving;
    this.wake(s);
  }

  private done(s: number, attempt: number): void {
    this.events++;
    const task = this.routes.sourceTasks[s]!;
    const { sim } = this.context;
    if (attempt !== this.subpartitions.attempt[task]) {
      this.violations.add("dead-attempt-event", `record written by a dead attempt of task ${task} at ${sim.nowNs} ns`);
      return;
    }
    this.freeNs[s] = sim.nowNs + this.mailNs[s]!;
    this.mailNs[s] = 0;
    const log = this.arrivals.logs[s]!;
    const stream = this.routes.streamBase[s]!;
    const offset = log.position++;
    if (this.hops.leaks("log")) {
      this.next(s);
      return;
    }
    if (this.outputs.base[task] === this.outputs.base[task + 1]) {
      this.ledger.send(stream, offset, 1);
      if (this.ledger.deliver(stream, offset, sim.nowNs))
        this.meter.output(task, sim.nowNs, log.eventNs[offset & log.mask]!);
    } else if (!this.emitter.emit(task, stream, offset, 1)) {
      log.inHand = 1;
      this.state[s] = THREAD.blocked;
      this.stalls.begin(task, sim.nowNs);
      return;
    }
    this.hops.out.log++;
    this.next(s);
  }

  waits(s: number): boolean {
    return this.state[s] === THREAD.blocked || this.state[s] === THREAD.suspended;
  }

  /** A segment came back, or the flag changed: what waited may go on. */
  spaceFreed(s: number): void {
    const task = this.routes.sourceTasks[s]!;
    const now = this.context.sim.nowNs;
    if (this.state[s] === THREAD.blocked) {
      if (this.emitter.resume(task)) this.emitted(s);
    } else if (this.state[s] === THREAD.suspended) {
      this.freeNs[s] = Math.max(this.freeNs[s]!, now);
      this.state[s] = THREAD.idle;
      this.next(s);
      if (this.state[s] !== THREAD.suspended) this.stalls.end(task, now);
    }
  }

  /** The emission that waited is through. */
  emitted(s: number): void {
    const now = this.context.sim.nowNs;
    this.stalls.end(this.routes.sourceTasks[s]!, now);
    this.freeNs[s] = Math.max(this.freeNs[s]!, now);
    this.state[s] = THREAD.idle;
    this.arrivals.logs[s]!.inHand = 0;
    this.hops.out.log++;
    this.next(s);
  }

  /** 1 if the record at the log's position has been taken and is being served. */
  private beingServed(s: number): number {
    return this.state[s] === THREAD.serving && this.startNs[s]! < this.context.sim.nowNs ? 1 : 0;
  }

  /** A mail runs between two records; returns when it is done. A thread that waits inside emit runs it later than told. */
  mail(s: number, readyNs: number, costNs: number): number {
    const { sim } = this.context;
    const now = sim.nowNs;
    if (this.state[s] === THREAD.serving) {
      if (this.startNs[s]! < now) {
        this.mailNs[s]! += costNs;
        return Math.max(readyNs, this.doneNs[s]! + this.mailNs[s]! - costNs) + costNs;
      }
      sim.cancel(this.handle[s]!);
      this.freeNs[s] = Math.max(this.freeNs[s]!, now) + costNs;
      const done = Math.max(readyNs + costNs, this.freeNs[s]!);
      this.next(s);
      return done;
    }
    this.freeNs[s] = Math.max(this.freeNs[s]!, now) + costNs;
    return Math.max(readyNs + costNs, this.freeNs[s]!);
  }

  /** The attempt ends; the record in its hands is lost with it. */
  end(s: number): void {
    if (this.state[s] === THREAD.down) return;
    const { sim } = this.context;
    sim.cancel(this.handle[s]!);
    this.positions.loseInHand(s);
    this.stalls.end(this.routes.sourceTasks[s]!, sim.nowNs);
    this.state[s] = THREAD.down;
  }

  /** A new attempt. */
  start(s: number, attempt: number): void {
    this.begin(s, this.positions.resume(s, attempt));
  }

  /** Records of this log that are produced and not read, by `nowNs`. */
  unread(s: number, nowNs: number): number {
    return this.positions.unread(s, nowNs);
  }
}
