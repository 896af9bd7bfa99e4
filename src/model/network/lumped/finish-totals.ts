/**
 * The sums over bins at the end of a run. Each is a function of its own: V8 compiles a long loop while it runs, together
 * with everything around it, and `finishPlane` runs once, so that its machine code would be thrown away each time.
 */
import { MATCH_MISS_CAUSES } from "../../loss-causes.js";
import type { Layout } from "./layout.js";
import type { MatchBook } from "./match-book.js";

/** Matches whose latest member falls into one of the first bins. */
export interface MatchTotals {
  expected: number;
  emitted: number;
  /** By cause, in the order of MATCH_MISS_CAUSES. */
  readonly missed: Float64Array;
}

export function matchTotals(book: MatchBook, bins: number): MatchTotals {
  const causes = MATCH_MISS_CAUSES.length;
  const totals = { expected: 0, emitted: 0, missed: new Float64Array(causes) };
  for (let bin = 0; bin < bins; bin++) {
    totals.expected += book.expectedIn[bin]!;
    totals.emitted += book.emittedIn[bin]!;
    for (let cause = 0; cause < causes; cause++)
      totals.missed[cause] = totals.missed[cause]! + book.missedIn[bin * causes + cause]!;
  }
  return totals;
}

/** Records that came into the logs, by bin. */
export function producedByBin(layout: Layout, produced: ArrayLike<number>): Float64Array {
  const stride = layout.bins + 1;
  const sums = new Float64Array(layout.bins);
  for (const group of layout.groups)
    for (let bin = 0; bin < layout.bins; bin++) sums[bin] = sums[bin]! + produced[group.index * stride + bin]!;
  return sums;
}

/** Goes on with the hash of what came from outside: how many matches each bin should bring. */
export function hashExpected(hash: number, expectedIn: Float64Array): number {
  let result = hash;
  for (let bin = 0; bin < expectedIn.length; bin++) result = Math.imul(result ^ expectedIn[bin]!, 0x01000193);
  return result;
}
