/**
 * The lumped data plane: healthy traffic in quanta, advanced in windows over typed columns; the channels of tasks
 * that are lost one by one as rows. This file is the port: it brings the entities that a call touches up to now and
 * passes the call on. A tick at the end of every bin advances all and settles the books.
 */
import { PRIORITY } from "../../../kernel/priorities.js";
import type { AttemptEnd, DataPlane, PlaneContext, PlaneListener, PlaneResult } from "../data-plane.js";
import { GapTracker } from "../plane-common/gap-tracker.js";
import { BinnedLatency, LatencyHistogram } from "../plane-common/latency-histogram.js";
import { BIN_NS, binCount } from "../plane-common/timeline-bins.js";
import { Attempts } from "./attempts.js";
import { Backlog } from "./backlog.js";
import { BaseSweeps } from "./base-sweeps.js";
import type { SharedShares } from "./book-columns.js";
import { MOST_CLASSES } from "./class-splits.js";
import { finishPlane } from "./finish.js";
import { Holding } from "./holding.js";
import { buildLayout, type Layout } from "./layout.js";
import type { LateMatch } from "./match-arrivals.js";
import { MatchBook } from "./match-book.js";
import { QueueLimits } from "./queue-limits.js";
import { Receivers } from "./receivers.js";
import { ALL_CLASSES, RecordLedger } from "./record-ledger.js";
import { Rereads } from "./rereads.js";
import { Rows } from "./rows.js";
import { Settlement } from "./settlement.js";
import { Sources } from "./sources.js";
import { CONSUMER_HELD, CONSUMER_OPEN, LumpedState } from "./state.js";
import { StateFilling } from "./state-filling.js";
import type { ReceiverParts } from "./task-threads.js";
import { Threads } from "./threads.js";
import { Timeline } from "./timeline.js";
import { UnavailableMarkers } from "./unavailable-markers.js";

/** While a state fills anew the books are settled this often per bin. */
const FRESH_PARTS = 4;
/** Numbers of match classes: one per consumer vertex and those split off. */
const CLASS_IDS = ALL_CLASSES;

export class LumpedPlane implements DataPlane {
  readonly layout: Layout;
  readonly state: LumpedState;
  readonly sources: Sources;
  readonly receivers: Receivers;
  readonly ledger: RecordLedger;
  readonly books: readonly MatchBook[];
  readonly rows: Rows;
  readonly holding: Holding;
  readonly rereads: Rereads;
  readonly timeline: Timeline;
  readonly gaps: GapTracker;
  readonly latency = new LatencyHistogram();
  readonly binned: BinnedLatency;
  readonly threads: Threads;
  protected readonly context: PlaneContext;
  private readonly attempts: Attempts;
  private readonly backlog: Backlog;
  private readonly shared: SharedShares;
  private readonly tick: number;
  private readonly freshTick: number;
  private readonly markers: UnavailableMarkers;
  private readonly limits: QueueLimits;
  private readonly settlement: Settlement;
  private readonly filling: StateFilling;
  private readonly sweeps: BaseSweeps;
  private lastCutNs = -1;

  constructor(context: PlaneContext, listener: PlaneListener) {
    this.context = context;
    const layout = buildLayout(context);
    this.layout = layout;
    const state = new LumpedState(context, layout);
    this.state = state;
    this.threads = new Threads(state);
    this.rereads = new Rereads(layout.sources);
    this.ledger = new RecordLedger(layout, state.arrivals.produced);
    this.sources = this.makeSources();
    this.holding = new Holding(state, this.ledger, this.sources);
    const groups = layout.groups.length;
    this.shared = {
      emission: new Float64Array(CLASS_IDS * groups * 2),
      groups,
      base: new Uint8Array(CLASS_IDS),
      freeIds: Array.from({ length: CLASS_IDS }, (_, i) => CLASS_IDS - 1 - i),
      classes: [],
    };
    const lateMatch: LateMatch = (timeNs, latenciesNs, counts, n) => {
      const all = timeNs >= context.measureFromNs ? this.latency : null;
      this.binned.addMany(Math.floor(timeNs / this.binned.binNs), latenciesNs, counts, n, all);
    };
    this.books = layout.sinks.map(
      (sink) => new MatchBook(layout, sink, state.arrivals, state.unread, this.ledger, this.shared, lateMatch),
    );
    this.filling = new StateFilling(state, this.books);
    this.sweeps = new BaseSweeps(state, this.books);
    this.rows = new Rows(state, this.ledger, this.books, this.sources);
    this.sources.rows = this.rows;
    this.sources.holding = this.holding;
    const sinkTasks: number[] = [];
    const sinkIndex = new Int32Array(layout.consumers).fill(-1);
    for (let task = 0; task < context.topology.tasks; task++) {
      const c = layout.consumerOfTask[task]!;
      if (c < 0 || !layout.sinks[layout.sinkOfConsumer[c]!]!.config.sink) continue;
      sinkIndex[c] = sinkTasks.length;
      sinkTasks.push(task);
    }
    for (let c = 0; c < layout.consumers; c++)
      state.classOf[c] = state.countsFor[c] = this.books[layout.sinkOfConsumer[c]!]!.baseOf(c).id;
    this.gaps = new GapTracker(Int32Array.from(sinkTasks), context.measureFromNs);
    this.binned = new BinnedLatency(binCount(layout.config.durationNs), BIN_NS);
    this.receivers = this.makeReceivers({
      state,
      threads: this.threads,
      ledger: this.ledger,
      shared: this.shared,
      gaps: this.gaps,
      latency: this.latency,
      binned: this.binned,
      sinkIndex,
      // Numbers are given out from 0 on, and given back: none is higher than there are ever classes at a time.
      classes: Math.min(CLASS_IDS, this.shared.classes.length + this.books.length * MOST_CLASSES),
    });
    this.timeline = new Timeline(layout);
    this.backlog = new Backlog(state, this.sources, this.receivers, this.rows, this.holding, this.timeline);
    this.attempts = new Attempts(this);
    this.limits = new QueueLimits(state, this.sources, this.holding);
    this.settlement = new Settlement(layout, this.receivers, this.ledger, this.books, this.shared);
    this.tick = context.sim.defineKind("plane-tick", PRIORITY.control, () => this.onTick());
    this.freshTick = context.sim.defineKind("plane-fresh-state", PRIORITY.control, () => {
      this.cut();
      for (const book of this.books) book.refreshShares();
      this.filling.refreshed();
    });
    this.markers = new UnavailableMarkers(this, context, listener, this.attempts.consumerEpoch);
    this.beginBin();
  }

