/**
 * Durations that vary, in nanoseconds: quantile, distribution function, mean and sample of each kind. Sampling is
 * by inverse transform, one uniform draw per sample, so that a draw keeps its meaning when a parameter changes.
 */
import { assert } from "./assert.js";
import { normalCdf, normalDensity, normalQuantile } from "./normal.js";

/** `normal` is truncated at 0: conditioned on being non-negative. `empirical`: each value equally likely. */
export type DurationDistribution =
  | { readonly kind: "constant"; readonly valueNs: number }
  | { readonly kind: "uniform"; readonly lowNs: number; readonly highNs: number }
  | { readonly kind: "exponential"; readonly meanNs: number }
  | { readonly kind: "lognormal"; readonly medianNs: number; readonly sigma: number }
  | { readonly kind: "normal"; readonly meanNs: number; readonly sdNs: number }
  | { readonly kind: "empirical"; readonly valuesNs: readonly number[] };

const sortedValues = new WeakMap<readonly number[], Float64Array>();

/** The values in increasing order, sorted once per array. */
function sorted(valuesNs: readonly number[]): Float64Array {
  let values = sortedValues.get(valuesNs);
  if (values === undefined) {
    assert(valuesNs.length > 0, "an empirical distribution needs at least one value");
    values = Float64Array.from(valuesNs).sort();
    sortedValues.set(valuesNs, values);
  }
  return values;
}

/** What truncation at 0 leaves of a normal distribution with this mean, in standard deviations. */
function massAboveZero(mean: number): number {
  // Beyond 8.3 standard deviations Φ is 1 in doubles.
  return mean > 8.3 ? 1 : normalCdf(mean);
}

/** The u-quantile in ns as a real number ≥ 0; u in (0,1). */
export function quantileNs(distribution: DurationDistribution, u: number): number {
  switch (distribution.kind) {
    case "constant":
      return distribution.valueNs;
    case "uniform":
      return distribution.lowNs + u * (distribution.highNs - distribution.lowNs);
    case "exponential":
      return -distribution.meanNs * Math.log1p(-u);
    case "lognormal":
      return distribution.medianNs * Math.exp(distribution.sigma * normalQuantile(u));
    case "normal": {
      const { meanNs, sdNs } = distribution;
      if (sdNs === 0) return Math.max(0, meanNs);
      // By the upper tail, which keeps its digits where the mean is far below 0.
      const above = massAboveZero(meanNs / sdNs);
      return Math.max(0, meanNs - sdNs * normalQuantile((1 - u) * above));
    }
    case "empirical": {
      const values = sorted(distribution.valuesNs);
      return values[Math.min(values.length - 1, Math.floor(u * values.length))]!;
    }
  }
}

/** One sample in integer ns ≥ 0 from one uniform draw u in (0,1). */
export function sampleNs(distribution: DurationDistribution, u: number): number {
  if (distribution.kind === "constant") return Math.round(distribution.valueNs);
  return Math.min(Number.MAX_SAFE_INTEGER, Math.round(quantileNs(distribution, u)));
}

/** Probability that the duration is at most `ns`. */
export function cdf(distribution: DurationDistribution, ns: number): number {
  if (ns < 0) return 0;
  switch (distribution.kind) {
    case "constant":
      return ns >= distribution.valueNs ? 1 : 0;
    case "uniform": {
      const { lowNs, highNs } = distribution;
      if (ns >= highNs) return 1;
      return ns <= lowNs ? 0 : (ns - lowNs) / (highNs - lowNs);
    }
    case "exponential":
      return distribution.meanNs === 0 ? 1 : -Math.expm1(-ns / distribution.meanNs);
    case "lognormal": {
      const { medianNs, sigma } = distribution;
      if (sigma === 0 || medianNs === 0) return ns >= medianNs ? 1 : 0;
      return ns === 0 ? 0 : normalCdf(Math.log(ns / medianNs) / sigma);
    }
    case "normal": {
      const { meanNs, sdNs } = distribution;
      if (sdNs === 0) return ns >= meanNs ? 1 : 0;
      return Math.min(1, Math.max(0, 1 - normalCdf((meanNs - ns) / sdNs) / massAboveZero(meanNs / sdNs)));
    }
    case "empirical": {
      const values = sorted(distribution.valuesNs);
      let low = 0;
      let high = values.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (values[middle]! <= ns) low = middle + 1;
        else high = middle;
      }
      return low / values.length;
    }
  }
}

/** The mean in ns, as a real number. */
export function meanNs(distribution: DurationDistribution): number {
  switch (distribution.kind) {
    case "constant":
      return distribution.valueNs;
    case "uniform":
      return (distribution.lowNs + distribution.highNs) / 2;
    case "exponential":
      return distribution.meanNs;
    case "lognormal":
      return distribution.medianNs * Math.exp((distribution.sigma * distribution.sigma) / 2);
    case "normal": {
      const { meanNs: mean, sdNs } = distribution;
      if (sdNs === 0) return Math.max(0, mean);
      return mean + (sdNs * normalDensity(mean / sdNs)) / massAboveZero(mean / sdNs);
    }
    case "empirical": {
      let sum = 0;
      for (const value of distribution.valuesNs) sum += value;
      return sum / distribution.valuesNs.length;
    }
  }
}
