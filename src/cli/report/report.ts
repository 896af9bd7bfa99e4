/** `outgap report`: charts and pages from what is on disk, each in its folder or all of them on one page. */
import { join, relative } from "node:path";
import { EXIT } from "../exit.js";
import { putReport } from "../results/charts.js";
import { reportFiles } from "../results/report-files.js";
import { writeOut } from "../streams.js";
import { type ReportSource, readReportSource } from "./report-source.js";

export interface ReportArguments {
  readonly folders: readonly string[];
  readonly out: string | undefined;
  readonly quiet: boolean;
}

export async function report({ folders, out, quiet }: ReportArguments): Promise<number> {
  // All are read before any is written, so that a bad one changes nothing.
  const sources = folders.map((folder) => readReportSource(folder, out === undefined ? "" : relative(out, folder)));
  const pages =
    out === undefined
      ? sources.map((source, index) => ({ target: folders[index] as string, of: [source] }))
      : [{ target: out, of: sources }];
  for (const { target, of } of pages) {
    await putReport(target, reportFiles(of.flatMap(setOf), of.flatMap(studyOf)));
    if (!quiet) await writeOut(`Report: ${join(target, "report.html")}\n`);
  }
  return EXIT.done;
}

const setOf = ({ set }: ReportSource) => (set === undefined ? [] : [set]);
const studyOf = ({ study }: ReportSource) => (study === undefined ? [] : [study]);
