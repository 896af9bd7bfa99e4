/**
 * The exact data plane: every buffer of every channel on the kernel's event queue. For small jobs, and the oracle of
 * the lumped one. This file puts the parts together and answers the port; it holds no behaviour of its own.
 */
import { PRIORITY } from "../../../kernel/priorities.js";
import { Emitter } from "../../task/exact/emitter.js";
import { JoinState } from "../../task/exact/join-state.js";
import { SourceThreads } from "../../task/exact/source-threads.js";
import { WorkerThreads } from "../../task/exact/worker-threads.js";
import type { AttemptEnd, DataPlane, PlaneContext, PlaneListener, PlaneResult } from "../data-plane.js";
import { BIN_NS } from "../plane-common/timeline-bins.js";
import type { Leak } from "./checks.js";
import { Flushers } from "./flushers.js";
import { Gates } from "./gates.js";
import { Lifecycle } from "./lifecycle.js";
import { planeResult } from "./plane-result.js";
import { poolProblems, segmentsUnderWay } from "./segment-books.js";
import { fillStates } from "./start.js";
import { Subpartitions } from "./subpartitions.js";
import { Tally } from "./tally.js";
import { TUPLE } from "./tuples.js";
import { Wire } from "./wire.js";
import { buildWorld, type World } from "./world.js";

/** Logs are written this much ahead of the clock, in steps of the same length. */
const LOOK_AHEAD_NS = 100_000_000;

/** `leak` is for tests: one record vanishes at a hop, and the checks must name it. */
export function createExactPlane(context: PlaneContext, listener: PlaneListener, leak: Leak | null = null): DataPlane {
  return new ExactPlane(context, listener, leak);
}

class ExactPlane implements DataPlane {
  private readonly world: World;
  private readonly subpartitions: Subpartitions;
  private readonly wire: Wire;
  private readonly sources: SourceThreads;
  private readonly workers: WorkerThreads;
  private readonly flushers: Flushers;
  private readonly lifecycle: Lifecycle;
  private readonly tally: Tally;
  private readonly kindGenerate: number;
  private readonly kindBin: number;
  private readonly kindSpace: number;
  private readonly spacePosted: Uint8Array;

  constructor(context: PlaneContext, listener: PlaneListener, leak: Leak | null) {
    const { topology, sim, config } = context;
    const world = buildWorld(context, listener, leak);
    this.world = world;
    this.subpartitions = new Subpartitions(world);
    this.wire = new Wire(world, this.subpartitions);
    const gates = new Gates(world, this.subpartitions, this.wire);
    const emitter = new Emitter(world, this.subpartitions);
    const states = Array.from(topology.taskVertex, (vertex, task) => {
      const join = world.routes.joinOfVertex[vertex]!;
      return join < 0 ? null : new JoinState(world, join, topology.taskSubtask[task]!);
    });
    this.sources = new SourceThreads(world, this.subpartitions, emitter);
    this.workers = new WorkerThreads(world, this.subpartitions, gates, emitter, states);
    this.flushers = new Flushers(world, this.subpartitions);
    this.lifecycle = new Lifecycle(
      world,
      this.subpartitions,
      this.wire,
      gates,
      emitter,
      this.sources,
      this.workers,
      this.flushers,
    );
    this.tally = new Tally(world, states);
    this.spacePosted = new Uint8Array(topology.tasks);
    this.kindGenerate = sim.defineKind("logs written ahead", PRIORITY.control + 1, () => this.generate());
    this.kindBin = sim.defineKind("timeline bin ends", PRIORITY.observation, (_, bin) => this.closeBin(bin));
    this.kindSpace = sim.defineKind("output has room", PRIORITY.deferred, (_, task) => this.spaceFreed(task));

    const { channels, arrivals, service, routes, meter } = world;
    this.subpartitions.onData = (ch) => {
      if (channels.connection[ch]! >= 0) this.wire.dataAvailable(ch);
      else if (channels.accepts[ch] === channels.viewNumber[ch]) gates.available(ch);
    };
    this.subpartitions.onSpace = (output) => this.postSpace(output);
    this.wire.onReceived = (b) => gates.received(b);
    gates.onAvailable = (task) => this.workers.available(task);
    const { bins } = meter;
    arrivals.onAppend = (source, offset, eventNs, tuple) => {
      bins.add(bins.produced, eventNs, arrivals.logs[source]!.width);
      if (tuple < 0) return;
      const stream = this.streamIntoJoin(source);
      if (service.passes(routes.streamOperators[stream]!, stream, offset)) return;
      const table = arrivals.tuples[arrivals.joinOf(source)]!;
      table.status[tuple & table.mask] = TUPLE.void;
    };
    fillStates(context, routes, arrivals, emitter, states, () => this.tally.retire());
    arrivals.generate(2 * LOOK_AHEAD_NS);
    this.lifecycle.startAll();
    sim.schedule(sim.nowNs + LOOK_AHEAD_NS, this.kindGenerate, context.entityBase);
    for (let bin = 0; bin < bins.bins; bin++) {
      if ((bin + 1) * BIN_NS <= config.durationNs)
        sim.schedule((bin + 1) * BIN_NS, this.kindBin, context.entityBase, bin);
    }
  }

  /** The stream of a source subtask whose records go to its join. */
  private streamIntoJoin(source: number): number {
    for (
      let stream = this.world.routes.streamBase[source]!;
      stream < this.world.routes.streamBase[source + 1]!;
      stream++
    ) {
      if (this.world.routes.streamJoin[stream]! >= 0) return stream;
    }
    return this.world.routes.streamBase[source]!;
  }

