/**
 * Credit-based flow control of remote channels: exclusive and floating receive buffers, backlog, and the credits that
 * travel back to the sender. Conserved per view: what the sender holds, what is announced and what is on the wire is
 * what is free at the receiver.
 */
import { PRIORITY } from "../../../kernel/priorities.js";
import type { PlaneContext } from "../data-plane.js";
import { type Channels, VIEW } from "./channels.js";
import type { Connections } from "./connections.js";
import type { Cuts } from "./cuts.js";
import type { EventLoops } from "./event-loops.js";
import { type Buffers, FLAG } from "./pools.js";
import type { World } from "./world.js";

/** Floating buffers left of a gate, and channels that wait for one. */
interface Gate {
  free: number;
  head: number;
  tail: number;
}

export class Credits {
  /** The sender of this channel got credit. */
  onCredit: (channel: number) => void = () => {};
  private readonly context: PlaneContext;
  private readonly channels: Channels;
  private readonly buffers: Buffers;
  private readonly loops: EventLoops;
  private readonly connections: Connections;
  private readonly cuts: Cuts;
  private readonly kindCredit: number;
  private announced = 0;

  constructor(world: World, loops: EventLoops, connections: Connections, cuts: Cuts) {
    this.context = world.context;
    this.channels = world.channels;
    this.buffers = world.buffers;
    this.loops = loops;
    this.connections = connections;
    this.cuts = cuts;
    this.kindCredit = world.context.sim.defineKind("credit arrives", PRIORITY.delivery, (_, ch, view) =>
      this.arrived(ch, view),
    );
  }

  /** Floating buffers left per gate, and channels that wait for one. */
  private readonly gates = new Map<number, Gate>();

  private gate(ch: number): Gate {
    const key = this.channels.consumer[ch]! * 256 + this.channels.edge[ch]!;
    let gate = this.gates.get(key);
    if (gate === undefined) {
      gate = { free: this.context.config.engine.floatingBuffersPerGate, head: -1, tail: -1 };
      this.gates.set(key, gate);
    }
    return gate;
  }
  /** A new view: exclusive buffers free, their credit with the sender, nothing on the wire. */
  open(ch: number): void {
    const c = this.channels;
    const exclusive = this.context.config.engine.exclusiveBuffersPerChannel;
    this.returnFloating(ch);
    c.exclusiveFree[ch] = exclusive;
    c.exclusiveInUse[ch] = 0;
    c.floatingFree[ch] = 0;
    c.floatingInUse[ch] = 0;
    c.wanted[ch] = exclusive;
    c.unannounced[ch] = 0;
    c.polledOnWire[ch] = 0;
    c.credit[ch] = exclusive;
    // A channel without exclusive buffers lives on one floating buffer.
    if (exclusive === 0) this.request(ch, 1);
  }

  /** The consumer's attempt is gone, and with it the buffers of all its gates. */
  close(into: Int32Array): void {
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

  received(ch: number, b: number): void {
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

  /** One more credit to tell the sender of; what gathers before the message arrives goes with it (Flink: before it leaves). */
  private announce(ch: number): void {
    const c = this.channels;
    const id = c.connection[ch]!;
    if (id < 0 || this.leaks() || c.unannounced[ch]!++ > 0) return;
    this.send(ch, id, c.viewNumber[ch]!);
  }

  /** A broken strategy of the tests forgets one credit in a hundred. */
  private leaks(): boolean {
    return this.context.defects?.leaksCredit === true && ++this.announced % 100 === 0;
  }

  private send(ch: number, id: number, view: number): void {
    const c = this.channels;
    const client = this.connections.clientLoop[id]!;
    if (view !== c.viewNumber[ch]) return;
    if (this.loops.hung(client)) {
      this.loops.wait(client, () => this.send(ch, id, view));
      return;
    }
    const sent = this.loops.serve(client, 0);
    const { sim, config } = this.context;
    const entity = this.loops.entity(this.connections.serverLoop[id]!);
    sim.schedule(sent + config.cluster.linkLatencyNs, this.kindCredit, entity, ch, view);
  }

  private arrived(ch: number, view: number): void {
    const c = this.channels;
    if (view !== c.viewNumber[ch] || c.view[ch] !== VIEW.open) return;
    const id = c.connection[ch]!;
    const { producer, consumer } = this.connections;
    if (this.cuts.any && this.cuts.holds(consumer[id]!, producer[id]!, () => this.atServerLoop(ch, view))) return;
    this.atServerLoop(ch, view);
  }

  private atServerLoop(ch: number, view: number): void {
    const c = this.channels;
    if (view !== c.viewNumber[ch] || c.view[ch] !== VIEW.open) return;
    const server = this.connections.serverLoop[c.connection[ch]!]!;
    if (this.loops.hung(server)) {
      this.loops.wait(server, () => this.atServerLoop(ch, view));
      return;
    }
    this.loops.serve(server, 0);
    c.credit[ch]! += c.unannounced[ch]!;
    c.unannounced[ch] = 0;
    this.onCredit(ch);
  }
}
