/** What a person reads after a sweep: a row per setting and case, the best setting, what failed. Owns no number. */
import Table from "cli-table3";
import { metricTitle } from "../../report/format.js";
import { paint } from "../streams.js";
import type { CaseEntry, PointEntry, SweepSummary } from "./summary.js";
import { bestPhrase, pairedCell, plural, precisionPhrase, seedsPhrase, spreadCell } from "./words.js";

const MOST_ROWS = 60;
const MOST_METRICS = 4;

export function renderSweep(summary: SweepSummary): string {
  const parts = [heading(summary), table(summary), bestLine(summary), precisionLine(summary), failureLines(summary)];
  return `${parts.filter((part) => part !== "").join("\n")}\n`;
}

function heading({ sweep, description, points, runs, baseline }: SweepSummary): string {
  const title = `${paint("bold", sweep)} · ${plural(points.length, "setting")} · ${seedsPhrase(points)} · ${plural(runs, "run")}`;
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
  const head = [...varied, "case", ...shown.map(({ metric }) => metricTitle(metric))];
  if (several && lead !== undefined) head.push(`${metricTitle(lead.metric)}:\ndifference, paired`);
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

function caseCell(summary: SweepSummary, point: PointEntry, each: CaseEntry): string {
  const ends = Object.entries(each.endStates).filter(([state]) => state !== "completed");
  const notes = ends.map(([state, runs]) => `${state} ${runs} of ${each.runs}`);
  if (each.invariantViolations > 0) notes.push(`${each.invariantViolations} × invariant violated`);
  const isBest = summary.best?.case === each.case && summary.best.parameters === point.parameters;
  const name = isBest ? paint("green", `★ ${each.case}`) : each.case;
  return notes.length === 0 ? name : `${name}\n${paint("red", notes.join(", "))}`;
}

function bestLine(summary: SweepSummary): string {
  if (summary.objective === null) return "";
  const { goal, found, feasible } = bestPhrase(summary);
  if (summary.best === null) return `${goal}: ${paint("red", found)}`;
  return `${goal}: ${paint("green", found)}; ${feasible}`;
}

function precisionLine(summary: SweepSummary): string {
  const phrase = precisionPhrase(summary);
  return summary.points.some((point) => point.precision?.reached === false) ? paint("red", phrase) : phrase;
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
