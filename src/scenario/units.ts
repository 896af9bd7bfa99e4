/**
 * Quantities with units: text ↔ integer nanoseconds, bytes, records per second, bits per second, plain ratios.
 * Reading is exact (decimal, no float product for powers of ten). A bare number where a unit is due is a problem,
 * with a suggestion. In Flink's own keys the letters k, m, g mean binary multiples, as in Flink.
 */
import type { Problem } from "./messages.js";
import { messages } from "./messages.js";
import { nearestName } from "./nearest.js";

export type Dimension = "duration" | "bytes" | "rate" | "bandwidth" | "ratio";
export type UnitStyle = "outgap" | "flink";
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: Problem };

/** factor = multiplier × 10^exponent: the exponent is applied in decimal text, so that 14.1s is exact. */
interface Unit {
  readonly exponent: number;
  readonly multiplier: number;
}
const unit = (exponent: number, multiplier = 1): Unit => ({ exponent, multiplier });
const KIB = 1024;

const DURATION: Readonly<Record<string, Unit>> = {
  ns: unit(0),
  us: unit(3),
  µs: unit(3),
  μs: unit(3),
  ms: unit(6),
  s: unit(9),
  min: unit(9, 60),
  h: unit(9, 3600),
  d: unit(9, 86400),
};
const FLINK_DURATION: Readonly<Record<string, Unit>> = { ...DURATION, m: unit(9, 60), sec: unit(9) };

const BYTES: Readonly<Record<string, Unit>> = {
  B: unit(0),
  kB: unit(3),
  KB: unit(3),
  MB: unit(6),
  GB: unit(9),
  TB: unit(12),
  KiB: unit(0, KIB),
  MiB: unit(0, KIB ** 2),
  GiB: unit(0, KIB ** 3),
  TiB: unit(0, KIB ** 4),
  kb: unit(0, KIB),
  mb: unit(0, KIB ** 2),
  gb: unit(0, KIB ** 3),
};
/** Flink's MemorySize is case-insensitive and binary throughout. Keys here are lower case. */
const FLINK_BYTES: Readonly<Record<string, Unit>> = {
  b: unit(0),
  bytes: unit(0),
  k: unit(0, KIB),
  kb: unit(0, KIB),
  kib: unit(0, KIB),
  m: unit(0, KIB ** 2),
  mb: unit(0, KIB ** 2),
  mib: unit(0, KIB ** 2),
  g: unit(0, KIB ** 3),
  gb: unit(0, KIB ** 3),
  gib: unit(0, KIB ** 3),
  t: unit(0, KIB ** 4),
  tb: unit(0, KIB ** 4),
};
const BANDWIDTH: Readonly<Record<string, Unit>> = {
  "bit/s": unit(0),
  "kbit/s": unit(3),
  "Mbit/s": unit(6),
  "Gbit/s": unit(9),
  "Tbit/s": unit(12),
  "B/s": unit(0, 8),
  "kB/s": unit(3, 8),
  "MB/s": unit(6, 8),
  "GB/s": unit(9, 8),
};
/** Per-second rates divide; min, h and d only approximately divide a second, so they are computed in floats. */
const RATE_PERIOD_S: Readonly<Record<string, number>> = { "/ms": 0.001, "/s": 1, "/min": 60, "/h": 3600, "/d": 86400 };

const EXPECTED: Readonly<Record<Dimension, string>> = {
  duration: "a duration with a unit, such as 100ms, 10s or 5min",
  bytes: "a size with a unit, such as 100B, 1kB, 32KiB or 4GiB",
  rate: "a rate with a unit, such as 5000/s",
  bandwidth: "a bandwidth with a unit, such as 1Gbit/s",
  ratio: "a ratio, such as 0.1% or 0.001",
};
const SUGGESTED_UNIT: Readonly<Record<Dimension, string>> = {
  duration: "s",
  bytes: "B",
  rate: "/s",
  bandwidth: "bit/s",
  ratio: "",
};
/** 2^53 ns: beyond it, integer nanoseconds are not exact (104 days). */
export const MAX_DURATION_NS = Number.MAX_SAFE_INTEGER;

const NUMBER = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:[eE]([+-]?\d+))?\s*(.*)$/s;

function fail<T>(p: Problem): Parsed<T> {
  return { ok: false, problem: p };
}

function unitsOf(dimension: Dimension, style: UnitStyle): Readonly<Record<string, Unit>> {
  if (dimension === "duration") return style === "flink" ? FLINK_DURATION : DURATION;
  if (dimension === "bytes") return style === "flink" ? FLINK_BYTES : BYTES;
  return BANDWIDTH;
}

/** What a value of this dimension looks like, in words. */
export function expectedOf(dimension: Dimension): string {
  return EXPECTED[dimension];
}

/**
 * Reads a quantity: nanoseconds, bytes, records/s, bits/s or a plain ratio. Durations and sizes are rounded to
 * whole nanoseconds and bytes. Negative values are refused.
 * @param suggest unit that a bare number probably meant (for the message only)
 */
export function parseQuantity(
  input: unknown,
  dimension: Dimension,
  style: UnitStyle = "outgap",
  suggest: string = SUGGESTED_UNIT[dimension],
): Parsed<number> {
  const exact = parseExact(input, dimension, style, suggest);
  if (!exact.ok) return exact;
  if (dimension !== "duration" && dimension !== "bytes") return exact;
  const value = Math.round(exact.value);
  if (value === 0 && exact.value > 0) {
    return fail(messages.outOfRange(input, dimension === "duration" ? "at least 1ns, or 0s" : "at least 1B, or 0B"));
  }
  return { ok: true, value };
}

