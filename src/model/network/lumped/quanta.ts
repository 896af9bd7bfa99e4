/**
 * The pool of quanta: 48 bytes each, one record per quantum so that a hop touches one cache line. A quantum stands
 * for all records that a source emits in one interval, carried to one consumer; its event times are spread evenly
 * over `first … first + span`, over at most two bins.
 *
 * Words (int32): 0–1 time (f64: arrival, client done, or enqueued) · 2–3 first event time (f64) · 4 span in ns ·
 * 5 source · 6 in gates: the next chunk · 7 consumer and flags · 8 first bin · 9, 10 records in it and in the next · 11 end offset.
 */
import { assert } from "../../../kernel/assert.js";
import { longer } from "../../columns.js";

export const WORDS = 12;
export const DOUBLES = 6;
export const TIME = 0;
export const FIRST = 1;
export const SPAN = 4;
export const SOURCE = 5;
export const NEXT = 6;
export const TARGET = 7;
export const BIN = 8;
export const COUNT_0 = 9;
export const COUNT_1 = 10;
export const END = 11;

export const CONSUMER_MASK = 0xffffff;
export const ATTEMPT_SHIFT = 24;
export const ATTEMPT_MASK = 15;
/** The records are copies of records whose delivery stands: they change no fate. */
export const COPY = 1 << 28;
/** Contents of one channel, held for its consumer: not of the quanta that stand for all channels. */
export const OWN = 1 << 29;
/** Of a source that reads a backlog which others have not: it takes turns with theirs at the gate (`state.ts`, LAGGING). */
export const LAG = 1 << 30;
export const FLAGS = COPY | OWN | LAG;

/** 48 bytes × 2^25 = 1.6 GB: beyond that something runs away. */
const LIMIT = 2 ** 25;

const SMALLEST = 1024;

export class QuantumPool {
  words: Int32Array<ArrayBuffer>;
  doubles: Float64Array<ArrayBuffer>;
  /**
   * By quantum: the one after it in its list. Beside the quanta, as `free`: a list is known, and so the memory of all its
   * quanta asked for, before that of the first has come.
   */
  next = new Int32Array(SMALLEST);
  inUse = 0;
  /**
   * Free quanta, the next one to be taken on top. Beside the quanta, not linked through them: which one is next is known
   * before the memory of the last one has been reached.
   */
  private free = new Int32Array(SMALLEST);
  private freeCount = 0;
  private used = 0;
  private capacity = SMALLEST;

  constructor() {
    this.words = new Int32Array(this.capacity * WORDS);
    this.doubles = new Float64Array(this.words.buffer);
  }

  /** Until `count` more have been taken, `words` and `doubles` stay what they are. */
  reserve(count: number): void {
    const needed = this.inUse + count;
    if (needed <= this.capacity) return;
    this.grow(needed);
  }

  /** Takes a quantum; `words` and `doubles` may be replaced by it. */
  take(): number {
    this.inUse++;
    if (this.freeCount > 0) return this.free[--this.freeCount]!;
    if (this.used === this.capacity) this.grow(this.used + 1);
    return this.used++;
  }

  /** Puts what is free in the order of memory once most of a burst is over: see `GateQueues.tidy`. */
  tidy(): void {
    if (!this.burst.over(this.inUse, this.used)) return;
    const { free } = this;
    const isFree = new Uint8Array(this.used);
    for (let i = 0; i < this.freeCount; i++) isFree[free[i]!] = 1;
    // Those after the last one in use count as never used.
    while (this.used > 0 && isFree[this.used - 1] === 1) this.used--;
    this.freeCount = 0;
    for (let q = this.used - 1; q >= 0; q--) if (isFree[q] === 1) free[this.freeCount++] = q;
    const capacity = Math.max(SMALLEST, 2 * this.used);
    if (4 * capacity > this.capacity) return;
    // The burst's memory goes back.
    this.capacity = capacity;
    this.words = this.words.slice(0, capacity * WORDS);
    this.doubles = new Float64Array(this.words.buffer);
    this.free = this.free.slice(0, capacity);
    this.next = this.next.slice(0, capacity);
  }
  private readonly burst = new Burst();

  private grow(needed: number): void {
    this.capacity = Math.max(needed, this.capacity * 2);
    assert(this.capacity <= LIMIT, "more quanta in flight than the pool can hold");
    this.words = longer(this.words, this.capacity * WORDS);
    this.doubles = new Float64Array(this.words.buffer);
    this.free = longer(this.free, this.capacity);
    this.next = longer(this.next, this.capacity);
  }

  release(q: number): void {
    this.inUse--;
    this.free[this.freeCount++] = q;
  }
}

/** Whether the places of a column, used now and free, are to be put in order. */
export class Burst {
  /** Places in use at most since they were last put in order. */
  private most = 0;
  /** Looked at again after so many calls, where one place at the end has kept the memory of all: twice as many each time. */
  private wait = 1;
  private calls = 0;

  /** To be called now and then: of the first `used` places, `inUse` are in use. */
  over(inUse: number, used: number): boolean {
    if (inUse > this.most) this.most = inUse;
    if (Math.max(inUse, FEW) * TIDY_BELOW <= this.most) {
      this.most = inUse;
      this.wait = 1;
      this.calls = 0;
      return true;
    }
    if (used < Math.max(inUse, FEW) * KEPT_ABOVE || ++this.calls < this.wait) return false;
    this.calls = 0;
    this.wait *= 2;
    return true;
  }
}

/** Places are put in order when those in use are this many times fewer than they have been; so few are never too many. */
const TIDY_BELOW = 3;
const FEW = 1024;
/** And once more where so many times what is in use has been kept. */
const KEPT_ABOVE = 8;

/**
 * Relinks the free places of `words`, `step` quanta each, in ascending order, save those after the last one in use,
 * which count as never used; returns the first and what is used.
 */
export function inOrderOfMemory(
  words: Int32Array,
  first: number,
  used: number,
  step: number,
): { free: number; used: number; freePlaces: number } {
  const isFree = new Uint8Array(used / step);
  for (let q = first; q >= 0; q = words[q * WORDS + NEXT]!) isFree[q / step] = 1;
  let places = isFree.length;
  while (places > 0 && isFree[places - 1] === 1) places--;
  let next = -1;
  let freePlaces = 0;
  for (let place = places - 1; place >= 0; place--) {
    if (isFree[place] === 0) continue;
    words[place * step * WORDS + NEXT] = next;
    next = place * step;
    freePlaces++;
  }
  return { free: next, used: places * step, freePlaces };
}
