/**
 * The FIFOs of the consumers' gates: quanta are copied into chunks of consecutive entries, so that a queue of hundreds
 * is read in the order of memory and the pool of quanta stays as small as what is on the way. An entry has the layout
 * of a quantum; its NEXT is used in the last entry of a chunk only, for the chunk that follows.
 */
import { assert } from "../../../kernel/assert.js";
import { longer } from "../../columns.js";
import {
  BIN,
  Burst,
  COUNT_0,
  COUNT_1,
  DOUBLES,
  END,
  FIRST,
  inOrderOfMemory,
  NEXT,
  type QuantumPool,
  SOURCE,
  SPAN,
  TARGET,
  TIME,
  WORDS,
} from "./quanta.js";

/** Entries of a chunk, a power of two. */
export const CHUNK = 8;
export const CHUNK_MASK = CHUNK - 1;

/** 48 bytes × 2^26 = 3.2 GB: beyond that something runs away. */
const LIMIT = 2 ** 26;

export class GateQueues {
  /** First and last entry by list, −1: empty. Every consumer has the list of its number, `lagList` and `heldList` of it. */
  readonly head: Int32Array;
  readonly tail: Int32Array;
  words: Int32Array<ArrayBuffer>;
  doubles: Float64Array<ArrayBuffer>;
  /** First entry of a free chunk, linked by NEXT; −1 if none. */
  private free = -1;
  private freeChunks = 0;
  private readonly consumers: number;
  private used = 0;
  private capacity: number;
  private readonly smallest: number;

  constructor(consumers: number) {
    this.consumers = consumers;
    this.head = new Int32Array(3 * consumers).fill(-1);
    this.tail = new Int32Array(3 * consumers).fill(-1);
    this.smallest = 2 * CHUNK * Math.max(4, consumers);
    this.capacity = this.smallest;
    this.words = new Int32Array(this.capacity * WORDS);
    this.doubles = new Float64Array(this.words.buffer);
  }

  /** The list of the consumer's quanta of lagging sources: a gate polls its channels in turn, so they delay no others. */
  lagList(consumer: number): number {
    return this.consumers + consumer;
  }
  /**
   * The list of what senders hold for the consumer while it has no view: the same memory, for what is held is queued
   * at its gate soon after.
   */
  heldList(consumer: number): number {
    return 2 * this.consumers + consumer;
  }
  empty(consumer: number): boolean {
    return this.head[consumer]! < 0 && this.head[this.consumers + consumer]! < 0;
  }

  /** Until `quanta` more have been appended, `words` and `doubles` stay what they are. */
  reserve(quanta: number): void {
    // Each may need a chunk of its own.
    const needed = this.used + Math.max(0, quanta - this.freeChunks) * CHUNK;
    if (needed <= this.capacity) return;
    // Memory that is not written to costs nothing yet, copying does: grown in large steps.
    this.capacity = Math.max(needed, this.capacity * 3);
    assert(this.capacity <= LIMIT, "more quanta queued than the gates can hold");
    this.words = longer(this.words, this.capacity * WORDS);
    this.doubles = new Float64Array(this.words.buffer);
  }

  private takeChunk(): number {
    const chunk = this.free;
    if (chunk >= 0) {
      this.free = this.words[chunk * WORDS + NEXT]!;
      this.freeChunks--;
      return chunk;
    }
    this.used += CHUNK;
    return this.used - CHUNK;
  }

  /** Entry `e`, the first of a list, is done with; returns the one after it, to be the first (−1: none). */
  passed(list: number, e: number): number {
    const isLast = e === this.tail[list];
    if (!isLast && (e & CHUNK_MASK) !== CHUNK_MASK) return e + 1;
    const next = isLast ? -1 : this.words[e * WORDS + NEXT]!;
    if (isLast) this.tail[list] = -1;
    this.releaseChunk(e);
    return next;
  }

  /** The chunk of entry `e` holds nothing any more. */
  private releaseChunk(e: number): void {
    const chunk = e & ~CHUNK_MASK;
    this.words[chunk * WORDS + NEXT] = this.free;
    this.free = chunk;
    this.freeChunks++;
  }

