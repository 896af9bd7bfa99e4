/**
 * A binary heap of (time, slot) on typed arrays: the queue for few events, for those of the moment and for the far
 * future. Pop chooses the smaller child without a branch on the times, which no predictor could guess.
 */
import type { EventRecords } from "./event-records.js";
import { grown } from "./growable.js";

export class EventHeap {
  size = 0;
  /** Levels moved by all pushes and pops: what tests bound instead of seconds. */
  moves = 0;
  /** times[i] = +Infinity for i ≥ size, so that a missing child never wins. */
  times: Float64Array;
  slots: Int32Array;
  declare private readonly records: EventRecords;

  constructor(records: EventRecords) {
    this.records = records;
    this.times = new Float64Array(258).fill(Number.POSITIVE_INFINITY);
    this.slots = new Int32Array(258);
  }

  push(time: number, slot: number): void {
    // One more than the children of the last node, for the sentinel.
    if (this.size + 2 >= this.times.length) this.grow();
    const { times, slots } = this;
    let at = this.size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const parentTime = times[parent]!;
      if (parentTime < time || (parentTime === time && !this.records.tieBefore(slot, slots[parent]!))) break;
      times[at] = parentTime;
      slots[at] = slots[parent]!;
      at = parent;
      this.moves++;
    }
    times[at] = time;
    slots[at] = slot;
  }

  /** Removes and returns the slot of the earliest event; the heap must not be empty. */
  pop(): number {
    const { times, slots, records } = this;
    const result = slots[0]!;
    const last = --this.size;
    const time = times[last]!;
    const slot = slots[last]!;
    times[last] = Number.POSITIVE_INFINITY;
    if (last === 0) return result;
    let at = 0;
    let child = 1;
    while (child < last) {
      const leftTime = times[child]!;
      const rightTime = times[child + 1]!;
      if (leftTime === rightTime && child + 1 < last) {
        if (records.tieBefore(slots[child + 1]!, slots[child]!)) child++;
      } else child += +(rightTime < leftTime);
      const childTime = times[child]!;
      if (childTime > time || (childTime === time && records.tieBefore(slot, slots[child]!))) break;
      times[at] = childTime;
      slots[at] = slots[child]!;
      at = child;
      child = 2 * at + 1;
      this.moves++;
    }
    times[at] = time;
    slots[at] = slot;
    return result;
  }

  /** Empties the heap, calling `visit` for each slot in no order. */
  drainEach(visit: (slot: number) => void): void {
    for (let i = 0; i < this.size; i++) visit(this.slots[i]!);
    this.times.fill(Number.POSITIVE_INFINITY, 0, this.size);
    this.size = 0;
  }

  private grow(): void {
    const length = this.times.length;
    this.times = grown(this.times, length * 2);
    this.times.fill(Number.POSITIVE_INFINITY, length);
    this.slots = grown(this.slots, length * 2);
  }
}
