/**
 * The CSV files of a result directory: their columns (units in the names) and the rows of a run. Owns the layout;
 * `read.ts` reads the same columns back. Order: as the runs are given, then time, subtask or cause.
 */
import {
  type CaseSummary,
  MATCH_MISS_CAUSES,
  type Measured,
  RECORD_LOSS_CAUSES,
  type RunResult,
} from "../../metrics/result.js";
import { type Cell, toCsv } from "./csv.js";

export const KEY_COLUMNS = ["case", "strategy", "seed"] as const;

export const TIMELINE_COLUMNS = [
  ...KEY_COLUMNS,
  "timeMs",
  "producedRecords",
  "deliveredRecords",
  "discardedRecords",
  "emittedMatches",
  "backlogLogRecords",
  "backlogNetworkRecords",
  "latencyP50Ms",
  "latencyP99Ms",
  "twinEmittedMatches",
  "twinBacklogRecords",
  "twinLatencyP50Ms",
  "twinLatencyP99Ms",
] as const;

export const GAP_COLUMNS = [
  ...KEY_COLUMNS,
  "vertex",
  "subtask",
  "taskManager",
  "machine",
  "gapMs",
  "gapStartMs",
  "affected",
] as const;

export const LOSS_COLUMNS = [...KEY_COLUMNS, "ledger", "cause", "count"] as const;
export const PHASE_COLUMNS = [...KEY_COLUMNS, "incident", "phase", "startMs", "endMs", "thread"] as const;

const key = (summary: CaseSummary): Cell[] => [summary.case, summary.strategy, summary.seed];

/** `timeline.csv`: a row per run and bin; `timeMs` is the start of the bin. */
export function timelineCsv(runs: readonly RunResult[]): string {
  return toCsv(TIMELINE_COLUMNS, timelineRows(runs));
}

function* timelineRows(runs: readonly RunResult[]): Generator<Cell[]> {
  for (const run of runs) {
    const names = key(run.summary);
    for (let bin = 0; bin < run.timeline.bins; bin++) yield timelineRow(names, run, bin);
  }
}

function timelineRow(names: readonly Cell[], { timeline: run, twinTimeline: twin }: RunResult, bin: number): Cell[] {
  return [
    ...names,
    bin * run.binMs,
    roundedAt(run.produced, bin),
    roundedAt(run.delivered, bin),
    roundedAt(run.discarded, bin),
    roundedAt(run.emitted, bin),
    roundedAt(run.backlogLogRecords, bin),
    roundedAt(run.backlogNetworkRecords, bin),
    roundedAt(run.latencyP50Ms, bin),
    roundedAt(run.latencyP99Ms, bin),
    roundedAt(twin.emitted, bin),
    rounded((twin.backlogLogRecords[bin] ?? Number.NaN) + (twin.backlogNetworkRecords[bin] ?? Number.NaN)),
    roundedAt(twin.latencyP50Ms, bin),
    roundedAt(twin.latencyP99Ms, bin),
  ];
}

const rounded = (value: number): number => Math.round(value * 1000) / 1000;
const roundedAt = (column: Float64Array, bin: number): number => rounded(column[bin] ?? Number.NaN);

/** `output-gap.csv`: a row per run and sink subtask. */
export function outputGapCsv(runs: readonly RunResult[]): string {
  const rows: Cell[][] = [];
  for (const { summary, gaps, playback } of runs) {
    const names = key(summary);
    const perMachine = Math.max(1, playback.taskManagersPerMachine);
    gaps.vertex.forEach((vertex, index) => {
      const taskManager = gaps.taskManager[index] as number;
      rows.push([
        ...names,
        vertex,
        gaps.subtask[index] as number,
        taskManager,
        Math.floor(taskManager / perMachine),
        gaps.gapMs[index] as number,
        gaps.gapStartMs[index] as number,
        gaps.affected[index] === 1,
      ]);
    });
  }
  return toCsv(GAP_COLUMNS, rows);
}

