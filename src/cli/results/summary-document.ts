/**
 * The document that `--json` prints and `summary.json` holds: its types, and the differences between the two (what
 * was measured on the wall clock is on stdout only). Owns no value in it.
 */
import { basename } from "node:path";
import { replicationStatistics } from "../../experiment/sweep/replications.js";
import type { ExpectEntry } from "../../experiment/verdict.js";
import type { CaseSummary } from "../../metrics/result.js";
import { packageVersion } from "../package-info.js";

/** One (case, seed) with what it took. */
export interface MeasuredSummary {
  readonly summary: CaseSummary;
  readonly wallMs: number;
  readonly peakRssBytes: number;
}

export interface ScenarioEntry {
  readonly scenario: string;
  readonly file: string;
  /** True if the command was interrupted: then some of the runs that were asked for are missing. */
  readonly interrupted: boolean;
  readonly cases: readonly MeasuredSummary[];
  readonly expect: readonly ExpectEntry[];
}

const SCHEMA = 1;

/** For stdout. */
export function jsonDocument(entries: readonly ScenarioEntry[]): string {
  return document(
    entries.map((entry) => ({
      ...head(entry, entry.file),
      cases: entry.cases.map(({ summary, wallMs, peakRssBytes }) => ({ ...summary, wallMs, peakRssBytes })),
      ...statisticsOf(entry),
      expect: entry.expect,
    })),
  );
}

/** For the disk: equal runs give equal bytes, wherever the scenario file lies. */
export function summaryJson(entry: ScenarioEntry): string {
  const cases = entry.cases.map(({ summary }) => summary);
  return document([{ ...head(entry, basename(entry.file)), cases, ...statisticsOf(entry), expect: entry.expect }]);
}

/** Means, intervals and paired differences, where there are several seeds. */
function statisticsOf(entry: ScenarioEntry): object {
  const statistics = replicationStatistics(entry.cases.map(({ summary }) => summary));
  return statistics.length === 0 ? {} : { statistics };
}

function head(entry: ScenarioEntry, file: string): object {
  return { scenario: entry.scenario, file, ...(entry.interrupted ? { interrupted: true } : {}) };
}

function document(scenarios: readonly object[]): string {
  return `${JSON.stringify({ outgap: packageVersion(), schema: SCHEMA, scenarios }, null, 2)}\n`;
}
