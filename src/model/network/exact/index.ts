/**
 * The exact data plane: every buffer of every channel on the kernel's event queue. For small jobs, and the oracle of
 * the lumped one. This file puts the parts together and answers the port; it holds no behaviour of its own.
 */
import { PRIORITY } from "../../../kernel/priorities.js";
import { MATCH_MISS_CAUSES, RECORD_LOSS_CAUSES } from "../../loss-causes.js";
import { Emitter } from "../../task/exact/emitter.js";
import { JoinState } from "../../task/exact/join-state.js";
import { ServiceTimes } from "../../task/exact/service.js";
import { SourceThreads } from "../../task/exact/source-threads.js";
import { StallReport } from "../../task/exact/stall-report.js";
import { WorkerThreads } from "../../task/exact/worker-threads.js";
import type { AttemptEnd, DataPlane, PlaneContext, PlaneListener, PlaneResult } from "../data-plane.js";
import { BIN_NS } from "../plane-common/timeline-bins.js";
import { Arrivals } from "./arrivals.js";
import { Channels, Outputs } from "./channels.js";
import { HopCounters, type Leak, Violations } from "./checks.js";
import { Flushers } from "./flushers.js";
import { Gates } from "./gates.js";
import { Keys } from "./keys.js";
import { Ledger } from "./ledger.js";
import { Lifecycle } from "./lifecycle.js";
import { OutputMeter } from "./output-meter.js";
import { Buffers, RecordNodes } from "./pools.js";
import { planRoutes, type Routes } from "./routes.js";
import { fillStates } from "./start.js";
import { Subpartitions } from "./subpartitions.js";
import { Tally } from "./tally.js";
import { TUPLE } from "./tuples.js";
import { Wire } from "./wire.js";

/** Logs are written this much ahead of the clock, in steps of the same length. */
const LOOK_AHEAD_NS = 100_000_000;

/** `leak` is for tests: one record vanishes at a hop, and the checks must name it. */
export function createExactPlane(context: PlaneContext, listener: PlaneListener, leak: Leak | null = null): DataPlane {
  return new ExactPlane(context, listener, leak);
}

class ExactPlane implements DataPlane {
  private readonly context: PlaneContext;
  private readonly routes: Routes;
  private readonly arrivals: Arrivals;
  private readonly outputs: Outputs;
  private readonly channels: Channels;
  private readonly buffers = new Buffers();
  private readonly meter: OutputMeter;
  private readonly ledger: Ledger;
  private readonly subpartitions: Subpartitions;
  private readonly wire: Wire;
  private readonly sources: SourceThreads;
  private readonly workers: WorkerThreads;
  private readonly flushers: Flushers;
  private readonly lifecycle: Lifecycle;
  private readonly tally: Tally;
  private readonly stalls = new StallReport();
  private readonly violations = new Violations();
  private readonly kindGenerate: number;
  private readonly kindBin: number;
  private readonly kindSpace: number;
  private readonly spacePosted: Uint8Array;

