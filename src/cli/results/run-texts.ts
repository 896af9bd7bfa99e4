/** The CSV texts of one run and its final digest, which covers them: the same for `run`, `sweep` and every worker. */
import { finalDigest } from "../../experiment/digest.js";
import type { CaseSummary, RunResult } from "../../metrics/result.js";
import { lossCsv, outputGapCsv, phasesCsv, summaryCsv, timelineCsv } from "../../report/files/tables.js";

type Rows = (run: RunResult) => string;

/** Every CSV file, as the text of a single run with its header. */
const TABLES: ReadonlyMap<string, Rows> = new Map<string, Rows>([
  ["output-gap.csv", (run) => outputGapCsv([run])],
  ["timeline.csv", (run) => timelineCsv([run])],
  ["loss.csv", (run) => lossCsv([run])],
  ["phases.csv", (run) => phasesCsv([run])],
]);

export interface RunTexts {
  /** With the final digest. */
  readonly summary: CaseSummary;
  /** File name → text with header. */
  readonly texts: ReadonlyMap<string, string>;
}

export function runTexts(run: RunResult): RunTexts {
  const texts = new Map([...TABLES].map(([file, rows]) => [file, rows(run)]));
  texts.set("summary.csv", summaryCsv([{ ...run.summary, digest: "" }]));
  const summary: CaseSummary = { ...run.summary, digest: finalDigest(run.summary, texts) };
  texts.set("summary.csv", summaryCsv([summary]));
  return { summary, texts };
}