/** As `parseQuantity`, but keeps fractions of a nanosecond or byte (costs per byte need them). */
export function parseExact(
  input: unknown,
  dimension: Dimension,
  style: UnitStyle = "outgap",
  suggest: string = SUGGESTED_UNIT[dimension],
): Parsed<number> {
  const expected = EXPECTED[dimension];
  if (dimension === "ratio" && typeof input === "number" && Number.isFinite(input))
    return nonNegative(input, input, expected);
  if (typeof input === "number")
    return fail(messages.noUnit(input, expected, Number.isFinite(input) ? `${input}${suggest}` : null));
  if (typeof input !== "string") return fail(messages.wrongType(input, expected));
  const text = input.trim();
  const match = NUMBER.exec(text);
  if (match === null) return fail(messages.badQuantity(input, expected, null));
  const [, digits = "", exponentText = "0", unitText = ""] = match;
  const exponent = Number(exponentText);
  const decimal = (shift: number): number => Number(`${digits}e${exponent + shift}`);
  if (dimension === "ratio") {
    if (unitText === "") return nonNegative(input, decimal(0), expected);
    if (unitText === "%") return nonNegative(input, decimal(-2), expected);
    return fail(messages.badUnit(input, unitText, expected, `${digits}%`));
  }
  if (unitText === "") return fail(messages.noUnit(text, expected, `${text}${suggest}`));
  if (dimension === "rate") {
    const period = RATE_PERIOD_S[unitText];
    if (period === undefined) {
      return fail(messages.badUnit(input, unitText, expected, withUnit(digits, unitText, Object.keys(RATE_PERIOD_S))));
    }
    return nonNegative(input, unitText === "/ms" ? decimal(3) : decimal(0) / period, expected);
  }
  const units = unitsOf(dimension, style);
  const found = units[style === "flink" && dimension === "bytes" ? unitText.toLowerCase() : unitText];
  if (found === undefined) {
    return fail(messages.badUnit(input, unitText, expected, withUnit(digits, unitText, Object.keys(units))));
  }
  return nonNegative(input, decimal(found.exponent) * found.multiplier, expected);
}

function withUnit(digits: string, unitText: string, names: readonly string[]): string | null {
  const nearest =
    names.find((name) => name.toLowerCase() === unitText.toLowerCase()) ??
    nearestName(unitText, names) ??
    names.find((name) => name.length > 0 && unitText.toLowerCase().startsWith(name.toLowerCase())) ??
    null;
  return nearest === null ? null : `${digits}${nearest}`;
}

function nonNegative(input: unknown, value: number, expected: string): Parsed<number> {
  if (!Number.isFinite(value) || value > MAX_DURATION_NS)
    return fail(messages.outOfRange(input, `${expected}, below 2^53`));
  if (value < 0) return fail(messages.outOfRange(input, `${expected}, not negative`));
  return { ok: true, value: value === 0 ? 0 : value };
}

/** A number as plain decimal text, never in exponent form (JavaScript writes 1e-7 and 1e+21). */
export function plainDecimal(value: number): string {
  const text = String(value);
  const match = /^(-?)(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (match === null) return text;
  const [, sign = "", whole = "", fraction = "", exponentText = "0"] = match;
  const exponent = Number(exponentText);
  const digits = whole + fraction;
  const point = whole.length + exponent;
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  if (point >= digits.length) return sign + digits + "0".repeat(point - digits.length);
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

function shifted(value: number, places: number): string {
  const digits = plainDecimal(value).padStart(places + 1, "0");
  const text = `${digits.slice(0, -places)}.${digits.slice(-places)}`;
  return text.replace(/\.?0+$/, "");
}

/** The shortest exact spelling in s, ms, us or ns; `parseQuantity` reads back the same number. */
export function formatDuration(ns: number): string {
  if (ns === 0) return "0s";
  if (!Number.isInteger(ns)) return `${plainDecimal(ns)}ns`;
  if (ns >= 1e9) return `${shifted(ns, 9)}s`;
  if (ns >= 1e6) return `${shifted(ns, 6)}ms`;
  if (ns >= 1e3) return `${shifted(ns, 3)}us`;
  return `${ns}ns`;
}

/** Exact, in the largest binary unit that divides it, else in bytes. */
export function formatBytes(bytes: number): string {
  for (const [name, size] of [
    ["GiB", KIB ** 3],
    ["MiB", KIB ** 2],
    ["KiB", KIB],
  ] as const) {
    if (bytes > 0 && bytes % size === 0) return `${bytes / size}${name}`;
  }
  return `${plainDecimal(bytes)}B`;
}

export function formatRate(perSecond: number): string {
  return `${plainDecimal(perSecond)}/s`;
}

export function formatBandwidth(bitsPerSecond: number): string {
  for (const [name, size] of [
    ["Gbit/s", 1e9],
    ["Mbit/s", 1e6],
    ["kbit/s", 1e3],
  ] as const) {
    if (bitsPerSecond > 0 && bitsPerSecond % size === 0) return `${bitsPerSecond / size}${name}`;
  }
  return `${plainDecimal(bitsPerSecond)}bit/s`;
}
