/**
 * The files of a report, made from what results say: `charts/` and `report.html`. Loads Vega only when called. Owns no
 * folder; whoever calls writes them.
 */
import type { ReportInput, ResultSet, StudyReport } from "../../report/input.js";
import { packageVersion } from "../package-info.js";
import { parameterRows } from "./parameters.js";

export interface ReportFile {
  /** With `charts/` in front where it is a chart. */
  readonly name: string;
  readonly content: string | Uint8Array;
}

/** @yields one file after the other: the charts of one set, of a study, or those that compare several sets */
export async function* reportFiles(
  sets: readonly ResultSet[],
  studies: readonly StudyReport[] = [],
): AsyncGenerator<ReportFile> {
  const [{ reportHtml }, { chartFiles }, { reportAssets }] = await Promise.all([
    import("../../report/html/page.js"),
    import("../../report/render/chart-files.js"),
    import("./report-assets.js"),
  ]);
  const isAlone = sets.length + studies.length === 1;
  if (sets.length > 0) yield* inCharts("", chartFiles({ sets }, isAlone ? ["set"] : ["all"]));
  for (const [index, { charts }] of studies.entries()) {
    // Beside others the charts of a study carry its number, for all studies have charts of the same names.
    yield* inCharts(isAlone ? "" : `study-${index + 1}-`, chartFiles({ ...charts, sets: [] }, ["all"]));
  }
  const parameters = sets.map((set) => parameterRows(set.scenarioText));
  const input: ReportInput = { version: packageVersion(), sets, parameters, studies };
  yield { name: "report.html", content: reportHtml(input, reportAssets()) };
}

async function* inCharts(prefix: string, files: AsyncIterable<ReportFile>): AsyncGenerator<ReportFile> {
  for await (const { name, content } of files) yield { name: `charts/${prefix}${name}`, content };
}
