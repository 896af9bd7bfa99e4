/** Which matches exist: a function of the arrivals alone, made as the records of their earliest members are produced. */
import { type BookColumns, MISS } from "./book-columns.js";

export class MatchCreation {
  private readonly book: BookColumns;
  /** Fractions of matches carried on, by combination. */
  private readonly carry: Float64Array;
  /** Matches per record of an input: the slowest input decides how many there are. */
  private readonly perRecord: Float64Array;
  /** Fractions of matches whose partner comes too late, by input. */
  private readonly lateCarry: Float64Array;

  constructor(book: BookColumns) {
    this.book = book;
    const { sink, probability, combos, isJoin } = book;
    this.carry = new Float64Array(combos.count).map((_, k) => ((k + 1) * 0.6180339887498949) % 1);
    const slowest = Math.min(...sink.inputs.map((group) => group.ratePerSource * group.sources));
    this.perRecord = Float64Array.from(sink.inputs, (group) =>
      isJoin ? (probability * slowest) / (group.ratePerSource * group.sources) : 1,
    );
    this.lateCarry = new Float64Array(sink.inputs.length).fill(0.5);
    if (!isJoin) return;
    // What was produced before t=0 has been processed; it waits in the state for partners.
    const means = sink.inputs.map((group) => group.meanPerBin * group.sources);
    for (let bin = -combos.maxOffset; bin < 0; bin++)
      for (const [v, mean] of means.entries()) this.create(bin, v, mean);
    if (combos.tooLate > 0)
      for (let bin = -combos.tooLateBins; bin < -combos.maxOffset; bin++)
        for (const [v, mean] of means.entries()) this.createLate(bin, v, mean);
  }

  /** The matches whose earliest member is one of these records of input `v`. */
  create(firstBin: number, v0: number, records: number): void {
    const { carry } = this;
    const { combos, classes } = this.book;
    if (combos.tooLate > 0) this.createLate(firstBin, v0, records);
    for (let k = 0; k < combos.count; k++) {
      if (combos.earliest[k] !== v0) continue;
      const anchor = firstBin - combos.offsets[v0 * combos.count + k]!;
      // The weights of one earliest member sum to 1 / inputs.
      const exact = carry[k]! + records * this.perRecord[v0]! * combos.weights[k]!;
      const count = Math.floor(exact);
      carry[k] = exact - count;
      if (count === 0) continue;
      let state = 0;
      let later = anchor;
      let earlier = anchor;
      for (let v = 0; v < this.book.inputs; v++) {
        const bin = anchor + combos.offsets[v * combos.count + k]!;
        if (bin < 0) state += 3 ** v;
        later = Math.max(later, bin);
        earlier = Math.min(earlier, bin);
      }
      // Emitted before t=0, or its latest member is produced after the run.
      if (later < 0 || later >= this.book.layout.bins) continue;
      this.book.expectedIn[later] = this.book.expectedIn[later]! + count;
      if (earlier < -this.book.windowBins) {
        this.book.missed(MISS.late, later, count);
        continue;
      }
      let rest = count;
      for (let c = classes.length - 1; c >= 1; c--) {
        const part = Math.min(rest, classes[c]!.cells.part(count, classes[c]!.share));
        classes[c]!.cells.add(anchor, k, state, part);
        rest -= part;
      }
      classes[0]!.cells.add(anchor, k, state, rest);
    }
  }

  /** Those whose partner is produced when the first member has left the state, whatever happens. */
  private createLate(firstBin: number, v0: number, records: number): void {
    const { book, lateCarry } = this;
    const { tooLate, tooLateBins } = book.combos;
    const exact = lateCarry[v0]! + (records * this.perRecord[v0]! * tooLate) / book.inputs;
    const count = Math.floor(exact);
    lateCarry[v0] = exact - count;
    const later = firstBin + tooLateBins;
    if (count === 0 || later < 0 || later >= book.layout.bins) return;
    book.expectedIn[later] = book.expectedIn[later]! + count;
    book.missed(MISS.late, later, count);
  }
}
