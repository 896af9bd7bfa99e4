/**
 * From a subpartition to the consumer's gate: Netty server loops, connections (readers in turn, one message at a
 * time), machine NICs, links, client loops, credits. Loops and NICs are FIFO servers known by when they are next free.
 */
import { sampleNs } from "../../../kernel/distributions.js";
import { PRIORITY } from "../../../kernel/priorities.js";
import type { RandomFamily } from "../../../kernel/random.js";
import { longer as grown } from "../../columns.js";
import type { PlaneContext } from "../data-plane.js";
import { loopCount, loopOf } from "../plane-common/pinning.js";
import { type Channels, VIEW } from "./channels.js";
import type { HopCounters } from "./checks.js";
import { CAUSE, type Ledger } from "./ledger.js";
import { type Buffers, FLAG, type RecordNodes, STAGE } from "./pools.js";
import type { Subpartitions } from "./subpartitions.js";

const LOOPS_PER_TASK_MANAGER = 64;

export class Wire {
  /** A buffer of the current view lies in its channel's received buffers. */
  onReceived: (buffer: number) => void = () => {};
  events = 0;

  private readonly context: PlaneContext;
  private readonly channels: Channels;
  private readonly buffers: Buffers;
  private readonly nodes: RecordNodes;
  private readonly subpartitions: Subpartitions;
  private readonly ledger: Ledger;
  private readonly hops: HopCounters;
  private readonly costDraws: RandomFamily;
  private readonly serverLoops: number;
  private readonly clientLoops: number;
  private readonly nsPerByte: number;
  private readonly latencyNs: number;
  private readonly constantMessageNs: number;

  /** By TaskManager × 64 + loop; messages served so far address the draws. */
  private serverFree = new Float64Array(1024);
  private clientFree = new Float64Array(1024);
  private served = new Float64Array(2048);
  private nicFree = new Float64Array(64);

  // Connections.
  private readonly connectionIds = new Map<number, number>();
  private connectionCount = 0;
  private producerTm = new Int32Array(256);
  private serverLoop = new Int32Array(256);
  private clientLoop = new Int32Array(256);
  private readerHead = new Int32Array(256);
  private readerTail = new Int32Array(256);
  private sending = new Uint8Array(256);
  private writableAt = new Float64Array(256);
  private resumeScheduled = new Uint8Array(256);

  private readonly kindServed: number;
  private readonly kindWritable: number;
  private readonly kindArrived: number;
  private readonly kindReceived: number;
  private readonly kindCredit: number;

  constructor(
    context: PlaneContext,
    channels: Channels,
    buffers: Buffers,
    nodes: RecordNodes,
    subpartitions: Subpartitions,
    ledger: Ledger,
    hops: HopCounters,
  ) {
    this.context = context;
    this.channels = channels;
    this.buffers = buffers;
    this.nodes = nodes;
    this.subpartitions = subpartitions;
    this.ledger = ledger;
    this.hops = hops;
    const { config, sim, streams } = context;
    this.costDraws = streams.family("netty-message");
    this.serverLoops = loopCount(config.engine.nettyServerThreads, config.cluster.slotsPerTaskManager);
    this.clientLoops = loopCount(config.engine.nettyClientThreads, config.cluster.slotsPerTaskManager);
    this.nsPerByte = config.costs.nettyPerByteNs;
    this.latencyNs = config.cluster.linkLatencyNs;
    this.constantMessageNs =
      config.costs.nettyMessage.kind === "constant" ? Math.round(config.costs.nettyMessage.valueNs) : -1;
    this.kindServed = sim.defineKind("buffer written to socket", PRIORITY.completion, (_, b) => this.served_(b));
    this.kindWritable = sim.defineKind("connection writable", PRIORITY.completion, (_, id) => this.writable(id));
    this.kindArrived = sim.defineKind("buffer at client loop", PRIORITY.delivery, (_, b) => this.arrived(b));
    this.kindReceived = sim.defineKind("buffer received", PRIORITY.delivery, (_, b) => this.received(b));
    this.kindCredit = sim.defineKind("credit arrives", PRIORITY.delivery, (_, ch, view, n) =>
      this.creditArrived(ch, view, n),
    );
  }

  // --- loops ---

