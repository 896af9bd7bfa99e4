import seedrandom from "seedrandom";
import { expect, test } from "vitest";
import type { Precision } from "../../scenario/index.js";
import { meanInterval } from "./spread.js";
import { FIRST_SEEDS, nextSeeds, precisionOf } from "./until.js";

const TWO_PERCENT: Precision = { metric: "recoveryTimeMs", unit: "ms", kind: "relative", halfWidth: 0.02 };

/** Runs the rounds on a stream of draws; gives the seeds of each round. */
function rounds(precision: Precision, maxSeeds: number, draw: (seed: number) => number): number[] {
  const seen: number[] = [];
  let seeds = 1;
  for (;;) {
    seen.push(seeds);
    const next = nextSeeds([Array.from({ length: seeds }, (_, at) => draw(at))], precision, seeds, maxSeeds);
    if (next === seeds) return seen;
    seeds = next;
  }
}

function draws(label: string, mean: number, width: number): (seed: number) => number {
  const random = seedrandom.alea(label);
  const values = Array.from({ length: 5_000 }, () => mean + width * (2 * random() - 1));
  return (seed) => values[seed] as number;
}

test("seeds are added until the interval is as narrow as wanted, and no round before was", () => {
  const draw = draws("until", 18_000, 4_000);
  const seen = rounds(TWO_PERCENT, 1_000, draw);
  const widths = seen.map((seeds) => precisionOf([Array.from({ length: seeds }, (_, at) => draw(at))], TWO_PERCENT));
  expect(widths.at(-1)?.reached).toBe(true);
  expect(widths.slice(0, -1).some((width) => width.reached)).toBe(false);
  const last = seen.at(-1) as number;
  const { mean, low } = meanInterval(Array.from({ length: last }, (_, at) => draw(at)));
  expect((mean - (low as number)) / mean).toBeLessThanOrEqual(0.02);
  expect(last).toBeLessThan(300);
});

test("a few seeds are not trusted, the limit is kept, and a constant stops at once", () => {
  expect(rounds(TWO_PERCENT, 1_000, () => 7)).toEqual([1, FIRST_SEEDS]);
  expect(rounds(TWO_PERCENT, 3, draws("limit", 10, 10))).toEqual([1, 3]);
  expect(rounds(TWO_PERCENT, 40, draws("wide", 10, 30)).at(-1)).toBe(40);
});

test("an absolute width is in the metric's unit, and the widest case decides", () => {
  const half: Precision = { metric: "recoveryTimeMs", unit: "ms", kind: "absolute", halfWidth: 500 };
  const narrow = [1000, 1010, 990, 1005, 995];
  const wide = [1000, 3000, 2000, 1500, 4000];
  expect(precisionOf([narrow], half)).toMatchObject({ reached: true });
  expect(precisionOf([narrow, wide], half)).toMatchObject({ reached: false });
  expect(nextSeeds([narrow, wide], half, 5, 1000)).toBe(10);
  expect(precisionOf([narrow, []], half).reached).toBe(false);
});

test("a mean of zero has no relative precision unless every value is zero", () => {
  expect(precisionOf([[1, -1, 1, -1]], TWO_PERCENT).reached).toBe(false);
  expect(precisionOf([[0, 0, 0]], TWO_PERCENT)).toEqual({ reached: true, halfWidth: 0, censored: 0 });
});

test("what the end of the run cut off has no precision, and more seeds do not help", () => {
  const cut = { censored: true, atLeastMs: 40_000 } as const;
  const values = [[cut, cut, cut, cut, 39_000]];
  expect(precisionOf(values, TWO_PERCENT)).toMatchObject({ reached: false, censored: 4 });
  expect(nextSeeds(values, TWO_PERCENT, 5, 1_000)).toBe(5);
});
