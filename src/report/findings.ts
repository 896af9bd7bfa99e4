/**
 * What each case came to, over its seeds, and the sentences that say so. Charts take their titles from here and the
 * report its headline, so that they never disagree. Medians, as `expect` uses them.
 */
import { type CaseSummary, RECORD_LOSS_CAUSES, type RecordLossCause } from "../metrics/result.js";
import { count, duration, lowerBound, percent } from "./format.js";
import type { PlaybackMarker, ResultSet } from "./input.js";
import { median } from "./stats.js";

export interface Outcome {
  readonly case: string;
  readonly strategy: string;
  readonly runs: readonly CaseSummary[];
  readonly seeds: number;
  readonly recoveryMs: number;
  /** True if the end of the run cut off the recovery of some seed. */
  readonly recoveryCensored: boolean;
  readonly outageMs: number;
  readonly catchUpMs: number;
  readonly catchUpCensored: boolean;
  /** Output missing against the twin, from the fault to recovery. */
  readonly deficit: number;
  readonly affected: number;
  readonly affectedGapMaxMs: number;
  readonly gapMaxMs: number;
  readonly sinkSubtasks: number;
  readonly lostRecords: number;
  readonly lostRatio: number;
  readonly missedMatches: number;
  readonly missedRatio: number;
  readonly topLoss: RecordLossCause;
  readonly tasksRestarted: number;
  readonly latencyP99Ms: number;
}

/** One outcome per case, in the order of the scenario. */
export function outcomes(set: ResultSet): Outcome[] {
  const names = [...new Set(set.summary.cases.map((run) => run.case))];
  return names.map((name) => outcomeOf(set, name));
}

function outcomeOf(set: ResultSet, name: string): Outcome {
  const runs = set.summary.cases.filter((run) => run.case === name);
  const first = runs[0] as CaseSummary;
  const middle = (value: (run: CaseSummary) => number): number => median(runs.map(value));
  const sinks = set.gaps.filter((row) => row.case === name && row.seed === first.seed).length;
  const topLoss = [...RECORD_LOSS_CAUSES].sort(
    (a, b) => middle((run) => run.records.lost[b]) - middle((run) => run.records.lost[a]),
  )[0] as RecordLossCause;
  return {
    case: name,
    strategy: first.strategy,
    runs,
    seeds: runs.length,
    recoveryMs: middle((run) => lowerBound(run.recoveryTimeMs)),
    recoveryCensored: runs.some((run) => typeof run.recoveryTimeMs !== "number"),
    outageMs: middle((run) => lowerBound(run.jobOutageMs)),
    catchUpMs: middle((run) => lowerBound(run.catchUpMs)),
    catchUpCensored: runs.some((run) => typeof run.catchUpMs !== "number"),
    deficit: middle((run) => run.outputDeficitRatio),
    affected: middle((run) => run.outputGapMs.affected.count),
    affectedGapMaxMs: middle((run) => run.outputGapMs.affected.max),
    gapMaxMs: middle((run) => run.outputGapMs.max),
    sinkSubtasks: sinks,
    lostRecords: middle((run) => run.records.lostTotal),
    lostRatio: middle((run) => (run.records.produced === 0 ? 0 : run.records.lostTotal / run.records.produced)),
    missedMatches: middle((run) => run.matches.missedTotal),
    missedRatio: middle((run) => (run.matches.expected === 0 ? 0 : run.matches.missedTotal / run.matches.expected)),
    topLoss,
    tasksRestarted: middle((run) => run.tasksRestarted),
    latencyP99Ms: middle((run) => run.latencyMs.p99),
  };
}

/** `81.4 s`, or `at least 300 s` where the end of a run cut it off. */
export function recoveredPhrase({ recoveryCensored, recoveryMs }: Outcome): string {
  return recoveryCensored ? `at least ${duration(recoveryMs)}` : duration(recoveryMs);
}

/** `no output for 81.3 s` or `0.31 % of output missing for 5.2 s`. */
export function cutPhrase(outcome: Outcome): string {
  if (outcome.outageMs > 0 && outcome.outageMs >= 0.5 * outcome.recoveryMs) {
    return `no output for ${duration(outcome.outageMs)}`;
  }
  if (outcome.recoveryMs === 0) return "output never cut";
  const span = recoveredPhrase(outcome);
  if (outcome.outageMs > 0) return `no output for ${duration(outcome.outageMs)} of ${span}`;
  return `${percent(Math.max(0, outcome.deficit))} of output missing for ${span}`;
}

