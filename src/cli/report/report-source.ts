/** What kind of folder it is by the files in it, read back as what a report is made of. Writes nothing. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ResultSet, StudyReport } from "../../report/input.js";
import { fileError, UsageError } from "../exit.js";
import { readResultSet } from "../results/result-folder.js";
import { readManySeeds } from "../results/seeds-study.js";
import type { SensitivityDocument } from "../sensitivity/document.js";
import { sensitivityStudy } from "../sensitivity/study-report.js";
import { sweepStudy } from "../sweep/study-report.js";
import type { SweepSummary } from "../sweep/summary.js";

/** One of the two. */
export interface ReportSource {
  readonly set?: ResultSet;
  readonly study?: StudyReport;
}

/**
 * @param folder as `run`, `sweep` or `sensitivity` wrote it
 * @param href where the raw files are, seen from the page that links to them; "" for the same folder
 * @throws UsageError if it is none of them, or a file is missing or broken
 */
export function readReportSource(folder: string, href = ""): ReportSource {
  const has = (file: string): boolean => existsSync(join(folder, file));
  const json = <T>(file: string, isIt: (value: T) => boolean, writer: string): T =>
    readJson(folder, file, isIt, writer);
  if (has("sensitivity.json")) {
    const document = json<SensitivityDocument>("sensitivity.json", isSensitivity, "sensitivity");
    return { study: sensitivityStudy(document, readText(folder, "scenario.yaml"), href) };
  }
  if (has("sweep.json")) {
    if (!has("summary.json"))
      throw new UsageError(`${folder}: this sweep is not finished; outgap sweep goes on with it`);
    return { study: sweepStudy(json<SweepSummary>("summary.json", isSweep, "sweep"), href) };
  }
  if (has("study.json") && !has("summary.json")) return { study: readManySeeds(folder, href) };
  return { set: readResultSet(folder, href) };
}

const isSensitivity = (value: SensitivityDocument): boolean => value.schema === 1 && Array.isArray(value.cases);
const isSweep = (value: SweepSummary): boolean => value.schema === 1 && Array.isArray(value.points);

function readText(folder: string, file: string): string {
  const path = join(folder, file);
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw fileError(path, error);
  }
}

function readJson<T>(folder: string, file: string, isIt: (value: T) => boolean, writer: string): T {
  const text = readText(folder, file);
  try {
    const value = JSON.parse(text) as T;
    if (isIt(value)) return value;
  } catch {
    // Said below.
  }
  throw new UsageError(`${join(folder, file)}: this is not what outgap ${writer} writes`);
}