  /**
   * After a backlog the free chunks lie all over what it took. In the order of memory again, those in use gather at its
   * beginning, and in the caches. To be called now and then.
   */
  tidy(): void {
    if (!this.burst.over(this.used / CHUNK - this.freeChunks, this.used / CHUNK)) return;
    const order = inOrderOfMemory(this.words, this.free, this.used, CHUNK);
    this.free = order.free;
    this.freeChunks = order.freePlaces;
    this.used = order.used;
    const capacity = Math.max(this.smallest, 2 * this.used);
    if (4 * capacity > this.capacity) return;
    // The backlog's memory goes back.
    this.capacity = capacity;
    this.words = this.words.slice(0, capacity * WORDS);
    this.doubles = new Float64Array(this.words.buffer);
  }
  private readonly burst = new Burst();

  /** Copies quantum `q` to the end of a list; room has been reserved. Returns the entry. */
  append(list: number, pool: QuantumPool, q: number): number {
    const { words, doubles } = this;
    const last = this.tail[list]!;
    let e: number;
    if (last < 0) {
      e = this.takeChunk();
      this.head[list] = e;
    } else if ((last & CHUNK_MASK) === CHUNK_MASK) {
      e = this.takeChunk();
      words[last * WORDS + NEXT] = e;
    } else e = last + 1;
    this.tail[list] = e;
    const from = pool.words;
    const w = e * WORDS;
    const x = q * WORDS;
    doubles[e * DOUBLES + TIME] = pool.doubles[q * DOUBLES + TIME]!;
    doubles[e * DOUBLES + FIRST] = pool.doubles[q * DOUBLES + FIRST]!;
    words[w + SPAN] = from[x + SPAN]!;
    words[w + SOURCE] = from[x + SOURCE]!;
    words[w + TARGET] = from[x + TARGET]!;
    words[w + BIN] = from[x + BIN]!;
    words[w + COUNT_0] = from[x + COUNT_0]!;
    words[w + COUNT_1] = from[x + COUNT_1]!;
    words[w + END] = from[x + END]!;
    return e;
  }

  /** Copies entry `e` to quantum `q` of the pool, all but its list. */
  copyTo(e: number, pool: QuantumPool, q: number): void {
    const { words, doubles } = this;
    const to = pool.words;
    const w = e * WORDS;
    const x = q * WORDS;
    pool.doubles[q * DOUBLES + TIME] = doubles[e * DOUBLES + TIME]!;
    pool.doubles[q * DOUBLES + FIRST] = doubles[e * DOUBLES + FIRST]!;
    to[x + SPAN] = words[w + SPAN]!;
    to[x + SOURCE] = words[w + SOURCE]!;
    to[x + TARGET] = words[w + TARGET]!;
    to[x + BIN] = words[w + BIN]!;
    to[x + COUNT_0] = words[w + COUNT_0]!;
    to[x + COUNT_1] = words[w + COUNT_1]!;
    to[x + END] = words[w + END]!;
  }

  /** The entry after `e` in a list; −1 after the last. */
  after(list: number, e: number): number {
    if (e === this.tail[list]) return -1;
    return (e & CHUNK_MASK) === CHUNK_MASK ? this.words[e * WORDS + NEXT]! : e + 1;
  }

  /** Calls `visit` for all entries in gates. */
  each(visit: (entry: number) => void): void {
    for (let list = 0; list < 2 * this.consumers; list++)
      for (let e = this.head[list]!; e >= 0; e = this.after(list, e)) visit(e);
  }

  /** Empties the consumer's lists into quanta of the pool, the oldest first. */
  takeAll(consumer: number, pool: QuantumPool, visit: (q: number) => void): void {
    for (const list of [consumer, this.consumers + consumer]) {
      for (let e = this.head[list]!; e >= 0; e = this.passed(list, e)) {
        const q = pool.take();
        this.copyTo(e, pool, q);
        visit(q);
      }
      this.head[list] = -1;
    }
  }
}
