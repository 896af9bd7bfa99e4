/**
 * From a subpartition to the consumer's gate: readers in turn on a connection, one message at a time, through server
 * loop, machine NIC, link and client loop. Credits are `credits.ts`, loops `event-loops.ts`.
 */
import { PRIORITY } from "../../../kernel/priorities.js";
import { longer } from "../../columns.js";
import type { PlaneContext } from "../data-plane.js";
import type { Channels } from "./channels.js";
import type { HopCounters } from "./checks.js";
import { Connections } from "./connections.js";
import { Credits } from "./credits.js";
import { Cuts } from "./cuts.js";
import { EventLoops, type Side } from "./event-loops.js";
import { CAUSE, type Ledger } from "./ledger.js";
import { type Buffers, FLAG, type RecordNodes, STAGE } from "./pools.js";
import type { Subpartitions } from "./subpartitions.js";
import type { World } from "./world.js";

export class Wire {
  /** A buffer of the current view lies in its channel's received buffers. */
  onReceived: (buffer: number) => void = () => {};
  events = 0;
  readonly credits: Credits;
  readonly loops: EventLoops;

  private readonly context: PlaneContext;
  private readonly channels: Channels;
  private readonly buffers: Buffers;
  private readonly nodes: RecordNodes;
  private readonly subpartitions: Subpartitions;
  private readonly ledger: Ledger;
  private readonly hops: HopCounters;
  private readonly connections: Connections;
  private readonly cuts = new Cuts();
  /** When the egress NIC of each machine is next free. */
  private nicFreeNs = new Float64Array(64);
  private readonly kindServed: number;
  private readonly kindWritable: number;
  private readonly kindArrived: number;
  private readonly kindReceived: number;

  constructor(world: World, subpartitions: Subpartitions) {
    const { context } = world;
    this.context = context;
    this.channels = world.channels;
    this.buffers = world.buffers;
    this.nodes = world.nodes;
    this.subpartitions = subpartitions;
    this.ledger = world.ledger;
    this.hops = world.hops;
    this.loops = new EventLoops(context);
    this.connections = new Connections(context, this.loops);
    this.credits = new Credits(world, this.loops, this.connections, this.cuts);
    this.credits.onCredit = (ch) => {
      if (subpartitions.hasData(ch)) this.dataAvailable(ch);
    };
    const { sim } = context;
    this.kindServed = sim.defineKind("buffer written to socket", PRIORITY.completion, (_, b) => this.written(b));
    this.kindWritable = sim.defineKind("connection writable", PRIORITY.completion, (_, id) => this.writable(id));
    this.kindArrived = sim.defineKind("buffer at client loop", PRIORITY.delivery, (_, b) => this.arrived(b));
    this.kindReceived = sim.defineKind("buffer received", PRIORITY.delivery, (_, b) => this.received(b));
  }

  /** Registers the channel's view on its connection; −1 if producer and consumer share a TaskManager. */
  connect(ch: number): void {
    const { taskManager } = this.context.tasks;
    const from = taskManager[this.channels.producer[ch]!]!;
    const to = taskManager[this.channels.consumer[ch]!]!;
    this.channels.connection[ch] = from === to ? -1 : this.connections.id(from, to, this.channels.edge[ch]!);
  }

  /** The reader of a remote channel has data: it queues if it has credit. */
  dataAvailable(ch: number): void {
    const c = this.channels;
    if (c.readerQueued[ch] === 1 || c.credit[ch]! <= 0) return;
    const id = c.connection[ch]!;
    this.enqueue(id, ch);
    this.sendNext(id);
  }

  /** Faults: a loop works at another speed, a direction between two TaskManagers goes down or comes up. */
  setLoopSpeed(taskManager: number, side: Side, own: number, speed: number): void {
    const loop = this.loops.setSpeed(side, taskManager, own, speed);
    if (side === "server" && speed > 0) for (const id of this.connections.ofServerLoop(loop)) this.sendNext(id);
  }
  setLinkState(from: number, to: number, state: "up" | "down"): void {
    this.cuts.set(from, to, state);
  }

  private enqueue(id: number, ch: number): void {
    const c = this.channels;
    c.readerQueued[ch] = 1;
    c.nextReader[ch] = -1;
    if (this.connections.readerHead[id]! < 0) this.connections.readerHead[id] = ch;
    else c.nextReader[this.connections.readerTail[id]!] = ch;
    this.connections.readerTail[id] = ch;
  }

