/** A small binary heap of (time, number) on typed arrays, ordered by time and then by number: records to come. */
import { longer as grown } from "../../columns.js";

export class PendingHeap {
  size = 0;
  private times = new Float64Array(64);
  private values = new Int32Array(64);

  topTime(): number {
    return this.size === 0 ? Number.POSITIVE_INFINITY : this.times[0]!;
  }

  push(time: number, value: number): void {
    if (this.size === this.times.length) {
      this.times = grown(this.times, this.size * 2);
      this.values = grown(this.values, this.size * 2);
    }
    const { times, values } = this;
    let at = this.size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (times[parent]! < time || (times[parent] === time && values[parent]! < value)) break;
      times[at] = times[parent]!;
      values[at] = values[parent]!;
      at = parent;
    }
    times[at] = time;
    values[at] = value;
  }

  /** Removes the earliest entry and returns its value. */
  pop(): number {
    const { times, values } = this;
    const result = values[0]!;
    const last = --this.size;
    const time = times[last]!;
    const value = values[last]!;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= last) break;
      if (child + 1 < last && before(times[child + 1]!, values[child + 1]!, times[child]!, values[child]!)) child++;
      if (!before(times[child]!, values[child]!, time, value)) break;
      times[at] = times[child]!;
      values[at] = values[child]!;
      at = child;
    }
    times[at] = time;
    values[at] = value;
    return result;
  }
}

function before(timeA: number, valueA: number, timeB: number, valueB: number): boolean {
  return timeA < timeB || (timeA === timeB && valueA < valueB);
}
