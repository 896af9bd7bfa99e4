/** The few events of the bucket whose time has come, in order: loaded at once, taken one by one. */
import type { EventRecords } from "./event-records.js";

/** A larger bucket is not sorted here: counting ranks is quadratic. */
export const ACTIVE_LIMIT = 32;

export class ActiveBucket {
  head = 0;
  end = 0;
  readonly times = new Float64Array(ACTIVE_LIMIT);
  readonly slots = new Int32Array(ACTIVE_LIMIT);
  /** What `load` sorts: the slots of the bucket, put here by the caller. */
  readonly unsorted = new Int32Array(ACTIVE_LIMIT);
  private readonly unsortedTimes = new Float64Array(ACTIVE_LIMIT);
  declare private readonly records: EventRecords;

  constructor(records: EventRecords) {
    this.records = records;
  }

  clear(): void {
    this.head = this.end = 0;
  }

  /** Takes the first `count` slots of `unsorted` as its new contents. */
  load(count: number): void {
    const { records, unsorted, unsortedTimes, times, slots } = this;
    // These loads do not depend on each other, so their cache misses overlap.
    for (let i = 0; i < count; i++) unsortedTimes[i] = records.timeOf(unsorted[i]!);
    // By counting for each event the earlier ones: more comparisons than other ways, but no branch depends on them.
    // Four at a time, up to a multiple of four.
    const padded = (count + 3) & -4;
    for (let i = count; i < padded; i++) unsortedTimes[i] = Number.POSITIVE_INFINITY;
    let rankSum = 0;
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
      times[rank] = timeNs;
      slots[rank] = unsorted[i]!;
      rankSum += rank;
    }
    this.head = 0;
    this.end = count;
    // Equal times share a rank, which makes the sum too small.
    if (2 * rankSum !== count * (count - 1)) this.sortWithTies(count);
  }

  private sortWithTies(count: number): void {
    const { records, unsorted, unsortedTimes, times, slots } = this;
    for (let i = 0; i < count; i++) {
      const timeNs = unsortedTimes[i]!;
      const slot = unsorted[i]!;
      let at = i;
      while (at > 0) {
        const otherNs = times[at - 1]!;
        if (otherNs < timeNs || (otherNs === timeNs && records.tieBefore(slots[at - 1]!, slot))) break;
        times[at] = otherNs;
        slots[at] = slots[at - 1]!;
        at--;
      }
      times[at] = timeNs;
      slots[at] = slot;
    }
  }
}
