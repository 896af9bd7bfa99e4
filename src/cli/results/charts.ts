/**
 * Puts charts and report into a folder: of a result that is being written, or again for `outgap report`. Owns `charts/`
 * and `report.html` there, and nothing else.
 */
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileError } from "../exit.js";
import { type ReportFile, reportFiles } from "./report-files.js";
import { readResultSet } from "./result-folder.js";

/** Writes `charts/` (each chart as `.vl.json`, `.svg`, `.dark.svg` and `.png`) and `report.html` into a result folder. */
export async function addReport(folder: string): Promise<void> {
  await putReport(folder, reportFiles([readResultSet(folder)]));
}

/** All files are made in a hidden folder first and moved into place when all is well. */
export async function putReport(folder: string, files: AsyncIterable<ReportFile>): Promise<void> {
  let stage: string;
  try {
    mkdirSync(folder, { recursive: true });
    stage = mkdtempSync(join(folder, ".report-"));
  } catch (error) {
    throw fileError(folder, error);
  }
  try {
    mkdirSync(join(stage, "charts"));
    for await (const { name, content } of files) writeFileSync(join(stage, name), content);
    rmSync(join(folder, "charts"), { recursive: true, force: true });
    renameSync(join(stage, "charts"), join(folder, "charts"));
    renameSync(join(stage, "report.html"), join(folder, "report.html"));
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}
