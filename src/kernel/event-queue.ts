/**
 * The future event set and the clock that it drives: amortised O(1) for smooth distributions, never worse than a
 * heap.
 *
 * A ring of buckets holds slot numbers in no order; only the bucket whose time has come is sorted (`active`). What
 * is scheduled into the bucket of the moment, and a bucket too large to sort at once, goes to the `near` heap; what
 * lies beyond the ring goes to the `far` heap and from there to `near` when its bucket comes. With few events there
 * is no ring and all are in `near`. Number and width of buckets follow the number of events and the rate at which
 * they are taken. None of this affects the order, which is that of (time, EventRecords.tieBefore).
 */
import { BucketLists } from "./bucket-lists.js";
import { EventHeap } from "./event-heap.js";
import { CANCELLED, EventRecords, KIND, RECORD_WORDS } from "./event-records.js";
import { grown } from "./growable.js";

/** Events per bucket aimed at: more cost sorting, fewer cost visits of buckets. */
const FILL = 8;
/** A larger bucket goes to the near heap. */
const SORT_LIMIT = 32;
/** With fewer events the heap alone is as fast; the gap between the two keeps the queue from flapping. */
const RING_FROM = 512;
const RING_BELOW = 128;
const MIN_BUCKETS = 256;
const MIN_TAKEN_BETWEEN_TUNES = 2048;
const SAMPLE_SIZE = 256;
/** Bucket numbers must stay int32. */
const BUCKET_LIMIT = 2 ** 30;
const INFINITE = Number.POSITIVE_INFINITY;

export class EventQueue {
  readonly records: EventRecords;
  /** Time of the event taken last, or what the owner set since. */
  nowNs: number;
  /** Events taken since the start. */
  taken = 0;

  /** Records in the queue, cancelled ones included. */
  private entries = 0;
  private cancelled = 0;

  private readonly near: EventHeap;
  private readonly far: EventHeap;
  private activeHead = 0;
  private activeEnd = 0;
  private readonly activeTimes = new Float64Array(SORT_LIMIT);
  private readonly activeSlots = new Int32Array(SORT_LIMIT);
  private readonly unsortedTimes = new Float64Array(SORT_LIMIT);
  private unsortedSlots: Int32Array = new Int32Array(1024);

  /** Bucket of t = floor((t − originNs) × bucketsPerNs); `current` is the active one, the ring holds later ones. */
  private originNs: number;
  private bucketsPerNs: number;
  private current = 0;
  /** Buckets in the ring are [ringFrom, ringTo); both infinite while there is no ring. */
  private ringFrom = INFINITE;
  private ringTo = INFINITE;
  private mask = 0;
  private readonly ring = new BucketLists();

  private tuneAt = 0;
  private tunedAt = 0;
  private tunedAtNs = 0;
  private ringWork = 0;

  constructor(shuffleSalt: number) {
    this.records = new EventRecords(shuffleSalt);
    this.near = new EventHeap(this.records);
    this.far = new EventHeap(this.records);
    // Doubles from the start: a field that V8 first took for a small integer costs a deoptimisation later.
    this.nowNs = this.originNs = this.bucketsPerNs = Number.MAX_VALUE;
    this.nowNs = this.originNs = 0;
    this.bucketsPerNs = 1;
  }

  get pending(): number {
    return this.entries - this.cancelled;
  }

  /** Heap levels moved, comparisons when sorting, buckets visited, entries rebuilt: bounded by tests, not seconds. */
  get work(): number {
    return this.ringWork + this.near.moves + this.far.moves;
  }

  /** Adds an event and returns its slot. */
  push(timeNs: number, kind: number, entity: number, a: number, b: number, c: number): number {
    const slot = this.records.create(timeNs, kind, entity, a, b, c);
    this.entries++;
    const bucket = (timeNs - this.originNs) * this.bucketsPerNs;
    if (bucket >= this.ringFrom && bucket < this.ringTo) this.ring.add(bucket & this.mask, slot);
    else this.pushOutside(timeNs, bucket, slot);
    return slot;
  }

