/** Runs in memory as the result set that charts are made of, without a trip over the disk. */
import { judge } from "../../experiment/verdict.js";
import type { RunResult } from "../../metrics/result.js";
import { parsePlaybackFile, playbackFile } from "../../report/files/playback-file.js";
import { resultSetFromRuns } from "../../report/files/read.js";
import type { ResultSet } from "../../report/input.js";
import type { NormalisedScenario } from "../../scenario/index.js";

/**
 * @param results of `runScenario` on this scenario, or some of them
 * @returns what `readResults` gives for the folder that `outgap run` would have written
 * @throws RangeError if there is no result
 */
export function resultSetOf(scenario: NormalisedScenario, results: readonly RunResult[]): ResultSet {
  if (results.length === 0) throw new RangeError("a result set needs at least one run");
  const cases = results.map((result) => result.summary);
  const present = new Set(cases.map((summary) => summary.case));
  const { expect } = judge(
    scenario.expect.filter((expectation) => present.has(expectation.case)),
    cases,
  );
  const summary = { scenario: scenario.name, file: `${scenario.name}.yaml`, cases, expect };
  const set = resultSetFromRuns(summary, results, scenario.normalisedYaml);
  // Through the file's text, like the tables, so that its times are rounded as on disk.
  return { ...set, playbacks: parsePlaybackFile(playbackFile(results)) };
}
