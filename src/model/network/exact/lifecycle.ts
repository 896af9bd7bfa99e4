/**
 * Attempts and views: what is lost and what is set up when an attempt ends or starts, and when a channel's view is
 * closed or registered. Every loss has its cause here; the protocol decides when each of these happens.
 */
import type { Emitter } from "../../task/exact/emitter.js";
import type { SourceThreads } from "../../task/exact/source-threads.js";
import type { WorkerThreads } from "../../task/exact/worker-threads.js";
import type { AttemptEnd, PlaneContext } from "../data-plane.js";
import { type Channels, channelsInto, type Outputs, VIEW } from "./channels.js";
import type { HopCounters, Violations } from "./checks.js";
import type { Flushers } from "./flushers.js";
import type { Gates } from "./gates.js";
import { CAUSE, type Ledger } from "./ledger.js";
import type { RecordNodes } from "./pools.js";
import type { Routes } from "./routes.js";
import type { Subpartitions } from "./subpartitions.js";
import type { Wire } from "./wire.js";
import type { World } from "./world.js";

export class Lifecycle {
  private readonly running: Uint8Array;
  private readonly into: (Int32Array | undefined)[] = [];
  private readonly starts: Int32Array;
  private readonly context: PlaneContext;
  private readonly routes: Routes;
  private readonly channels: Channels;
  private readonly outputs: Outputs;
  private readonly nodes: RecordNodes;
  private readonly subpartitions: Subpartitions;
  private readonly wire: Wire;
  private readonly gates: Gates;
  private readonly emitter: Emitter;
  private readonly sources: SourceThreads;
  private readonly workers: WorkerThreads;
  private readonly flushers: Flushers;
  private readonly ledger: Ledger;
  private readonly hops: HopCounters;
  private readonly violations: Violations;

  constructor(
    world: World,
    subpartitions: Subpartitions,
    wire: Wire,
    gates: Gates,
    emitter: Emitter,
    sources: SourceThreads,
    workers: WorkerThreads,
    flushers: Flushers,
  ) {
    const { context } = world;
    this.context = world.context;
    this.routes = world.routes;
    this.channels = world.channels;
    this.outputs = world.outputs;
    this.nodes = world.nodes;
    this.subpartitions = subpartitions;
    this.wire = wire;
    this.gates = gates;
    this.emitter = emitter;
    this.sources = sources;
    this.workers = workers;
    this.flushers = flushers;
    this.ledger = world.ledger;
    this.hops = world.hops;
    this.violations = world.violations;
    this.running = new Uint8Array(context.topology.tasks);
    this.starts = new Int32Array(context.topology.tasks);
  }

  channelsInto(task: number): Int32Array {
    let list = this.into[task];
    if (list === undefined) {
      list = channelsInto(this.context.topology, this.outputs, task);
      this.into[task] = list;
    }
    return list;
  }

  /** At t=0 everything runs and every view is registered. */
  startAll(): void {
    const { topology } = this.context;
    for (let task = 0; task < topology.tasks; task++) {
      this.running[task] = 1;
      this.emitter.reset(task, 0);
      this.flushers.start(task, 0);
      if (this.routes.sourceOfTask[task]! < 0) this.workers.start(task);
    }
    for (let ch = 0; ch < this.channels.count; ch++) this.registerView(ch);
    for (let s = 0; s < this.routes.sourceTasks.length; s++) this.sources.startRunning(s);
  }

  attemptStarted(task: number): void {
    this.running[task] = 1;
    const start = ++this.starts[task]!;
    const { outputs } = this;
    for (let o = outputs.base[task]!; o < outputs.base[task + 1]!; o++) {
      this.subpartitions.pools.reset(o);
      const first = outputs.channelBase[o]!;
      this.channels.view.fill(VIEW.hold, first, first + outputs.channels[o]!);
    }
    this.emitter.reset(task, start);
    this.flushers.start(task, start);
    const source = this.routes.sourceOfTask[task]!;
    if (source >= 0) this.sources.start(source, start);
    else this.workers.start(task);
  }

