/**
 * The queue of every channel at its sender (PipelinedSubpartition): records written into segments, slices polled from
 * them, and the half record at which a new view must not begin. Its segments come from `segment-pools.ts`.
 */
import { type Channels, type Outputs, VIEW } from "./channels.js";
import type { HopCounters } from "./checks.js";
import { CAUSE, type Ledger } from "./ledger.js";
import { type Buffers, FLAG, type RecordNodes, Segments } from "./pools.js";
import { SegmentPools } from "./segment-pools.js";
import type { World } from "./world.js";

const LENGTH_PREFIX_BYTES = 4;

export class Subpartitions {
  /** Data that may be polled appeared in a channel with a view. */
  onData: (channel: number) => void = () => {};
  /** Segments came back to the pool of an output. */
  onSpace: (output: number) => void = () => {};

  /** Bytes of a record on the wire, per output. */
  readonly wireBytes: Int32Array;
  /** Attempt counter per task: segments of older attempts belong to no pool. */
  readonly attempt: Int32Array;
  readonly pools: SegmentPools;
  private readonly channels: Channels;
  private readonly outputs: Outputs;
  private readonly nodes: RecordNodes;
  private readonly buffers: Buffers;
  private readonly segments = new Segments();
  private readonly ledger: Ledger;
  private readonly hops: HopCounters;
  private readonly segmentBytes: number;
  private readonly flushesAlways: boolean;

  constructor(world: World) {
    const { context, outputs } = world;
    const { config, topology } = context;
    this.pools = new SegmentPools(world);
    this.channels = world.channels;
    this.outputs = world.outputs;
    this.nodes = world.nodes;
    this.buffers = world.buffers;
    this.ledger = world.ledger;
    this.hops = world.hops;
    this.segmentBytes = config.engine.segmentBytes;
    // A buffer timeout of 0 flushes after each record.
    this.flushesAlways = config.engine.bufferTimeoutNs === 0;
    this.attempt = new Int32Array(topology.tasks);
    this.wireBytes = Int32Array.from(
      outputs.edges,
      (edge) => config.vertices[edge.from]!.recordBytes + LENGTH_PREFIX_BYTES,
    );
  }

  /**
   * Writes the last `remaining` bytes of a record. Returns the bytes that found no segment: 0 = written (or dropped,
   * as the flag says), else the writer has to wait.
   */
  write(ch: number, stream: number, offset: number, remaining: number): number {
    const c = this.channels;
    const view = c.view[ch]!;
    if (view >= VIEW.discard) {
      this.ledger.send(stream, offset, 1);
      this.ledger.lose(stream, offset, CAUSE.discardedAtSender);
      return 0;
    }
    let left = remaining;
    for (;;) {
      let open = c.openBytes[ch]!;
      if (open < 0) {
        if (!this.pools.acquire(ch)) return left;
        const whole = this.wireBytes[c.output[ch]!]!;
        c.openPolled[ch] = 0;
        c.openCount[ch] = 0;
        c.openHeadBytes[ch] = left < whole ? Math.min(left, this.segmentBytes) : 0;
        open = 0;
      }
      const space = this.segmentBytes - open;
      if (left <= space) {
        c.openBytes[ch] = open + left;
        this.ledger.send(stream, offset, 1);
        this.hops.in.subpartition++;
        if (!this.hops.leaks("subpartition")) {
          this.append(ch, stream, offset);
          c.openCount[ch]!++;
        }
        if (left === space) this.finish(ch, false);
        else if (this.flushesAlways) this.flushChannel(ch);
        return 0;
      }
      c.openBytes[ch] = this.segmentBytes;
      left -= space;
      this.finish(ch, true);
    }
  }

  private append(ch: number, stream: number, offset: number): void {
    const c = this.channels;
    const node = this.nodes.take(stream, offset);
    const tail = c.recordTail[ch]!;
    if (tail < 0) c.recordHead[ch] = node;
    else this.nodes.next[tail] = node;
    c.recordTail[ch] = node;
  }

