/**
 * One case after the other at its own values, then with one cost a fifth higher, then a fifth lower: what that does to
 * the metrics. Three rounds, so that no run is spent on what cannot matter: a cost that leaves the whole digest as it
 * was is not drawn in that run, and a setting counts only where it is on the critical path. Owns no thread.
 */
import type { CaseSummary, Measured } from "../../metrics/result.js";
import type { ModelConfig } from "../../model/config.js";
import { medianMeasured, readMetric } from "../../scenario/index.js";
import { VARIABLES, type Variable } from "./variables.js";

/** How far each value is moved: a fifth up and down. */
export const CHANGE = 0.2;

export interface StudiedCase {
  readonly name: string;
  readonly strategy: string;
  readonly config: ModelConfig;
}

/** A run to make. `config` has its seed; `base` is the unchanged case of that seed. */
export interface VariedRun {
  readonly caseName: string;
  readonly config: ModelConfig;
  readonly base: ModelConfig;
}

/** Runs them all, and gives the summaries in the order of `runs`; null for those that an interrupt left out. */
export type Perform = (runs: readonly VariedRun[]) => Promise<readonly (CaseSummary | null)[]>;

/** Medians over the seeds, with the value a fifth lower and a fifth higher. */
export interface Effect {
  readonly base: Measured;
  readonly lower: Measured;
  readonly higher: Measured;
  /** The larger of the two differences from `base`, in the metric's unit; a cut-off value counts as its lower bound. */
  readonly size: number;
}

export interface VariableEffect {
  readonly name: string;
  readonly kind: Variable["kind"];
  /** False if a fifth more left every run as it was, to the digest. */
  readonly drawn: boolean;
  /** Mean over the seeds of the share of the recovery time that this makes up on the critical path. */
  readonly criticalPathShare: number;
  /** By metric. */
  readonly effects: Readonly<Record<string, Effect>>;
}

export interface CaseSensitivity {
  readonly case: string;
  readonly strategy: string;
  readonly seeds: readonly string[];
  readonly base: Readonly<Record<string, Measured>>;
  /** By size of the effect on the first metric. */
  readonly variables: readonly VariableEffect[];
}

export interface Sensitivity {
  readonly cases: readonly CaseSensitivity[];
  /** Summaries of every run, unchanged and changed, for whoever looks for failures. */
  readonly baseRuns: readonly CaseSummary[];
  readonly changedRuns: readonly { readonly variable: string; readonly summary: CaseSummary }[];
}

/** Runs at most, for progress: settings off every critical path, and costs that are not drawn, take fewer. */
export function mostRuns(cases: number, seeds: number): number {
  return cases * seeds * (1 + 2 * VARIABLES.length);
}

/** One (case, seed) on its way. */
interface Cell {
  readonly studied: StudiedCase;
  readonly seed: string;
  readonly config: ModelConfig;
  readonly summary: CaseSummary;
}

interface Trial {
  readonly cell: Cell;
  readonly variable: Variable;
  higher: CaseSummary | null;
  lower: CaseSummary | null;
}

/**
 * @param metrics paths of `METRICS`, the first one is what rows are sorted by
 * @param perform called up to three times; after an interrupt what was finished in all rounds is kept
 */
