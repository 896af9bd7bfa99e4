/**
 * The files of a finished sweep: CSV, Parquet, summary, charts and report, made from the store in the order of the plan, so that
 * their bytes do not depend on how the runs came about. Written beside and moved into place. Owns the file names.
 */
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { RunStore } from "../../experiment/store/run-store.js";
import { type Column, type TableCell, TableFile } from "../../experiment/store/table-file.js";
import type { SweepPlan } from "../../experiment/sweep/plan.js";
import { type SweepRequest, sweepHash } from "../../experiment/sweep/request.js";
import { METRICS } from "../../scenario/index.js";
import { reportFiles } from "../results/report-files.js";
import { type CaseOutcome, collectPoint } from "./collect.js";
import {
  columnName,
  MEANS_COLUMNS,
  meansCells,
  PAIRED_COLUMNS,
  pairedCells,
  pointCells,
  pointColumns,
  RUN_COLUMNS,
  runCells,
} from "./columns.js";
import { CsvFile } from "./csv-file.js";
import { sweepStudy } from "./study-report.js";
import { SummaryBuilder, type SweepSummary, summaryText } from "./summary.js";

/** Written last: a folder that has it is finished. */
export const SUMMARY_FILE = "summary.json";
export const REQUEST_FILE = "sweep.json";

/** Where files are written before they are moved into place; older than this, their writer is dead. */
const STAGE = ".outputs-";
const STALE_MS = 3_600_000;

const FAILURE_COLUMNS: readonly Column[] = [
  { name: "case", type: "STRING" },
  { name: "seed", type: "STRING" },
  { name: "error", type: "STRING" },
];

export interface OutputOptions {
  readonly charts: boolean;
}

/** Rows that go to a CSV file, a Parquet file or both. */
class Table {
  readonly #csv: CsvFile | null;
  readonly #parquet: TableFile | null;

  constructor(columns: readonly Column[], csv: string | null, parquet: string | null) {
    this.#csv = csv === null ? null : new CsvFile(csv, columns);
    this.#parquet = parquet === null ? null : new TableFile(parquet, columns);
  }

  add(row: readonly TableCell[], inCsv = true): void {
    if (inCsv) this.#csv?.add(row);
    this.#parquet?.add(row);
  }

  finish(): void {
    this.#csv?.finish();
    this.#parquet?.finish();
  }
}

/**
 * Writes all files of a sweep into `folder`.
 * @param counts seeds of each point
 * @returns the summary, as written
 */
export async function writeOutputs(
  folder: string,
  request: SweepRequest,
  plan: SweepPlan,
  counts: readonly number[],
  store: RunStore,
  options: OutputOptions,
): Promise<SweepSummary> {
  tidy(folder);
  const stage = mkdtempSync(join(folder, STAGE));
  try {
    const summary = writeTables(stage, request, plan, counts, store);
    if (options.charts) await writeReport(stage, summary);
    writeFileSync(join(stage, SUMMARY_FILE), summaryText(summary));
    moveInto(folder, stage);
    return summary;
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

/** Removes what a command left that was killed while it wrote. */
function tidy(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(STAGE)) continue;
    const info = statSync(join(folder, name), { throwIfNoEntry: false });
    if (info !== undefined && Date.now() - info.mtimeMs > STALE_MS)
      rmSync(join(folder, name), { recursive: true, force: true });
  }
}

function writeTables(
  stage: string,
  request: SweepRequest,
  plan: SweepPlan,
  counts: readonly number[],
  store: RunStore,
): SweepSummary {
  const data = join(stage, "data", `sweep=${columnName(plan.name)}-${sweepHash(request)}`);
  mkdirSync(data, { recursive: true });
  const point = pointColumns(plan);
  const runs = new Table([...point, ...RUN_COLUMNS], join(stage, "runs.csv"), join(data, "runs.parquet"));
  const means = new Table([...point, ...MEANS_COLUMNS], join(stage, "means.csv"), join(data, "means.parquet"));
  const paired = new Table([...point, ...PAIRED_COLUMNS], join(stage, "paired.csv"), join(data, "paired.parquet"));
  const failures = new Table([...point, ...FAILURE_COLUMNS], join(stage, "failures.csv"), null);
  const builder = new SummaryBuilder(request, plan);
  for (const each of plan.points) {
    const outcome = collectPoint(request, store, each, counts[each.index] as number);
    builder.add(outcome);
    const cells = pointCells(plan, each);
    for (const found of outcome.cases) {
      for (const summary of found.summaries) runs.add([...cells, ...runCells(summary)]);
      addSpreads(request, found, cells, means, paired, plan);
    }
    for (const { case: name, seed, error } of outcome.failed) failures.add([...cells, name, seed, error]);
  }
  for (const table of [runs, means, paired, failures]) table.finish();
  return builder.finish();
}

/** Every metric in Parquet, those that were asked for in CSV. */
function addSpreads(
  request: SweepRequest,
  found: CaseOutcome,
  cells: readonly TableCell[],
  means: Table,
  paired: Table,
  plan: SweepPlan,
): void {
  const { name, strategy } = found.case;
  const baseline = plan.points[found.point.index]?.cases[0]?.name ?? "";
  for (const { path, unit } of METRICS) {
    const shown = request.metrics.includes(path);
    const spread = found.spreads.get(path);
    if (spread !== undefined) means.add([...cells, ...meansCells(name, strategy, path, unit, spread)], shown);
    const difference = found.paired.get(path);
    if (difference !== undefined) paired.add([...cells, ...pairedCells(name, baseline, path, unit, difference)], shown);
  }
}

async function writeReport(stage: string, summary: SweepSummary): Promise<void> {
  mkdirSync(join(stage, "charts"));
  for await (const { name, content } of reportFiles([], [sweepStudy(summary)])) {
    writeFileSync(join(stage, name), content);
  }
}

/** Replaces what an earlier end of the same sweep left; the summary comes last. */
function moveInto(folder: string, stage: string): void {
  for (const name of ["charts", "data"]) rmSync(join(folder, name), { recursive: true, force: true });
  const names = readdirSync(stage, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(stage.length + 1))
    .sort((a, b) => Number(a === SUMMARY_FILE) - Number(b === SUMMARY_FILE) || (a < b ? -1 : 1));
  for (const name of names) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    renameSync(join(stage, name), join(folder, name));
  }
}