  /** A segment of the channel goes back to its pool, unless the attempt that took it is gone. */
  release(ch: number, attempt: number): void {
    if (attempt !== this.attempt[this.channels.producer[ch]!]) return;
    this.pools.giveBack(ch, 1);
    this.onSpace(this.channels.output[ch]!);
  }

  private finish(ch: number, tailTorn: boolean): void {
    const c = this.channels;
    const s = this.segments.take();
    this.segments.count[s] = c.openCount[ch]!;
    this.segments.tail[s] = c.recordTail[ch]!;
    this.segments.bytes[s] = this.segmentBytes - c.openPolled[ch]!;
    this.segments.headBytes[s] = c.openPolled[ch] === 0 ? c.openHeadBytes[ch]! : 0;
    this.segments.tailTorn[s] = tailTorn ? 1 : 0;
    if (c.segmentHead[ch]! < 0) c.segmentHead[ch] = s;
    else this.segments.next[c.segmentTail[ch]!] = s;
    c.segmentTail[ch] = s;
    c.openBytes[ch] = -1;
    if (c.view[ch] === VIEW.open) this.onData(ch);
  }

  hasData(ch: number): boolean {
    const c = this.channels;
    return c.segmentHead[ch]! >= 0 || (c.flushRequested[ch] === 1 && c.openBytes[ch]! > c.openPolled[ch]!);
  }

  /** Buffers that a reader could still get, as the sender announces them. */
  backlog(ch: number): number {
    const c = this.channels;
    let n = c.flushRequested[ch] === 1 && c.openBytes[ch]! > c.openPolled[ch]! ? 1 : 0;
    for (let s = c.segmentHead[ch]!; s >= 0; s = this.segments.next[s]!) n++;
    return n;
  }

  /** What is in the open segment may leave. */
  flush(output: number): void {
    const c = this.channels;
    const first = this.outputs.channelBase[output]!;
    const end = first + this.outputs.channels[output]!;
    for (let ch = first; ch < end; ch++) if (c.openBytes[ch]! > c.openPolled[ch]!) this.flushChannel(ch);
  }

  private flushChannel(ch: number): void {
    this.channels.flushRequested[ch] = 1;
    if (this.channels.view[ch] === VIEW.open) this.onData(ch);
  }

  /** Takes the next slice; there must be data. The segment is not back in the pool before the slice is released. */
  poll(ch: number, stage: number): number {
    const c = this.channels;
    const b = this.buffers.take(ch, stage);
    let flags = 0;
    let count: number;
    const s = c.segmentHead[ch]!;
    if (s >= 0) {
      count = this.segments.count[s]!;
      this.buffers.bytes[b] = this.segments.bytes[s]!;
      flags = FLAG.lastOfSegment;
      if (this.segments.headBytes[s]! > 0) flags |= FLAG.headTorn;
      if (this.segments.tailTorn[s] === 1) flags |= FLAG.tailTorn;
      if (count > 0) this.cut(ch, b, this.segments.tail[s]!);
      c.segmentHead[ch] = this.segments.next[s]!;
      this.segments.release(s);
    } else {
      count = c.openCount[ch]!;
      this.buffers.bytes[b] = c.openBytes[ch]! - c.openPolled[ch]!;
      if (c.openHeadBytes[ch]! > 0 && c.openPolled[ch] === 0) flags = FLAG.headTorn;
      c.openPolled[ch] = c.openBytes[ch]!;
      c.openCount[ch] = 0;
      if (count > 0) this.cut(ch, b, c.recordTail[ch]!);
    }
    if (c.segmentHead[ch]! < 0 && c.openBytes[ch]! <= c.openPolled[ch]!) c.flushRequested[ch] = 0;
    c.torn[ch] = (flags & FLAG.tailTorn) !== 0 ? 1 : 0;
    this.buffers.count[b] = count;
    this.buffers.flags[b] = flags;
    this.buffers.view[b] = c.viewNumber[ch]!;
    this.buffers.writer[b] = this.attempt[c.producer[ch]!]!;
    this.hops.out.subpartition += count;
    return b;
  }

