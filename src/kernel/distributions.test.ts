import { describe, expect, it } from "vitest";
import { cdf, type DurationDistribution, meanNs, quantileNs, sampleNs } from "./distributions.js";
import { normalCdf, normalQuantile } from "./normal.js";
import { poissonCdf, poissonQuantile } from "./poisson.js";

describe("normal", () => {
  it("has quantile and distribution function as inverses, and known values", () => {
    expect(normalCdf(1.959963984540054)).toBeCloseTo(0.975, 14);
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 14);
    expect(normalCdf(-10) / 7.61985302416052e-24).toBeCloseTo(1, 12);
    for (let exponent = -300; exponent < 0; exponent++) {
      const p = 0.5 * 10 ** exponent;
      expect(normalCdf(normalQuantile(p)) / p).toBeCloseTo(1, 11);
    }
    for (let p = 0.0005; p < 1; p += 0.0005) expect(Math.abs(normalCdf(normalQuantile(p)) - p)).toBeLessThan(5e-15);
  });
});

const distributions: DurationDistribution[] = [
  { kind: "constant", valueNs: 70_000 },
  { kind: "uniform", lowNs: 1000, highNs: 5000 },
  { kind: "exponential", meanNs: 1e6 },
  { kind: "lognormal", medianNs: 14e9, sigma: 0.2 },
  { kind: "normal", meanNs: 1e6, sdNs: 1e5 },
  { kind: "normal", meanNs: 1e6, sdNs: 2e6 },
  { kind: "normal", meanNs: -3e6, sdNs: 1e6 },
  { kind: "empirical", valuesNs: [5e5, 1e5, 3e5, 3e5] },
];

describe.each(distributions)("$kind %o", (distribution) => {
  it("samples what its mean and distribution function say", () => {
    const n = 200_000;
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const u = (i + 0.5) / n;
      const q = quantileNs(distribution, u);
      const sample = sampleNs(distribution, u);
      sum += sample;
      if (i % 997 !== 0) continue;
      expect(Number.isInteger(sample) && sample >= 0 && Math.abs(sample - q) <= 0.5).toBe(true);
      if (distribution.kind === "empirical" || distribution.kind === "constant") {
        expect(cdf(distribution, q)).toBeGreaterThanOrEqual(u);
      } else expect(Math.abs(cdf(distribution, q) - u)).toBeLessThan(1e-9);
    }
    expect(Math.abs(sum / n / meanNs(distribution) - 1)).toBeLessThan(1e-4);
  });
});

describe("poissonQuantile", () => {
  it.each([0.1, 3, 31.9, 32.1, 250, 4999.5, 1e5])("is the exact quantile at mean %d", (mean) => {
    for (let i = 0; i < 400; i++) {
      const u = i < 5 ? 2 ** -33 * (i + 1) : i > 395 ? 1 - 2 ** -33 * (400 - i) : i / 400;
      const k = poissonQuantile(mean, u);
      expect(poissonCdf(mean, k)).toBeGreaterThanOrEqual(u - 1e-12);
      expect(poissonCdf(mean, k - 1)).toBeLessThan(u + 1e-12);
    }
  });
});
