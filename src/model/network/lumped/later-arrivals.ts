/**
 * Quanta on the wire whose arrival lies beyond the current bin (loops or links are behind): by bin of arrival, in the
 * order in which they were sent, so that nothing is looked at again before its bin. A bin's quanta join the wires of
 * their TaskManagers when it begins.
 */
import { DOUBLES, type QuantumPool, TIME } from "./quanta.js";

export class LaterArrivals {
  /** How many there are. */
  count = 0;
  /** What arrives at or after this time is kept here. */
  fromNs = 0;
  private readonly pool: QuantumPool;
  private readonly resolutionNs: number;
  private readonly head: Int32Array;
  private readonly tail: Int32Array;

  /** What arrives after the run's `bins` is all in one list. */
  constructor(pool: QuantumPool, bins: number, resolutionNs: number) {
    this.pool = pool;
    this.resolutionNs = resolutionNs;
    this.head = new Int32Array(bins + 1).fill(-1);
    this.tail = new Int32Array(bins + 1).fill(-1);
  }

  /** The quantum arrives at its time ≥ `fromNs`. */
  add(q: number): void {
    const { next, doubles } = this.pool;
    const bin = Math.min(Math.floor(doubles[q * DOUBLES + TIME]! / this.resolutionNs), this.head.length - 1);
    next[q] = -1;
    const last = this.tail[bin]!;
    if (last < 0) this.head[bin] = q;
    else next[last] = q;
    this.tail[bin] = q;
    this.count++;
  }

  /** Bin `bin` begins: its quanta are handed over in the order in which they were added. */
  begin(bin: number, visit: (q: number) => void): void {
    this.fromNs = (bin + 1) * this.resolutionNs;
    if (bin < this.head.length - 1) this.handOver(bin, visit);
  }

  /** Hands over all that is here. */
  handOverAll(visit: (q: number) => void): void {
    if (this.count > 0) for (let bin = 0; bin < this.head.length; bin++) this.handOver(bin, visit);
  }

  private handOver(bin: number, visit: (q: number) => void): void {
    let q = this.head[bin]!;
    this.head[bin] = this.tail[bin] = -1;
    while (q >= 0) {
      const after = this.pool.next[q]!;
      this.count--;
      visit(q);
      q = after;
    }
  }

  each(visit: (q: number) => void): void {
    const { next } = this.pool;
    for (const first of this.head) for (let q = first; q >= 0; q = next[q]!) visit(q);
  }
}