/** The case with the shortest recovery; of equals the one that loses less. */
export function best(list: readonly Outcome[]): Outcome | null {
  return ranked(list)[0] ?? null;
}

export function worst(list: readonly Outcome[]): Outcome | null {
  return ranked(list).at(-1) ?? null;
}

export function ranked(list: readonly Outcome[]): Outcome[] {
  return [...list].sort(
    (a, b) =>
      Number(a.recoveryCensored) - Number(b.recoveryCensored) ||
      a.recoveryMs - b.recoveryMs ||
      a.lostRecords - b.lostRecords,
  );
}

/** What holds for the slowest case beside the fastest; with one case, what holds for it. */
export function contrast(list: readonly Outcome[], phrase: (outcome: Outcome) => string): string {
  const [slow, fast] = [worst(list), best(list)];
  if (slow === null || fast === null) return "No run";
  return slow === fast ? phrase(slow) : `${phrase(slow)}; ${phrase(fast)}`;
}

/** `4 of 4,000 sink subtasks`. */
export function affectedPhrase(outcome: Outcome): string {
  const all = outcome.affected >= outcome.sinkSubtasks && outcome.sinkSubtasks > 0;
  if (all) return `all ${count(outcome.sinkSubtasks)} sink subtasks`;
  return `${count(outcome.affected)} of ${count(outcome.sinkSubtasks)} sink subtasks`;
}

/** Time of the first fault of a run, or 0 of a run without faults. */
export function faultMs(run: CaseSummary): number {
  return run.incidents[0]?.startMs ?? 0;
}

/** `fault: kill-task-manager 17` is a `fault`; other steps have plain names. */
export function stepOf(marker: PlaybackMarker): string {
  return marker.name.startsWith("fault") ? "fault" : marker.name;
}

/** Protocol steps of a case's first run: those of its playback, else what the summary tells. */
export function markersOf(set: ResultSet, name: string): PlaybackMarker[] {
  const playback = set.playbacks.find((entry) => entry.case === name);
  if (playback !== undefined && playback.markers.length > 0) return [...playback.markers];
  const run = set.summary.cases.find((entry) => entry.case === name);
  if (run === undefined) return [];
  return run.incidents.flatMap((incident, number) => {
    const endOf = (phase: string): number | undefined =>
      incident.phases.filter((span) => span.phase === phase).at(-1)?.endMs;
    const steps: [string, number | undefined][] = [
      ["fault", incident.startMs],
      ["detected", endOf("detect")],
      ["redeploy", endOf("slots")],
      [
        "recovered",
        typeof incident.recoveryTimeMs === "number" ? incident.startMs + incident.recoveryTimeMs : undefined,
      ],
    ];
    return steps.flatMap(([step, timeMs]) => (timeMs === undefined ? [] : [{ timeMs, name: step, incident: number }]));
  });
}

/** The window worth showing: a little before the first fault until all cases have caught up, within the run. */
export function windowMs(set: ResultSet): { readonly fromMs: number; readonly toMs: number } {
  const endMs = Math.max(0, ...set.timelines.map((line) => line.bins * line.binMs));
  const faulty = set.summary.cases.filter((run) => run.incidents.length > 0);
  if (faulty.length === 0) return { fromMs: 0, toMs: endMs };
  const startMs = Math.min(...faulty.map(faultMs));
  const ends = faulty.flatMap((run) =>
    run.incidents.map(
      (incident) => incident.startMs + Math.max(lowerBound(incident.recoveryTimeMs), lowerBound(incident.catchUpMs)),
    ),
  );
  const lastMs = Math.min(endMs, Math.max(...ends));
  const before = Math.min(startMs, Math.max(5_000, 0.12 * (lastMs - startMs)));
  return { fromMs: startMs - before, toMs: Math.min(endMs, lastMs + Math.max(5_000, 0.12 * (lastMs - startMs))) };
}

/** Series of the first seed of each case; charts over time show one run, and say which. */
export function firstSeedTimelines(set: ResultSet): ResultSet["timelines"] {
  return set.timelines.filter((line, index) => set.timelines.findIndex((other) => other.case === line.case) === index);
}
