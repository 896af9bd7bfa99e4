/**
 * Charts and report of a result folder, made from what is in it, so that `report` rebuilds what `run` made. Loads Vega
 * only when called. Owns `charts/` and `report.html`.
 */
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ReportInput, ResultSet } from "../../report/input.js";
import { fileError } from "../exit.js";
import { packageVersion } from "../package-info.js";
import { parameterRows } from "./parameters.js";
import { readResultSet } from "./result-folder.js";

/** Writes `charts/` (each chart as `.vl.json`, `.svg`, `.dark.svg` and `.png`) and `report.html` into `folder`. */
export async function addReport(folder: string): Promise<void> {
  await writeReport(folder, [readResultSet(folder)], ["set"]);
}

/** One report of several results in a folder of its own, with the charts that compare them. */
export async function combineReports(folder: string, sets: readonly ResultSet[]): Promise<void> {
  await writeReport(folder, sets, ["all"]);
}

type Scopes = readonly ("set" | "all")[];

/** Both are made in a hidden folder first and moved into place when all is well. */
async function writeReport(folder: string, sets: readonly ResultSet[], scopes: Scopes): Promise<void> {
  const [{ reportHtml }, { chartFiles }, { reportAssets }] = await Promise.all([
    import("../../report/html/page.js"),
    import("../../report/render/chart-files.js"),
    import("./report-assets.js"),
  ]);
  const parameters = sets.map((set) => parameterRows(set.scenarioText));
  const input: ReportInput = { version: packageVersion(), sets, parameters, sweep: [] };
  let stage: string;
  try {
    mkdirSync(folder, { recursive: true });
    stage = mkdtempSync(join(folder, ".report-"));
  } catch (error) {
    throw fileError(folder, error);
  }
  try {
    mkdirSync(join(stage, "charts"));
    for await (const { name, content } of chartFiles({ sets, sweep: [] }, scopes)) {
      writeFileSync(join(stage, "charts", name), content);
    }
    writeFileSync(join(stage, "report.html"), reportHtml(input, reportAssets()));
    rmSync(join(folder, "charts"), { recursive: true, force: true });
    renameSync(join(stage, "charts"), join(folder, "charts"));
    renameSync(join(stage, "report.html"), join(folder, "report.html"));
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}