/** `loss.csv`: a row per run and cause, of both ledgers, zeros included. */
export function lossCsv(runs: readonly RunResult[]): string {
  const rows: Cell[][] = [];
  for (const { summary } of runs) {
    for (const cause of RECORD_LOSS_CAUSES) {
      rows.push([...key(summary), "records", cause, summary.records.lost[cause]]);
    }
    for (const cause of MATCH_MISS_CAUSES) {
      rows.push([...key(summary), "matches", cause, summary.matches.missed[cause]]);
    }
  }
  return toCsv(LOSS_COLUMNS, rows);
}

/** `phases.csv`: a row per run, incident and span of the critical path, on the virtual clock. */
export function phasesCsv(runs: readonly RunResult[]): string {
  const rows: Cell[][] = [];
  for (const { summary } of runs) {
    summary.incidents.forEach((incident, number) => {
      for (const span of incident.phases) {
        rows.push([...key(summary), number, span.phase, span.startMs, span.endMs, span.thread]);
      }
    });
  }
  return toCsv(PHASE_COLUMNS, rows);
}

/** `summary.csv`: the scalars of a run in one row. A value cut off by the end of the run is written as `>= ms`. */
export function summaryCsv(summaries: readonly CaseSummary[]): string {
  const measured = (value: Measured): Cell => (typeof value === "number" ? value : `>= ${value.atLeastMs}`);
  const columns: readonly (readonly [string, (run: CaseSummary) => Cell])[] = [
    ["case", (run) => run.case],
    ["strategy", (run) => run.strategy],
    ["seed", (run) => run.seed],
    ["endState", (run) => run.endState],
    ["recoveryTimeMs", (run) => measured(run.recoveryTimeMs)],
    ["catchUpMs", (run) => measured(run.catchUpMs)],
    ["jobOutageMs", (run) => measured(run.jobOutageMs)],
    ["slotsLost", (run) => run.slotsLost],
    ["tasksFailed", (run) => run.tasksFailed],
    ["tasksFailedByPeers", (run) => run.tasksFailedByPeers],
    ["tasksRestarted", (run) => run.tasksRestarted],
    ["outputGapP50Ms", (run) => run.outputGapMs.p50],
    ["outputGapP90Ms", (run) => run.outputGapMs.p90],
    ["outputGapP99Ms", (run) => run.outputGapMs.p99],
    ["outputGapP999Ms", (run) => run.outputGapMs.p999],
    ["outputGapMaxMs", (run) => run.outputGapMs.max],
    ["affectedSubtasks", (run) => run.outputGapMs.affected.count],
    ["affectedGapP50Ms", (run) => run.outputGapMs.affected.p50],
    ["affectedGapP90Ms", (run) => run.outputGapMs.affected.p90],
    ["affectedGapMaxMs", (run) => run.outputGapMs.affected.max],
    ["outputDeficitRatio", (run) => run.outputDeficitRatio],
    ["deficitUntilCatchUpRatio", (run) => run.deficitUntilCatchUpRatio],
    ["latencyP50Ms", (run) => run.latencyMs.p50],
    ["latencyP99Ms", (run) => run.latencyMs.p99],
    ["latencyP999Ms", (run) => run.latencyMs.p999],
    ["latencyMaxMs", (run) => run.latencyMs.max],
    ["producedRecords", (run) => run.records.produced],
    ["deliveredRecords", (run) => run.records.delivered],
    ["duplicatedRecords", (run) => run.records.duplicated],
    ["inFlightRecords", (run) => run.records.inFlight],
    ["lostRecords", (run) => run.records.lostTotal],
    ["expectedMatches", (run) => run.matches.expected],
    ["emittedMatches", (run) => run.matches.emitted],
    ["duplicatedMatches", (run) => run.matches.duplicated],
    ["pendingMatches", (run) => run.matches.pending],
    ["missedMatches", (run) => run.matches.missedTotal],
    ["resolutionMs", (run) => run.resolutionMs],
    ["events", (run) => run.events],
    ["exogenousDigest", (run) => run.exogenousDigest],
    ["twinDigest", (run) => run.twinDigest],
    ["digest", (run) => run.digest],
  ];
  return toCsv(
    columns.map(([name]) => name),
    summaries.map((run) => columns.map(([, value]) => value(run))),
  );
}
