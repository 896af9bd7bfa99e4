/** `outgap report`: charts and pages from results on disk, each in its folder or all of them on one page. */
import { join, relative } from "node:path";
import { EXIT } from "../exit.js";
import { addReport, combineReports } from "../results/charts.js";
import { readResultSet } from "../results/result-folder.js";
import { writeOut } from "../streams.js";

export interface ReportArguments {
  readonly folders: readonly string[];
  readonly out: string | undefined;
  readonly quiet: boolean;
}

export async function report({ folders, out, quiet }: ReportArguments): Promise<number> {
  // All are read before any is written, so that a bad one changes nothing.
  const sets = folders.map((folder) => readResultSet(folder, out === undefined ? "" : relative(out, folder)));
  const targets = out === undefined ? folders : [out];
  if (out === undefined) for (const folder of folders) await addReport(folder);
  else await combineReports(out, sets);
  if (!quiet) for (const target of targets) await writeOut(`Report: ${join(target, "report.html")}\n`);
  return EXIT.done;
}
