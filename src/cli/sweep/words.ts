/** The words of a sweep's summary: titles, values with their spread, the best setting; for the terminal and the report. */
import type { Spread } from "../../experiment/sweep/spread.js";
import { compact, count, duration, percent } from "../../report/format.js";
import type { CaseEntry, PointEntry, SweepSummary } from "./summary.js";

export function valueText(value: number, unit: string): string {
  if (value < 0) return `−${valueText(-value, unit)}`;
  if (unit === "ms") return duration(value);
  if (unit === "ratio") return percent(value);
  return value < 1000 ? String(Math.round(value * 100) / 100) : compact(value);
}

/** `19.4 s ± 0.3 s`; a mean of lower bounds has `≥` in front. */
export function spreadCell(spread: Spread | undefined, unit: string): string {
  if (spread === undefined) return "–";
  const { mean, low, high, censored } = spread;
  const half = low === null || high === null || high === low ? "" : ` ± ${valueText((high - low) / 2, unit)}`;
  return `${censored > 0 ? "≥ " : ""}${valueText(mean, unit)}${half}`;
}

/** The difference from the baseline on the same seeds; empty for the baseline. */
export function pairedCell(each: CaseEntry, metric: string, unit: string): string {
  const found = each.paired?.[metric];
  if (found === undefined) return "";
  const half =
    found.low === null || found.high === null || found.high === found.low
      ? ""
      : ` ± ${valueText((found.high - found.low) / 2, unit)}`;
  return `${found.mean > 0 ? "+" : ""}${valueText(found.mean, unit)}${half}`;
}

export interface BestPhrase {
  /** What was asked for. */
  readonly goal: string;
  /** The setting, or that there is none. */
  readonly found: string;
  readonly feasible: string;
}

/** Only for a summary with an objective. */
export function bestPhrase({ objective, subjectTo, best }: SweepSummary): BestPhrase {
  if (objective === null) throw new RangeError("this sweep has no objective");
  const bounds = subjectTo.map(
    ({ metric, spread, comparison, value, unit }) => `${metric}.${spread} ${comparison} ${valueText(value, unit)}`,
  );
  const under = bounds.length === 0 ? "" : ` with ${bounds.join(" and ")}`;
  const goal = `${objective.goal === "minimise" ? "Least" : "Most"} ${objective.metric} (${objective.spread})${under}`;
  if (best === null) return { goal, found: "no setting", feasible: "No setting qualifies." };
  const setting = Object.entries(best.parameters).map(([path, value]) => `${path}=${value}`);
  const found = `${[...setting, `“${best.case}”`].join(", ")}, ${valueText(best.value, objective.unit)}`;
  return { goal, found, feasible: `${plural(best.feasible, "setting")} qualif${best.feasible === 1 ? "ies" : "y"}.` };
}

/** Whether the intervals are as narrow as `until` wants; empty without it. */
export function precisionPhrase({ until, points }: SweepSummary): string {
  if (until === null) return "";
  const wanted =
    until.kind === "relative" ? `±${percent(until.halfWidth)}` : `±${valueText(until.halfWidth, until.unit)}`;
  const open = points.filter((point) => point.precision?.reached === false);
  if (open.length === 0) return `Every interval of ${until.metric} is within ${wanted}.`;
  const cut = open.filter((point) => (point.precision?.censored ?? 0) > 0).length;
  const hint =
    cut > 0
      ? `; in ${cut} of them a run ended before it was measured: give it a longer duration`
      : "; --max-seeds allows more";
  return `${plural(open.length, "setting")} of ${points.length} did not reach ${until.metric} ${wanted}${hint}`;
}

export function seedsPhrase(points: readonly PointEntry[]): string {
  const seeds = [...new Set(points.map((point) => point.seeds))];
  return seeds.length === 1 ? plural(seeds[0] as number, "seed") : `${Math.min(...seeds)}–${Math.max(...seeds)} seeds`;
}

export function plural(number: number, what: string): string {
  return `${count(number)} ${what}${number === 1 ? "" : "s"}`;
}
