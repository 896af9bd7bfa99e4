/**
 * The columns of the tables of a sweep, alike in CSV and Parquet: names that SQL takes without quotes, units in the
 * names. Owns the layout; values come from summaries and spreads.
 */
import type { Column, TableCell } from "../../experiment/store/table-file.js";
import type { SweepPlan, SweepRun } from "../../experiment/sweep/plan.js";
import type { Paired, Spread } from "../../experiment/sweep/spread.js";
import type { CaseSummary } from "../../metrics/result.js";
import { METRICS, readMetric } from "../../scenario/index.js";

/** `outputGapMs.affected.max` → `outputGapMs_affected_max`. */
export function columnName(path: string): string {
  return path.replace(/[^A-Za-z0-9_]+/g, "_").replace(/^_+|_+$/g, "");
}

/** Metrics whose value the end of the run may cut off. */
const CENSORABLE = ["recoveryTimeMs", "catchUpMs", "jobOutageMs"];

const RUN_KEY: readonly Column[] = [
  { name: "case", type: "STRING" },
  { name: "strategy", type: "STRING" },
  { name: "seed", type: "STRING" },
  { name: "endState", type: "STRING" },
];
const RUN_TAIL: readonly Column[] = [
  { name: "invariantViolations", type: "DOUBLE" },
  { name: "events", type: "DOUBLE" },
  { name: "exogenousDigest", type: "STRING" },
  { name: "twinDigest", type: "STRING" },
  { name: "digest", type: "STRING" },
];
const METRIC_COLUMNS: readonly Column[] = METRICS.flatMap(({ path }): Column[] => {
  const value: Column = { name: columnName(path), type: "DOUBLE" };
  return CENSORABLE.includes(path) ? [value, { name: `${value.name}_censored`, type: "BOOLEAN" }] : [value];
});

const SPREAD_FIELDS = [
  "n",
  "censored",
  "mean",
  "low",
  "high",
  "sd",
  "median",
  "medianLow",
  "medianHigh",
  "min",
  "p50",
  "p90",
  "p95",
  "p99",
  "max",
] as const satisfies readonly (keyof Spread)[];

const MEANS: readonly Column[] = [
  { name: "case", type: "STRING" },
  { name: "strategy", type: "STRING" },
  { name: "metric", type: "STRING" },
  { name: "unit", type: "STRING" },
  ...SPREAD_FIELDS.map((name): Column => ({ name, type: "DOUBLE" })),
];

const PAIRED_FIELDS = ["n", "mean", "low", "high", "sd", "censored"] as const satisfies readonly (keyof Paired)[];
const PAIRED: readonly Column[] = [
  { name: "case", type: "STRING" },
  { name: "baseline", type: "STRING" },
  { name: "metric", type: "STRING" },
  { name: "unit", type: "STRING" },
  ...PAIRED_FIELDS.map((name): Column => ({ name, type: "DOUBLE" })),
];

/** The varied parameters as columns: numbers where all values are numbers, else text. */
export function parameterColumns(plan: SweepPlan): Column[] {
  const taken = [...RUN_KEY, ...RUN_TAIL, ...METRIC_COLUMNS, ...MEANS, ...PAIRED].map(({ name }) => name);
  return plan.parameters.map((path) => {
    const values = plan.points.map((point) => point.parameters[path]).filter((value) => value !== undefined);
    const name = columnName(path);
    return {
      name: taken.includes(name) || name === "point" || name === "sweep" ? `param_${name}` : name,
      type: values.every((value) => typeof value === "number") ? "DOUBLE" : "STRING",
    };
  });
}

/** Which point a row belongs to, with the point's values. */
export function pointColumns(plan: SweepPlan): Column[] {
  return [{ name: "point", type: "INT32" }, ...parameterColumns(plan)];
}

export function pointCells(plan: SweepPlan, point: SweepRun["point"]): TableCell[] {
  const columns = parameterColumns(plan);
  const values = plan.parameters.map((path, at): TableCell => {
    const value = point.parameters[path];
    if (value === undefined) return null;
    return columns[at]?.type === "STRING" ? String(value) : value;
  });
  return [point.index, ...values];
}

export const RUN_COLUMNS: readonly Column[] = [...RUN_KEY, ...METRIC_COLUMNS, ...RUN_TAIL];

export function runCells(summary: CaseSummary): TableCell[] {
  const metrics = METRICS.flatMap(({ path }): TableCell[] => {
    const value = readMetric(summary, path);
    const number = typeof value === "number" ? value : value.atLeastMs;
    // NaN says "there is no such value" (no latency without output): a null in tables.
    const cell = Number.isNaN(number) ? null : number;
    return CENSORABLE.includes(path) ? [cell, typeof value !== "number"] : [cell];
  });
  const violations = summary.invariants.reduce((sum, { violations: found }) => sum + found, 0);
  const { case: name, strategy, seed, endState, events, exogenousDigest, twinDigest, digest } = summary;
  return [name, strategy, seed, endState, ...metrics, violations, events, exogenousDigest, twinDigest, digest];
}

export const MEANS_COLUMNS = MEANS;

export function meansCells(name: string, strategy: string, metric: string, unit: string, spread: Spread): TableCell[] {
  return [name, strategy, metric, unit, ...SPREAD_FIELDS.map((field) => spread[field])];
}

export const PAIRED_COLUMNS = PAIRED;

export function pairedCells(name: string, baseline: string, metric: string, unit: string, paired: Paired): TableCell[] {
  return [name, baseline, metric, unit, ...PAIRED_FIELDS.map((field) => paired[field])];
}
