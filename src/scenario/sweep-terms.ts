/**
 * The small languages of a sweep: a measure (`recoveryTimeMs.p99`), a constraint (`recoveryTimeMs.p99 < 10s`) and a
 * precision (`recoveryTimeMs ±2%`). Text in, typed terms out; values of them are experiment/'s matter.
 */
import { messages, problem } from "./messages.js";
import { METRICS, type MetricSpec, type MetricUnit } from "./metrics-catalogue.js";
import { nearestName } from "./nearest.js";
import type { Parsed } from "./units.js";
import { parseQuantity } from "./units.js";

/** What of a metric's values over the seeds is meant. */
export const SPREADS = ["mean", "median", "p50", "p90", "p95", "p99", "min", "max"] as const;
export type SpreadName = (typeof SPREADS)[number];

export interface Measure {
  /** Path in a case's summary. */
  readonly metric: string;
  readonly unit: MetricUnit;
  readonly spread: SpreadName;
}

export type Comparison = "<" | "<=" | ">" | ">=";

export interface Constraint extends Measure {
  readonly comparison: Comparison;
  /** In the metric's unit: milliseconds, a ratio or a count. */
  readonly value: number;
}

/** How narrow the 95 % interval of a mean has to be: its half-width, relative to the mean or in the metric's unit. */
export interface Precision {
  readonly metric: string;
  readonly unit: MetricUnit;
  readonly kind: "relative" | "absolute";
  readonly halfWidth: number;
}

/** A metric by its path, or by the last part of it where only one metric ends so: `lostTotal`. */
export function findMetric(name: string): Parsed<MetricSpec> {
  const exact = METRICS.find((spec) => spec.path === name);
  if (exact !== undefined) return { ok: true, value: exact };
  const endings = METRICS.filter((spec) => spec.path.endsWith(`.${name}`));
  if (endings.length === 1) return { ok: true, value: endings[0] as MetricSpec };
  if (endings.length > 1) {
    const paths = endings.map((spec) => spec.path);
    return { ok: false, problem: problem(`${JSON.stringify(name)} could be ${paths.join(" or ")}`, "one of them") };
  }
  const nearest = nearestName(
    name,
    METRICS.map((spec) => spec.path),
  );
  return {
    ok: false,
    problem: problem(`unknown metric ${JSON.stringify(name)}`, "a metric of `outgap list metrics`", nearest),
  };
}

/** `METRIC` or `METRIC.SPREAD`; the mean over the seeds if none is named. */
export function parseMeasure(text: string): Parsed<Measure> {
  const name = text.trim();
  const whole = findMetric(name);
  if (whole.ok) return { ok: true, value: { metric: whole.value.path, unit: whole.value.unit, spread: "mean" } };
  const dot = name.lastIndexOf(".");
  const spread = SPREADS.find((candidate) => candidate === name.slice(dot + 1));
  if (dot < 0 || spread === undefined) return whole;
  const metric = findMetric(name.slice(0, dot));
  return metric.ok ? { ok: true, value: { metric: metric.value.path, unit: metric.value.unit, spread } } : metric;
}

/** `MEASURE < VALUE`, also `<=`, `>` and `>=`. */
export function parseConstraint(text: string): Parsed<Constraint> {
  const match = /^\s*(\S+?)\s*(<=|>=|<|>|≤|≥)\s*(.+?)\s*$/.exec(text);
  if (match === null) {
    return {
      ok: false,
      problem: problem(`cannot read ${JSON.stringify(text)}`, "a bound such as recoveryTimeMs.p99 < 10s"),
    };
  }
  const measure = parseMeasure(match[1] as string);
  if (!measure.ok) return measure;
  const value = inUnit(match[3] as string, measure.value.unit);
  if (!value.ok) return value;
  const sign = (match[2] as string).replace("≤", "<=").replace("≥", ">=") as Comparison;
  return { ok: true, value: { ...measure.value, comparison: sign, value: value.value } };
}

/** `METRIC ±2%` or `METRIC ±500ms`; `+-` is read as `±`. */
export function parsePrecision(text: string): Parsed<Precision> {
  const match = /^\s*(\S+?)\s*(?:±|\+-|\+\/-)\s*(.+?)\s*$/.exec(text);
  if (match === null) {
    return {
      ok: false,
      problem: problem(`cannot read ${JSON.stringify(text)}`, 'a precision such as "recoveryTimeMs ±2%"'),
    };
  }
  const metric = findMetric(match[1] as string);
  if (!metric.ok) return metric;
  const { path, unit } = metric.value;
  const width = match[2] as string;
  const relative = width.endsWith("%");
  const value = relative ? parseQuantity(width, "ratio") : inUnit(width, unit);
  if (!value.ok) return value;
  if (value.value === 0) {
    return { ok: false, problem: messages.outOfRange(width, "a width above zero: a share of the mean or a value") };
  }
  return { ok: true, value: { metric: path, unit, kind: relative ? "relative" : "absolute", halfWidth: value.value } };
}

function inUnit(text: string, unit: MetricUnit): Parsed<number> {
  if (unit === "ms") {
    const parsed = parseQuantity(text, "duration");
    return parsed.ok ? { ok: true, value: parsed.value / 1e6 } : parsed;
  }
  if (unit === "ratio") return parseQuantity(text, "ratio");
  const count = Number(text);
  if (text.trim() !== "" && Number.isFinite(count) && count >= 0) return { ok: true, value: count };
  return { ok: false, problem: messages.wrongType(text, "a count: a number without a unit") };
}
