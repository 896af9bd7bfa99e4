/** Outage, deficit and catch-up: a case's output and backlog, in 100 ms bins, against its fault-free twin's. */
import type { Measured } from "./result.js";

const BIN_MS = 100;
const BIN_NS = BIN_MS * 1e6;
const SHORTEST_OUTAGE_BINS = 5;
const CUT_RATIO = 0.01;
const LEAST_TWIN_MATCHES = 20;
const CATCH_UP_STABLE_BINS = 50;

/** Sum of the maximal runs of at least five bins after the fault in which output is at most 1 % of the twin's. */
export function jobOutageMs(emitted: Float64Array, twin: Float64Array, fromNs: number): Measured {
  let totalBins = 0;
  let openAtEnd = false;
  let start = -1;
  let output = 0;
  let expected = 0;
  const close = (end: number): void => {
    const long = end - start >= SHORTEST_OUTAGE_BINS;
    if (start >= 0 && long && expected >= LEAST_TWIN_MATCHES && output <= CUT_RATIO * expected) {
      totalBins += end - start;
      openAtEnd = end === emitted.length;
    }
    start = -1;
    output = 0;
    expected = 0;
  };
  for (let bin = Math.floor(fromNs / BIN_NS); bin < emitted.length; bin++) {
    if (emitted[bin]! > CUT_RATIO * twin[bin]!) {
      close(bin);
      continue;
    }
    if (start < 0) start = bin;
    output += emitted[bin]!;
    expected += twin[bin]!;
  }
  close(emitted.length);
  return openAtEnd ? { censored: true, atLeastMs: totalBins * BIN_MS } : totalBins * BIN_MS;
}

/** Output over [fromNs, toNs), bins at the ends counted by their share. */
function sumOver(column: Float64Array, fromNs: number, toNs: number): number {
  let sum = 0;
  for (let bin = Math.floor(fromNs / BIN_NS); bin < column.length && bin * BIN_NS < toNs; bin++) {
    const start = Math.max(fromNs, bin * BIN_NS);
    const end = Math.min(toNs, (bin + 1) * BIN_NS);
    sum += (column[bin]! * (end - start)) / BIN_NS;
  }
  return sum;
}

/**
 * 1 − output ÷ twin's output over the interval; 0 where the twin has none. `counted`: the output where it was counted
 * at both instants exactly, since the bin of the recovery may hold the burst that follows it; else NaN.
 */
export function deficitRatio(
  emitted: Float64Array,
  twin: Float64Array,
  fromNs: number,
  toNs: number,
  counted = Number.NaN,
): number {
  const expected = sumOver(twin, fromNs, toNs);
  const output = Number.isNaN(counted) ? sumOver(emitted, fromNs, toNs) : counted;
  return expected === 0 ? 0 : 1 - output / expected;
}

/**
 * First fault → the first instant from which the backlog stays for 5 s at or below max(1.05 × the twin's, the twin's
 * + 3 of its standard deviations before the fault). Instants are ends of bins.
 */
export function catchUpMs(backlog: Float64Array, twin: Float64Array, warmupNs: number, faultNs: number): Measured {
  const from = Math.floor(faultNs / BIN_NS);
  const deviation = standardDeviation(twin.subarray(Math.floor(warmupNs / BIN_NS), from));
  let since = -1;
  for (let bin = from; bin < backlog.length; bin++) {
    const within = backlog[bin]! <= Math.max(1.05 * twin[bin]!, twin[bin]! + 3 * deviation);
    if (!within) since = -1;
    else if (since < 0) since = bin;
    if (since >= 0 && bin - since >= CATCH_UP_STABLE_BINS)
      return since === from ? 0 : ((since + 1) * BIN_NS - faultNs) / 1e6;
  }
  return { censored: true, atLeastMs: (backlog.length * BIN_NS - faultNs) / 1e6 };
}

function standardDeviation(values: Float64Array): number {
  if (values.length < 2) return 0;
  let mean = 0;
  for (const value of values) mean += value / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return Math.sqrt(squares / (values.length - 1));
}