  constructor(context: PlaneContext, listener: PlaneListener, leak: Leak | null) {
    this.context = context;
    const { topology, sim, config } = context;
    const hops = new HopCounters(leak);
    const keys = new Keys(context.streams);
    const nodes = new RecordNodes();
    this.routes = planRoutes(config, topology);
    this.arrivals = new Arrivals(context, this.routes, keys);
    this.channels = new Channels(topology);
    this.outputs = new Outputs(topology, this.channels);
    this.meter = new OutputMeter(context);
    this.ledger = new Ledger(context, this.routes, this.arrivals, this.meter);
    this.subpartitions = new Subpartitions(
      context,
      this.channels,
      this.outputs,
      nodes,
      this.buffers,
      this.ledger,
      hops,
    );
    this.wire = new Wire(context, this.channels, this.buffers, nodes, this.subpartitions, this.ledger, hops);
    const gates = new Gates(
      context,
      listener,
      this.channels,
      this.buffers,
      nodes,
      this.subpartitions,
      this.wire,
      this.ledger,
      hops,
      this.violations,
    );
    const service = new ServiceTimes(context);
    const emitter = new Emitter(
      context,
      this.routes,
      this.arrivals,
      keys,
      this.outputs,
      this.subpartitions,
      this.ledger,
    );
    const states = this.buildStates(hops);
    this.sources = new SourceThreads(
      context,
      this.routes,
      this.arrivals,
      this.outputs,
      this.subpartitions,
      emitter,
      service,
      this.ledger,
      this.meter,
      this.stalls,
      hops,
      this.violations,
    );
    this.workers = new WorkerThreads(
      context,
      this.routes,
      this.outputs,
      this.subpartitions,
      gates,
      this.buffers,
      nodes,
      emitter,
      service,
      this.ledger,
      this.meter,
      this.stalls,
      hops,
      this.violations,
      this.arrivals.tuples,
      states,
    );
    this.flushers = new Flushers(context, this.outputs, this.subpartitions);
    this.lifecycle = new Lifecycle(
      context,
      this.routes,
      this.channels,
      this.outputs,
      nodes,
      this.subpartitions,
      this.wire,
      gates,
      emitter,
      this.sources,
      this.workers,
      this.flushers,
      this.ledger,
      hops,
    );
    this.tally = new Tally(
      context,
      this.routes,
      this.arrivals,
      this.ledger,
      service,
      states,
      this.channels,
      nodes,
      this.buffers,
      hops,
      this.meter,
      this.violations,
    );
    this.spacePosted = new Uint8Array(topology.tasks);
    this.kindGenerate = sim.defineKind("logs written ahead", PRIORITY.control + 1, () => this.generate());
    this.kindBin = sim.defineKind("timeline bin ends", PRIORITY.observation, (_, bin) => this.closeBin(bin));
    this.kindSpace = sim.defineKind("output has room", PRIORITY.deferred, (_, task) => this.spaceFreed(task));

    const { channels } = this;
    this.subpartitions.onData = (ch) => {
      if (channels.connection[ch]! >= 0) this.wire.dataAvailable(ch);
      else if (channels.accepts[ch] === channels.viewNumber[ch]) gates.available(ch);
    };
    this.subpartitions.onSpace = (output) => this.postSpace(output);
    this.wire.onReceived = (b) => gates.received(b);
    gates.onAvailable = (task) => this.workers.available(task);
    const { bins } = this.meter;
    this.arrivals.onAppend = (source, offset, eventNs, tuple) => {
      bins.add(bins.produced, eventNs, this.arrivals.logs[source]!.width);
      if (tuple < 0) return;
      const stream = this.streamIntoJoin(source);
      if (service.passes(this.routes.streamOperators[stream]!, stream, offset)) return;
      const table = this.arrivals.tuples[this.arrivals.joinOf(source)]!;
      table.status[tuple & table.mask] = TUPLE.void;
    };
    fillStates(context, this.routes, this.arrivals, emitter, states, () => this.tally.retire());
    this.arrivals.generate(2 * LOOK_AHEAD_NS);
    this.lifecycle.startAll();
    sim.schedule(sim.nowNs + LOOK_AHEAD_NS, this.kindGenerate, context.entityBase);
    for (let bin = 0; bin < bins.bins; bin++) {
      if ((bin + 1) * BIN_NS <= config.durationNs)
        sim.schedule((bin + 1) * BIN_NS, this.kindBin, context.entityBase, bin);
    }
  }

  private buildStates(hops: HopCounters): (JoinState | null)[] {
    const { topology } = this.context;
    return Array.from({ length: topology.tasks }, (_, task) => {
      const vertex = topology.taskVertex[task]!;
      const join = this.routes.joinOfVertex[vertex]!;
      if (join < 0) return null;
      const route = this.routes.joins[join]!;
      const broadcast = Uint8Array.from(route.paths, (path) =>
        path[path.length - 1]!.partitioning === "broadcast" ? 1 : 0,
      );
      return new JoinState(
        this.arrivals,
        join,
        topology.taskSubtask[task]!,
        route.windowNs,
        broadcast,
        this.ledger,
        hops,
      );
    });
  }

  /** The stream of a source subtask whose records go to its join. */
  private streamIntoJoin(source: number): number {
    for (let stream = this.routes.streamBase[source]!; stream < this.routes.streamBase[source + 1]!; stream++) {
      if (this.routes.streamJoin[stream]! >= 0) return stream;
    }
    return this.routes.streamBase[source]!;
  }

  private generate(): void {
    const { sim } = this.context;
    this.arrivals.generate(sim.nowNs + 2 * LOOK_AHEAD_NS);
    this.tally.retire();
    this.sources.poke();
    sim.schedule(sim.nowNs + LOOK_AHEAD_NS, this.kindGenerate, this.context.entityBase);
  }

  private closeBin(bin: number): void {
    const { bins } = this.meter;
    let unread = 0;
    for (let s = 0; s < this.routes.sourceTasks.length; s++)
      unread += this.sources.unread(s, this.context.sim.nowNs) * this.arrivals.logs[s]!.width;
    bins.backlogLog[bin] = unread;
    bins.backlogNetwork[bin] = this.ledger.underWay;
  }

  /** A task that waits for segments looks again, after all that happens at this instant. */
  private postSpace(output: number): void {
    const task = this.outputs.task[output]!;
    if (this.spacePosted[task] === 1 || !this.waits(task)) return;
    this.spacePosted[task] = 1;
    const { sim } = this.context;
    sim.schedule(sim.nowNs, this.kindSpace, this.context.entityBase + task, task);
  }

  private waits(task: number): boolean {
    const source = this.routes.sourceOfTask[task]!;
    return source >= 0 ? this.sources.waits(source) : this.workers.waits(task);
  }