  serveOnServerLoop(tm: number, peer: number, edge: number, readyNs: number, costNs: number): number {
    const at =
      tm * LOOPS_PER_TASK_MANAGER +
      loopOf(tm, peer, edge, this.serverLoops, this.context.config.engine.connectionPerEdge);
    if (at >= this.serverFree.length) this.growLoops(at);
    return this.serve(this.serverFree, at, readyNs, costNs);
  }

  serveOnClientLoop(tm: number, peer: number, edge: number, readyNs: number, costNs: number): number {
    const at =
      tm * LOOPS_PER_TASK_MANAGER +
      loopOf(tm, peer, edge, this.clientLoops, this.context.config.engine.connectionPerEdge);
    if (at >= this.serverFree.length) this.growLoops(at);
    return this.serve(this.clientFree, at, readyNs, costNs);
  }

  /**
   * A message that is ready later than now must not block those that come before it: it takes its share of the loop
   * now, and is done at the earliest when it is ready and served.
   */
  private serve(free: Float64Array, at: number, readyNs: number, costNs: number): number {
    const cost = Math.ceil(costNs);
    const now = this.context.sim.nowNs;
    const start = Math.max(free[at]!, now);
    free[at] = start + cost;
    return Math.max(start, Math.ceil(readyNs)) + cost;
  }

  private messageNs(at: number, bytes: number): number {
    const own =
      this.constantMessageNs >= 0
        ? this.constantMessageNs
        : sampleNs(this.context.config.costs.nettyMessage, this.costDraws.uniform53(at, this.served[at]!++));
    return own + Math.round(bytes * this.nsPerByte);
  }

  // --- connections ---

  /** Registers the channel's view on its connection; −1 if producer and consumer share a TaskManager. */
  connect(ch: number): void {
    const { tasks } = this.context;
    const from = tasks.taskManager[this.channels.producer[ch]!]!;
    const to = tasks.taskManager[this.channels.consumer[ch]!]!;
    this.channels.connection[ch] = from === to ? -1 : this.connection(from, to, this.channels.edge[ch]!);
  }

  private connection(from: number, to: number, edge: number): number {
    const { engine } = this.context.config;
    const key = (from * 2 ** 20 + to) * 256 + (engine.connectionPerEdge ? edge + 1 : 0);
    let id = this.connectionIds.get(key);
    if (id !== undefined) return id;
    id = this.connectionCount++;
    this.connectionIds.set(key, id);
    if (id === this.producerTm.length) this.growConnections();
    this.producerTm[id] = from;
    this.serverLoop[id] =
      from * LOOPS_PER_TASK_MANAGER + loopOf(from, to, edge, this.serverLoops, engine.connectionPerEdge);
    this.clientLoop[id] =
      to * LOOPS_PER_TASK_MANAGER + loopOf(to, from, edge, this.clientLoops, engine.connectionPerEdge);
    this.readerHead[id] = -1;
    this.readerTail[id] = -1;
    this.growLoops(Math.max(this.serverLoop[id]!, this.clientLoop[id]!));
    const machine = Math.floor(from / this.context.config.cluster.taskManagersPerMachine);
    if (machine >= this.nicFree.length) this.nicFree = grown(this.nicFree, machine * 2);
    return id;
  }

  /** The reader of a remote channel has data: it queues if it has credit. */
  dataAvailable(ch: number): void {
    const c = this.channels;
    if (c.readerQueued[ch] === 1 || c.credit[ch]! <= 0) return;
    const id = c.connection[ch]!;
    this.enqueue(id, ch);
    this.sendNext(id);
  }

  private enqueue(id: number, ch: number): void {
    const c = this.channels;
    c.readerQueued[ch] = 1;
    c.nextReader[ch] = -1;
    if (this.readerHead[id]! < 0) this.readerHead[id] = ch;
    else c.nextReader[this.readerTail[id]!] = ch;
    this.readerTail[id] = ch;
  }

  /** The view is closed: its reader leaves the queue. */
  removeReader(ch: number): void {
    const c = this.channels;
    if (c.readerQueued[ch] === 0) return;
    c.readerQueued[ch] = 0;
    const id = c.connection[ch]!;
    let previous = -1;
    for (let at = this.readerHead[id]!; at !== ch; at = c.nextReader[at]!) previous = at;
    const next = c.nextReader[ch]!;
    if (previous < 0) this.readerHead[id] = next;
    else c.nextReader[previous] = next;
    if (next < 0) this.readerTail[id] = previous;
  }