  /** False if the handle's event was taken or cancelled before. */
  cancel(handle: number): boolean {
    const slot = this.records.slotOf(handle);
    if (slot < 0) return false;
    this.records.markCancelled(slot);
    this.cancelled++;
    if (this.cancelled > RING_FROM && this.cancelled * 2 > this.entries) this.rebuild();
    return true;
  }

  /** Time of the earliest event; Infinity if there is none. */
  peekTimeNs(): number {
    for (;;) {
      const head = this.activeHead;
      const near = this.near.size > 0 && (head === this.activeEnd || this.nearFirst());
      if (!near && head === this.activeEnd) {
        if (!this.advance()) return INFINITE;
        continue;
      }
      const slot = near ? this.near.slots[0]! : this.activeSlots[head]!;
      if (!this.isCancelled(slot)) return near ? this.near.times[0]! : this.activeTimes[head]!;
      if (near) this.near.pop();
      else this.activeHead = head + 1;
      this.drop(slot);
    }
  }

  /**
   * Takes the earliest event out if it is not later than `limitNs`, and moves the clock to it; -1 if there is none.
   * The caller reads the record and then releases the slot.
   */
  take(limitNs: number): number {
    for (;;) {
      let slot: number;
      if (this.near.size === 0) {
        const head = this.activeHead;
        if (head === this.activeEnd) {
          if (!this.advance()) return -1;
          continue;
        }
        if (this.activeTimes[head]! > limitNs) return -1;
        slot = this.activeSlots[head]!;
        this.activeHead = head + 1;
      } else {
        slot = this.takeNear(limitNs);
        if (slot < 0) return -1;
      }
      if (this.isCancelled(slot)) {
        this.drop(slot);
        continue;
      }
      this.entries--;
      this.taken++;
      this.nowNs = this.records.times[slot * (RECORD_WORDS / 2)]!;
      return slot;
    }
  }

  /** The earliest of `near` and the active bucket; `near` is not empty. */
  private takeNear(limitNs: number): number {
    const { near } = this;
    if (this.taken >= this.tuneAt) this.tune();
    while (near.size === 0 && this.activeHead === this.activeEnd) this.advance();
    if (near.size > 0 && (this.activeHead === this.activeEnd || this.nearFirst())) {
      return near.times[0]! <= limitNs ? near.pop() : -1;
    }
    return this.activeTimes[this.activeHead]! <= limitNs ? this.activeSlots[this.activeHead++]! : -1;
  }

  /** Whether the first of `near` precedes the first of the active bucket; there is one in both. */
  private nearFirst(): boolean {
    const nearNs = this.near.times[0]!;
    const activeNs = this.activeTimes[this.activeHead]!;
    if (nearNs !== activeNs) return nearNs < activeNs;
    return this.records.tieBefore(this.near.slots[0]!, this.activeSlots[this.activeHead]!);
  }

  private isCancelled(slot: number): boolean {
    return (this.records.words[slot * RECORD_WORDS + KIND]! & CANCELLED) !== 0;
  }

  /** Forgets a cancelled event that came out of the queue. */
  private drop(slot: number): void {
    this.entries--;
    this.cancelled--;
    this.records.release(slot);
  }

  private pushOutside(timeNs: number, bucket: number, slot: number): void {
    if (bucket >= this.ringTo) this.far.push(timeNs, slot);
    else {
      this.near.push(timeNs, slot);
      if (this.ringTo === INFINITE && this.near.size > RING_FROM) this.rebuild();
    }
  }