  private generate(): void {
    const { sim } = this.world.context;
    this.world.arrivals.generate(sim.nowNs + 2 * LOOK_AHEAD_NS);
    this.tally.retire();
    this.sources.poke();
    sim.schedule(sim.nowNs + LOOK_AHEAD_NS, this.kindGenerate, this.world.context.entityBase);
  }

  private closeBin(bin: number): void {
    this.settle();
    const { bins } = this.world.meter;
    let unread = 0;
    for (let s = 0; s < this.world.routes.sourceTasks.length; s++)
      unread += this.sources.unread(s, this.world.context.sim.nowNs) * this.world.arrivals.logs[s]!.width;
    bins.backlogLog[bin] = unread;
    bins.backlogNetwork[bin] = this.world.ledger.underWay;
  }

  /** A task that waits for segments looks again, after all that happens at this instant. */
  private postSpace(output: number): void {
    const task = this.world.outputs.task[output]!;
    if (this.spacePosted[task] === 1 || !this.waits(task)) return;
    this.spacePosted[task] = 1;
    const { sim } = this.world.context;
    sim.schedule(sim.nowNs, this.kindSpace, this.world.context.entityBase + task, task);
  }

  private waits(task: number): boolean {
    const source = this.world.routes.sourceOfTask[task]!;
    return source >= 0 ? this.sources.waits(source) : this.workers.waits(task);
  }

  private spaceFreed(task: number): void {
    this.spacePosted[task] = 0;
    const source = this.world.routes.sourceOfTask[task]!;
    if (source >= 0) this.sources.spaceFreed(source);
    else this.workers.spaceFreed(task);
  }

  private channel(edge: number, producer: number, consumer: number): number {
    return this.world.outputs.channel(this.world.context.topology, edge, producer, consumer);
  }

  // --- the port ---

  advanceTo(_nowNs: number): void {
    // Events before now are handled; a buffer being served is brought up to now by whoever cuts it.
  }

  serveOnServerLoop(taskManager: number, peer: number, edge: number, readyNs: number, costNs: number): number {
    const { loops } = this.wire;
    return loops.serveControl(loops.loop("server", taskManager, peer, edge), readyNs, costNs);
  }

  serveOnClientLoop(taskManager: number, peer: number, edge: number, readyNs: number, costNs: number): number {
    const { loops } = this.wire;
    return loops.serveControl(loops.loop("client", taskManager, peer, edge), readyNs, costNs);
  }

  runMail(task: number, readyNs: number, costNs: number): number {
    const source = this.world.routes.sourceOfTask[task]!;
    return source >= 0 ? this.sources.mail(source, readyNs, costNs) : this.workers.mail(task, readyNs, costNs);
  }

  attemptStarted(task: number): void {
    this.lifecycle.attemptStarted(task);
  }

  attemptEnded(task: number, how: AttemptEnd): void {
    this.lifecycle.attemptEnded(task, how);
  }

  touch(_task: number): void {
    // Every channel is simulated one by one anyway.
  }

  closeView(edge: number, producer: number, consumer: number, policy: "discard" | "hold"): void {
    this.lifecycle.closeView(this.channel(edge, producer, consumer), policy);
  }

  registerView(edge: number, producer: number, consumer: number): void {
    this.lifecycle.registerView(this.channel(edge, producer, consumer));
  }

  appendUnavailable(edge: number, producer: number, consumer: number, stuck: boolean): void {
    this.lifecycle.unavailable(this.channel(edge, producer, consumer), stuck);
  }

  closeAllViews(consumer: number): void {
    for (const ch of this.lifecycle.channelsInto(consumer)) this.lifecycle.closeView(ch, "hold");
  }

  registerAllViews(consumer: number, isApart?: (edge: number, producer: number) => boolean): void {
    const { edge, producer } = this.world.channels;
    for (const ch of this.lifecycle.channelsInto(consumer)) {
      if (!isApart?.(edge[ch]!, producer[ch]!)) this.lifecycle.registerView(ch);
    }
  }

  emittedSoFar(): number {
    this.settle();
    return this.world.meter.emitted;
  }

  private settle(): void {
    for (let task = 0; task < this.world.context.topology.tasks; task++) this.workers.settle(task);
  }

  setTaskSpeed(task: number, speed: number): void {
    const source = this.world.routes.sourceOfTask[task]!;
    if (source >= 0) this.sources.setSpeed(source, speed);
    else this.workers.setSpeed(task, speed);
  }

  setLoopSpeed(taskManager: number, side: "server" | "client", loop: number, speed: number): void {
    this.wire.setLoopSpeed(taskManager, side, loop, speed);
  }

  setLinkState(fromTaskManager: number, toTaskManager: number, state: "up" | "down"): void {
    this.wire.setLinkState(fromTaskManager, toTaskManager, state);
  }

  finish(endNs: number): PlaneResult {
    const { config } = this.world.context;
    this.settle();
    if (this.world.arrivals.horizonNs < endNs) this.world.arrivals.generate(endNs);
    const totals = this.tally.walk(endNs);
    this.world.arrivals.finish(config.durationNs);
    const underWay = segmentsUnderWay(this.world, this.subpartitions.attempt);
    this.tally.checkMemory(
      (ch) => this.subpartitions.segmentsQueued(ch) + (underWay.get(ch) ?? 0),
      poolProblems(this.world),
    );
    return planeResult(
      this.world,
      totals,
      this.sources.events + this.workers.events + this.wire.events + this.flushers.events,
      endNs,
    );
  }
}
