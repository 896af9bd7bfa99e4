/**
 * The mutable columns of the lumped plane: sources, consumers, TaskManagers and their loops. No behaviour but
 * growth; who may change what is said at each column. Offsets count a source's log records from t=0.
 */
import { capacityFor } from "../../../kernel/growable.js";
import { longer } from "../../columns.js";
import type { PlaneContext } from "../data-plane.js";
import { loopCount } from "../plane-common/pinning.js";
import { Arrivals } from "./arrivals.js";
import { GateQueues } from "./gate-queues.js";
import { LaterArrivals } from "./later-arrivals.js";
import type { Layout } from "./layout.js";
import { Places } from "./places.js";
import { CONSUMER_MASK, DOUBLES, QuantumPool, TARGET, TIME, WORDS } from "./quanta.js";
import { Unread } from "./unread.js";

/** A source whose flags are 0 is healthy: alive, no backlog, none of its channels treated apart. */
export const DEAD = 1;
/** Reads a backlog: `read` and the event position say where. */
export const BEHIND = 2;
/** Some of its channels have rows: their share is taken out of its quanta. */
export const HAS_ROWS = 4;
/** Records owed to rows, that its next quanta must leave out. */
export const IN_DEBT = 8;
/** Holds quanta for consumers without a view, or reads nothing because a channel or pool is full. */
export const HOLDS = 16;
/** Was restarted while others of its vertex went on: until its backlog has passed, gates take turns between it and them. */
export const LAGGING = 32;

/** May quanta be sent to this consumer? */
export const CONSUMER_OPEN = 0;
/** Lost one by one: its turns go to the next open consumer. */
export const CONSUMER_PASSED = 1;
/** Without a view: what is meant for it is held at the senders. */
export const CONSUMER_HELD = 2;

export class LumpedState extends Places {
  readonly arrivals: Arrivals;
  readonly unread: Unread;
  readonly pool = new QuantumPool();
  readonly later: LaterArrivals;
  readonly loops: number;
  readonly clientLoops: number;
  /** Client loops and the local lane. */
  readonly lanes: number;

  // --- sources ---
  readonly sourceFlags: Uint8Array;
  /** End offset of what has been flushed (or, where its channels have rows, given to them). */
  readonly flushed: Int32Array;
  /** BEHIND or HOLDS: read offset at `readAtNs`; else the log's end has been read. */
  readonly read: Int32Array;
  readonly readAtNs: Float64Array;
  /** Reading goes on to this offset and no further (a full channel or pool). */
  readonly stallAt: Float64Array;
  /** The same, because of what it holds or has under way, as of its last visit. */
  readonly readCap: Float64Array;
  /** Records of it ever put under way, and those processed or dropped (as far as their TaskManagers were looked at). */
  readonly sentOf: Int32Array;
  readonly processedOf: Int32Array;
  /** The latter at the last two ticks: visits must not see more, or what they see would depend on who was looked at. */
  readonly processedAtTick: Int32Array;
  readonly processedBefore: Int32Array;
  /** DEAD: when its attempt ended. What had not left its TaskManager by then is lost. */
  readonly cutNs: Float64Array;
  /** Committed offset as last written by a visit; a healthy source's follows from its log. */
  readonly committed: Int32Array;
  /** Since when the source reads at the log's end: from then on its committed offset follows from the log. */
  readonly healthySinceNs: Float64Array;
  /** When its newest attempt started. */
  readonly attemptNs: Float64Array;
  /** Records held for consumers without a view, flushed. */
  readonly held: Int32Array;

  // --- consumers ---
  readonly consumerAlive: Uint8Array;
  readonly consumerMode: Uint8Array;
  readonly gates: GateQueues;
  /** Above 0: the lagging channels have had less than their turns while both kinds were waiting. */
  readonly lagOwed: Float64Array;
  /** Per sink group: sources that lag, and as of the last tick. */
  readonly lagging: Int32Array;
  readonly laggingAtTick: Int32Array;
  /** Per source group: sources that are dead; 1 if at some time all have been since none was. */
  readonly deadSources: Int32Array;
  readonly allDied: Uint8Array;
  /** Records in the FIFO. */
  readonly queued: Int32Array;
  /** The task thread is busy until then with what it has completed or been given as mail. */
  readonly freeAtNs: Float64Array;
  /** Start of the service of the quantum at the head, as of the last look; Infinity if it had none. */
  readonly serviceStartNs: Float64Array;
  /** Mail that runs while the quantum at the head is in service. */
  readonly stolenNs: Float64Array;
  /** Quanta and markers ever appended, and ever completed: a marker is met when `served` reaches its number. */
  readonly appended: Float64Array;
  readonly served: Float64Array;
  /** The last quantum that was late when it was appended: until that is completed the FIFO is not in the order of event bins. */
  readonly lateUntil: Float64Array;
  /** Class of the match book; and the one for which the quanta that it serves count. */
  readonly classOf: Uint8Array;
  readonly countsFor: Uint8Array;
  /** About when it will have processed what had been held for its channels alone. */
  readonly ownUntilNs: Float64Array;
  /** Expected matches not yet shown as an output. */
  readonly owed: Float64Array;
  /** Records that its attempt has processed; and while its state is being filled, its emission share against its class's, for each of them, else 0. */
  readonly filled: Float64Array;
  readonly fillShare: Float64Array;
  /** Per sink group: consumers that are open, and those that are held. */
  readonly openConsumers: Int32Array;
  readonly heldConsumers: Int32Array;