  /** Brings the next events into the empty active bucket or the empty `near`; false if none is left. */
  private advance(): boolean {
    if (this.taken >= this.tuneAt) this.tune();
    const { near, far } = this;
    if (near.size > 0) return true;
    const inRing = this.entries - far.size;
    let bucket = 0;
    if (inRing === 0) {
      if (far.size === 0) return false;
      // Nothing depends on the numbering now: start it anew at the first of the far events.
      this.originNs = far.times[0]!;
      this.setCurrent(0);
    } else {
      const farBucket = (far.times[0]! - this.originNs) * this.bucketsPerNs;
      const { mask } = this;
      const { tails } = this.ring;
      bucket = this.current + 1;
      while (tails[bucket & mask] === 0 && bucket + 1 <= farBucket) bucket++;
      this.ringWork += bucket - this.current;
      this.setCurrent(bucket);
      this.activate(bucket & mask);
    }
    this.fetchFar(bucket + 1);
    if (bucket > BUCKET_LIMIT) this.rebuild();
    return true;
  }

  private setCurrent(bucket: number): void {
    this.current = bucket;
    this.ringFrom = bucket + 1;
    this.ringTo = bucket + this.mask + 1;
  }

  /** Moves the far events of buckets before `end` to `near`. */
  private fetchFar(end: number): void {
    const { near, far, originNs, bucketsPerNs } = this;
    // An empty heap has +Infinity on top.
    while ((far.times[0]! - originNs) * bucketsPerNs < end) {
      const timeNs = far.times[0]!;
      near.push(timeNs, far.pop());
    }
  }

  /** Empties a bucket of the ring into the sorted list, or into `near` if it is large. */
  private activate(index: number): void {
    const { records, unsortedTimes, unsortedSlots } = this;
    const { times } = records;
    const count = this.ring.drain(index, unsortedSlots, SORT_LIMIT);
    if (count < 0) {
      this.spill(index);
      return;
    }
    // These loads do not depend on each other, so their cache misses overlap.
    for (let i = 0; i < count; i++) unsortedTimes[i] = times[unsortedSlots[i]! * (RECORD_WORDS / 2)]!;
    this.activeHead = 0;
    this.activeEnd = count;
    this.ringWork += count * count;
    const { activeTimes, activeSlots } = this;
    // By counting for each event the earlier ones: more comparisons than other ways, but no branch depends on them.
    // Four at a time, up to a multiple of four.
    let rankSum = 0;
    const padded = (count + 3) & -4;
    for (let i = count; i < padded; i++) unsortedTimes[i] = INFINITE;
    for (let i = 0; i < count; i++) {
      const timeNs = unsortedTimes[i]!;
      let rank = 0;
      for (let j = 0; j < padded; j += 4) {
        rank +=
          +(unsortedTimes[j]! < timeNs) +
          +(unsortedTimes[j + 1]! < timeNs) +
          +(unsortedTimes[j + 2]! < timeNs) +
          +(unsortedTimes[j + 3]! < timeNs);
      }
      activeTimes[rank] = timeNs;
      activeSlots[rank] = unsortedSlots[i]!;
      rankSum += rank;
    }
    // Equal times share a rank, which makes the sum too small.
    if (2 * rankSum !== count * (count - 1)) this.sortWithTies(count);
  }

  private sortWithTies(count: number): void {
    const { activeTimes, activeSlots, unsortedTimes, unsortedSlots, records } = this;
    for (let i = 0; i < count; i++) {
      const timeNs = unsortedTimes[i]!;
      const slot = unsortedSlots[i]!;
      let at = i;
      while (at > 0) {
        const otherNs = activeTimes[at - 1]!;
        if (otherNs < timeNs || (otherNs === timeNs && records.tieBefore(activeSlots[at - 1]!, slot))) break;
        activeTimes[at] = otherNs;
        activeSlots[at] = activeSlots[at - 1]!;
        at--;
      }
      activeTimes[at] = timeNs;
      activeSlots[at] = slot;
    }
  }

  private spill(index: number): void {
    const { near, records } = this;
    const size = this.ring.count(index);
    this.reserveUnsorted(size);
    const count = this.ring.drain(index, this.unsortedSlots, size);
    for (let i = 0; i < count; i++) {
      const slot = this.unsortedSlots[i]!;
      near.push(records.times[slot * (RECORD_WORDS / 2)]!, slot);
    }
  }

  private reserveUnsorted(size: number): void {
    while (this.unsortedSlots.length < size)
      this.unsortedSlots = grown(this.unsortedSlots, this.unsortedSlots.length * 2);
  }

