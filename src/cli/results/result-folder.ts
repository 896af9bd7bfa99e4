/** Reads a result folder back: the texts from which charts, report and `readResults` are made. Writes nothing. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type ResultTexts, resultSetFromTexts } from "../../report/files/read.js";
import type { ResultSet } from "../../report/input.js";
import { fileError, UsageError } from "../exit.js";

/**
 * @param folder as `outgap run` wrote it
 * @param href where the raw files are, seen from the page that links to them; "" for the same folder
 * @throws UsageError if a file is missing or is not what `outgap run` writes
 */
export function readResultSet(folder: string, href = ""): ResultSet {
  const text = (file: string): string => {
    try {
      return readFileSync(join(folder, file), "utf8");
    } catch (error) {
      throw fileError(join(folder, file), error);
    }
  };
  const optional = (file: string): string | null => {
    try {
      return readFileSync(join(folder, file), "utf8");
    } catch {
      return null;
    }
  };
  const texts: ResultTexts = {
    href,
    scenarioYaml: text("scenario.yaml"),
    summaryJson: text("summary.json"),
    outputGapCsv: text("output-gap.csv"),
    timelineCsv: text("timeline.csv"),
    lossCsv: text("loss.csv"),
    phasesCsv: text("phases.csv"),
    playbackJson: optional("playback.json"),
  };
  try {
    return resultSetFromTexts(texts);
  } catch (error) {
    if (error instanceof RangeError || error instanceof SyntaxError)
      throw new UsageError(`${folder}: ${error.message}`);
    throw error;
  }
}
