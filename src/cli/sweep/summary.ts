/**
 * The summary of a sweep, as `summary.json` holds it and `--json` prints it: spreads and paired differences of the
 * metrics that were asked for, point by point, and the best setting. Deterministic: no time, no machine.
 */
import { createHash } from "node:crypto";
import { best, keeps, measured } from "../../experiment/sweep/best.js";
import type { SweepPlan } from "../../experiment/sweep/plan.js";
import type { SweepRequest } from "../../experiment/sweep/request.js";
import type { Paired, Spread } from "../../experiment/sweep/spread.js";
import { type Reached, spreadPrecision } from "../../experiment/sweep/until.js";
import { type Constraint, METRICS, type Objective, type Precision } from "../../scenario/index.js";
import { packageVersion } from "../package-info.js";
import type { PointOutcome } from "./collect.js";

type Parameters = Readonly<Record<string, number | string>>;

export interface CaseEntry {
  readonly case: string;
  readonly strategy: string;
  readonly runs: number;
  readonly endStates: Readonly<Record<string, number>>;
  readonly invariantViolations: number;
  readonly metrics: Readonly<Record<string, Spread>>;
  /** Differences from `baseline`, seed by seed; none for the baseline itself. */
  readonly paired?: Readonly<Record<string, Paired>>;
}

export interface PointEntry {
  readonly parameters: Parameters;
  readonly seeds: number;
  /** With `until`: how wide the widest interval of the cases is, and whether that is narrow enough. */
  readonly precision?: Reached;
  readonly cases: readonly CaseEntry[];
  readonly failed: readonly { readonly case: string; readonly seed: string; readonly error: string }[];
}

export interface SweepSummary {
  readonly outgap: string;
  readonly schema: 1;
  readonly sweep: string;
  readonly description: string;
  readonly file: string;
  readonly parameters: readonly string[];
  readonly metrics: readonly { readonly metric: string; readonly unit: string }[];
  readonly runs: number;
  readonly failed: number;
  readonly invariantViolations: number;
  /** The case from which the others' differences are taken, on the same seeds (common random numbers). */
  readonly baseline: string;
  readonly until: Precision | null;
  readonly objective: Objective | null;
  readonly subjectTo: readonly Constraint[];
  readonly best: {
    readonly parameters: Parameters;
    readonly case: string;
    readonly value: number;
    /** How many of the settings keep every constraint. */
    readonly feasible: number;
  } | null;
  /** sha256 over the digests of all runs, in the order of the plan. */
  readonly digest: string;
  readonly points: readonly PointEntry[];
}

interface Kept {
  readonly parameters: Parameters;
  readonly case: string;
  readonly spreads: ReadonlyMap<string, Spread>;
}

export class SummaryBuilder {
  readonly #request: SweepRequest;
  readonly #plan: SweepPlan;
  readonly #hash = createHash("sha256");
  readonly #points: PointEntry[] = [];
  readonly #candidates: Kept[] = [];
  #runs = 0;
  #failed = 0;
  #violations = 0;

  constructor(request: SweepRequest, plan: SweepPlan) {
    this.#request = request;
    this.#plan = plan;
  }

  /** Points in the order of the plan. */
  add({ point, seeds, cases, failed }: PointOutcome): void {
    const { metrics, objective, subjectTo, until } = this.#request;
    const decisive = new Set([...metrics, ...(objective === null ? [] : [objective.metric])]);
    for (const { metric } of subjectTo) decisive.add(metric);
    for (const found of cases) {
      for (const summary of found.summaries) this.#hash.update(`${summary.digest}\n`);
      const spreads = new Map([...found.spreads].filter(([metric]) => decisive.has(metric)));
      this.#candidates.push({ parameters: point.parameters, case: found.case.name, spreads });
      this.#runs += found.summaries.length;
      this.#violations += found.violations;
    }
    for (const { case: name, seed, error } of failed) this.#hash.update(`failed ${name} ${seed} ${error}\n`);
    this.#failed += failed.length;
    const entries = cases.map(({ case: each, summaries, endStates, violations, spreads, paired }): CaseEntry => {
      const pick = <T>(from: ReadonlyMap<string, T>): Record<string, T> =>
        Object.fromEntries(metrics.flatMap((path) => (from.has(path) ? [[path, from.get(path) as T]] : [])));
      return {
        case: each.name,
        strategy: each.strategy,
        runs: summaries.length,
        endStates,
        invariantViolations: violations,
        metrics: pick(spreads),
        ...(paired.size === 0 ? {} : { paired: pick(paired) }),
      };
    });
    const precision =
      until === null
        ? null
        : spreadPrecision(
            cases.map(({ spreads }) => spreads.get(until.metric) ?? null),
            until,
          );
    this.#points.push({
      parameters: point.parameters,
      seeds,
      ...(precision === null ? {} : { precision }),
      cases: entries,
      failed,
    });
  }

  finish(): SweepSummary {
    const { objective, subjectTo, until, file, metrics } = this.#request;
    const unitOf = (path: string): string => METRICS.find((spec) => spec.path === path)?.unit ?? "";
    const winner = objective === null ? null : best(this.#candidates, objective, subjectTo);
    const feasible = this.#candidates.filter((candidate) => subjectTo.every((bound) => keeps(candidate, bound)));
    return {
      outgap: packageVersion(),
      schema: 1,
      sweep: this.#plan.name,
      description: this.#plan.description,
      file,
      parameters: this.#plan.parameters,
      metrics: metrics.map((metric) => ({ metric, unit: unitOf(metric) })),
      runs: this.#runs,
      failed: this.#failed,
      invariantViolations: this.#violations,
      baseline: this.#plan.points[0]?.cases[0]?.name ?? "",
      until,
      objective,
      subjectTo,
      best:
        winner === null || objective === null
          ? null
          : {
              parameters: winner.parameters,
              case: winner.case,
              value: measured(winner, objective) as number,
              feasible: feasible.length,
            },
      digest: this.#hash.digest("hex"),
      points: this.#points,
    };
  }
}

export function summaryText(summary: SweepSummary): string {
  return `${JSON.stringify(summary, null, 1)}\n`;
}