  private sendNext(id: number): void {
    if (this.sending[id] === 1 || this.readerHead[id]! < 0) return;
    const { sim } = this.context;
    if (this.writableAt[id]! > sim.nowNs) {
      if (this.resumeScheduled[id] === 1) return;
      this.resumeScheduled[id] = 1;
      sim.schedule(this.writableAt[id]!, this.kindWritable, this.entity(this.serverLoop[id]!), id);
      return;
    }
    const c = this.channels;
    const ch = this.readerHead[id]!;
    this.readerHead[id] = c.nextReader[ch]!;
    if (this.readerHead[id]! < 0) this.readerTail[id] = -1;
    c.readerQueued[ch] = 0;
    const b = this.subpartitions.poll(ch, STAGE.serverLoop);
    c.credit[ch]!--;
    c.polledOnWire[ch]!++;
    this.hops.in.wire += this.buffers.count[b]!;
    if (this.subpartitions.hasData(ch)) {
      this.buffers.backlog[b] = this.subpartitions.backlog(ch);
      if (c.credit[ch]! > 0) this.enqueue(id, ch);
    } else this.buffers.backlog[b] = 0;
    this.sending[id] = 1;
    const loop = this.serverLoop[id]!;
    const done = this.serve(this.serverFree, loop, sim.nowNs, this.messageNs(loop, this.buffers.bytes[b]!));
    // The connection outlives the view: remember it with the buffer.
    this.buffers.connection[b] = id;
    sim.schedule(done, this.kindServed, this.entity(loop), b);
  }

  /** Kernel entity of a loop; those of tasks come before. */
  private entity(loop: number): number {
    return this.context.entityBase + this.context.topology.tasks + loop;
  }

  private served_(b: number): void {
    this.events++;
    const id = this.buffers.connection[b]!;
    const { sim, config } = this.context;
    this.sending[id] = 0;
    if (this.buffers.stage[b] === STAGE.dropped) {
      this.buffers.release(b);
      this.sendNext(id);
      return;
    }
    const ch = this.buffers.channel[b]!;
    const machine = Math.floor(this.producerTm[id]! / config.cluster.taskManagersPerMachine);
    const sent = Math.ceil(
      Math.max(this.nicFree[machine]!, sim.nowNs) + (this.buffers.bytes[b]! * 8e9) / config.cluster.linkBitsPerSecond,
    );
    this.nicFree[machine] = sent;
    this.writableAt[id] = sent;
    this.buffers.stage[b] = STAGE.wire;
    sim.schedule(sent + this.latencyNs, this.kindArrived, this.entity(this.clientLoop[id]!), b);
    if ((this.buffers.flags[b]! & FLAG.lastOfSegment) !== 0) this.subpartitions.release(ch, this.buffers.writer[b]!);
    this.sendNext(id);
  }

  private writable(id: number): void {
    this.resumeScheduled[id] = 0;
    this.sendNext(id);
  }

  private arrived(b: number): void {
    this.events++;
    const loop = this.clientLoop[this.buffers.connection[b]!]!;
    const done = this.serve(
      this.clientFree,
      loop,
      this.context.sim.nowNs,
      this.messageNs(loop, this.buffers.bytes[b]!),
    );
    this.context.sim.schedule(done, this.kindReceived, this.entity(loop), b);
  }

  private received(b: number): void {
    this.events++;
    const c = this.channels;
    const ch = this.buffers.channel[b]!;
    const current = this.buffers.view[b] === c.viewNumber[ch];
    if (current) c.polledOnWire[ch]!--;
    if (this.buffers.view[b] !== c.accepts[ch]) {
      this.hops.out.wire += this.loseRecords(b, CAUSE.lostInFlight);
      this.buffers.release(b);
      return;
    }
    this.hops.out.wire += this.buffers.count[b]!;
    if (this.buffers.count[b]! > 0 && this.hops.leaks("wire")) {
      this.nodes.release(this.takeFirst(b));
      this.hops.out.wire--;
    }
    this.buffers.stage[b] = STAGE.received;
    this.takeReceiveBuffer(ch, b);
    this.onReceived(b);
  }

  private takeFirst(b: number): number {
    const node = this.buffers.head[b]!;
    this.buffers.head[b] = this.nodes.next[node]!;
    this.buffers.count[b]!--;
    return node;
  }

