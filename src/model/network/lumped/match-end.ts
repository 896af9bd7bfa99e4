/** The end of a run: what rounding left behind, what waits for records under way, what waits for members that died. */
import { type BookColumns, MISS } from "./book-columns.js";
import { nextNonZero } from "./cell-blocks.js";
import { ABSENT, DIED } from "./cell-columns.js";
import type { MatchArrivals } from "./match-arrivals.js";

/**
 * Before the walk: what was read again since the last settlement is under way; and where the walk found nothing of
 * an event bin under way, what rounding left behind has come. Returns how many members that were.
 */
export function settleLeftovers(
  book: BookColumns,
  arrivals: MatchArrivals,
  underWay: (input: number, bin: number) => number,
): number {
  let left = 0;
  for (const cls of book.classes) {
    arrivals.meetPostponed(cls);
    for (const { input } of book.sink.inputs) {
      const waiting = cls.cells.absentIn(book.cellInput(input));
      for (let bin = nextNonZero(waiting, 0); bin < book.layout.bins; bin = nextNonZero(waiting, bin + 1)) {
        if (underWay(input, bin) > 0) continue;
        arrivals.arriveIn(cls, input, bin, 1, 0);
        left += cls.cells.moved;
      }
    }
  }
  return left;
}

/** Input and bin of every member not there yet, for the walk of what is pending; members that died are missed now. */
export function walkPending(
  book: BookColumns,
  pending: (input: number, bin: number, later: number, count: number) => void,
): void {
  for (const cls of book.classes) {
    const { cells } = cls;
    for (let k = 0; k < book.combos.count; k++) {
      for (let state = 0; state < cells.states; state++) {
        if (state === cells.full) continue;
        let dead = false;
        let absent = -1;
        for (let v = 0; v < book.inputs; v++) {
          const digit = cells.digit[v * cells.states + state]!;
          if (digit === DIED) dead = true;
          else if (digit === ABSENT) absent = v;
        }
        const offset = absent < 0 ? 0 : book.combos.offsets[absent * book.combos.count + k]!;
        cells.eachIn(k, state, (anchor, at) => {
          const count = cells.counts[at]!;
          const later = cells.laterBin(anchor, k);
          if (dead) {
            book.missed(MISS.stateLost, later, count);
            cells.counts[at] = 0;
          } else pending(absent, absent < 0 ? 0 : anchor + offset, later, count);
        });
      }
    }
  }
}
