/**
 * Result sets from strings (the files of a result directory) or from runs in memory; both give the same rows, so
 * a report rebuilt from disk equals the first one. Owns no file access.
 */
import type { PhaseName, RunResult } from "../../metrics/result.js";
import type { GapRow, LossRow, PhaseRow, ResultSet, ScenarioSummary, SummaryFile, TimelineColumns } from "../input.js";
import { CsvTable, cellNumber } from "./csv.js";
import { firstRuns, parsePlaybackFile, toPlaybackColumns } from "./playback-file.js";
import { lossCsv, outputGapCsv, phasesCsv, timelineCsv } from "./tables.js";

/** The files of one result directory as text; `playback.json` may be missing. */
export interface ResultTexts {
  readonly href: string;
  readonly scenarioYaml: string;
  readonly summaryJson: string;
  readonly outputGapCsv: string;
  readonly timelineCsv: string;
  readonly lossCsv: string;
  readonly phasesCsv: string;
  readonly playbackJson: string | null;
}

/** Throws RangeError (with the file's name) on a missing column or an empty summary, SyntaxError on broken JSON. */
export function resultSetFromTexts(texts: ResultTexts): ResultSet {
  const file = JSON.parse(texts.summaryJson) as SummaryFile;
  const summary = file.scenarios[0];
  if (summary === undefined) throw new RangeError("summary.json: it holds no scenario");
  return {
    scenario: summary.scenario,
    href: texts.href,
    scenarioText: texts.scenarioYaml,
    summary,
    timelines: readTimelines(texts.timelineCsv),
    gaps: readGaps(texts.outputGapCsv),
    losses: readLosses(texts.lossCsv),
    phases: readPhases(texts.phasesCsv),
    playbacks: texts.playbackJson === null ? [] : parsePlaybackFile(texts.playbackJson),
  };
}

/** Through the same CSV text, so that rounding is the same as after a trip over the disk. */
export function resultSetFromRuns(
  summary: ScenarioSummary,
  runs: readonly RunResult[],
  scenarioText: string,
  href = "",
): ResultSet {
  return {
    scenario: summary.scenario,
    href,
    scenarioText,
    summary,
    timelines: readTimelines(timelineCsv(runs)),
    gaps: readGaps(outputGapCsv(runs)),
    losses: readLosses(lossCsv(runs)),
    phases: readPhases(phasesCsv(runs)),
    playbacks: firstRuns(runs).map(toPlaybackColumns),
  };
}

type KeyReader = (row: readonly string[]) => { case: string; strategy: string; seed: string };

function keyReader(table: CsvTable): KeyReader {
  const [name, strategy, seed] = ["case", "strategy", "seed"].map((column) => table.column(column)) as [
    number,
    number,
    number,
  ];
  return (row) => ({ case: row[name] as string, strategy: row[strategy] as string, seed: row[seed] as string });
}

export function readTimelines(text: string): TimelineColumns[] {
  const table = new CsvTable("timeline.csv", text);
  const keyOf = keyReader(table);
  const groups = new Map<string, string[][]>();
  for (const row of table.rows) {
    const { case: name, seed } = keyOf(row);
    const group = groups.get(`${name}\u0000${seed}`);
    if (group === undefined) groups.set(`${name}\u0000${seed}`, [row]);
    else group.push(row);
  }
  const time = table.column("timeMs");
  return [...groups.values()].map((rows) => {
    const column = (name: string): Float64Array => {
      const index = table.column(name);
      return Float64Array.from(rows, (row) => cellNumber(row[index] as string));
    };
    const first = rows[0] as string[];
    const second = rows[1] ?? first;
    return {
      ...keyOf(first),
      binMs: cellNumber(second[time] as string) - cellNumber(first[time] as string) || 100,
      bins: rows.length,
      produced: column("producedRecords"),
      delivered: column("deliveredRecords"),
      discarded: column("discardedRecords"),
      emitted: column("emittedMatches"),
      backlogLogRecords: column("backlogLogRecords"),
      backlogNetworkRecords: column("backlogNetworkRecords"),
      latencyP50Ms: column("latencyP50Ms"),
      latencyP99Ms: column("latencyP99Ms"),
      twinEmitted: column("twinEmittedMatches"),
      twinBacklogRecords: column("twinBacklogRecords"),
      twinLatencyP50Ms: column("twinLatencyP50Ms"),
      twinLatencyP99Ms: column("twinLatencyP99Ms"),
    };
  });
}

export function readGaps(text: string): GapRow[] {
  const table = new CsvTable("output-gap.csv", text);
  const keyOf = keyReader(table);
  const vertex = table.column("vertex");
  const subtask = table.column("subtask");
  const taskManager = table.column("taskManager");
  const machine = table.optional("machine") ?? taskManager;
  const gap = table.column("gapMs");
  const start = table.column("gapStartMs");
  const affected = table.column("affected");
  return table.rows.map((row) => ({
    ...keyOf(row),
    vertex: row[vertex] as string,
    subtask: cellNumber(row[subtask] as string),
    taskManager: cellNumber(row[taskManager] as string),
    machine: cellNumber(row[machine] as string),
    gapMs: cellNumber(row[gap] as string),
    gapStartMs: cellNumber(row[start] as string),
    affected: row[affected] === "true" || row[affected] === "1",
  }));
}

export function readLosses(text: string): LossRow[] {
  const table = new CsvTable("loss.csv", text);
  const keyOf = keyReader(table);
  const ledger = table.column("ledger");
  const cause = table.column("cause");
  const count = table.column("count");
  return table.rows.map((row) => ({
    ...keyOf(row),
    ledger: row[ledger] as LossRow["ledger"],
    cause: row[cause] as LossRow["cause"],
    count: cellNumber(row[count] as string),
  }));
}

export function readPhases(text: string): PhaseRow[] {
  const table = new CsvTable("phases.csv", text);
  const keyOf = keyReader(table);
  const incident = table.column("incident");
  const phase = table.column("phase");
  const start = table.column("startMs");
  const end = table.column("endMs");
  const thread = table.column("thread");
  return table.rows.map((row) => ({
    ...keyOf(row),
    incident: cellNumber(row[incident] as string),
    phase: row[phase] as PhaseName,
    startMs: cellNumber(row[start] as string),
    endMs: cellNumber(row[end] as string),
    thread: row[thread] as string,
  }));
}
