/** A finished sweep as the report tells it: what was varied, which setting is best, a row per setting and case. */
import type { Spread } from "../../experiment/sweep/spread.js";
import { count, metricTitle } from "../../report/format.js";
import type { Answer, StudyReport, StudyTable } from "../../report/input.js";
import { parameterLabel, sweepRows } from "./chart-rows.js";
import type { CaseEntry, PointEntry, SweepSummary } from "./summary.js";
import { bestPhrase, pairedCell, plural, precisionPhrase, seedsPhrase, spreadCell } from "./words.js";

/** Rows on the page; all of them are in `means.csv`. */
const MOST_ROWS = 400;

/** What `outgap sweep` writes for others to read. */
export const SWEEP_FILES: readonly string[] = ["summary.json", "runs.csv", "means.csv", "paired.csv", "failures.csv"];

export function sweepStudy(summary: SweepSummary, href = ""): StudyReport {
  const { sweep, description, points, runs, file } = summary;
  return {
    name: sweep,
    description,
    href,
    files: SWEEP_FILES,
    facts: [plural(points.length, "setting"), seedsPhrase(points), plural(runs, "run"), `scenario ${file}`],
    answers: [varied(summary), bestOf(summary), sureness(summary)],
    charts: { sweep: sweepRows(summary) },
    tables: [table(summary)],
    scenarioText: "",
  };
}

/** Parameters with more than one value, with their values in the order of the plan. */
function variedParameters({ parameters, points }: SweepSummary): { path: string; values: (number | string)[] }[] {
  return parameters.flatMap((path) => {
    const values = [...new Set(points.flatMap((point) => point.parameters[path] ?? []))];
    return values.length > 1 ? [{ path, values }] : [];
  });
}

function varied(summary: SweepSummary): Answer {
  const lines = variedParameters(summary).map(({ path, values }) => {
    const shown = values.length <= 8 ? values : [...values.slice(0, 6), "…", values.at(-1) as number | string];
    return { case: null, text: `${parameterLabel(path)}: ${shown.join(", ")}` };
  });
  const cases = [...new Set(summary.points.flatMap((point) => point.cases.map((each) => each.case)))];
  return {
    question: "What was varied?",
    lines: lines.length === 0 ? [{ case: null, text: "Nothing: one setting." }] : lines,
    detail: `Each setting with ${plural(cases.length, "case")}: ${cases.join(", ")}.`,
  };
}

/** By the objective that was asked for; without one, the least of the first metric. */
function bestOf(summary: SweepSummary): Answer {
  if (summary.objective !== null) {
    const { goal, found, feasible } = bestPhrase(summary);
    return { question: "Which setting is best?", lines: [{ case: null, text: found }], detail: `${goal}. ${feasible}` };
  }
  const lead = summary.metrics[0];
  const all = summary.points.flatMap((point) => point.cases.map((each) => ({ point, each })));
  const valued = all.flatMap(({ point, each }) => {
    const spread = lead === undefined ? undefined : each.metrics[lead.metric];
    return spread === undefined ? [] : [{ point, each, spread }];
  });
  if (lead === undefined || valued.length === 0) {
    return { question: "Which setting is best?", lines: [{ case: null, text: "No run has a value." }], detail: "" };
  }
  const of = (which: (typeof valued)[number], word: string) => ({
    case: which.each.case,
    text: `${word} ${metricTitle(lead.metric)}, ${spreadCell(which.spread, lead.unit)}${settingOf(summary, which.point)}`,
  });
  const [least, most] = [1, -1].map((sign) =>
    valued.reduce((a, b) => (sign * (b.spread.mean - a.spread.mean) < 0 ? b : a)),
  ) as [(typeof valued)[number], (typeof valued)[number]];
  return {
    question: `Where is the ${metricTitle(lead.metric)} least, and where most?`,
    lines: least === most ? [of(least, "only")] : [of(least, "least"), of(most, "most")],
    detail: "Means with half of their 95 % interval. --minimise and --subject-to ask for the best setting.",
  };
}

function settingOf(summary: SweepSummary, { parameters }: PointEntry): string {
  const shown = variedParameters(summary).map(({ path }) => `${parameterLabel(path)} = ${parameters[path]}`);
  return shown.length === 0 ? "" : ` at ${shown.join(", ")}`;
}

function sureness(summary: SweepSummary): Answer {
  const ends = new Map<string, number>();
  for (const each of summary.points.flatMap((point) => point.cases)) {
    for (const [state, runs] of Object.entries(each.endStates)) ends.set(state, (ends.get(state) ?? 0) + runs);
  }
  const states = [...ends].map(([state, runs]) => `${count(runs)} ${state}`).join(", ");
  const broken = summary.invariantViolations;
  const failed = summary.failed;
  return {
    question: "How sure is it?",
    lines: [
      { case: null, text: `${plural(summary.runs, "run")}: ${states === "" ? "none finished" : states}` },
      { case: null, text: broken === 0 ? "every invariant held" : `${plural(broken, "invariant")} violated` },
      ...(failed === 0 ? [] : [{ case: null, text: `${plural(failed, "run")} failed, see failures.csv` }]),
    ],
    detail: precisionPhrase(summary),
  };
}

function table(summary: SweepSummary): StudyTable {
  const parameters = variedParameters(summary);
  const lead = summary.metrics[0];
  const several = summary.points.some((point) => point.cases.length > 1);
  const rows = summary.points.flatMap((point) => point.cases.map((each) => ({ point, each })));
  const more = rows.length - MOST_ROWS;
  const paired = several ? `; the difference from “${summary.baseline}” is paired by seed` : "";
  return {
    caption: `Means ± half of the 95 % interval${paired}.${more > 0 ? ` ${more} more rows are in means.csv.` : ""}`,
    columns: [
      { name: "Case", numeric: false },
      ...parameters.map(({ path, values }) => ({
        name: parameterLabel(path),
        numeric: values.every((value) => typeof value === "number"),
      })),
      ...summary.metrics.map(({ metric }) => ({ name: metricTitle(metric), numeric: true })),
      ...(several && lead !== undefined
        ? [{ name: `${metricTitle(lead.metric)}: difference, paired`, numeric: true }]
        : []),
      { name: "Runs", numeric: true },
    ],
    rows: rows.slice(0, MOST_ROWS).map(({ point, each }) => ({
      case: each.case,
      cells: [
        each.case,
        ...parameters.map(({ path }) => String(point.parameters[path] ?? "")),
        ...summary.metrics.map(({ metric, unit }) => spreadCell(each.metrics[metric] as Spread | undefined, unit)),
        ...(several && lead !== undefined ? [pairedCell(each, lead.metric, lead.unit)] : []),
        runsCell(each),
      ],
      isChosen: isBest(summary, point, each),
    })),
  };
}

/** Parameters are compared by value: the summary may come from a file. */
function isBest({ best }: SweepSummary, { parameters }: PointEntry, each: CaseEntry): boolean {
  return best?.case === each.case && JSON.stringify(best.parameters) === JSON.stringify(parameters);
}

function runsCell({ runs, endStates, invariantViolations }: CaseEntry): string {
  const others = Object.entries(endStates).filter(([state]) => state !== "completed");
  const notes = others.map(([state, number]) => `${number} ${state}`);
  if (invariantViolations > 0) notes.push(`${invariantViolations} × invariant violated`);
  return [count(runs), ...notes].join(", ");
}