  /** Hands the nodes up to `last` to a buffer. */
  private cut(ch: number, b: number, last: number): void {
    const c = this.channels;
    this.buffers.head[b] = c.recordHead[ch]!;
    const rest = this.nodes.next[last]!;
    c.recordHead[ch] = rest;
    if (rest < 0) c.recordTail[ch] = -1;
  }

  /**
   * Empties the queue: every record there, whole or in part, is lost under `cause`. Its segments return to the pool,
   * except those whose last slice is under way: they follow when it is released.
   */
  drop(ch: number, cause: number): void {
    const c = this.channels;
    let node = c.recordHead[ch]!;
    while (node >= 0) {
      const next = this.nodes.next[node]!;
      this.loseNode(node, cause);
      node = next;
    }
    let held = c.openBytes[ch]! >= 0 ? 1 : 0;
    for (let s = c.segmentHead[ch]!; s >= 0; held++) {
      const next = this.segments.next[s]!;
      this.segments.release(s);
      s = next;
    }
    c.recordHead[ch] = -1;
    c.recordTail[ch] = -1;
    c.segmentHead[ch] = -1;
    c.openBytes[ch] = -1;
    c.openPolled[ch] = 0;
    c.openCount[ch] = 0;
    c.flushRequested[ch] = 0;
    c.torn[ch] = 0;
    if (held > 0) this.pools.giveBack(ch, held);
  }

  private loseNode(node: number, cause: number): void {
    this.hops.out.subpartition++;
    this.ledger.lose(this.nodes.stream[node]!, this.nodes.offset[node]!, cause);
    this.nodes.release(node);
  }

  /** Takes the first record out of the queue without its bytes: a half record that outlives its producer. */
  detachHead(ch: number): number {
    const c = this.channels;
    const node = c.recordHead[ch]!;
    if (node >= 0) {
      c.recordHead[ch] = this.nodes.next[node]!;
      if (c.recordHead[ch]! < 0) c.recordTail[ch] = -1;
    }
    return node;
  }

  /**
   * A new view starts at a record boundary: skips what is left of a record whose head went to the old view. False if
   * the rest of that record is not written yet: the writer must give it up.
   */
  skipTorn(ch: number): boolean {
    const c = this.channels;
    while (c.torn[ch] === 1) {
      const s = c.segmentHead[ch]!;
      if (s < 0) {
        if (c.openBytes[ch]! < 0 || c.openHeadBytes[ch] === 0) return false;
        c.torn[ch] = 0;
        c.openPolled[ch] = c.openHeadBytes[ch]!;
        c.openCount[ch]!--;
        this.loseNode(this.detachHead(ch), CAUSE.partialRecords);
        return true;
      }
      const whole = this.segments.count[s]! > 0;
      if (whole) {
        c.torn[ch] = 0;
        this.segments.count[s]!--;
        this.loseNode(this.detachHead(ch), CAUSE.partialRecords);
      }
      this.segments.bytes[s]! -= this.segments.headBytes[s]!;
      this.segments.headBytes[s] = 0;
      if (this.segments.bytes[s]! > 0) return true;
      // Nothing else was in this segment.
      c.segmentHead[ch] = this.segments.next[s]!;
      this.segments.release(s);
      this.pools.giveBack(ch, 1);
    }
    return true;
  }

  /** Segments that wait in the queue, the open one included. */
  segmentsQueued(ch: number): number {
    let n = this.channels.openBytes[ch]! >= 0 ? 1 : 0;
    for (let s = this.channels.segmentHead[ch]!; s >= 0; s = this.segments.next[s]!) n++;
    return n;
  }
}
