/**
 * The Poisson distribution: its mass without cancellation, and its exact quantile: the smallest k with
 * P(X ≤ k) ≥ u, by summing the mass, so exact up to the rounding of the sum (about 1e-14).
 */
import { assert } from "./assert.js";
import { normalQuantile } from "./normal.js";

/** ln k! − Stirling's formula for it (C. Loader 2000), to 1e-16. */
function stirlingError(k: number): number {
  if (k < 16) {
    let factorial = 1;
    for (let i = 2; i <= k; i++) factorial *= i;
    return Math.log(factorial) - ((k + 0.5) * Math.log(k) - k + 0.9189385332046727);
  }
  const k2 = k * k;
  return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / 1188 / k2) / k2) / k2) / k2) / k;
}

/** x ln(x/m) + m − x without cancellation where x is near m (C. Loader 2000). */
function deviance(x: number, mean: number): number {
  const v = (x - mean) / (x + mean);
  if (Math.abs(v) > 0.1) return x * Math.log(x / mean) + mean - x;
  let sum = (x - mean) * v;
  let term = 2 * x * v;
  for (let j = 1; j < 1000; j++) {
    term *= v * v;
    const next = sum + term / (2 * j + 1);
    if (next === sum) break;
    sum = next;
  }
  return sum;
}

/** P(X = k) for a Poisson variable of this mean. */
export function poissonMass(mean: number, k: number): number {
  if (mean === 0) return k === 0 ? 1 : 0;
  if (k === 0) return Math.exp(-mean);
  return Math.exp(-stirlingError(k) - deviance(k, mean)) / Math.sqrt(2 * Math.PI * k);
}

/** P(X ≤ k): summed downward from k, where the terms shrink, or from the mean. */
export function poissonCdf(mean: number, k: number): number {
  if (k < 0) return 0;
  const top = Math.floor(k);
  const start = Math.min(top, Math.floor(mean));
  let term = poissonMass(mean, start);
  let sum = 0;
  for (let j = start; j >= 0 && term > sum * 1e-18; j--) {
    sum += term;
    term *= j / mean;
  }
  term = poissonMass(mean, start);
  for (let j = start + 1; j <= top; j++) {
    term *= mean / j;
    if (term < 1e-18) break;
    sum += term;
  }
  return Math.min(1, sum);
}

/** The smallest k with P(X ≤ k) ≥ u; mean in [0, 1e5], u in (0,1). */
export function poissonQuantile(mean: number, u: number): number {
  assert(mean >= 0, "the mean of a Poisson variable is negative");
  if (mean === 0) return 0;
  if (mean < 32) {
    let term = Math.exp(-mean);
    let sum = term;
    let k = 0;
    while (sum < u && term > 1e-18) {
      k++;
      term *= mean / k;
      sum += term;
    }
    return k;
  }
  // Cornish-Fisher: right to about one unit; then walked to the exact place.
  const z = normalQuantile(u);
  let k = Math.max(0, Math.floor(mean + Math.sqrt(mean) * z + (z * z + 2) / 6));
  let sum = poissonCdf(mean, k);
  let term = poissonMass(mean, k);
  while (k > 0 && sum - term >= u) {
    sum -= term;
    term *= k / mean;
    k--;
  }
  while (sum < u && term > 1e-18) {
    k++;
    term *= mean / k;
    sum += term;
  }
  return k;
}
