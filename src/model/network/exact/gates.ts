/**
 * The receiver's side of every channel: received buffers, UnavailableEvents, the FIFO of channels with data that a
 * task polls one buffer at a time, half records. Does not process records (`task/exact/worker-threads.ts`).
 */
import type { PlaneContext, PlaneListener } from "../data-plane.js";
import { type Channels, VIEW } from "./channels.js";
import type { HopCounters, Violations } from "./checks.js";
import { CAUSE, type Ledger } from "./ledger.js";
import { type Buffers, FLAG, type RecordNodes, STAGE } from "./pools.js";
import type { Subpartitions } from "./subpartitions.js";
import type { Wire } from "./wire.js";
import type { World } from "./world.js";

export class Gates {
  /** A gate of the task has something to poll. */
  onAvailable: (task: number) => void = () => {};

  /** FIFO of channels with data, per task. */
  private readonly head: Int32Array;
  private readonly tail: Int32Array;
  private readonly context: PlaneContext;
  private readonly listener: PlaneListener;
  private readonly channels: Channels;
  private readonly buffers: Buffers;
  private readonly nodes: RecordNodes;
  private readonly subpartitions: Subpartitions;
  private readonly wire: Wire;
  private readonly ledger: Ledger;
  private readonly hops: HopCounters;
  private readonly violations: Violations;
  private readonly clearHalf: boolean;

  constructor(world: World, subpartitions: Subpartitions, wire: Wire) {
    const { context } = world;
    this.context = world.context;
    this.listener = world.listener;
    this.channels = world.channels;
    this.buffers = world.buffers;
    this.nodes = world.nodes;
    this.subpartitions = subpartitions;
    this.wire = wire;
    this.ledger = world.ledger;
    this.hops = world.hops;
    this.violations = world.violations;
    this.clearHalf = context.config.strategy.clearHalfRecord && context.defects?.keepsHalfRecord !== true;
    this.head = new Int32Array(context.topology.tasks).fill(-1);
    this.tail = new Int32Array(context.topology.tasks).fill(-1);
  }

  /** A remote buffer arrived. */
  received(b: number): void {
    this.hops.in.gate += this.buffers.count[b]!;
    this.append(b);
  }

  /** UnavailableEvent at the tail of the channel; what the old view still sends is refused from now on. */
  unavailable(ch: number, stuck: boolean): void {
    const b = this.buffers.take(ch, STAGE.received);
    this.buffers.flags[b] = FLAG.unavailable | (stuck ? FLAG.stuck : 0);
    this.channels.accepts[ch] = -1;
    this.append(b);
  }

  private append(b: number): void {
    const c = this.channels;
    const ch = this.buffers.channel[b]!;
    this.buffers.next[b] = -1;
    if (c.receivedHead[ch]! < 0) c.receivedHead[ch] = b;
    else this.buffers.next[c.receivedTail[ch]!] = b;
    c.receivedTail[ch] = b;
    this.available(ch);
  }

  /** The channel joins the FIFO of its task's gate, once. */
  available(ch: number): void {
    const c = this.channels;
    if (c.inGate[ch] === 1) return;
    const task = c.consumer[ch]!;
    this.enqueue(task, ch);
    this.onAvailable(task);
  }

  private enqueue(task: number, ch: number): void {
    const c = this.channels;
    c.inGate[ch] = 1;
    c.nextInGate[ch] = -1;
    if (this.head[task]! < 0) this.head[task] = ch;
    else c.nextInGate[this.tail[task]!] = ch;
    this.tail[task] = ch;
  }

  /** The next buffer for the task's thread, −1 if there is none. UnavailableEvents are consumed on the way. */
  poll(task: number): number {
    const c = this.channels;
    while (this.head[task]! >= 0) {
      const ch = this.head[task]!;
      this.head[task] = c.nextInGate[ch]!;
      if (this.head[task]! < 0) this.tail[task] = -1;
      c.inGate[ch] = 0;
      let b = c.receivedHead[ch]!;
      const local = c.connection[ch]! < 0 && c.view[ch] === VIEW.open && c.accepts[ch] === c.viewNumber[ch];
      if (b >= 0) {
        if ((this.buffers.flags[b]! & FLAG.stuck) !== 0) continue;
        c.receivedHead[ch] = this.buffers.next[b]!;
        if (c.receivedHead[ch]! < 0) c.receivedTail[ch] = -1;
      } else if (local && this.subpartitions.hasData(ch)) {
        b = this.subpartitions.poll(ch, STAGE.received);
        this.buffers.flags[b] = this.buffers.flags[b]! | FLAG.local;
        this.hops.in.gate += this.buffers.count[b]!;
      } else continue;
      if (c.receivedHead[ch]! >= 0 || (local && this.subpartitions.hasData(ch))) this.enqueue(task, ch);
      if ((this.buffers.flags[b]! & FLAG.unavailable) !== 0) {
        this.buffers.release(b);
        this.consumeUnavailable(ch);
        continue;
      }
      this.checkHalf(b, ch);
      this.buffers.stage[b] = STAGE.processing;
      return b;
    }
    return -1;
  }

