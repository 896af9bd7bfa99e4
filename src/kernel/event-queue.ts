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
import { ActiveBucket } from "./active-bucket.js";
import { BucketLists } from "./bucket-lists.js";
import { EventHeap } from "./event-heap.js";
import { EventRecords } from "./event-records.js";

/** Events per bucket aimed at: more cost sorting, fewer cost visits of buckets. */
const FILL = 8;
/** With fewer events the heap alone is as fast; the gap between the two keeps the queue from flapping. */
const RING_FROM = 512;
const RING_BELOW = 128;
const MIN_BUCKETS = 256;
const MIN_TAKEN_BETWEEN_TUNES = 2048;
const SAMPLE_SIZE = 256;
/** Bucket numbers must stay int32. */
const BUCKET_LIMIT = 2 ** 30;
const INFINITE = Number.POSITIVE_INFINITY;

/**
 * V8 chooses how to keep a field by what it sees in it first. So a double starts as NaN, not as 0 (a small integer);
 * and what the constructor sets is only declared, or it would start as undefined and be kept as a tagged value, to be
 * allocated anew at each store.
 */
export class EventQueue {
  declare readonly records: EventRecords;
  /** Time of the event taken last, or what the owner set since. */
  nowNs = Number.NaN;
  /** Events taken since the start. */
  taken = 0;

  /** Records in the queue, cancelled ones included. */
  private entries = 0;
  private cancelled = 0;

  declare private readonly near: EventHeap;
  declare private readonly active: ActiveBucket;
  declare private readonly far: EventHeap;
  private readonly ring = new BucketLists();
  /** Bucket of t = floor((t − originNs) × bucketsPerNs); `current` is the active one, the ring holds later ones. */
  private originNs = Number.NaN;
  private bucketsPerNs = Number.NaN;
  private current = 0;
  /** Buckets in the ring are [ringFrom, ringTo); both infinite while there is no ring. */
  private ringFrom = INFINITE;
  private ringTo = INFINITE;
  private mask = 0;

  private tuneAt = 0;
  private tunedAt = 0;
  private tunedAtNs = Number.NaN;
  private ringWork = 0;
  private scratch = new Int32Array(1024);

  constructor(shuffleSalt: number) {
    this.records = new EventRecords(shuffleSalt);
    this.near = new EventHeap(this.records);
    this.active = new ActiveBucket(this.records);
    this.far = new EventHeap(this.records);
    this.nowNs = this.originNs = this.tunedAtNs = 0;
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
    this.records.markDead(slot);
    this.cancelled++;
    if (this.cancelled > RING_FROM && this.cancelled * 2 > this.entries) this.rebuild();
    return true;
  }

  /** Time of the earliest event; Infinity if there is none. */
  peekTimeNs(): number {
    const { near, active, records } = this;
    for (;;) {
      const fromNear = near.size > 0 && (active.head === active.end || this.nearFirst());
      if (!fromNear && active.head === active.end) {
        if (!this.advance()) return INFINITE;
        continue;
      }
      const slot = fromNear ? near.slots[0]! : active.slots[active.head]!;
      if (!records.isDead(slot)) return records.timeOf(slot);
      if (fromNear) near.pop();
      else active.head++;
      this.drop(slot);
    }
  }

  /**
   * Takes the earliest event out if it is not later than `limitNs`, and moves the clock to it; -1 if there is none.
   * The caller reads the record and then releases the slot.
   */
  take(limitNs: number): number {
    const { active, records } = this;
    for (;;) {
      let slot: number;
      if (this.near.size === 0) {
        const { head } = active;
        if (head === active.end) {
          if (!this.advance()) return -1;
          continue;
        }
        if (active.times[head]! > limitNs) return -1;
        slot = active.slots[head]!;
        active.head = head + 1;
      } else {
        slot = this.takeNear(limitNs);
        if (slot < 0) return -1;
      }
      if (records.isDead(slot)) {
        this.drop(slot);
        continue;
      }
      this.entries--;
      this.taken++;
      this.nowNs = records.timeOf(slot);
      return slot;
    }
  }

  /** The earliest of `near` and the active bucket, unless later than the limit; `near` is not empty. */
  private takeNear(limitNs: number): number {
    const { near, active } = this;
    if (this.taken >= this.tuneAt) this.tune();
    while (near.size === 0 && active.head === active.end) this.advance();
    if (near.size > 0 && (active.head === active.end || this.nearFirst())) {
      return near.times[0]! <= limitNs ? near.pop() : -1;
    }
    return active.times[active.head]! <= limitNs ? active.slots[active.head++]! : -1;
  }

