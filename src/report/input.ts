/**
 * What charts and the report are made of: plain rows, in memory or read back from a result directory. Owns the
 * types only; `files/` turns results into strings and back. Nothing here touches a disk.
 */
import type { CaseSummary, MatchMissCause, Measured, PhaseName, RecordLossCause } from "../metrics/result.js";

/** One case of one seed, named alike in every table. */
export interface RunKey {
  readonly case: string;
  readonly strategy: string;
  readonly seed: string;
}

/** Series of one run over equal bins from t = 0. NaN where the bin has no value. */
export interface TimelineColumns extends RunKey {
  readonly binMs: number;
  readonly bins: number;
  readonly produced: Float64Array;
  readonly delivered: Float64Array;
  readonly discarded: Float64Array;
  readonly emitted: Float64Array;
  readonly backlogLogRecords: Float64Array;
  readonly backlogNetworkRecords: Float64Array;
  readonly latencyP50Ms: Float64Array;
  readonly latencyP99Ms: Float64Array;
  readonly twinEmitted: Float64Array;
  /** Log and network together. */
  readonly twinBacklogRecords: Float64Array;
  readonly twinLatencyP50Ms: Float64Array;
  readonly twinLatencyP99Ms: Float64Array;
}

/** One row of `output-gap.csv`: a sink subtask. */
export interface GapRow extends RunKey {
  readonly vertex: string;
  readonly subtask: number;
  readonly taskManager: number;
  readonly machine: number;
  readonly gapMs: number;
  readonly gapStartMs: number;
  readonly affected: boolean;
}

/** One row of `loss.csv`. */
export interface LossRow extends RunKey {
  readonly ledger: "records" | "matches";
  readonly cause: RecordLossCause | MatchMissCause;
  readonly count: number;
}

/** One row of `phases.csv`: a span of the critical path of one incident (counted from 0). */
export interface PhaseRow extends RunKey {
  readonly incident: number;
  readonly phase: PhaseName;
  readonly startMs: number;
  readonly endMs: number;
  readonly thread: string;
}

/** An entry of `expect` as `summary.json` carries it. */
export interface ExpectOutcome {
  readonly case: string;
  readonly metric: string;
  readonly published?: number;
  readonly atMost?: number;
  readonly atLeast?: number;
  readonly equals?: number | string;
  /** Tolerance in the unit of the metric. */
  readonly within?: number;
  readonly measured: Measured | string | null;
  readonly ok: boolean;
  readonly source?: string;
}

/** `summary.json`, as far as charts and report use it. */
export interface SummaryFile {
  readonly outgap: string;
  readonly schema: number;
  readonly scenarios: readonly ScenarioSummary[];
}

export interface ScenarioSummary {
  readonly scenario: string;
  readonly file: string;
  readonly cases: readonly CaseSummary[];
  readonly expect: readonly ExpectOutcome[];
}

/** One change of a task's state, the queue of the JobManager and the protocol steps of one run. */
export interface PlaybackColumns extends RunKey {
  readonly taskTimeMs: Float64Array;
  readonly taskSlot: Int32Array;
  readonly taskVertex: Int32Array;
  readonly taskState: Uint8Array;
  readonly taskAttempt: Int32Array;
  readonly queueTimeMs: Float64Array;
  readonly queueLength: Int32Array;
  /** Channels without a registered view; empty in results of before they were kept. */
  readonly channelTimeMs: Float64Array;
  readonly channelsDown: Int32Array;
  readonly markers: readonly PlaybackMarker[];
  readonly slots: number;
  readonly slotsPerTaskManager: number;
  readonly taskManagersPerMachine: number;
  readonly vertices: readonly string[];
}

export interface PlaybackMarker {
  readonly timeMs: number;
  readonly name: string;
  readonly incident: number;
}

/** A cost parameter or setting with where its value comes from; the caller takes it from the catalogue. */
export interface ParameterRow {
  readonly name: string;
  readonly value: string;
  readonly grade: string;
  readonly source: string;
  readonly doc?: string;
}

/** One point of a sweep: the mean of a metric over seeds with its interval. */
export interface SweepRow {
  /** Name of the swept scenario, by which published values of its family are found. */
  readonly scenario?: string;
  readonly case: string;
  readonly strategy: string;
  readonly metric: string;
  readonly unit: string;
  /** Values of the varied parameters, in the order of the command line. */
  readonly parameters: Readonly<Record<string, number | string>>;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  readonly seeds: number;
  /** Runs whose end cut the value off: then the mean is a lower bound, and says so wherever it is shown. */
  readonly censored?: number;
}

/** One cost of a sensitivity study: a metric as it is, and with the cost a fifth lower and higher. */
export interface SensitivityRow {
  readonly case: string;
  readonly strategy: string;
  readonly metric: string;
  /** `ms`, or empty for a ratio or a count. */
  readonly unit: string;
  readonly cost: string;
  /** The cost's own value, as text with its unit. */
  readonly value: string;
  readonly grade: string;
  readonly criticalPathShare: number;
  readonly base: number;
  readonly lower: number;
  readonly higher: number;
}

/** One run of a study of many seeds, as far as the charts show it. */
export interface SeedRow extends RunKey {
  readonly scenario: string;
  /** A lower bound if `isCut`. */
  readonly recoveryMs: number;
  readonly isCut: boolean;
  /** The published recovery time of its case. */
  readonly publishedMs: number | null;
}

/** Everything of one scenario: one result directory, or the runs of one scenario in memory. */
export interface ResultSet {
  readonly scenario: string;
  /** Where the raw files are, relative to the report; empty for the same directory. */
  readonly href: string;
  readonly scenarioText: string;
  readonly summary: ScenarioSummary;
  readonly timelines: readonly TimelineColumns[];
  readonly gaps: readonly GapRow[];
  readonly losses: readonly LossRow[];
  readonly phases: readonly PhaseRow[];
  readonly playbacks: readonly PlaybackColumns[];
}

/** A table of a study as text: numbers are formatted already. */
export interface StudyTable {
  readonly caption: string;
  readonly columns: readonly { readonly name: string; readonly numeric: boolean }[];
  readonly rows: readonly {
    /** The case that the row is about; hidden with it. */
    readonly case: string;
    readonly cells: readonly string[];
    /** The row that the study was made for, such as the best setting. */
    readonly isChosen?: boolean;
  }[];
}

/** A sweep, a sensitivity study or many seeds of one scenario: many runs, told by means, effects and intervals. */
export interface StudyReport {
  readonly name: string;
  readonly description: string;
  /** Where the raw files are, relative to the report; empty for the same directory. */
  readonly href: string;
  readonly files: readonly string[];
  readonly facts: readonly string[];
  readonly answers: readonly Answer[];
  readonly charts: StudyRows;
  readonly tables: readonly StudyTable[];
  readonly scenarioText: string;
}

/** What the charts of a study are drawn from; each kind of study has its own. */
export interface StudyRows {
  readonly sweep?: readonly SweepRow[];
  readonly sensitivity?: readonly SensitivityRow[];
  readonly seeds?: readonly SeedRow[];
}

/** A question that a newcomer asks, answered from the data. */
export interface Answer {
  readonly question: string;
  /** One line each; of one case where it names one. */
  readonly lines: readonly AnswerLine[];
  readonly detail: string;
}

export interface AnswerLine {
  readonly case: string | null;
  readonly text: string;
}

export interface ReportInput {
  readonly version: string;
  readonly sets: readonly ResultSet[];
  /** The costs of each set, in the order of `sets`. */
  readonly parameters: readonly (readonly ParameterRow[])[];
  readonly studies: readonly StudyReport[];
}
