/**
 * The buffer that each task thread has in its hands: when its records end, one after the other, at the thread's pace and
 * with the mails that run between them. Says when; the thread (`worker-threads.ts`) schedules.
 */
import type { PlaneContext } from "../../network/data-plane.js";
import type { Outputs } from "../../network/exact/channels.js";
import type { HopCounters } from "../../network/exact/checks.js";
import type { Buffers, RecordNodes } from "../../network/exact/pools.js";
import type { World } from "../../network/exact/world.js";
import type { RecordProcessor } from "./record-processor.js";
import type { ServiceTimes } from "./service.js";

export class BuffersInHand {
  /** By task; −1: none. */
  readonly buffer: Int32Array;
  /** End of the record in hand. */
  readonly nextNs: Float64Array;
  /** Mails that wait for that. */
  readonly mailNs: Float64Array;
  /** Until when the thread is busy with mails. */
  readonly freeNs: Float64Array;
  /** 1 normal, 0 hung. */
  readonly speed: Float64Array;
  events = 0;
  private readonly context: PlaneContext;
  private readonly outputs: Outputs;
  private readonly buffers: Buffers;
  private readonly nodes: RecordNodes;
  private readonly service: ServiceTimes;
  private readonly hops: HopCounters;
  private readonly processor: RecordProcessor;

  constructor(world: World, processor: RecordProcessor) {
    this.context = world.context;
    this.outputs = world.outputs;
    this.buffers = world.buffers;
    this.nodes = world.nodes;
    this.service = world.service;
    this.hops = world.hops;
    this.processor = processor;
    const { tasks } = world.context.topology;
    this.buffer = new Int32Array(tasks).fill(-1);
    this.nextNs = new Float64Array(tasks);
    this.mailNs = new Float64Array(tasks);
    this.freeNs = new Float64Array(tasks);
    this.speed = new Float64Array(tasks).fill(1);
  }

  /** A fresh attempt. */
  reset(task: number): void {
    this.buffer[task] = -1;
    this.mailNs[task] = 0;
    this.freeNs[task] = this.context.sim.nowNs;
    this.speed[task] = 1;
  }

  hasOutputs(task: number): boolean {
    return this.outputs.base[task]! < this.outputs.base[task + 1]!;
  }

  /** The thread begins with a buffer that holds records; a mail may have come with what was polled before it. */
  take(task: number, b: number): void {
    this.buffer[task] = b;
    this.nextNs[task] = Math.max(this.context.sim.nowNs, this.freeNs[task]!) + this.ofFirst(task, b);
  }

  /** Service time of the first record of a buffer. */
  private ofFirst(task: number, b: number): number {
    const node = this.buffers.head[b]!;
    const vertex = this.context.topology.taskVertex[task]!;
    return this.paced(task, this.service.ofRecord(vertex, this.nodes.stream[node]!, this.nodes.offset[node]!));
  }

  private paced(task: number, ns: number): number {
    const speed = this.speed[task]!;
    return speed === 1 || speed === 0 ? ns : Math.round(ns / speed);
  }

  /** When the thread must look again: at the end of the next record, or of the buffer where nothing leaves the task. */
  endNs(task: number): number {
    let at = this.nextNs[task]!;
    if (this.hasOutputs(task)) return at;
    const b = this.buffer[task]!;
    const vertex = this.context.topology.taskVertex[task]!;
    const constant = this.service.constant(vertex);
    const count = this.buffers.count[b]!;
    if (constant >= 0) at += this.paced(task, constant) * (count - 1);
    else {
      let node = this.nodes.next[this.buffers.head[b]!]!;
      for (let i = 1; i < count; i++) {
        at += this.paced(task, this.service.ofRecord(vertex, this.nodes.stream[node]!, this.nodes.offset[node]!));
        node = this.nodes.next[node]!;
      }
    }
    return count > 1 ? at + this.mailNs[task]! : at;
  }

  /** Processes the records that end at or before `untilNs`; false if one of them waits inside emit. */
  processUntil(task: number, untilNs: number): boolean {
    const b = this.buffer[task]!;
    while (this.buffers.count[b]! > 0 && this.nextNs[task]! <= untilNs) if (!this.processNext(task, b)) return false;
    return true;
  }

  /** Processes what ended strictly before `ns`; keeps the buffer in hand even when only its end is due. */
  processBefore(task: number, ns: number): void {
    const b = this.buffer[task]!;
    while (this.buffers.count[b]! > 1 && this.nextNs[task]! < ns) this.processNext(task, b);
  }

  private processNext(task: number, b: number): boolean {
    this.events++;
    const node = this.buffers.head[b]!;
    const atNs = this.nextNs[task]!;
    if (!this.processor.process(task, this.nodes.stream[node]!, this.nodes.offset[node]!, atNs)) return false;
    this.advance(task, atNs);
    return true;
  }

  /** The first record of the buffer is through at `atNs`. */
  advance(task: number, atNs: number): void {
    const b = this.buffer[task]!;
    const node = this.buffers.head[b]!;
    this.buffers.head[b] = this.nodes.next[node]!;
    this.buffers.count[b]!--;
    this.nodes.release(node);
    this.hops.out.gate++;
    const free = atNs + this.mailNs[task]!;
    this.mailNs[task] = 0;
    if (this.buffers.count[b]! > 0) this.nextNs[task] = free + this.ofFirst(task, b);
    else this.freeNs[task] = Math.max(this.freeNs[task]!, free);
  }
}