  /** Loses all records of a buffer; returns how many. The buffer stays the caller's. */
  loseRecords(b: number, cause: number): number {
    const count = this.buffers.count[b]!;
    let node = this.buffers.head[b]!;
    for (let i = 0; i < count; i++) {
      const next = this.nodes.next[node]!;
      this.ledger.lose(this.nodes.stream[node]!, this.nodes.offset[node]!, cause);
      this.nodes.release(node);
      node = next;
    }
    this.buffers.count[b] = 0;
    return count;
  }

  /** The process of `task` is killed: what its server loops had polled and not yet written is gone. */
  dropUnsent(task: number, cause: number): void {
    for (let b = 0; b < this.buffers.used; b++) {
      if (this.buffers.stage[b] !== STAGE.serverLoop || this.channels.producer[this.buffers.channel[b]!] !== task)
        continue;
      this.hops.out.wire += this.loseRecords(b, cause);
      this.buffers.stage[b] = STAGE.dropped;
      if (this.buffers.view[b] === this.channels.viewNumber[this.buffers.channel[b]!])
        this.channels.polledOnWire[this.buffers.channel[b]!]!--;
    }
  }

  // --- credits ---

  /** Floating buffers left per gate, and channels that wait for one. */
  readonly gateFloating: Map<number, { free: number; head: number; tail: number }> = new Map();

  private gate(ch: number): { free: number; head: number; tail: number } {
    const key = this.channels.consumer[ch]! * 256 + this.channels.edge[ch]!;
    let gate = this.gateFloating.get(key);
    if (gate === undefined) {
      gate = { free: this.context.config.engine.floatingBuffersPerGate, head: -1, tail: -1 };
      this.gateFloating.set(key, gate);
    }
    return gate;
  }

  /** A new view: exclusive buffers free, their credit with the sender, nothing on the wire. */
  openCredit(ch: number): void {
    const c = this.channels;
    const exclusive = this.context.config.engine.exclusiveBuffersPerChannel;
    this.returnFloating(ch);
    c.exclusiveFree[ch] = exclusive;
    c.exclusiveInUse[ch] = 0;
    c.floatingFree[ch] = 0;
    c.floatingInUse[ch] = 0;
    c.wanted[ch] = exclusive;
    c.unannounced[ch] = 0;
    c.announced[ch] = 0;
    c.polledOnWire[ch] = 0;
    c.credit[ch] = exclusive;
    // A channel without exclusive buffers lives on one floating buffer.
    if (exclusive === 0) this.request(ch, 1);
  }

  /** The consumer's attempt is gone, and with it the buffers of all its gates. */
  closeGates(into: Int32Array): void {
    const c = this.channels;
    for (const ch of into) {
      c.exclusiveFree[ch] = 0;
      c.exclusiveInUse[ch] = 0;
      c.floatingFree[ch] = 0;
      c.floatingInUse[ch] = 0;
      c.waitsForFloating[ch] = 0;
      const gate = this.gate(ch);
      gate.free = this.context.config.engine.floatingBuffersPerGate;
      gate.head = -1;
      gate.tail = -1;
    }
  }

  /** The channel gives up its floating buffers, those in use too: their gate or view is gone. */
  returnFloating(ch: number): void {
    const c = this.channels;
    const count = c.floatingFree[ch]! + c.floatingInUse[ch]!;
    c.floatingFree[ch] = 0;
    c.floatingInUse[ch] = 0;
    if (c.waitsForFloating[ch] === 1) this.stopWaiting(ch);
    for (let i = 0; i < count; i++) this.recycleFloating(ch);
  }

  private takeReceiveBuffer(ch: number, b: number): void {
    const c = this.channels;
    if (c.floatingFree[ch]! > 0) {
      c.floatingFree[ch]!--;
      c.floatingInUse[ch]!++;
      this.buffers.flags[b] = this.buffers.flags[b]! | FLAG.floating;
    } else {
      c.exclusiveFree[ch]!--;
      c.exclusiveInUse[ch]!++;
    }
    this.request(ch, this.buffers.backlog[b]! + this.context.config.engine.exclusiveBuffersPerChannel);
  }

