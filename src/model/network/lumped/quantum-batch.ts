/**
 * Quanta that a TaskManager's loops take up together, with their times beside them so that sorting reads consecutive
 * memory. The order is (time, source); equal ones stay as they came.
 */
import { longer } from "../../columns.js";
import { SOURCE, WORDS } from "./quanta.js";

/** Stretches up to this length are sorted by insertion. */
const RUN = 48;

export class QuantumBatch {
  quanta = new Int32Array(256);
  timesNs = new Float64Array(256);
  private spareQuanta = new Int32Array(0);
  private spareTimesNs = new Float64Array(0);

  grow(): void {
    this.quanta = longer(this.quanta, 2 * this.quanta.length);
    this.timesNs = longer(this.timesNs, 2 * this.timesNs.length);
  }

  turnRound(n: number): void {
    const { quanta, timesNs } = this;
    for (let i = 0, j = n - 1; i < j; i++, j--) {
      const q = quanta[i]!;
      const time = timesNs[i]!;
      quanta[i] = quanta[j]!;
      timesNs[i] = timesNs[j]!;
      quanta[j] = q;
      timesNs[j] = time;
    }
  }

  /** Stable sort of the first `n`: insertion for what is short or nearly sorted, as batches are; else merging of such runs. */
  sort(n: number, words: Int32Array): void {
    for (let from = 0; from < n; from += RUN) this.sortRun(from, Math.min(n, from + RUN), words);
    if (n > RUN) this.merge(n, words);
  }

  private sortRun(from: number, to: number, words: Int32Array): void {
    const { quanta, timesNs } = this;
    for (let i = from + 1; i < to; i++) {
      const time = timesNs[i]!;
      let before = timesNs[i - 1]!;
      if (before < time) continue;
      const q = quanta[i]!;
      let at = i;
      while (
        before > time ||
        (before === time && words[quanta[at - 1]! * WORDS + SOURCE]! > words[q * WORDS + SOURCE]!)
      ) {
        quanta[at] = quanta[at - 1]!;
        timesNs[at] = before;
        at--;
        if (at === from) break;
        before = timesNs[at - 1]!;
      }
      quanta[at] = q;
      timesNs[at] = time;
    }
  }

  private merge(n: number, words: Int32Array): void {
    if (this.spareQuanta.length < this.quanta.length) {
      this.spareQuanta = new Int32Array(this.quanta.length);
      this.spareTimesNs = new Float64Array(this.quanta.length);
    }
    let source = this.quanta;
    let sourceNs = this.timesNs;
    let target = this.spareQuanta;
    let targetNs = this.spareTimesNs;
    for (let width = RUN; width < n; width *= 2) {
      for (let from = 0; from < n; from += 2 * width) {
        const middle = Math.min(n, from + width);
        const end = Math.min(n, from + 2 * width);
        let left = from;
        let right = middle;
        for (let at = from; at < end; at++) {
          let takeRight = left >= middle;
          if (!takeRight && right < end) {
            const a = sourceNs[left]!;
            const b = sourceNs[right]!;
            takeRight =
              b < a || (a === b && words[source[right]! * WORDS + SOURCE]! < words[source[left]! * WORDS + SOURCE]!);
          }
          const i = takeRight ? right++ : left++;
          target[at] = source[i]!;
          targetNs[at] = sourceNs[i]!;
        }
      }
      [source, target] = [target, source];
      [sourceNs, targetNs] = [targetNs, sourceNs];
    }
    // The sorted ones are the batch from now on, whichever of the two they are in.
    this.quanta = source;
    this.timesNs = sourceNs;
    this.spareQuanta = target;
    this.spareTimesNs = targetNs;
  }
}