  // --- TaskManagers; grown when containers start ---
  taskManagers = 0;
  /** What is on the wire to it and arrives in the current bin, the newest on top, linked by `pool.next`. */
  arrivalTop = new Int32Array(0);
  /** Nothing on its wire or in its lanes is due earlier. */
  dueNs = new Float64Array(0);
  /** FIFO per client loop of what it will have done when (by taskManager × lanes + loop), and one for local channels. */
  stagedHead = new Int32Array(0);
  stagedTail = new Int32Array(0);
  serverFreeNs = new Float64Array(0);
  clientFreeNs = new Float64Array(0);
  /** Per machine. */
  nicFreeNs = new Float64Array(0);

  constructor(context: PlaneContext, layout: Layout) {
    super(context, layout);
    this.arrivals = new Arrivals(context, layout);
    this.unread = new Unread(layout, this.arrivals);
    this.later = new LaterArrivals(this.pool, layout.bins, layout.resolutionNs);
    const { cluster, engine } = context.config;
    this.loops = loopCount(engine.nettyServerThreads, cluster.slotsPerTaskManager);
    this.clientLoops = loopCount(engine.nettyClientThreads, cluster.slotsPerTaskManager);
    this.lanes = this.clientLoops + 1;
    const { sources, consumers } = layout;
    this.sourceFlags = new Uint8Array(sources);
    this.flushed = new Int32Array(sources);
    this.read = new Int32Array(sources);
    this.readAtNs = new Float64Array(sources);
    this.stallAt = new Float64Array(sources).fill(Number.POSITIVE_INFINITY);
    this.readCap = new Float64Array(sources).fill(Number.POSITIVE_INFINITY);
    this.sentOf = new Int32Array(sources);
    this.processedOf = new Int32Array(sources);
    this.processedAtTick = new Int32Array(sources);
    this.processedBefore = new Int32Array(sources);
    this.cutNs = new Float64Array(sources).fill(-1);
    this.committed = new Int32Array(sources);
    this.healthySinceNs = new Float64Array(sources);
    this.attemptNs = new Float64Array(sources);
    this.held = new Int32Array(sources);
    this.consumerAlive = new Uint8Array(consumers).fill(1);
    this.consumerMode = new Uint8Array(consumers);
    this.gates = new GateQueues(consumers);
    this.lagOwed = new Float64Array(consumers);
    this.lagging = new Int32Array(layout.sinks.length);
    this.laggingAtTick = new Int32Array(layout.sinks.length);
    this.deadSources = new Int32Array(layout.groups.length);
    this.allDied = new Uint8Array(layout.groups.length);
    this.queued = new Int32Array(consumers);
    this.freeAtNs = new Float64Array(consumers);
    this.serviceStartNs = new Float64Array(consumers).fill(Number.POSITIVE_INFINITY);
    this.stolenNs = new Float64Array(consumers);
    this.appended = new Float64Array(consumers);
    this.served = new Float64Array(consumers);
    this.lateUntil = new Float64Array(consumers);
    this.classOf = new Uint8Array(consumers);
    this.countsFor = new Uint8Array(consumers);
    this.ownUntilNs = new Float64Array(consumers);
    this.owed = new Float64Array(consumers);
    this.filled = new Float64Array(consumers);
    this.fillShare = new Float64Array(consumers);
    this.openConsumers = Int32Array.from(layout.sinks, (sink) => sink.consumers);
    this.heldConsumers = new Int32Array(layout.sinks.length);
    this.needTaskManager(cluster.taskManagers + cluster.reservedTaskManagers);
    this.placeAll();
  }

  noteProcessed(): void {
    this.processedBefore.set(this.processedAtTick);
    this.processedAtTick.set(this.processedOf);
    this.laggingAtTick.set(this.lagging);
  }