export async function studySensitivity(
  cases: readonly StudiedCase[],
  seeds: readonly string[],
  metrics: readonly string[],
  perform: Perform,
): Promise<Sensitivity> {
  const wanted = cases.flatMap((studied) =>
    seeds.map((seed) => ({ studied, seed, config: { ...studied.config, seed } })),
  );
  const bases = await perform(wanted.map(({ studied, config }) => ({ caseName: studied.name, config, base: config })));
  const cells: Cell[] = wanted.flatMap((cell, index) => {
    const summary = bases[index];
    return summary === null || summary === undefined ? [] : [{ ...cell, summary }];
  });

  const trials: Trial[] = cells.flatMap((cell) =>
    VARIABLES.filter((variable) => variable.kind === "cost" || shareOf(cell.summary, variable.name) > 0).map(
      (variable) => ({ cell, variable, higher: null, lower: null }),
    ),
  );
  const performed: { variable: string; summary: CaseSummary }[] = [];
  const round = async (which: "higher" | "lower", open: readonly Trial[]): Promise<void> => {
    const factor = which === "higher" ? 1 + CHANGE : 1 - CHANGE;
    const moved = open.flatMap((trial) => {
      const config = trial.variable.scale(trial.cell.config, factor);
      if (config !== trial.cell.config) return [{ trial, config }];
      trial[which] = trial.cell.summary;
      return [];
    });
    const summaries = await perform(
      moved.map(({ trial, config }) => ({ caseName: trial.cell.studied.name, config, base: trial.cell.config })),
    );
    for (const [index, { trial }] of moved.entries()) {
      const summary = summaries[index] ?? null;
      trial[which] = summary;
      if (summary !== null) performed.push({ variable: trial.variable.name, summary });
    }
  };
  await round("higher", trials);
  const isDrawn = (trial: Trial): boolean => trial.higher !== null && trial.higher.digest !== trial.cell.summary.digest;
  for (const trial of trials) if (trial.higher !== null && !isDrawn(trial)) trial.lower = trial.cell.summary;
  await round("lower", trials.filter(isDrawn));

  const sensitivities = cases.flatMap((studied) => {
    const own = cells.filter((cell) => cell.studied === studied);
    if (own.length < seeds.length) return [];
    const variables = VARIABLES.flatMap((variable) => {
      const tried = trials.filter((trial) => trial.cell.studied === studied && trial.variable === variable);
      // An interrupt left runs out, or a setting is on the critical path of some seeds only: there it has no effect.
      const complete = tried.every((trial) => trial.higher !== null && trial.lower !== null);
      return tried.length === 0 || !complete ? [] : [effectOf(variable, own, tried, metrics, tried.some(isDrawn))];
    });
    const first = metrics[0] as string;
    const size = (row: VariableEffect): number => (row.effects[first] as Effect).size;
    variables.sort((a, b) => size(b) - size(a) || b.criticalPathShare - a.criticalPathShare);
    const base = Object.fromEntries(
      metrics.map((metric) => [
        metric,
        middle(
          own.map((cell) => cell.summary),
          metric,
        ),
      ]),
    );
    return [{ case: studied.name, strategy: studied.strategy, seeds, base, variables }];
  });
  return { cases: sensitivities, baseRuns: cells.map((cell) => cell.summary), changedRuns: performed };
}

function effectOf(
  variable: Variable,
  cells: readonly Cell[],
  trials: readonly Trial[],
  metrics: readonly string[],
  drawn: boolean,
): VariableEffect {
  const changed = (which: "higher" | "lower"): CaseSummary[] =>
    cells.map((cell) => trials.find((trial) => trial.cell === cell)?.[which] ?? cell.summary);
  const [lowers, highers] = [changed("lower"), changed("higher")];
  const effects = metrics.map((metric): [string, Effect] => {
    const base = middle(
      cells.map((cell) => cell.summary),
      metric,
    );
    const [lower, higher] = [middle(lowers, metric), middle(highers, metric)];
    const size = Math.max(Math.abs(bound(lower) - bound(base)), Math.abs(bound(higher) - bound(base)));
    return [metric, { base, lower, higher, size }];
  });
  const shares = cells.map((cell) => shareOf(cell.summary, variable.name));
  return {
    name: variable.name,
    kind: variable.kind,
    drawn,
    criticalPathShare: shares.reduce((sum, share) => sum + share, 0) / shares.length,
    effects: Object.fromEntries(effects),
  };
}

function shareOf(summary: CaseSummary, name: string): number {
  return summary.assumptions.find((assumption) => assumption.cost === name)?.criticalPathShare ?? 0;
}

function middle(summaries: readonly CaseSummary[], metric: string): Measured {
  return medianMeasured(summaries.map((summary) => readMetric(summary, metric)));
}

function bound(value: Measured): number {
  return typeof value === "number" ? value : value.atLeastMs;
}
