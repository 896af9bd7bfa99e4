/** What share of the records complete a match on arrival, by class and input: the task threads show outputs by it. */
import type { BookColumns } from "./book-columns.js";
import type { MatchClass } from "./match-class.js";

/** The share of fewer members is chance: they are counted together with those that come next. */
const FEW_MEMBERS = 8;

export class EmissionShares {
  private readonly book: BookColumns;

  constructor(book: BookColumns) {
    this.book = book;
    const { sink, shared, isJoin, probability } = book;
    for (const cls of book.classes) {
      shared.base[cls.id] = 1;
      for (const group of sink.inputs) {
        const at = (cls.id * shared.groups + group.index) * 2;
        shared.emission[at] = isJoin ? probability / 2 : 1;
        shared.emission[at + 1] = probability;
      }
    }
  }

  /** A class that is split off begins with the shares of its base class. */
  inherit(cls: MatchClass, base: MatchClass): void {
    const { emission, groups } = this.book.shared;
    for (const group of this.book.sink.inputs) {
      for (const old of [0, 1])
        emission[(cls.id * groups + group.index) * 2 + old] = emission[(base.id * groups + group.index) * 2 + old]!;
    }
  }

  /** The state of the class is empty. */
  clear(cls: MatchClass): void {
    const { emission, groups } = this.book.shared;
    for (const group of this.book.sink.inputs)
      emission.fill(0, (cls.id * groups + group.index) * 2, (cls.id * groups + group.index) * 2 + 2);
  }

  completes(cls: MatchClass): boolean {
    const { emission, groups } = this.book.shared;
    return this.book.sink.inputs.some(
      (group) =>
        emission[(cls.id * groups + group.index) * 2]! + emission[(cls.id * groups + group.index) * 2 + 1]! > 0,
    );
  }

  /** What a record completes on arrival, from what has been settled since the last time. */
  refresh(): void {
    if (!this.book.isJoin) return;
    const { emission, groups } = this.book.shared;
    for (const cls of this.book.classes) {
      for (const group of this.book.sink.inputs) {
        const recent = group.input * 2;
        const at = (cls.id * groups + group.index) * 2;
        // Nothing is shown while all its consumers are dead, or in what they begin with.
        if (cls.aliveShare <= 0)
          cls.moved[recent] = cls.moved[recent + 1] = cls.emitted[recent] = cls.emitted[recent + 1] = 0;
        if (cls.fresh > 0) {
          // While a state fills anew, what comes late or in time matters less than what is there.
          const moved = cls.moved[recent]! + cls.moved[recent + 1]!;
          if (moved < FEW_MEMBERS) continue;
          emission[at] = emission[at + 1] =
            (this.book.probability * (cls.emitted[recent]! + cls.emitted[recent + 1]!)) / moved;
          cls.moved[recent] = cls.moved[recent + 1] = cls.emitted[recent] = cls.emitted[recent + 1] = 0;
          continue;
        }
        for (let old = 0; old < 2; old++) {
          const moved = cls.moved[recent + old]!;
          if (moved < FEW_MEMBERS) continue;
          emission[at + old] = (this.book.probability * cls.emitted[recent + old]!) / moved;
          cls.moved[recent + old] = cls.emitted[recent + old] = 0;
        }
      }
    }
  }
}