  /** About how many records of the source are under way at its visit: what was processed since the tick is reckoned from the bin before. */
  outstanding(s: number): number {
    const sinceTick = (this.processedAtTick[s]! - this.processedBefore[s]!) * this.layout.phaseShare[s]!;
    return Math.max(0, this.sentOf[s]! - this.processedAtTick[s]! - Math.floor(sinceTick));
  }

  /** An attempt of the source ended. */
  noteDead(s: number): void {
    const group = this.layout.groupOfSource[s]!;
    if (this.deadSources[group] === 0) this.allDied[group] = 0;
    this.deadSources[group] = this.deadSources[group]! + 1;
    if (this.deadSources[group] === this.layout.groups[group]!.sources) this.allDied[group] = 1;
  }

  /** Its next attempt starts: returns the flag of a source that lags behind others, or 0. */
  noteStarted(s: number): number {
    const group = this.layout.groupOfSource[s]!;
    this.deadSources[group] = this.deadSources[group]! - 1;
    if (this.allDied[group] === 1) return 0;
    const { sink } = this.layout.groups[group]!;
    this.lagging[sink] = this.lagging[sink]! + 1;
    return LAGGING;
  }

  /** It no longer lags, or its attempt ended. */
  noteCaughtUp(s: number): void {
    if ((this.sourceFlags[s]! & LAGGING) === 0) return;
    this.sourceFlags[s] = this.sourceFlags[s]! & ~LAGGING;
    const { sink } = this.layout.groups[this.layout.groupOfSource[s]!]!;
    this.lagging[sink] = this.lagging[sink]! - 1;
  }

  /** The quantum is on the wire to `tm`, where it arrives at its time. */
  toWire(q: number, tm: number): void {
    const { doubles } = this.pool;
    const timeNs = doubles[q * DOUBLES + TIME]!;
    if (timeNs >= this.later.fromNs) this.later.add(q);
    else {
      // A stack: its top is the quantum just written, so no other cache line is touched.
      if (timeNs < this.dueNs[tm]!) this.dueNs[tm] = timeNs;
      this.pool.next[q] = this.arrivalTop[tm]!;
      this.arrivalTop[tm] = q;
    }
  }

  /** What arrives later joins the wires: all of it, or that of a bin which begins. */
  wireLater(bin: number): void {
    this.later.begin(bin, (q) => this.toWireNow(q));
  }
  wireAllLater(): void {
    this.later.handOverAll((q) => this.toWireNow(q));
  }
  private toWireNow(q: number): void {
    const { words, doubles } = this.pool;
    const tm = this.consumerTm[words[q * WORDS + TARGET]! & CONSUMER_MASK]!;
    this.dueNs[tm] = Math.min(this.dueNs[tm]!, doubles[q * DOUBLES + TIME]!);
    this.pool.next[q] = this.arrivalTop[tm]!;
    this.arrivalTop[tm] = q;
  }

  setMode(c: number, mode: number): void {
    const sink = this.layout.sinkOfConsumer[c]!;
    const before = this.consumerMode[c]!;
    if (before === CONSUMER_OPEN) this.openConsumers[sink] = this.openConsumers[sink]! - 1;
    if (before === CONSUMER_HELD) this.heldConsumers[sink] = this.heldConsumers[sink]! - 1;
    if (mode === CONSUMER_OPEN) this.openConsumers[sink] = this.openConsumers[sink]! + 1;
    if (mode === CONSUMER_HELD) this.heldConsumers[sink] = this.heldConsumers[sink]! + 1;
    this.consumerMode[c] = mode;
  }

  needTaskManager(tm: number): void {
    if (tm < this.taskManagers) return;
    const before = this.taskManagers;
    const capacity = capacityFor(tm, Math.max(16, this.arrivalTop.length));
    this.taskManagers = tm + 1;
    if (capacity > this.arrivalTop.length) {
      this.arrivalTop = longer(this.arrivalTop, capacity);
      this.dueNs = longer(this.dueNs, capacity);
      this.stagedHead = longer(this.stagedHead, capacity * this.lanes);
      this.stagedTail = longer(this.stagedTail, capacity * this.lanes);
      this.serverFreeNs = longer(this.serverFreeNs, capacity * this.loops);
      this.clientFreeNs = longer(this.clientFreeNs, capacity * this.clientLoops);
      this.nicFreeNs = longer(this.nicFreeNs, capacity);
    }
    for (let m = before; m <= tm; m++) {
      this.arrivalTop[m] = -1;
      for (let lane = m * this.lanes; lane < (m + 1) * this.lanes; lane++)
        this.stagedHead[lane] = this.stagedTail[lane] = -1;
      this.dueNs[m] = Number.POSITIVE_INFINITY;
    }
  }
}
