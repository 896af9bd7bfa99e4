/** What consumers have processed since the books were last settled: whole numbers by class, source group and event bin. */

/** Arrivals since the last settlement, by group × stride + event bin, and the places that are not 0. */
export class ArrivalCounts {
  readonly counts: Int32Array;
  places: Int32Array;
  used = 0;
  constructor(size: number) {
    this.counts = new Int32Array(size);
    this.places = new Int32Array(size);
  }
  add(at: number, count: number): void {
    if (this.counts[at] === 0) this.places[this.used++] = at;
    this.counts[at] = this.counts[at]! + count;
  }
  /** Hands over, in order of place, the counts of the places whose turn it is, and clears them. */
  drain(visit: (at: number, count: number) => void, turn: (at: number) => boolean): void {
    const places = this.places.subarray(0, this.used).sort();
    let kept = 0;
    for (let i = 0; i < places.length; i++) {
      const at = places[i]!;
      if (!turn(at)) {
        places[kept++] = at;
        continue;
      }
      const count = this.counts[at]!;
      this.counts[at] = 0;
      visit(at, count);
    }
    this.used = kept;
  }
}

/** The same with the mean time of processing, of records that come late: when their matches are emitted follows from it. */
export class LateArrivalCounts extends ArrivalCounts {
  private readonly sums: Float64Array;
  constructor(size: number) {
    super(size);
    this.sums = new Float64Array(size);
  }
  /** Microseconds: their sums stay whole numbers, so the order of the additions does not matter. */
  addAt(at: number, count: number, timeNs: number): void {
    if (this.counts[at] === 0) {
      this.sums[at] = 0;
      this.add(at, count);
    } else this.counts[at] = this.counts[at]! + count;
    this.sums[at] = this.sums[at]! + count * Math.floor(timeNs / 1000);
  }
  /** Within `visit` of `drain`: mean time of the `count` records of the place. */
  meanNs(at: number, count: number): number {
    return Math.round((this.sums[at]! / count) * 1000);
  }
}
