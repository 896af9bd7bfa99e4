/** Fewer points of a series: bins joined by factors of 1, 2, 5, 10 … so that a drawing stays small and honest. */

/** How many bins to join so that `bins` become at most `points`. */
export function joinFactor(bins: number, points: number): number {
  for (let decade = 1; ; decade *= 10) {
    for (const step of [1, 2, 5]) if (bins / (decade * step) <= points) return decade * step;
  }
}

/** The bins that a window touches, as [from, to). */
export function binsBetween(
  line: { readonly binMs: number; readonly bins: number },
  fromMs: number,
  toMs: number,
): [from: number, to: number] {
  return [Math.max(0, Math.floor(fromMs / line.binMs)), Math.min(line.bins, Math.ceil(toMs / line.binMs))];
}

export type Join = "mean" | "max";

/** Bins [from, to) joined by `factor`; NaN values are left out, and a group of none but NaN is NaN. */
export function joinBins(column: Float64Array, from: number, to: number, factor: number, how: Join): number[] {
  const joined: number[] = [];
  for (let start = from; start < to; start += factor) {
    let total = 0;
    let largest = Number.NEGATIVE_INFINITY;
    let values = 0;
    for (let bin = start; bin < Math.min(start + factor, to); bin++) {
      const value = column[bin] as number;
      if (Number.isNaN(value)) continue;
      total += value;
      if (value > largest) largest = value;
      values++;
    }
    joined.push(values === 0 ? Number.NaN : how === "mean" ? total / values : largest);
  }
  return joined;
}

/** Four significant figures, and null for NaN: what goes into a specification. */
export function brief(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toPrecision(4)) : null;
}

/** Six figures, where four would turn a deficit of 0.1 % into steps of rounding. */
export function brief6(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toPrecision(6)) : null;
}
