import seedrandom from "seedrandom";
import { expect, test } from "vitest";
import { meanInterval, pairedDifference, spread, studentQuantile } from "./spread.js";

test("Student's quantiles are those of the tables", () => {
  const table: readonly (readonly [number, number])[] = [
    [1, 12.706204736],
    [2, 4.3026527297],
    [4, 2.7764451052],
    [9, 2.2621571628],
    [29, 2.0452296421],
    [99, 1.9842169516],
    [9999, 1.9602012637],
  ];
  for (const [degrees, value] of table) expect(studentQuantile(degrees)).toBeCloseTo(value, 6);
});

test("mean, median and quantiles of known values", () => {
  const values = Array.from({ length: 100 }, (_, i) => ((i * 37) % 100) + 1);
  const found = spread(values);
  expect(found).toMatchObject({ n: 100, censored: 0, mean: 50.5, median: 50.5, p50: 50.5, min: 1, max: 100 });
  expect(found.sd).toBeCloseTo(29.0115, 4);
  // Linear between ranks, as numpy and DuckDB's quantile_cont do.
  for (const [value, wanted] of [
    [found.p90, 90.1],
    [found.p95, 95.05],
    [found.p99, 99.01],
  ] as const)
    expect(value).toBeCloseTo(wanted, 9);
  // 50.5 ± 1.98422 × 29.0115 / 10
  expect(found.low).toBeCloseTo(44.7435, 3);
  expect(found.high).toBeCloseTo(56.2565, 3);
  // From the binomial distribution: ranks 40 and 61 of 100.
  expect([found.medianLow, found.medianHigh]).toEqual([40, 61]);
});

test("one value has no interval, no value no spread", () => {
  expect(spread([7])).toMatchObject({ n: 1, mean: 7, low: null, high: null, sd: null, medianLow: null, max: 7 });
  expect(() => spread([])).toThrow(RangeError);
});

test("what the end of a run cut off counts as a lower bound", () => {
  expect(spread([1, { censored: true, atLeastMs: 5 }, 3])).toMatchObject({ n: 3, censored: 1, mean: 3, max: 5 });
});

test("differences are paired by seed, and only over common seeds", () => {
  const base = new Map([
    ["1", 100],
    ["2", 200],
    ["3", 300],
  ]);
  const other = new Map([
    ["3", 290],
    ["1", 90],
    ["4", 0],
    ["2", 190],
  ]);
  expect(pairedDifference(other, base)).toMatchObject({ n: 3, mean: -10, low: -10, high: -10, sd: 0, censored: 0 });
  expect(pairedDifference(new Map([["9", 1]]), base)).toBeNull();
  const cut = pairedDifference(new Map([["1", { censored: true, atLeastMs: 150 } as const]]), base);
  expect(cut).toMatchObject({ n: 1, mean: 50, low: null, censored: 1 });
});

/** A draw with Box and Muller's transform: a distribution with a known mean, independent of the code under test. */
function normal(random: () => number, mean: number, sd: number): number {
  return mean + sd * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

test.each([2, 5, 20])("the interval of %i seeds covers the true mean in 95 ± 2 % of 1,000 repetitions", (seeds) => {
  const random = seedrandom.alea(`coverage/${seeds}`);
  let covered = 0;
  for (let repetition = 0; repetition < 1000; repetition++) {
    const { low, high } = meanInterval(Array.from({ length: seeds }, () => normal(random, 18_300, 450)));
    if ((low as number) <= 18_300 && 18_300 <= (high as number)) covered++;
  }
  expect(covered / 1000).toBeGreaterThanOrEqual(0.93);
  expect(covered / 1000).toBeLessThanOrEqual(0.97);
});

test("pairing takes away the noise that both cases share", () => {
  const random = seedrandom.alea("pairs");
  const one = new Map<string, number>();
  const two = new Map<string, number>();
  for (let seed = 0; seed < 20; seed++) {
    const shared = normal(random, 14_000, 2_000);
    one.set(String(seed), shared + normal(random, 1_000, 50));
    two.set(String(seed), shared + normal(random, 3_000, 50));
  }
  const paired = pairedDifference(two, one) as { low: number; high: number };
  expect(paired.low).toBeGreaterThan(1_900);
  expect(paired.high).toBeLessThan(2_100);
  const apart = spread([...two.values()]);
  expect((apart.high as number) - (apart.low as number)).toBeGreaterThan(5 * (paired.high - paired.low));
});
