/** The quality of addressed draws, at fixed seeds: every bound is five standard deviations or more. */
import { describe, expect, it } from "vitest";
import { RandomStreams } from "./random.js";

const family = new RandomStreams("42").family("quality");

/** (χ² − degrees) / √(2 degrees): about standard normal. */
function chiSquaredScore(counts: Float64Array, total: number): number {
  const expected = total / counts.length;
  let sum = 0;
  for (const count of counts) sum += (count - expected) ** 2 / expected;
  return (sum - (counts.length - 1)) / Math.sqrt(2 * (counts.length - 1));
}

/** Score of the joint distribution of pairs on a 32 × 32 grid. */
function pairScore(n: number, pair: (i: number) => readonly [number, number]): number {
  const counts = new Float64Array(1024);
  for (let i = 0; i < n; i++) {
    const [x, y] = pair(i);
    counts[Math.floor(x * 32) * 32 + Math.floor(y * 32)]!++;
  }
  return Math.abs(chiSquaredScore(counts, n));
}

describe("RandomFamily", () => {
  const n = 300_000;
  const draws: Record<string, (i: number) => number> = {
    "along the index": (i) => family.uniform(7, i),
    "along the entity": (i) => family.uniform(i, 7),
    "every 4096th index": (i) => family.uniform(3, i * 4096),
    "beyond 2^32": (i) => family.uniform(3, 2 ** 40 + i * 2 ** 12),
    "along multiples of 2^32": (i) => family.uniform(3, i * 2 ** 32),
    "entity and index together": (i) => family.uniform(i, i),
    "low 20 bits of 52": (i) => (family.uniform53(7, i) * 2 ** 32) % 1,
    "entity 0 of many seeds": (i) => new RandomStreams(`${i >> 5}`).family("a").uniform(0, i & 31),
  };
  it.each(Object.entries(draws))("is uniform %s", (_, draw) => {
    const counts = new Float64Array(1000);
    const count = draw === draws["entity 0 of many seeds"] ? n / 10 : n;
    for (let i = 0; i < count; i++) counts[Math.floor(draw(i) * 1000)]!++;
    expect(Math.abs(chiSquaredScore(counts, count))).toBeLessThan(5);
  });

  const other = new RandomStreams("42").family("quality2");
  const otherSeed = new RandomStreams("43").family("quality");
  const pairs: Record<string, (i: number) => readonly [number, number]> = {
    "neighbouring indices": (i) => [family.uniform(1, i), family.uniform(1, i + 1)],
    "indices 2 apart": (i) => [family.uniform(1, i), family.uniform(1, i + 2)],
    "neighbouring entities": (i) => [family.uniform(1, i), family.uniform(2, i)],
    "neighbouring entities, walked": (i) => [family.uniform(i, 5), family.uniform(i + 1, 5)],
    "entities 2^16 apart": (i) => [family.uniform(1, i), family.uniform(65537, i)],
    "entity and index swapped": (i) => [family.uniform(i, i + 1), family.uniform(i + 1, i)],
    "two purposes": (i) => [family.uniform(1, i), other.uniform(1, i)],
    "two seeds": (i) => [family.uniform(1, i), otherSeed.uniform(1, i)],
    "i and i + 2^32": (i) => [family.uniform(1, i), family.uniform(1, i + 2 ** 32)],
    "high and low half of 52 bits": (i) => {
      const scaled = family.uniform53(1, i) * 2 ** 16;
      return [Math.floor(scaled) / 2 ** 16, scaled % 1];
    },
    "a draw and its low half": (i) => [family.uniform(1, i), (family.uniform53(1, i) * 2 ** 32) % 1],
  };
  it.each(Object.entries(pairs))("is independent for %s", (_, pair) => {
    expect(pairScore(n, pair)).toBeLessThan(5);
  });

  it("flips half of the bits when one bit of entity, index or seed changes", () => {
    const flips = (x: number): number => {
      let count = 0;
      for (let bits = x >>> 0; bits !== 0; bits &= bits - 1) count++;
      return count;
    };
    const addresses = 4000;
    for (let bit = 0; bit < 32; bit++) {
      let byEntity = 0;
      let byIndex = 0;
      for (let i = 0; i < addresses; i++) {
        const entity = (i * 2654435761) >>> 0;
        const base = family.bits(entity, i);
        byEntity += flips(base ^ family.bits((entity ^ (1 << bit)) >>> 0, i));
        byIndex += flips(base ^ family.bits(entity, (i ^ (1 << bit)) >>> 0));
      }
      // Binomial: 16 ± 2.83 / √4000 each.
      expect(Math.abs(byEntity / addresses - 16)).toBeLessThan(0.25);
      expect(Math.abs(byIndex / addresses - 16)).toBeLessThan(0.25);
    }
  });

  it("gives each of 100,000 entities its own stream, and no shifted copy of a neighbour's", () => {
    const seen = new Set<number>();
    for (let entity = 0; entity < 100_000; entity++) seen.add(family.uniform53(entity, 0));
    expect(seen.size).toBe(100_000);
    const window = new Set<number>();
    for (let i = 0; i < 20_000; i++) window.add(family.uniform53(11, i));
    let shared = 0;
    for (let entity = 12; entity < 32; entity++) {
      for (let i = 0; i < 1000; i++) if (window.has(family.uniform53(entity, i))) shared++;
    }
    expect(shared).toBe(0);
  });

  it("stays inside (0,1), and below() inside [0,n)", () => {
    for (let i = 0; i < 100_000; i++) {
      const u = family.uniform(i, i);
      const v = family.uniform53(i, i);
      if (!(u > 0 && u < 1 && v > 0 && v < 1) || Math.floor(u * 2 ** 32) !== Math.floor(v * 2 ** 32)) {
        expect([u, v]).toEqual("inside, with the same upper bits");
      }
      const k = family.below(i, 3, 7);
      expect(Number.isInteger(k) && k >= 0 && k < 7).toBe(true);
    }
    // The largest values that the two formulas can yield.
    expect((2 ** 32 - 1 + 0.5) * 2 ** -32).toBeLessThan(1);
    expect((2 ** 52 - 1 + 0.5) * 2 ** -52).toBeLessThan(1);
  });

  it("never changes: a published run must be repeatable", () => {
    const draw = new RandomStreams("42").family("arrivals");
    expect(new RandomStreams("42").family("arrivals").uniform(5, 9)).toBe(draw.uniform(5, 9));
    expect([
      draw.uniform(0, 0),
      draw.uniform(1, 0),
      draw.uniform(0, 1),
      draw.uniform(123, 2 ** 40),
      draw.uniform53(1, 2),
    ]).toMatchInlineSnapshot(`
      [
        0.2972902382025495,
        0.4774937442271039,
        0.3162334292428568,
        0.060510353301651776,
        0.04967340559263078,
      ]
    `);
  });
});