  /** D3: the half record parked for this channel is dropped, and the protocol told. */
  private consumeUnavailable(ch: number): void {
    const c = this.channels;
    if (this.clearHalf) {
      c.half[ch] = -1;
      this.dropOrphan(ch, CAUSE.partialRecords);
    }
    this.listener.unavailableConsumed(c.edge[ch]!, c.producer[ch]!, c.consumer[ch]!);
  }

  /** Bytes that continue a record must follow its head, from the same view. */
  private checkHalf(b: number, ch: number): void {
    const c = this.channels;
    const flags = this.buffers.flags[b]!;
    const view = this.buffers.view[b]!;
    if (view < c.lastView[ch]!)
      this.violations.add("channel-order", `${this.name(ch)}: bytes of view ${view} after those of ${c.lastView[ch]}`);
    c.lastView[ch] = view;
    const continues = (flags & FLAG.headTorn) !== 0;
    if (c.half[ch]! >= 0 && (!continues || c.half[ch] !== view)) {
      this.violations.add(
        "two-attempts",
        `${this.name(ch)}: a record begun in view ${c.half[ch]} would end in view ${view}`,
      );
      this.dropOrphan(ch, CAUSE.partialRecords);
    } else if (continues && c.half[ch]! < 0) {
      this.violations.add("record-boundary", `${this.name(ch)}: view ${view} starts inside a record`);
    }
    c.half[ch] = (flags & FLAG.tailTorn) !== 0 ? view : -1;
  }

  private dropOrphan(ch: number, cause: number): void {
    const node = this.channels.orphan[ch]!;
    if (node < 0) return;
    this.channels.orphan[ch] = -1;
    this.hops.out.subpartition++;
    this.ledger.lose(this.nodes.stream[node]!, this.nodes.offset[node]!, cause);
    this.nodes.release(node);
  }

  /** The buffer's memory is free again. */
  done(b: number): void {
    if ((this.buffers.flags[b]! & FLAG.local) !== 0) {
      if ((this.buffers.flags[b]! & FLAG.lastOfSegment) !== 0)
        this.subpartitions.release(this.buffers.channel[b]!, this.buffers.writer[b]!);
    } else this.wire.credits.recycle(b);
    this.buffers.release(b);
  }

  /** The consumer's attempt is gone: received buffers, half records and the FIFO go with it. */
  clear(task: number, into: Int32Array): void {
    const c = this.channels;
    this.head[task] = -1;
    this.tail[task] = -1;
    for (const ch of into) {
      c.inGate[ch] = 0;
      c.accepts[ch] = -1;
      c.half[ch] = -1;
      this.dropOrphan(ch, CAUSE.lostInFlight);
      let b = c.receivedHead[ch]!;
      while (b >= 0) {
        const next = this.buffers.next[b]!;
        this.hops.out.gate += this.wire.loseRecords(b, CAUSE.lostInFlight);
        this.buffers.release(b);
        b = next;
      }
      c.receivedHead[ch] = -1;
      c.receivedTail[ch] = -1;
    }
    this.wire.credits.close(into);
  }

  /** The buffer that the task's thread had in hand is gone with the attempt. */
  loseInHand(b: number): void {
    this.hops.out.gate += this.wire.loseRecords(b, CAUSE.lostInFlight);
    if ((this.buffers.flags[b]! & FLAG.local) !== 0 && (this.buffers.flags[b]! & FLAG.lastOfSegment) !== 0) {
      this.subpartitions.release(this.buffers.channel[b]!, this.buffers.writer[b]!);
    }
    this.buffers.release(b);
  }

  name(ch: number): string {
    const c = this.channels;
    return `channel ${c.producer[ch]} → ${c.consumer[ch]} of edge ${c.edge[ch]} at ${this.context.sim.nowNs} ns`;
  }
}
