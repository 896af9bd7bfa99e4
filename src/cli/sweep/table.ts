/** What a person reads after a sweep: a row per setting and case, the best setting, what failed. Owns no number. */
import Table from "cli-table3";
import type { Spread } from "../../experiment/sweep/spread.js";
import { compact, count, duration, percent, words } from "../../report/format.js";
import { paint } from "../streams.js";
import type { CaseEntry, PointEntry, SweepSummary } from "./summary.js";

const MOST_ROWS = 60;
const MOST_METRICS = 4;

export function renderSweep(summary: SweepSummary): string {
  const parts = [heading(summary), table(summary), bestLine(summary), precisionLine(summary), failureLines(summary)];
  return `${parts.filter((part) => part !== "").join("\n")}\n`;
}

function heading({ sweep, description, points, runs, baseline }: SweepSummary): string {
  const seeds = [...new Set(points.map((point) => point.seeds))];
  const shownSeeds =
    seeds.length === 1 ? plural(seeds[0] as number, "seed") : `${Math.min(...seeds)}–${Math.max(...seeds)} seeds`;
  const title = `${paint("bold", sweep)} · ${plural(points.length, "setting")} · ${shownSeeds} · ${plural(runs, "run")}`;
  const several = points.some((point) => point.cases.length > 1);
  const how = `Means ± half of the 95 % interval${several ? `; differences from “${baseline}” are paired by seed` : ""}.`;
  return [title, ...(description === "" ? [] : [description]), how].join("\n");
}

function table(summary: SweepSummary): string {
  const varied = summary.parameters.filter(
    (path) => new Set(summary.points.map(({ parameters }) => parameters[path])).size > 1,
  );
  const shown = summary.metrics.slice(0, MOST_METRICS);
  const lead = shown[0];
  const several = summary.points.some((point) => point.cases.length > 1);
  const head = [...varied, "case", ...shown.map(({ metric }) => title(metric))];
  if (several && lead !== undefined) head.push(`${title(lead.metric)}:\ndifference, paired`);
  const body = new Table({
    head,
    // cli-table3 colours head and border by itself, in a pipe as well, unless told not to.
    style: { head: [], border: [], compact: true },
    colAligns: head.map((_, at) => (at <= varied.length ? "left" : "right")),
  });
  const rows = summary.points.flatMap((point) => point.cases.map((each) => ({ point, each })));
  for (const { point, each } of rows.slice(0, MOST_ROWS)) {
    const cells = [
      ...varied.map((path) => String(point.parameters[path] ?? "")),
      caseCell(summary, point, each),
      ...shown.map(({ metric, unit }) => spreadCell(each.metrics[metric], unit)),
    ];
    if (several && lead !== undefined) cells.push(pairedCell(each, lead.metric, lead.unit));
    body.push(cells);
  }
  const rest = rows.length - MOST_ROWS;
  return rest > 0 ? `${body.toString()}\n… and ${rest} more rows: see means.csv` : body.toString();
}

function title(path: string): string {
  return words(path.replace(/Ms(?=$|\.)/g, "")).replaceAll(".", " ");
}

function caseCell(summary: SweepSummary, point: PointEntry, each: CaseEntry): string {
  const ends = Object.entries(each.endStates).filter(([state]) => state !== "completed");
  const notes = ends.map(([state, runs]) => `${state} ${runs} of ${each.runs}`);
  if (each.invariantViolations > 0) notes.push(`${each.invariantViolations} × invariant violated`);
  const isBest = summary.best?.case === each.case && summary.best.parameters === point.parameters;
  const name = isBest ? paint("green", `★ ${each.case}`) : each.case;
  return notes.length === 0 ? name : `${name}\n${paint("red", notes.join(", "))}`;
}

export function valueText(value: number, unit: string): string {
  if (value < 0) return `−${valueText(-value, unit)}`;
  if (unit === "ms") return duration(value);
  if (unit === "ratio") return percent(value);
  return value < 1000 ? String(Math.round(value * 100) / 100) : compact(value);
}

function spreadCell(spread: Spread | undefined, unit: string): string {
  if (spread === undefined) return "–";
  const { mean, low, high, censored } = spread;
  const half = low === null || high === null || high === low ? "" : ` ± ${valueText((high - low) / 2, unit)}`;
  return `${censored > 0 ? "≥ " : ""}${valueText(mean, unit)}${half}`;
}

function pairedCell(each: CaseEntry, metric: string, unit: string): string {
  const found = each.paired?.[metric];
  if (found === undefined) return "";
  const half =
    found.low === null || found.high === null || found.high === found.low
      ? ""
      : ` ± ${valueText((found.high - found.low) / 2, unit)}`;
  return `${found.mean > 0 ? "+" : ""}${valueText(found.mean, unit)}${half}`;
}

function bestLine({ objective, subjectTo, best }: SweepSummary): string {
  if (objective === null) return "";
  const bounds = subjectTo.map((bound) => {
    return `${bound.metric}.${bound.spread} ${bound.comparison} ${valueText(bound.value, bound.unit)}`;
  });
  const under = bounds.length === 0 ? "" : ` with ${bounds.join(" and ")}`;
  const goal = `${objective.goal === "minimise" ? "Least" : "Most"} ${objective.metric} (${objective.spread})${under}`;
  if (best === null) return `${goal}: ${paint("red", "no setting")}`;
  const setting = Object.entries(best.parameters).map(([path, value]) => `${path}=${value}`);
  return `${goal}: ${paint("green", [...setting, `“${best.case}”`].join(", "))}, ${valueText(best.value, objective.unit)}; ${count(best.feasible)} settings qualify`;
}

function precisionLine({ until, points }: SweepSummary): string {
  if (until === null) return "";
  const open = points.filter((point) => point.precision?.reached === false);
  const wanted =
    until.kind === "relative" ? `±${percent(until.halfWidth)}` : `±${valueText(until.halfWidth, until.unit)}`;
  if (open.length === 0) return `Every interval of ${until.metric} is within ${wanted}.`;
  const cut = open.filter((point) => (point.precision?.censored ?? 0) > 0).length;
  const hint =
    cut > 0
      ? `; in ${cut} of them a run ended before it was measured: give it a longer duration`
      : "; --max-seeds allows more";
  return paint(
    "red",
    `${plural(open.length, "setting")} of ${points.length} did not reach ${until.metric} ${wanted}${hint}`,
  );
}

function failureLines({ points }: SweepSummary): string {
  const failed = points.flatMap(({ parameters, failed: runs }) => runs.map((run) => ({ parameters, run })));
  if (failed.length === 0) return "";
  const lines = failed.slice(0, 5).map(({ parameters, run }) => {
    const setting = Object.entries(parameters).map(([path, value]) => `${path}=${value}, `);
    return `  ${setting.join("")}${run.case}, seed ${run.seed}: ${run.error}`;
  });
  const more = failed.length > 5 ? [`  … and ${failed.length - 5} more`] : [];
  return [paint("red", `${plural(failed.length, "run")} failed, see failures.csv:`), ...lines, ...more].join("\n");
}

function plural(number: number, what: string): string {
  return `${count(number)} ${what}${number === 1 ? "" : "s"}`;
}