  /** The sender has more: wants `wanted` buffers ready, takes floating ones while there are some. */
  private request(ch: number, wanted: number): void {
    const c = this.channels;
    c.wanted[ch] = wanted;
    while (c.exclusiveFree[ch]! + c.floatingFree[ch]! < wanted && c.waitsForFloating[ch] === 0) {
      const gate = this.gate(ch);
      if (gate.free > 0) {
        gate.free--;
        c.floatingFree[ch]!++;
        this.announce(ch);
      } else {
        c.waitsForFloating[ch] = 1;
        c.nextWaiting[ch] = -1;
        if (gate.head < 0) gate.head = ch;
        else c.nextWaiting[gate.tail] = ch;
        gate.tail = ch;
      }
    }
  }

  private stopWaiting(ch: number): void {
    const c = this.channels;
    const gate = this.gate(ch);
    c.waitsForFloating[ch] = 0;
    let previous = -1;
    for (let at = gate.head; at !== ch; at = c.nextWaiting[at]!) previous = at;
    const next = c.nextWaiting[ch]!;
    if (previous < 0) gate.head = next;
    else c.nextWaiting[previous] = next;
    if (next < 0) gate.tail = previous;
  }

  /** A received buffer was processed (or dropped with its gate alive): its memory makes room for another. */
  recycle(b: number): void {
    const c = this.channels;
    const ch = this.buffers.channel[b]!;
    if (this.buffers.view[b] !== c.viewNumber[ch]) return;
    if ((this.buffers.flags[b]! & FLAG.floating) !== 0) {
      c.floatingInUse[ch]!--;
      this.recycleFloating(ch);
      return;
    }
    c.exclusiveInUse[ch]!--;
    c.exclusiveFree[ch]!++;
    if (c.floatingFree[ch]! > 0 && c.exclusiveFree[ch]! + c.floatingFree[ch]! > c.wanted[ch]!) {
      // A surplus floating buffer goes back; the credit it stood for is now the exclusive one's.
      c.floatingFree[ch]!--;
      this.recycleFloating(ch);
    } else this.announce(ch);
  }

  private recycleFloating(ch: number): void {
    const c = this.channels;
    const gate = this.gate(ch);
    const waiting = gate.head;
    if (waiting < 0) {
      gate.free++;
      return;
    }
    gate.head = c.nextWaiting[waiting]!;
    if (gate.head < 0) gate.tail = -1;
    c.waitsForFloating[waiting] = 0;
    c.floatingFree[waiting]!++;
    this.announce(waiting);
    this.request(waiting, c.wanted[waiting]!);
  }

  /** One more credit to tell the sender of; what gathers until the message leaves goes with it. */
  private announce(ch: number): void {
    const c = this.channels;
    if (c.connection[ch]! < 0) return;
    if (c.unannounced[ch]!++ > 0) return;
    const loop = this.clientLoop[c.connection[ch]!]!;
    const { sim } = this.context;
    const sent = this.serve(this.clientFree, loop, sim.nowNs, this.messageNs(loop, 0));
    sim.schedule(
      sent + this.latencyNs,
      this.kindCredit,
      this.entity(this.serverLoop[c.connection[ch]!]!),
      ch,
      c.viewNumber[ch]!,
    );
  }

  private creditArrived(ch: number, view: number, _n: number): void {
    const c = this.channels;
    if (view !== c.viewNumber[ch] || c.view[ch] !== VIEW.open) return;
    const loop = this.serverLoop[c.connection[ch]!]!;
    this.serve(this.serverFree, loop, this.context.sim.nowNs, this.messageNs(loop, 0));
    c.credit[ch]! += c.unannounced[ch]!;
    c.unannounced[ch] = 0;
    if (this.subpartitions.hasData(ch)) this.dataAvailable(ch);
  }

  private growLoops(at: number): void {
    if (at < this.serverFree.length) return;
    let capacity = this.serverFree.length;
    while (capacity <= at) capacity *= 2;
    this.serverFree = grown(this.serverFree, capacity);
    this.clientFree = grown(this.clientFree, capacity);
    this.served = grown(this.served, capacity);
  }

  private growConnections(): void {
    const capacity = this.producerTm.length * 2;
    this.producerTm = grown(this.producerTm, capacity);
    this.serverLoop = grown(this.serverLoop, capacity);
    this.clientLoop = grown(this.clientLoop, capacity);
    this.readerHead = grown(this.readerHead, capacity);
    this.readerTail = grown(this.readerTail, capacity);
    this.sending = grown(this.sending, capacity);
    this.writableAt = grown(this.writableAt, capacity);
    this.resumeScheduled = grown(this.resumeScheduled, capacity);
  }
}