  /** Whether the first of `near` precedes the first of the active bucket; there is one in both. */
  private nearFirst(): boolean {
    const { near, active } = this;
    const nearNs = near.times[0]!;
    const activeNs = active.times[active.head]!;
    if (nearNs !== activeNs) return nearNs < activeNs;
    return this.records.tieBefore(near.slots[0]!, active.slots[active.head]!);
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
    const { near, far, ring } = this;
    if (near.size > 0) return true;
    let bucket = 0;
    if (this.entries === far.size) {
      if (far.size === 0) return false;
      // Nothing depends on the numbering now: start it anew at the first of the far events.
      this.originNs = far.times[0]!;
      this.setCurrent(0);
    } else {
      // An empty heap has +Infinity on top.
      const farBucket = (far.times[0]! - this.originNs) * this.bucketsPerNs;
      bucket = ring.nextOccupied(this.current + 1, farBucket, this.mask);
      this.ringWork += bucket - this.current;
      this.setCurrent(bucket);
      this.activate(bucket & this.mask);
    }
    const { originNs, bucketsPerNs } = this;
    while ((far.times[0]! - originNs) * bucketsPerNs < bucket + 1) {
      const timeNs = far.times[0]!;
      near.push(timeNs, far.pop());
    }
    if (bucket > BUCKET_LIMIT) this.rebuild();
    return true;
  }

  private setCurrent(bucket: number): void {
    this.current = bucket;
    this.ringFrom = bucket + 1;
    this.ringTo = bucket + this.mask + 1;
  }

  /** Empties a bucket of the ring into the sorted list, or into `near` if it is large. */
  private activate(index: number): void {
    const { active, ring, near } = this;
    const count = ring.drain(index, active.unsorted);
    if (count >= 0) {
      active.load(count);
      this.ringWork += count * count;
      return;
    }
    active.clear();
    ring.drainEach(index, (slot) => near.push(this.records.timeOf(slot), slot));
  }

  /** From time to time: keep the ring if it still fits the number of events and their rate, else build it anew. */
  private tune(): void {
    const { entries, mask } = this;
    this.tuneAt = this.taken + Math.max(MIN_TAKEN_BETWEEN_TUNES, entries);
    const hasRing = this.ringTo !== INFINITE;
    let keep = !hasRing && entries <= RING_FROM;
    if (hasRing && entries > mask / 2 && entries < 4 * mask) {
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
    for (let i = 0; i < size; i++) sample[i] = this.records.timeOf(slots[Math.floor((i * count) / size)]!);
    sample.sort();
    const spanNs = sample[size >> 2]! - this.nowNs;
    const perNs = spanNs > 0 ? count / 4 / spanNs : count / Math.max(1, sample[size - 1]! - this.nowNs);
    return Math.min(1, perNs / FILL);
  }

  /** Empties everything, drops the cancelled, and queues the rest anew with a ring for their number and rate. */
  private rebuild(): void {
    const { near, active, far, ring, records } = this;
    const hadRing = this.ringTo !== INFINITE;
    if (this.scratch.length < this.entries) this.scratch = new Int32Array(2 * this.entries);
    const slots = this.scratch;
    let count = 0;
    const keep = (slot: number): void => {
      if (records.isDead(slot)) this.drop(slot);
      else slots[count++] = slot;
    };
    for (let i = active.head; i < active.end; i++) keep(active.slots[i]!);
    near.drainEach(keep);
    far.drainEach(keep);
    if (hadRing) for (let bucket = 0; bucket <= this.mask; bucket++) ring.drainEach(bucket, keep);
    active.clear();
    const byRate = this.taken - this.tunedAt >= Math.max(MIN_TAKEN_BETWEEN_TUNES, count / 2);
    if (count < RING_BELOW || (!hadRing && count <= RING_FROM)) {
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
      const timeNs = records.timeOf(slot);
      const bucket = (timeNs - this.originNs) * this.bucketsPerNs;
      if (bucket < this.ringFrom) near.push(timeNs, slot);
      else if (bucket < this.ringTo) ring.add(bucket & this.mask, slot);
      else far.push(timeNs, slot);
    }
    this.ringWork += 2 * count;
  }
}
