/**
 * Many seeds of one scenario read back for the report: `study.json` with the runs in `summary.csv` (`run
 * --summary-only`) or in `recovery.csv` (`npm run study`, which keeps no scenario beside them).
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Study, StudyMetric } from "../../experiment/study.js";
import { STRATEGIES } from "../../failover/registry.js";
import type { Measured } from "../../metrics/result.js";
import { CsvTable } from "../../report/files/csv.js";
import { compact, lowerBound, measuredDuration, metricTitle, percent } from "../../report/format.js";
import type { Answer, SeedRow, StudyReport, StudyTable } from "../../report/input.js";
import { METRICS } from "../../scenario/index.js";
import { fileError, UsageError } from "../exit.js";

const FILES: readonly string[] = [
  "study.json",
  "summary.csv",
  "recovery.csv",
  "loss.csv",
  "phases.csv",
  "scenario.yaml",
];
const LEAD = "recoveryTimeMs";

/** @throws UsageError if a file is missing or is not what `outgap run --summary-only` writes */
export function readManySeeds(folder: string, href = ""): StudyReport {
  const text = (file: string): string => {
    try {
      return readFileSync(join(folder, file), "utf8");
    } catch (error) {
      throw fileError(join(folder, file), error);
    }
  };
  const has = (file: string): boolean => existsSync(join(folder, file));
  const runs = has("recovery.csv") ? "recovery.csv" : "summary.csv";
  const [studyJson, runsCsv] = [text("study.json"), text(runs)];
  const scenarioText = has("scenario.yaml") ? text("scenario.yaml") : "";
  try {
    const study = JSON.parse(studyJson) as Study;
    const rows = seedRows(study, new CsvTable(runs, runsCsv));
    return seedsStudy(study, rows, scenarioText, href, FILES.filter(has));
  } catch (error) {
    if (error instanceof RangeError || error instanceof SyntaxError || error instanceof TypeError)
      throw new UsageError(`${folder}: ${error.message}`);
    throw error;
  }
}

function seedRows(study: Study, table: CsvTable): SeedRow[] {
  const [name, seed, recovery] = ["case", "seed", LEAD].map((column) => table.column(column)) as [
    number,
    number,
    number,
  ];
  const strategy = table.optional("strategy");
  return table.rows.map((row) => {
    const cell = row[recovery] as string;
    const of = row[name] as string;
    const published = study.published.find((entry) => entry.case === of && entry.metric === LEAD);
    return {
      scenario: study.scenario,
      case: of,
      strategy: strategy === null ? strategyOf(of) : (row[strategy] as string),
      seed: row[seed] as string,
      recoveryMs: Number(cell.replace(/^>= /, "")),
      isCut: cell.startsWith(">= "),
      publishedMs: published?.published ?? null,
    };
  });
}

/** By the name of the case, where nothing else tells: `single-task, reserved TM` is a case of `single-task`. */
function strategyOf(name: string): string {
  const plain = name.toLowerCase().replace(/[^a-z]+/g, "-");
  return STRATEGIES.find(({ name: strategy }) => plain.startsWith(strategy))?.name ?? plain;
}

function seedsStudy(
  study: Study,
  seeds: readonly SeedRow[],
  scenarioText: string,
  href: string,
  files: readonly string[],
): StudyReport {
  const { scenario, cases } = study;
  return {
    name: `${scenario}, ${study.seeds.length} seeds`,
    description: "",
    href,
    files,
    facts: [`${cases.length} cases`, `${study.seeds.length} seeds`, `${seeds.length} runs`],
    answers: [recovery(study), published(study)],
    charts: { seeds },
    tables: [table(study)],
    scenarioText,
  };
}

function recovery({ cases }: Study): Answer {
  const lines = cases.map((each) => ({ case: each.case, text: spreadText(each.metrics[LEAD], "ms") }));
  return { question: "How long is a recovery?", lines, detail: "Median, and in brackets where 95 % of the runs lie." };
}

function published(study: Study): Answer {
  const lines = study.published.map(({ case: of, metric, published: value, median, insideInterval }) => ({
    case: of,
    text: `${metricTitle(metric)} published ${shown(value, unitOf(metric))}, median ${shown(median, unitOf(metric))}: ${
      insideInterval ? "could be one of these runs" : "outside 95 % of these runs"
    }`,
  }));
  return {
    question: "Does it agree with what was published?",
    lines: lines.length === 0 ? [{ case: null, text: "Nothing published about it." }] : lines,
    detail: "",
  };
}

function table({ cases }: Study): StudyTable {
  const rows = METRICS.filter(({ path }) => cases.some((each) => isMoved(each.metrics[path])));
  return {
    caption: "Median over the seeds; in brackets where 95 % of the single runs lie.",
    columns: ["Measure", ...cases.map((each) => each.case)].map((name, at) => ({ name, numeric: at > 0 })),
    rows: rows.map(({ path, unit }) => ({
      case: "",
      cells: [metricTitle(path), ...cases.map((each) => spreadText(each.metrics[path], unit))],
    })),
  };
}

/** Measures that are zero in every run of every case say nothing. */
function isMoved(metric: StudyMetric | undefined): boolean {
  return metric !== undefined && [metric.low, metric.high].some((value) => lowerBound(value) !== 0);
}

function spreadText(metric: StudyMetric | undefined, unit: string): string {
  if (metric === undefined) return "–";
  const [low, median, high] = [metric.low, metric.median, metric.high].map((value) => shown(value, unit));
  return low === high ? String(median) : `${median} (${low} – ${high})`;
}

function unitOf(metric: string): string {
  return METRICS.find(({ path }) => path === metric)?.unit ?? "";
}

function shown(value: Measured, unit: string): string {
  if (unit === "ms" || typeof value !== "number") return measuredDuration(value);
  return unit === "ratio" ? percent(value) : compact(value);
}