  /** From time to time: keep the ring if it still fits the number of events and their rate, else build it anew. */
  private tune(): void {
    const { entries, mask } = this;
    this.tuneAt = this.taken + Math.max(MIN_TAKEN_BETWEEN_TUNES, entries);
    const ring = this.ringTo !== INFINITE;
    let keep = !ring && entries <= RING_FROM;
    if (ring && entries > mask / 2 && entries < 4 * mask) {
      const wanted = this.bucketsPerNsByRate();
      keep = wanted < 2 * this.bucketsPerNs && wanted > this.bucketsPerNs / 2;
    }
    if (!keep) this.rebuild();
    this.tunedAt = this.taken;
    this.tunedAtNs = this.nowNs;
  }

  private bucketsPerNsByRate(): number {
    const perNs = (this.taken - this.tunedAt) / Math.max(1, this.nowNs - this.tunedAtNs);
    // Times are integers: a bucket narrower than 1 ns separates nothing.
    return Math.min(1, perNs / FILL);
  }

  /** The same from the first quarter of the pending events, while too few were taken since the last look. */
  private bucketsPerNsBySample(slots: Int32Array, count: number): number {
    const size = Math.min(SAMPLE_SIZE, count);
    const sample = new Float64Array(size);
    for (let i = 0; i < size; i++) {
      const slot = slots[Math.floor((i * count) / size)]!;
      sample[i] = this.records.times[slot * (RECORD_WORDS / 2)]!;
    }
    sample.sort();
    const quarter = size >> 2;
    const spanNs = sample[quarter]! - this.nowNs;
    const perNs = spanNs > 0 ? count / 4 / spanNs : count / Math.max(1, sample[size - 1]! - this.nowNs);
    return Math.min(1, perNs / FILL);
  }

  /** Empties everything, drops the cancelled, and queues the rest anew with a ring for their number and rate. */
  private rebuild(): void {
    const { near, far, ring, records } = this;
    this.reserveUnsorted(this.entries);
    const slots = this.unsortedSlots;
    let count = 0;
    const keep = (slot: number): void => {
      if (this.isCancelled(slot)) this.drop(slot);
      else slots[count++] = slot;
    };
    for (let i = this.activeHead; i < this.activeEnd; i++) keep(this.activeSlots[i]!);
    for (let i = 0; i < near.size; i++) keep(near.slots[i]!);
    for (let i = 0; i < far.size; i++) keep(far.slots[i]!);
    if (this.ringTo !== INFINITE) ring.forEach(this.mask + 1, keep);
    this.activeHead = this.activeEnd = 0;
    near.clear();
    far.clear();
    const byRate = this.taken - this.tunedAt >= Math.max(MIN_TAKEN_BETWEEN_TUNES, count / 2);
    if (count < RING_BELOW || (this.ringTo === INFINITE && count <= RING_FROM)) {
      this.ringFrom = this.ringTo = INFINITE;
      this.bucketsPerNs = 1;
    } else {
      this.bucketsPerNs = byRate ? this.bucketsPerNsByRate() : this.bucketsPerNsBySample(slots, count);
      let buckets = MIN_BUCKETS;
      while (buckets < count / 2) buckets *= 2;
      ring.reset(buckets);
      this.mask = buckets - 1;
      this.originNs = this.nowNs;
      this.setCurrent(0);
    }
    this.tuneAt = this.taken + Math.max(MIN_TAKEN_BETWEEN_TUNES, byRate ? count : count >> 3);
    for (let i = 0; i < count; i++) {
      const slot = slots[i]!;
      const timeNs = records.times[slot * (RECORD_WORDS / 2)]!;
      const bucket = (timeNs - this.originNs) * this.bucketsPerNs;
      if (bucket < this.ringFrom) near.push(timeNs, slot);
      else if (bucket < this.ringTo) ring.add(bucket & this.mask, slot);
      else far.push(timeNs, slot);
    }
    this.ringWork += 2 * count;
  }
}