  private spaceFreed(task: number): void {
    this.spacePosted[task] = 0;
    const source = this.routes.sourceOfTask[task]!;
    if (source >= 0) this.sources.spaceFreed(source);
    else this.workers.spaceFreed(task);
  }

  private channel(edge: number, producer: number, consumer: number): number {
    return this.outputs.channel(this.context.topology, edge, producer, consumer);
  }

  // --- the port ---

  advanceTo(_nowNs: number): void {
    // Events before now are handled; a buffer being served is brought up to now by whoever cuts it.
  }

  serveOnServerLoop(taskManager: number, peer: number, edge: number, readyNs: number, costNs: number): number {
    return this.wire.serveOnServerLoop(taskManager, peer, edge, readyNs, costNs);
  }

  serveOnClientLoop(taskManager: number, peer: number, edge: number, readyNs: number, costNs: number): number {
    return this.wire.serveOnClientLoop(taskManager, peer, edge, readyNs, costNs);
  }

  runMail(task: number, readyNs: number, costNs: number): number {
    const source = this.routes.sourceOfTask[task]!;
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

  registerAllViews(consumer: number): void {
    for (const ch of this.lifecycle.channelsInto(consumer)) this.lifecycle.registerView(ch);
  }

  emittedSoFar(): number {
    this.settle();
    return this.meter.emitted;
  }

  private settle(): void {
    for (let task = 0; task < this.context.topology.tasks; task++) this.workers.settle(task);
  }

  finish(endNs: number): PlaneResult {
    const { config } = this.context;
    this.settle();
    if (this.arrivals.horizonNs < Math.max(endNs, config.durationNs))
      this.arrivals.generate(Math.max(endNs, config.durationNs));
    const totals = this.tally.walk(endNs);
    this.tally.checkMemory((ch) => this.segmentsHeld(ch), this.poolProblems());
    const { meter, ledger } = this;
    meter.gaps.finish(endNs);
    meter.binned.finish();
    return {
      records: {
        produced: totals.produced,
        delivered: ledger.delivered,
        duplicated: ledger.duplicated,
        inFlight: totals.inFlight,
        lost: Object.fromEntries(
          RECORD_LOSS_CAUSES.map((name, i) => [name, ledger.lost[i]!]),
        ) as PlaneResult["records"]["lost"],
      },
      matches: {
        expected: ledger.matchesExpected,
        emitted: meter.emitted,
        duplicated: ledger.matchesDuplicated,
        pending: totals.pending,
        missed: Object.fromEntries(
          MATCH_MISS_CAUSES.map((name, i) => [name, ledger.matchesMissed[i]!]),
        ) as PlaneResult["matches"]["missed"],
      },
      bins: {
        produced: meter.bins.produced,
        delivered: meter.bins.delivered,
        discarded: meter.bins.discarded,
        emitted: meter.bins.emitted,
        backlogLog: meter.bins.backlogLog,
        backlogNetwork: meter.bins.backlogNetwork,
        latencyP50Ns: meter.binned.p50Ns,
        latencyP99Ns: meter.binned.p99Ns,
      },
      sinkTasks: meter.gaps.sinkTasks,
      gapNs: meter.gaps.gapNs,
      gapStartNs: meter.gaps.gapStartNs,
      latencyNs: {
        p50: meter.latency.quantile(0.5),
        p99: meter.latency.quantile(0.99),
        p999: meter.latency.quantile(0.999),
        max: meter.latency.maxNs,
      },
      logicalEvents: this.sources.events + this.workers.events + this.wire.events + this.flushers.events,
      exogenousHash: this.arrivals.exogenousHash(),
      violations: this.violations.list(),
      stalls: this.stalls.finish(endNs),
    };
  }

  /** Segments of the channel that can be found: waiting, open, or under way with the slice that ends them. */
  private segmentsHeld(ch: number): number {
    return this.subpartitions.segmentsQueued(ch) + (this.segmentsUnderWay().get(ch) ?? 0);
  }

  private underWay: Map<number, number> | null = null;

  private segmentsUnderWay(): Map<number, number> {
    this.underWay ??= this.subpartitions.segmentsUnderWay();
    return this.underWay;
  }

  private poolProblems(): string[] {
    const problems: string[] = [];
    const { outputs, channels } = this;
    for (let o = 0; o < outputs.count; o++) {
      let held = 0;
      const first = outputs.channelBase[o]!;
      for (let ch = first; ch < first + outputs.channels[o]!; ch++) held += channels.segments[ch]!;
      if (held + outputs.poolFree[o]! !== outputs.poolSize[o]!) {
        problems.push(
          `output ${o} of task ${outputs.task[o]}: ${outputs.poolFree[o]} free and ${held} in use of ${outputs.poolSize[o]}`,
        );
      }
    }
    return problems;
  }
}