  protected makeSources(): Sources {
    return new Sources(this.state, this.threads, this.rereads);
  }
  protected makeReceivers(parts: ReceiverParts): Receivers {
    return new Receivers(parts);
  }

  // --- time ---
  protected beginBin(): void {
    const { arrivals } = this.state;
    arrivals.nextBin();
    this.state.unread.nextBin();
    this.state.wireLater(arrivals.bin);
    this.sources.position = 0;
    for (const book of this.books) book.beginBin(arrivals.bin);
    const { sim, entityBase } = this.context;
    const { resolutionNs } = this.layout;
    sim.schedule((arrivals.bin + 1) * resolutionNs, this.tick, entityBase);
    if (this.books.some((book) => book.fresh)) {
      for (let part = 1; part < FRESH_PARTS; part++)
        sim.schedule(Math.floor((arrivals.bin + part / FRESH_PARTS) * resolutionNs), this.freshTick, entityBase);
    }
  }

  private onTick(): void {
    this.closeBin();
    this.beginBin();
  }

  /** Everything strictly before the end of the current bin (or of the run) has happened; the books are settled. */
  closeBin(): void {
    const { state, timeline, receivers, rows } = this;
    const bin = state.arrivals.bin;
    const endNs = Math.min(this.layout.config.durationNs, (bin + 1) * this.layout.resolutionNs);
    this.advanceTo(endNs);
    this.settlement.settle(endNs, bin, endNs >= this.layout.config.durationNs);
    if (this.settlement.hadLate || state.unread.any) this.sweeps.sweep();
    this.settlement.hadLate = false;
    const { classes } = rows;
    for (const book of this.books)
      book.endBin(
        (cls) => classes.paced(cls),
        (from) => classes.merged(from),
      );
    this.filling.refreshed();
    if (bin < this.layout.bins) {
      timeline.delivered[bin] = receivers.deliveredNow;
      timeline.discarded[bin] = rows.withdrawals.discardedNow;
      for (const book of this.books)
        if (book.sink.config.sink) timeline.emitted[bin] = timeline.emitted[bin]! + book.takeEmitted();
      this.backlog.see(bin, endNs);
    }
    receivers.deliveredNow = 0;
    rows.withdrawals.discardedNow = 0;
    this.state.noteProcessed();
    this.receivers.turns.atTick();
    this.limits.apply(endNs);
    state.pool.tidy();
    state.gates.tidy();
  }

  advanceTo(nowNs: number): void {
    this.sources.advance(nowNs);
    this.receivers.advanceAll(nowNs);
  }

  /** Brings one consumer up to now. */
  advanceConsumer(c: number): void {
    const nowNs = this.context.sim.nowNs;
    this.sources.advance(nowNs);
    this.receivers.advanceTaskManager(this.state.consumerTm[c]!, nowNs);
    this.receivers.serve(c, nowNs);
  }

  /** Everything up to now, settled: where the books must tell before from after. */
  private cut(): void {
    const nowNs = this.context.sim.nowNs;
    if (this.lastCutNs === nowNs) return;
    this.lastCutNs = nowNs;
    this.advanceTo(nowNs);
    this.settlement.settle(nowNs, this.state.arrivals.bin, true);
  }

