/** Which matches exist: a function of the arrivals alone, made as the records of their earliest members are produced. */
import { type BookColumns, MISS } from "./book-columns.js";

export class MatchCreation {
  private readonly book: BookColumns;
  /** Fractions of matches carried on, by combination. */
  private readonly carry: Float64Array;
  /** Matches per record of an input: the slowest input decides how many there are. */
  private readonly perRecord: Float64Array;

  constructor(book: BookColumns) {
    this.book = book;
    const { sink, probability, combos, isJoin } = book;
    this.carry = new Float64Array(combos.count).map((_, k) => {
      const bins = sink.inputs.map(({ input }) => combos.offsets[combos.count * book.cellInput(input) + k]!);
      const rare = Math.max(...bins) - Math.min(...bins) > combos.usualOffset;
      return ((k + 1) * 0.6180339887498949 + (rare ? sink.matchPhase : 0)) % 1;
    });
    const slowest = Math.min(...sink.inputs.map((group) => group.ratePerSource * group.sources));
    this.perRecord = Float64Array.from(sink.inputs, (group) =>
      isJoin ? (probability * slowest) / (group.ratePerSource * group.sources) : 1,
    );
    if (!isJoin) return;
    // What was produced before t=0 has been processed; it waits in the state for partners.
    const means = sink.inputs.map((group) => group.meanPerBin * group.sources);
    for (let bin = -combos.maxOffset; bin < 0; bin++)
      for (const [v, mean] of means.entries()) this.create(bin, v, mean);
  }

  /** The matches whose earliest member is one of these records of input `v`. */
  create(firstBin: number, v0: number, records: number): void {
    const { carry } = this;
    const { combos, classes } = this.book;
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
      // Emitted before t=0.
      if (later < 0) continue;
      // Where its latest member is produced after the run it counts nowhere, but those that came wait for it: of them
      // fewer complete a match on arrival than if there were none.
      if (later < this.book.layout.bins) this.book.expectedIn[later] = this.book.expectedIn[later]! + count;
      // What waits in the state from the start leaves it a window after it was produced.
      if (earlier < 0 && later - earlier > this.book.windowBins) {
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
}
