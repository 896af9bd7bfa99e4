/**
 * TCP connections between TaskManagers: one per pair, or per pair and edge, opened at first use. Columns and look-up;
 * what is sent on them is `wire.ts`.
 */
import { longer } from "../../columns.js";
import type { PlaneContext } from "../data-plane.js";
import type { EventLoops } from "./event-loops.js";

export class Connections {
  /** TaskManagers at the sending and at the receiving end. */
  producer = new Int32Array(256);
  consumer = new Int32Array(256);
  serverLoop = new Int32Array(256);
  clientLoop = new Int32Array(256);
  /** Readers (channels) with data and credit, in turn. */
  readerHead = new Int32Array(256);
  readerTail = new Int32Array(256);
  /** 1 while a message is in the server loop; when the socket takes the next one; 1 while that is scheduled. */
  sending = new Uint8Array(256);
  writableNs = new Float64Array(256);
  resumeScheduled = new Uint8Array(256);

  private count = 0;
  private readonly ids = new Map<number, number>();
  private readonly context: PlaneContext;
  private readonly loops: EventLoops;

  constructor(context: PlaneContext, loops: EventLoops) {
    this.context = context;
    this.loops = loops;
  }

  id(from: number, to: number, edge: number): number {
    const key = (from * 2 ** 20 + to) * 256 + (this.context.config.engine.connectionPerEdge ? edge + 1 : 0);
    let id = this.ids.get(key);
    if (id !== undefined) return id;
    id = this.count++;
    this.ids.set(key, id);
    if (id === this.producer.length) this.grow();
    this.producer[id] = from;
    this.consumer[id] = to;
    this.serverLoop[id] = this.loops.loop("server", from, to, edge);
    this.clientLoop[id] = this.loops.loop("client", to, from, edge);
    this.readerHead[id] = -1;
    this.readerTail[id] = -1;
    return id;
  }

  /** Connections whose sending end is served by this loop. */
  ofServerLoop(loop: number): number[] {
    return Array.from({ length: this.count }, (_, id) => id).filter((id) => this.serverLoop[id] === loop);
  }

  private grow(): void {
    const capacity = this.producer.length * 2;
    this.producer = longer(this.producer, capacity);
    this.consumer = longer(this.consumer, capacity);
    this.serverLoop = longer(this.serverLoop, capacity);
    this.clientLoop = longer(this.clientLoop, capacity);
    this.readerHead = longer(this.readerHead, capacity);
    this.readerTail = longer(this.readerTail, capacity);
    this.sending = longer(this.sending, capacity);
    this.writableNs = longer(this.writableNs, capacity);
    this.resumeScheduled = longer(this.resumeScheduled, capacity);
  }
}