  attemptEnded(task: number, how: AttemptEnd): void {
    if (this.running[task] === 0) return;
    this.running[task] = 0;
    const source = this.routes.sourceOfTask[task]!;
    if (source >= 0) this.sources.end(source);
    else {
      this.workers.end(task);
      this.gates.clear(task, this.channelsInto(task));
    }
    const { outputs } = this;
    for (let o = outputs.base[task]!; o < outputs.base[task + 1]!; o++) {
      const first = outputs.channelBase[o]!;
      for (let ch = first; ch < first + outputs.channels[o]!; ch++) this.endWriter(ch);
    }
    // What a living TaskManager's loops have polled leaves it; a killed process takes it along.
    if (how === "killed" || how === "silent") this.wire.dropUnsent(task, CAUSE.unflushedOutput);
    this.subpartitions.attempt[task]!++;
    this.emitter.blockedOn[task] = -1;
  }

  private endWriter(ch: number): void {
    const c = this.channels;
    this.wire.removeReader(ch);
    if (c.torn[ch] === 1 && c.orphan[ch]! < 0) {
      // The head of this record is with the consumer, or on the way; it clears the half record when it is told.
      const node = this.subpartitions.detachHead(ch);
      if (node >= 0 && c.accepts[ch] === c.viewNumber[ch]) c.orphan[ch] = node;
      else if (node >= 0) {
        this.hops.out.subpartition++;
        this.ledger.lose(this.nodes.stream[node]!, this.nodes.offset[node]!, CAUSE.unflushedOutput);
        this.nodes.release(node);
      }
    }
    this.subpartitions.drop(ch, CAUSE.unflushedOutput);
    c.view[ch] = VIEW.none;
    c.credit[ch] = 0;
  }

  closeView(ch: number, policy: "discard" | "hold"): void {
    const c = this.channels;
    const view = c.view[ch]!;
    if (view === VIEW.none || view === VIEW.discard || (view === VIEW.hold && policy === "hold")) return;
    this.wire.removeReader(ch);
    c.credit[ch] = 0;
    if (policy === "hold") {
      c.view[ch] = VIEW.hold;
      return;
    }
    c.view[ch] = VIEW.discard;
    this.subpartitions.drop(ch, CAUSE.queuedAtSender);
    this.giveUp(ch, CAUSE.queuedAtSender);
  }

  /** A writer that waits inside emit for this channel drops the record there and goes on; others get the freed segments. */
  private giveUp(ch: number, cause: number): void {
    const task = this.channels.producer[ch]!;
    if (this.emitter.blockedOn[task] === ch) {
      if (this.emitter.abort(task, cause)) this.emitted(task);
    } else this.subpartitions.onSpace(this.channels.output[ch]!);
  }

  private emitted(task: number): void {
    const source = this.routes.sourceOfTask[task]!;
    if (source >= 0) this.sources.emitted(source);
    else this.workers.emitted(task);
  }

  registerView(ch: number): void {
    const c = this.channels;
    const producer = c.producer[ch]!;
    const consumer = c.consumer[ch]!;
    if (this.running[producer] === 0) return;
    // A view that nobody closed is released first: the connection's loss was never seen (power loss).
    if (c.view[ch] === VIEW.open) {
      if (c.accepts[ch] === c.viewNumber[ch] && c.viewNumber[ch]! > 0) {
        this.violations.add("one-live-view", `${this.gates.name(ch)}: a second view while the first is read`);
      }
      this.wire.removeReader(ch);
    }
    c.view[ch] = VIEW.open;
    c.viewNumber[ch]!++;
    c.accepts[ch] = this.running[consumer] === 1 ? c.viewNumber[ch]! : -1;
    this.wire.connect(ch);
    this.wire.credits.open(ch);
    if (!this.subpartitions.skipTorn(ch)) {
      c.torn[ch] = 0;
      this.giveUp(ch, CAUSE.partialRecords);
    }
    if (this.subpartitions.hasData(ch)) this.subpartitions.onData(ch);
  }

  unavailable(ch: number, stuck: boolean): void {
    if (this.running[this.channels.consumer[ch]!] === 1) this.gates.unavailable(ch, stuck);
  }
}
