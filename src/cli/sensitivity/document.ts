/**
 * What a sensitivity study says in files: `sensitivity.json` (also `--json`), `sensitivity.csv` and the rows of the
 * chart. Adds value, grade and source to each cost. Equal studies give equal bytes.
 */
import type { CaseSensitivity, Effect, VariableEffect } from "../../experiment/sensitivity/study.js";
import { CHANGE } from "../../experiment/sensitivity/study.js";
import type { Measured } from "../../metrics/result.js";
import type { ModelConfig } from "../../model/config.js";
import { toCsv } from "../../report/files/csv.js";
import { lowerBound } from "../../report/format.js";
import type { SensitivityRow } from "../../report/input.js";
import { describeCost } from "../../scenario/describe-cost.js";
import { METRICS } from "../../scenario/index.js";
import { packageVersion } from "../package-info.js";
import { costParameters } from "../results/parameters.js";

/** One cost or setting of one case. */
export interface DocumentRow extends VariableEffect {
  readonly value: string;
  readonly grade: string;
  readonly source: string;
}

export interface DocumentCase {
  readonly case: string;
  readonly strategy: string;
  readonly seeds: readonly string[];
  readonly base: Readonly<Record<string, Measured>>;
  readonly variables: readonly DocumentRow[];
}

export interface SensitivityDocument {
  readonly outgap: string;
  readonly schema: number;
  readonly scenario: string;
  readonly file: string;
  readonly interrupted?: true;
  /** Each value times 1 − change and 1 + change. */
  readonly change: number;
  readonly metrics: readonly string[];
  readonly cases: readonly DocumentCase[];
}

const SCHEMA = 1;

export interface DocumentInput {
  readonly scenario: string;
  readonly file: string;
  readonly interrupted: boolean;
  readonly metrics: readonly string[];
  readonly cases: readonly CaseSensitivity[];
  readonly configOf: (caseName: string) => ModelConfig;
}

export function documentOf({
  scenario,
  file,
  interrupted,
  metrics,
  cases,
  configOf,
}: DocumentInput): SensitivityDocument {
  return {
    outgap: packageVersion(),
    schema: SCHEMA,
    scenario,
    file,
    ...(interrupted ? { interrupted } : {}),
    change: CHANGE,
    metrics,
    cases: cases.map((each) => ({ ...each, variables: withEvidence(each, configOf(each.case)) })),
  };
}

function withEvidence({ variables }: CaseSensitivity, config: ModelConfig): DocumentRow[] {
  const costs = new Map(costParameters(config).map((row) => [row.name, row]));
  return variables.map((row) => {
    const cost = costs.get(row.name);
    if (cost !== undefined) return { ...row, value: cost.value, grade: cost.grade, source: cost.source };
    return { ...row, ...describeCost(row.name, config), source: "a setting of the scenario or of its engine preset" };
  });
}

const COLUMNS = [
  ...["case", "strategy", "seeds", "cost", "kind", "value", "grade", "drawn", "criticalPathShare", "metric", "unit"],
  ...["base", "lower", "higher", "effect", "censored"],
];

/** A row per case, cost and metric. A value that the end of the run cut off stands as its lower bound. */
export function sensitivityCsv({ cases, metrics }: SensitivityDocument): string {
  const rows = cases.flatMap((each) =>
    each.variables.flatMap((row) =>
      metrics.map((metric) => {
        const { base, lower, higher, size } = row.effects[metric] as Effect;
        const values = [base, lower, higher];
        return [
          ...[each.case, each.strategy, each.seeds.length, row.name, row.kind, row.value, row.grade, row.drawn],
          ...[row.criticalPathShare, metric, unitOf(metric), ...values.map(lowerBound), size],
          values.some((value) => typeof value !== "number"),
        ];
      }),
    ),
  );
  return toCsv(COLUMNS, rows);
}

export function chartRows({ cases, metrics }: SensitivityDocument): SensitivityRow[] {
  return metrics.flatMap((metric) =>
    cases.flatMap((each) =>
      each.variables.map((row) => {
        const { base, lower, higher } = row.effects[metric] as Effect;
        return {
          case: each.case,
          strategy: each.strategy,
          metric,
          unit: unitOf(metric) === "ms" ? "ms" : "",
          cost: row.name,
          value: row.value,
          grade: row.grade,
          criticalPathShare: row.criticalPathShare,
          base: lowerBound(base),
          lower: lowerBound(lower),
          higher: lowerBound(higher),
        };
      }),
    ),
  );
}

export function unitOf(metric: string): string {
  return METRICS.find((spec) => spec.path === metric)?.unit ?? "";
}