  // --- threads ---
  serveOnServerLoop(taskManager: number, peer: number, edge: number, readyNs: number, costNs: number): number {
    const nowNs = this.context.sim.nowNs;
    this.sources.advance(nowNs);
    this.state.needTaskManager(taskManager);
    return this.threads.serveOnServer(taskManager, peer, edge, nowNs, readyNs, Math.round(costNs));
  }

  serveOnClientLoop(taskManager: number, peer: number, edge: number, readyNs: number, costNs: number): number {
    const nowNs = this.context.sim.nowNs;
    this.sources.advance(nowNs);
    this.state.needTaskManager(taskManager);
    this.receivers.advanceTaskManager(taskManager, nowNs);
    return this.threads.serveOnClient(taskManager, peer, edge, nowNs, readyNs, Math.round(costNs));
  }

  runMail(task: number, readyNs: number, costNs: number): number {
    const { state, layout } = this;
    const nowNs = this.context.sim.nowNs;
    const ready = Math.max(nowNs, readyNs);
    const cost = Math.round(costNs);
    const c = layout.consumerOfTask[task]!;
    if (c < 0) return ready + cost;
    this.advanceConsumer(c);
    if (state.gates.empty(c) || state.freeAtNs[c]! > nowNs) {
      // Idle, or still at the mail before this one.
      state.freeAtNs[c] = Math.max(state.freeAtNs[c]!, nowNs) + cost;
      return Math.max(state.freeAtNs[c]!, ready + cost);
    }
    // Between two records of the quantum in service.
    const service = layout.sinks[layout.sinkOfConsumer[c]!]!.serviceNs;
    state.stolenNs[c] = state.stolenNs[c]! + cost;
    return Math.max(ready, nowNs) + Math.round(service / 2) + state.stolenNs[c]!;
  }

  // --- attempts ---
  attemptStarted(task: number): void {
    const { layout } = this;
    this.sources.advance(this.context.sim.nowNs);
    if (layout.sourceOfTask[task]! >= 0) this.attempts.sourceStarted(layout.sourceOfTask[task]!);
    else if (layout.consumerOfTask[task]! >= 0) this.attempts.consumerStarted(layout.consumerOfTask[task]!);
  }

  attemptEnded(task: number, how: AttemptEnd): void {
    const { layout } = this;
    this.sources.advance(this.context.sim.nowNs);
    if (layout.sourceOfTask[task]! >= 0) this.attempts.sourceEnded(layout.sourceOfTask[task]!);
    else if (layout.consumerOfTask[task]! >= 0) {
      if (how === "silent") this.cut();
      this.attempts.consumerEnded(layout.consumerOfTask[task]!, how === "silent");
    }
  }

  // --- channels one by one ---
  touch(task: number): void {
    this.cut();
    const { layout } = this;
    const nowNs = this.context.sim.nowNs;
    if (layout.sourceOfTask[task]! >= 0) this.rows.touchSource(layout.sourceOfTask[task]!, nowNs);
    else if (layout.consumerOfTask[task]! >= 0) this.rows.touchConsumer(layout.consumerOfTask[task]!, nowNs);
  }

  /** Source and consumer numbers of a channel's ends. */
  private ends(producer: number, consumer: number): { s: number; c: number } {
    return { s: this.layout.sourceOfTask[producer]!, c: this.layout.consumerOfTask[consumer]! };
  }

  closeView(_edge: number, producer: number, consumer: number, policy: "discard" | "hold"): void {
    const nowNs = this.context.sim.nowNs;
    this.sources.advance(nowNs);
    const { s, c } = this.ends(producer, consumer);
    this.rows.closeView(s, c, policy === "discard", nowNs);
  }

  registerView(_edge: number, producer: number, consumer: number): void {
    const nowNs = this.context.sim.nowNs;
    this.sources.advance(nowNs);
    const { s, c } = this.ends(producer, consumer);
    this.rows.registerView(s, c, nowNs);
  }

  appendUnavailable(edge: number, producer: number, consumer: number, stuck: boolean): void {
    // A stuck task never drains its channel.
    if (!stuck) this.markers.append(edge, producer, consumer, this.ends(producer, consumer).c);
  }

  // --- channels in bulk ---
  closeAllViews(consumer: number): void {
    const c = this.layout.consumerOfTask[consumer]!;
    if (c < 0) return;
    this.advanceConsumer(c);
    if (this.rows.ofConsumer.has(c) || this.rows.ofSource.size > 0) this.rows.forgetConsumer(c);
    this.state.setMode(c, CONSUMER_HELD);
  }

  registerAllViews(consumer: number): void {
    const c = this.layout.consumerOfTask[consumer]!;
    if (c < 0) return;
    this.advanceConsumer(c);
    this.state.setMode(c, CONSUMER_OPEN);
    this.rows.classes.joinInBulk(c);
    this.holding.open(c, this.context.sim.nowNs);
  }

  finish(endNs: number): PlaneResult {
    return finishPlane(this, endNs);
  }
}
