/** A sensitivity study as the report tells it: which costs the answer rests on, which do not matter, every effect. */
import type { Effect } from "../../experiment/sensitivity/study.js";
import type { Measured } from "../../metrics/result.js";
import { lowerBound, metricTitle, percent, words } from "../../report/format.js";
import type { Answer, AnswerLine, StudyReport, StudyTable } from "../../report/input.js";
import { chartRows, type DocumentCase, type DocumentRow, type SensitivityDocument } from "./document.js";
import { shownValue, WORTH_A_ROW } from "./words.js";

export const SENSITIVITY_FILES: readonly string[] = ["sensitivity.json", "sensitivity.csv", "scenario.yaml"];

const MOST_COSTS = 3;

/** @param scenarioText the normalised scenario that was studied */
export function sensitivityStudy(document: SensitivityDocument, scenarioText: string, href = ""): StudyReport {
  const { scenario, cases, metrics, change } = document;
  const seeds = Math.max(0, ...cases.map((each) => each.seeds.length));
  const lead = metrics[0] as string;
  return {
    name: `${scenario}-sensitivity`,
    description: `Which costs and settings move the results of ${scenario}: each ±${percent(change)}, one at a time.`,
    href,
    files: SENSITIVITY_FILES,
    facts: [
      `${cases.length} case${cases.length === 1 ? "" : "s"}`,
      `${seeds} seed${seeds === 1 ? "" : "s"}`,
      `measures: ${metrics.map(metricTitle).join(", ")}`,
    ],
    answers: [restsOn(cases, lead), howFar(cases, lead, change), doNotMatter(cases, metrics)],
    charts: { sensitivity: chartRows(document) },
    tables: cases.flatMap((each) => metrics.map((metric) => table(each, metric, change))),
    scenarioText,
  };
}

const effectOf = (row: DocumentRow, metric: string): Effect => row.effects[metric] as Effect;

/** By the size of the effect; those that move the metric at all worth a word. */
function movers({ base, variables }: DocumentCase, metric: string): DocumentRow[] {
  const least = WORTH_A_ROW * Math.abs(lowerBound(base[metric] as Measured));
  return variables
    .filter((row) => effectOf(row, metric).size > 0 && effectOf(row, metric).size >= least)
    .sort((a, b) => effectOf(b, metric).size - effectOf(a, metric).size);
}

function relative(row: DocumentRow, metric: string): string {
  const { base, size } = effectOf(row, metric);
  return lowerBound(base) === 0 ? "" : percent(size / Math.abs(lowerBound(base)));
}

function restsOn(cases: readonly DocumentCase[], metric: string): Answer {
  const lines = cases.map((each): AnswerLine => {
    const top = movers(each, metric).slice(0, MOST_COSTS);
    const shown = top.map((row) => `${words(row.name)} (${relative(row, metric)}, grade ${row.grade})`);
    return { case: each.case, text: shown.length === 0 ? "nothing moves it" : shown.join(", ") };
  });
  return {
    question: `What does the ${metricTitle(metric)} rest on?`,
    lines,
    detail: "In brackets how far it moves, and the grade of the evidence for the cost.",
  };
}

function howFar(cases: readonly DocumentCase[], metric: string, change: number): Answer {
  const lines = cases.map((each): AnswerLine => {
    const top = movers(each, metric)[0];
    const base = shownValue(each.base[metric] as Measured, metric);
    if (top === undefined) return { case: each.case, text: `${base}, whatever one cost is` };
    const values = [effectOf(top, metric).lower, effectOf(top, metric).higher].sort(
      (a, b) => lowerBound(a) - lowerBound(b),
    );
    return { case: each.case, text: `${base}; ${values.map((value) => shownValue(value, metric)).join(" to ")}` };
  });
  return {
    question: "How far could one wrong cost move it?",
    lines,
    detail: `As it is, and with the weightiest cost ${percent(change)} lower or higher.`,
  };
}

function doNotMatter(cases: readonly DocumentCase[], metrics: readonly string[]): Answer {
  const names = new Set(cases.flatMap((each) => each.variables.map((row) => row.name)));
  const moving = new Set(
    cases.flatMap((each) => metrics.flatMap((metric) => movers(each, metric).map((row) => row.name))),
  );
  const idle = [...names].filter((name) => !moving.has(name));
  return {
    question: "What does not matter here?",
    lines: [{ case: null, text: idle.length === 0 ? "Every cost matters." : idle.map(words).join(", ") }],
    detail: `These move no measure of any case by ${percent(WORTH_A_ROW)}.`,
  };
}

function table(each: DocumentCase, metric: string, change: number): StudyTable {
  const base = shownValue(each.base[metric] as Measured, metric);
  const column = (name: string, numeric = false) => ({ name, numeric });
  return {
    caption: `${each.case}: ${metricTitle(metric)} is ${base}`,
    columns: [
      ...["Cost", "Value", "Grade"].map((name) => column(name)),
      ...["Share of the critical path", `−${percent(change)}`, `+${percent(change)}`, "Moves it by"].map((name) =>
        column(name, true),
      ),
      column("Source"),
    ],
    rows: movers(each, metric).map((row) => {
      const { lower, higher, size } = effectOf(row, metric);
      const moved = relative(row, metric);
      return {
        case: each.case,
        cells: [
          words(row.name),
          row.value,
          row.grade,
          row.criticalPathShare === 0 ? "–" : percent(row.criticalPathShare),
          shownValue(lower, metric),
          shownValue(higher, metric),
          `${shownValue(size, metric)}${moved === "" ? "" : ` (${moved})`}`,
          row.source,
        ],
      };
    }),
  };
}
