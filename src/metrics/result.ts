/**
 * What one run (case, seed) yields: the summary that `interface.md` fixes, and the columns from which the CSV
 * files, the charts and the report are made. Plain data, structured-cloneable (workers pass it), no Node API.
 */
import type { MatchMissCause, RecordLossCause } from "../model/loss-causes.js";

/** A scalar that the end of the run cut off, instead of a bare null. */
export interface Censored {
  readonly censored: true;
  readonly atLeastMs: number;
}
export type Measured = number | Censored;

export const PHASES = [
  "detect",
  "cancel",
  "delay",
  "reset",
  "slots",
  "deploy",
  "open",
  "restore",
  "connect",
  "timer",
] as const;
export type PhaseName = (typeof PHASES)[number];

export type { MatchMissCause, RecordLossCause } from "../model/loss-causes.js";
export { MATCH_MISS_CAUSES, RECORD_LOSS_CAUSES } from "../model/loss-causes.js";

/** One hop of the critical path, merged with its neighbours of the same phase and thread. */
export interface PhaseSpan {
  readonly phase: PhaseName;
  readonly startMs: number;
  readonly endMs: number;
  readonly thread: string;
}

export interface Incident {
  readonly faults: readonly string[];
  readonly startMs: number;
  readonly recoveryTimeMs: Measured;
  readonly catchUpMs: Measured;
  readonly phases: readonly PhaseSpan[];
}

export interface Assumption {
  readonly cost: string;
  readonly value: string;
  readonly grade: string;
  /** Share of `recoveryTimeMs` that draws of this cost make up on the critical path. */
  readonly criticalPathShare: number;
}

export interface InvariantCount {
  readonly name: string;
  readonly violations: number;
  readonly first: string | null;
}

/** The invariants that were broken, of those that were watched. */
export function brokenInvariants(summary: { readonly invariants: readonly InvariantCount[] }): InvariantCount[] {
  return summary.invariants.filter(({ violations }) => violations !== 0);
}

export type EndState = "completed" | "deadlocked" | "job-failed" | "check-failed";

/** One entry of `cases` in `--json` and `summary.json`, without `wallMs` and `peakRssBytes`. */
export interface CaseSummary {
  readonly case: string;
  readonly strategy: string;
  readonly seed: string;
  readonly endState: EndState;
  readonly recoveryTimeMs: Measured;
  readonly catchUpMs: Measured;
  readonly jobOutageMs: Measured;
  readonly slotsLost: number;
  readonly tasksFailed: number;
  readonly tasksFailedByPeers: number;
  readonly tasksRestarted: number;
  readonly outputGapMs: {
    readonly p50: number;
    readonly p90: number;
    readonly p99: number;
    readonly p999: number;
    readonly max: number;
    readonly affected: { readonly count: number; readonly p50: number; readonly p90: number; readonly max: number };
  };
  readonly outputDeficitRatio: number;
  readonly deficitUntilCatchUpRatio: number;
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly p999: number; readonly max: number };
  readonly records: {
    readonly produced: number;
    readonly delivered: number;
    readonly duplicated: number;
    readonly inFlight: number;
    readonly lostTotal: number;
    readonly lost: Readonly<Record<RecordLossCause, number>>;
  };
  readonly matches: {
    readonly expected: number;
    readonly emitted: number;
    readonly duplicated: number;
    readonly pending: number;
    readonly missedTotal: number;
    readonly missed: Readonly<Record<MatchMissCause, number>>;
  };
  readonly phases: readonly PhaseSpan[];
  readonly incidents: readonly Incident[];
  readonly assumptions: readonly Assumption[];
  /** Every invariant that the run was watched for, with how often it was broken and the first place. */
  readonly invariants: readonly InvariantCount[];
  readonly resolutionMs: number;
  readonly events: number;
  readonly twinDigest: string;
  readonly exogenousDigest: string;
  readonly digest: string;
}

/** Columns over 100 ms bins from t=0; `bins` entries each. */
export interface Timeline {
  readonly binMs: number;
  readonly bins: number;
  readonly produced: Float64Array;
  readonly delivered: Float64Array;
  readonly discarded: Float64Array;
  readonly emitted: Float64Array;
  readonly backlogLogRecords: Float64Array;
  readonly backlogNetworkRecords: Float64Array;
  /** Quantiles of the latency of the matches emitted in the bin; NaN where there are none. */
  readonly latencyP50Ms: Float64Array;
  readonly latencyP99Ms: Float64Array;
}

/** One entry per sink subtask. */
export interface OutputGaps {
  readonly vertex: readonly string[];
  readonly subtask: Int32Array;
  readonly taskManager: Int32Array;
  readonly gapMs: Float64Array;
  readonly gapStartMs: Float64Array;
  readonly affected: Uint8Array;
}

/** The rare-event trace: every control event, in handling order. Entity ids are spelled out in `thread` and `label`. */
export interface TraceEvent {
  readonly id: number;
  /** Id of the event that caused this one; −1 for exogenous ones. */
  readonly cause: number;
  readonly startNs: number;
  readonly endNs: number;
  /** Thread that did it: `JobManager main`, `TM 17 main`, `TM 17 netty-server 2`, `joiner (3) task`, `log`, … */
  readonly thread: string;
  readonly kind: string;
  readonly phase: PhaseName | null;
  readonly label: string;
}

/** State changes for the playable failover: task states and sender-side totals over time. */
export interface Playback {
  /** One row per change of a task's state. `state`: 0 down, 1 deploying/opening, 2 running, 3 cancelling. */
  readonly taskTimeMs: Float64Array;
  readonly taskSlot: Int32Array;
  readonly taskVertex: Int32Array;
  readonly taskState: Uint8Array;
  readonly taskAttempt: Int32Array;
  /** Length of the JobManager's main-thread queue, sampled when it changes by more than 1 % or 10 messages. */
  readonly queueTimeMs: Float64Array;
  readonly queueLength: Int32Array;
  /** Channels without a registered view, sampled likewise: their senders hold or discard what is for them. */
  readonly channelTimeMs: Float64Array;
  readonly channelsDown: Int32Array;
  /** Protocol steps worth a marker: fault, detected, redeployed, recovered, … */
  readonly markers: readonly { readonly timeMs: number; readonly name: string; readonly incident: number }[];
  readonly slots: number;
  readonly slotsPerTaskManager: number;
  readonly taskManagersPerMachine: number;
  readonly vertices: readonly string[];
}

export interface RunResult {
  readonly summary: CaseSummary;
  readonly timeline: Timeline;
  readonly twinTimeline: Timeline;
  readonly gaps: OutputGaps;
  readonly playback: Playback;
  /** Only with `--trace`, and then possibly truncated (say so in the file). */
  readonly trace: readonly TraceEvent[] | null;
}
