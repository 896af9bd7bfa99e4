/**
 * Pools of small things in typed columns: a *node* is one record under way in a channel, a *buffer* is a slice of a
 * segment from the poll at the sender to the end of its processing, with the nodes of the records that end in it.
 */
import { longer as grown } from "../../columns.js";

export class RecordNodes {
  stream = new Int32Array(4096);
  offset = new Int32Array(4096);
  next = new Int32Array(4096);
  private free = -1;
  private used = 0;

  take(stream: number, offset: number): number {
    let node = this.free;
    if (node >= 0) this.free = this.next[node]!;
    else {
      node = this.used++;
      if (node === this.next.length) {
        this.stream = grown(this.stream, node * 2);
        this.offset = grown(this.offset, node * 2);
        this.next = grown(this.next, node * 2);
      }
    }
    this.stream[node] = stream;
    this.offset[node] = offset;
    this.next[node] = -1;
    return node;
  }

  release(node: number): void {
    this.next[node] = this.free;
    this.free = node;
  }
}

/** Where a buffer is. */
export const STAGE = { free: 0, serverLoop: 1, wire: 2, received: 3, processing: 4, dropped: 5 } as const;

/** Starts inside a record; ends inside one; is the last slice of its segment; UnavailableEvent; never to be consumed; took a floating buffer. */
export const FLAG = {
  headTorn: 1,
  tailTorn: 2,
  lastOfSegment: 4,
  unavailable: 8,
  stuck: 16,
  floating: 32,
  local: 64,
} as const;

export class Buffers {
  channel = new Int32Array(1024);
  /** First node and number of records that end in this slice. */
  head = new Int32Array(1024);
  count = new Int32Array(1024);
  bytes = new Int32Array(1024);
  /** View of the channel that polled it. */
  view = new Int32Array(1024);
  /** Attempt counter of the producer, for the segment's pool. */
  writer = new Int32Array(1024);
  backlog = new Int32Array(1024);
  connection = new Int32Array(1024);
  flags = new Uint8Array(1024);
  stage = new Uint8Array(1024);
  next = new Int32Array(1024);
  /** Buffers ever used: rows to walk. */
  used = 0;
  private free = -1;

  take(channel: number, stage: number): number {
    let b = this.free;
    if (b >= 0) this.free = this.next[b]!;
    else {
      b = this.used++;
      if (b === this.next.length) this.grow();
    }
    this.channel[b] = channel;
    this.head[b] = -1;
    this.count[b] = 0;
    this.bytes[b] = 0;
    this.flags[b] = 0;
    this.stage[b] = stage;
    this.next[b] = -1;
    return b;
  }

  release(b: number): void {
    this.stage[b] = STAGE.free;
    this.next[b] = this.free;
    this.free = b;
  }

  private grow(): void {
    const capacity = this.used * 2;
    this.channel = grown(this.channel, capacity);
    this.head = grown(this.head, capacity);
    this.count = grown(this.count, capacity);
    this.bytes = grown(this.bytes, capacity);
    this.view = grown(this.view, capacity);
    this.writer = grown(this.writer, capacity);
    this.backlog = grown(this.backlog, capacity);
    this.connection = grown(this.connection, capacity);
    this.flags = grown(this.flags, capacity);
    this.stage = grown(this.stage, capacity);
    this.next = grown(this.next, capacity);
  }
}

/** Finished segments that wait in a subpartition, as linked rows. */
export class Segments {
  count = new Int32Array(1024);
  /** Last node of a record that ends in it. */
  tail = new Int32Array(1024);
  bytes = new Int32Array(1024);
  /** Bytes at its start that continue a record of the segment before. */
  headBytes = new Int32Array(1024);
  tailTorn = new Uint8Array(1024);
  next = new Int32Array(1024);
  private free = -1;
  private used = 0;

  take(): number {
    let s = this.free;
    if (s >= 0) this.free = this.next[s]!;
    else {
      s = this.used++;
      if (s === this.next.length) {
        this.count = grown(this.count, s * 2);
        this.tail = grown(this.tail, s * 2);
        this.bytes = grown(this.bytes, s * 2);
        this.headBytes = grown(this.headBytes, s * 2);
        this.tailTorn = grown(this.tailTorn, s * 2);
        this.next = grown(this.next, s * 2);
      }
    }
    this.next[s] = -1;
    return s;
  }

  release(s: number): void {
    this.next[s] = this.free;
    this.free = s;
  }
}