  /** The view is closed: its reader leaves the queue. */
  removeReader(ch: number): void {
    const c = this.channels;
    if (c.readerQueued[ch] === 0) return;
    c.readerQueued[ch] = 0;
    const id = c.connection[ch]!;
    let previous = -1;
    for (let at = this.connections.readerHead[id]!; at !== ch; at = c.nextReader[at]!) previous = at;
    const next = c.nextReader[ch]!;
    if (previous < 0) this.connections.readerHead[id] = next;
    else c.nextReader[previous] = next;
    if (next < 0) this.connections.readerTail[id] = previous;
  }

  private sendNext(id: number): void {
    if (this.connections.sending[id] === 1 || this.connections.readerHead[id]! < 0) return;
    if (this.loops.hung(this.connections.serverLoop[id]!)) return;
    const { sim } = this.context;
    if (this.connections.writableNs[id]! > sim.nowNs) {
      if (this.connections.resumeScheduled[id] === 1) return;
      this.connections.resumeScheduled[id] = 1;
      sim.schedule(
        this.connections.writableNs[id]!,
        this.kindWritable,
        this.loops.entity(this.connections.serverLoop[id]!),
        id,
      );
      return;
    }
    const c = this.channels;
    const ch = this.connections.readerHead[id]!;
    this.connections.readerHead[id] = c.nextReader[ch]!;
    if (this.connections.readerHead[id]! < 0) this.connections.readerTail[id] = -1;
    c.readerQueued[ch] = 0;
    const b = this.subpartitions.poll(ch, STAGE.serverLoop);
    c.credit[ch]!--;
    c.polledOnWire[ch]!++;
    this.hops.in.wire += this.buffers.count[b]!;
    if (this.subpartitions.hasData(ch)) {
      this.buffers.backlog[b] = this.subpartitions.backlog(ch);
      if (c.credit[ch]! > 0) this.enqueue(id, ch);
    } else this.buffers.backlog[b] = 0;
    this.connections.sending[id] = 1;
    const loop = this.connections.serverLoop[id]!;
    const done = this.loops.serve(loop, this.buffers.bytes[b]!);
    // The connection outlives the view: remember it with the buffer.
    this.buffers.connection[b] = id;
    sim.schedule(done, this.kindServed, this.loops.entity(loop), b);
  }

  private written(b: number): void {
    this.events++;
    const id = this.buffers.connection[b]!;
    const { sim, config } = this.context;
    this.connections.sending[id] = 0;
    if (this.buffers.stage[b] === STAGE.dropped) {
      this.buffers.release(b);
      this.sendNext(id);
      return;
    }
    const ch = this.buffers.channel[b]!;
    const machine = Math.floor(this.connections.producer[id]! / config.cluster.taskManagersPerMachine);
    if (machine >= this.nicFreeNs.length) this.nicFreeNs = longer(this.nicFreeNs, machine * 2);
    const sent = Math.ceil(
      Math.max(this.nicFreeNs[machine]!, sim.nowNs) + (this.buffers.bytes[b]! * 8e9) / config.cluster.linkBitsPerSecond,
    );
    this.nicFreeNs[machine] = sent;
    this.connections.writableNs[id] = sent;
    this.buffers.stage[b] = STAGE.wire;
    sim.schedule(
      sent + config.cluster.linkLatencyNs,
      this.kindArrived,
      this.loops.entity(this.connections.clientLoop[id]!),
      b,
    );
    if ((this.buffers.flags[b]! & FLAG.lastOfSegment) !== 0) this.subpartitions.release(ch, this.buffers.writer[b]!);
    this.sendNext(id);
  }

  private writable(id: number): void {
    this.connections.resumeScheduled[id] = 0;
    this.sendNext(id);
  }

  private arrived(b: number): void {
    const id = this.buffers.connection[b]!;
    const { producer, consumer } = this.connections;
    if (this.cuts.any && this.cuts.holds(producer[id]!, consumer[id]!, () => this.atClientLoop(b))) return;
    this.atClientLoop(b);
  }

  /** What has come through the link once never waits for it again: buffers keep their order. */
  private atClientLoop(b: number): void {
    const loop = this.connections.clientLoop[this.buffers.connection[b]!]!;
    if (this.loops.hung(loop)) {
      this.loops.wait(loop, () => this.atClientLoop(b));
      return;
    }
    this.events++;
    const done = this.loops.serve(loop, this.buffers.bytes[b]!);
    this.context.sim.schedule(done, this.kindReceived, this.loops.entity(loop), b);
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
    this.credits.received(ch, b);
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
}
