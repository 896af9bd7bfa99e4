/**
 * Made-up results in the shape of real ones, for tests of files, charts and tables. Owns no simulation: nothing
 * here may reach a user. Seeded, so equal options give equal bytes; both ledgers balance and phases add up.
 */
import seedrandom from "seedrandom";
import type { CaseSummary, PhaseName, PhaseSpan, RunResult, Timeline } from "../../metrics/result.js";
import { makePlayback, makeTrace } from "./synthetic-playback.js";

export interface SyntheticOptions {
  /** Slots of the job; two sources and a joiner in each. */
  readonly parallelism?: number;
  readonly seed?: string;
  readonly durationMs?: number;
  readonly faultAtMs?: number;
  readonly trace?: boolean;
}

interface Shape {
  readonly name: string;
  readonly strategy: string;
  readonly global: boolean;
  readonly slotsMs: number;
}

const SHAPES: readonly Shape[] = [
  { name: "global restart", strategy: "global-restart", global: true, slotsMs: 14_100 },
  { name: "global restart, reserved TM", strategy: "global-restart", global: true, slotsMs: 200 },
  { name: "single-task", strategy: "single-task", global: false, slotsMs: 14_100 },
  { name: "single-task, reserved TM", strategy: "single-task", global: false, slotsMs: 200 },
];

export const SYNTHETIC_CASES: readonly string[] = SHAPES.map((shape) => shape.name);

const BIN_MS = 100;
const RATE_PER_SLOT_PER_MS = 10;
const SLOTS_PER_TM = 4;
const DEAD_TM = 2;

type Random = () => number;

/** One result per case of the published comparison, in its order. */
export function syntheticResults(options: SyntheticOptions = {}): RunResult[] {
  return SHAPES.map((shape) => make(shape, options));
}

/** The result of one of `SYNTHETIC_CASES`. */
export function syntheticResult(
  caseName: string = "single-task, reserved TM",
  options: SyntheticOptions = {},
): RunResult {
  const shape = SHAPES.find((candidate) => candidate.name === caseName);
  if (shape === undefined) throw new RangeError(`no synthetic case ${JSON.stringify(caseName)}`);
  return make(shape, options);
}

function make(shape: Shape, options: SyntheticOptions): RunResult {
  const slots = options.parallelism ?? 100;
  const seed = options.seed ?? "42";
  const durationMs = options.durationMs ?? 360_000;
  const faultAtMs = options.faultAtMs ?? 60_000;
  const random: Random = seedrandom.alea(`synthetic/${seed}/${shape.name}`);
  const phases = makePhases(shape, slots, faultAtMs, random);
  const recoveryMs = (phases.at(-1) as PhaseSpan).endMs - faultAtMs;
  const series = makeTimelines(shape, slots, durationMs, faultAtMs, recoveryMs, random);
  const gaps = makeGaps(shape, slots, faultAtMs, recoveryMs, random);
  const summary = makeSummary(shape, { slots, seed, durationMs, faultAtMs, recoveryMs }, phases, series, gaps);
  return {
    summary,
    timeline: series.timeline,
    twinTimeline: series.twin,
    gaps,
    playback: makePlayback(
      { slots, slotsPerTaskManager: SLOTS_PER_TM, deadTaskManager: DEAD_TM, global: shape.global, faultAtMs, phases },
      random,
    ),
    trace: options.trace === true ? makeTrace(phases, faultAtMs) : null,
  };
}

function makePhases(shape: Shape, slots: number, faultAtMs: number, random: Random): PhaseSpan[] {
  const jitter = (ms: number): number => Math.round(ms * (0.95 + 0.1 * random()) * 1e3) / 1e3;
  const perTask = shape.global ? 3 * slots : 3 * SLOTS_PER_TM;
  const steps: [PhaseName, number, string][] = shape.global
    ? [
        ["detect", 50, "TM 7 netty-client 1"],
        ["cancel", 2_000 + perTask * 1.5, "JobManager main"],
        ["delay", 10_000, "JobManager timer"],
        ["reset", perTask * 0.94, "JobManager main"],
        ["slots", shape.slotsMs, "ResourceManager"],
        ["deploy", perTask * 1.9, "JobManager main"],
        ["open", 2_650, "joiner (12) task"],
        ["connect", 600, "joiner (12) task"],
      ]
    : [
        ["detect", 1_800, "ResourceManager"],
        ["slots", shape.slotsMs, "ResourceManager"],
        ["deploy", 20, "JobManager main"],
        ["open", 2_650, "feature (9) task"],
        ["connect", 550, "TM 2 netty-server 1"],
      ];
  let atMs = faultAtMs;
  return steps.map(([phase, ms, thread]) => {
    const startMs = atMs;
    atMs = Math.round((atMs + jitter(ms)) * 1e3) / 1e3;
    return { phase, startMs, endMs: atMs, thread };
  });
}

interface Series {
  readonly timeline: Timeline;
  readonly twin: Timeline;
  readonly catchUpMs: number | null;
}

function emptyTimeline(bins: number): Timeline {
  const column = (): Float64Array => new Float64Array(bins);
  return {
    binMs: BIN_MS,
    bins,
    produced: column(),
    delivered: column(),
    discarded: column(),
    emitted: column(),
    backlogLogRecords: column(),
    backlogNetworkRecords: column(),
    latencyP50Ms: column().fill(Number.NaN),
    latencyP99Ms: column().fill(Number.NaN),
  };
}

function makeTimelines(
  shape: Shape,
  slots: number,
  durationMs: number,
  faultAtMs: number,
  recoveryMs: number,
  random: Random,
): Series {
  const bins = Math.ceil(durationMs / BIN_MS);
  const timeline = emptyTimeline(bins);
  const twin = emptyTimeline(bins);
  const perBin = slots * RATE_PER_SLOT_PER_MS * BIN_MS;
  const dead = shape.global ? 1 : SLOTS_PER_TM / slots;
  const upMs = faultAtMs + recoveryMs;
  let backlog = 0;
  let lastBehindMs = faultAtMs;
  for (let bin = 0; bin < bins; bin++) {
    const timeMs = bin * BIN_MS;
    const produced = Math.round(perBin * (0.98 + 0.04 * random()));
    const down = timeMs >= faultAtMs && timeMs < upMs;
    const discarded = down && !shape.global ? Math.round(produced * dead) : 0;
    const stuck = down ? Math.round(produced * dead) : 0;
    const capacity = Math.round(perBin * (dead * 1.45 + (1 - dead)));
    const wanted = produced - discarded - Math.min(stuck, produced - discarded) + (down ? 0 : backlog);
    const delivered = Math.min(wanted, Math.max(0, capacity));
    backlog += produced - discarded - delivered;
    if (backlog > perBin * 0.05 * dead && timeMs >= faultAtMs) lastBehindMs = timeMs + BIN_MS;
    timeline.produced[bin] = produced;
    timeline.delivered[bin] = delivered;
    timeline.discarded[bin] = discarded;
    timeline.emitted[bin] = down && shape.global ? 0 : Math.round(delivered * 0.45 * (down ? (1 - dead) ** 2 : 1));
    timeline.backlogLogRecords[bin] = backlog;
    timeline.backlogNetworkRecords[bin] =
      down && shape.global ? 0 : Math.round(perBin * 1.2 * (0.98 + 0.04 * random()));
    twin.produced[bin] = produced;
    twin.delivered[bin] = produced;
    twin.emitted[bin] = Math.round(produced * 0.45);
    twin.backlogNetworkRecords[bin] = Math.round(perBin * 1.2);
    twin.latencyP50Ms[bin] = 118;
    twin.latencyP99Ms[bin] = 240;
    if ((timeline.emitted[bin] as number) > 0) {
      const queueMs = (backlog / perBin) * BIN_MS;
      timeline.latencyP50Ms[bin] = 118 + (shape.global ? queueMs : 0) + 4 * random();
      timeline.latencyP99Ms[bin] = 240 + queueMs / dead + 20 * random();
    }
  }
  return { timeline, twin, catchUpMs: lastBehindMs >= (bins - 50) * BIN_MS ? null : lastBehindMs - faultAtMs };
}

function makeGaps(
  shape: Shape,
  slots: number,
  faultAtMs: number,
  recoveryMs: number,
  random: Random,
): RunResult["gaps"] {
  const gaps = {
    vertex: Array.from({ length: slots }, () => "joiner"),
    subtask: Int32Array.from({ length: slots }, (_, index) => index),
    taskManager: Int32Array.from({ length: slots }, (_, index) => Math.floor(index / SLOTS_PER_TM)),
    gapMs: new Float64Array(slots),
    gapStartMs: new Float64Array(slots),
    affected: new Uint8Array(slots),
  };
  for (let subtask = 0; subtask < slots; subtask++) {
    const hit = shape.global || gaps.taskManager[subtask] === DEAD_TM;
    gaps.affected[subtask] = hit ? 1 : 0;
    gaps.gapMs[subtask] = Math.round((hit ? recoveryMs + 150 * random() : 90 + 60 * random()) * 1e3) / 1e3;
    gaps.gapStartMs[subtask] = Math.round((faultAtMs + (hit ? 0 : 1e4 * random())) * 1e3) / 1e3;
  }
  return gaps;
}

function quantile(sorted: Float64Array, q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))] ?? 0;
}

const sum = (column: Float64Array): number => column.reduce((total, value) => total + value, 0);

function makeSummary(
  shape: Shape,
  run: { slots: number; seed: string; durationMs: number; faultAtMs: number; recoveryMs: number },
  phases: readonly PhaseSpan[],
  series: Series,
  gaps: RunResult["gaps"],
): CaseSummary {
  const all = gaps.gapMs.slice().sort();
  const hit = gaps.gapMs.filter((_, index) => gaps.affected[index] === 1).sort();
  const bin = (ms: number): number => Math.floor(ms / BIN_MS);
  const lostOver = (fromMs: number, toMs: number): number => {
    const emitted = sum(series.timeline.emitted.slice(bin(fromMs), bin(toMs)));
    const expected = sum(series.twin.emitted.slice(bin(fromMs), bin(toMs)));
    return expected === 0 ? 0 : Math.round((1 - emitted / expected) * 1e6) / 1e6;
  };
  const upMs = run.faultAtMs + run.recoveryMs;
  const recoveryTimeMs = Math.round(run.recoveryMs * 1e3) / 1e3;
  const catchUpMs = series.catchUpMs ?? { censored: true as const, atLeastMs: run.durationMs - run.faultAtMs };
  const produced = sum(series.timeline.produced);
  const discarded = sum(series.timeline.discarded);
  const network = series.timeline.backlogNetworkRecords.at(-1) as number;
  const inFlight = Math.round((series.timeline.backlogLogRecords.at(-1) as number) + network);
  const stateLost = shape.global ? run.slots * 9_000 : SLOTS_PER_TM * 9_000;
  const lost = {
    discardedAtSender: discarded,
    queuedAtSender: shape.global ? 0 : 4_210,
    lostInFlight: shape.global ? run.slots * 1_100 : 3_980,
    partialRecords: shape.global ? 0 : 611,
    stateLost,
    unflushedOutput: 1_204,
    skippedAtSource: 0,
  };
  const lostTotal = Object.values(lost).reduce((total, value) => total + value, 0);
  const expected = sum(series.twin.emitted);
  const missed = {
    inputLost: Math.round(discarded * 0.9),
    stateLost: Math.round(stateLost * 0.4),
    late: 27,
    outputLost: 45,
  };
  const missedTotal = Object.values(missed).reduce((total, value) => total + value, 0);
  const restarted = shape.global ? 3 * run.slots : 3 * SLOTS_PER_TM;
  return {
    case: shape.name,
    strategy: shape.strategy,
    seed: run.seed,
    endState: "completed",
    recoveryTimeMs,
    catchUpMs,
    jobOutageMs: shape.global ? Math.round(recoveryTimeMs / BIN_MS) * BIN_MS : 0,
    slotsLost: SLOTS_PER_TM,
    tasksFailed: 3 * SLOTS_PER_TM,
    tasksFailedByPeers: shape.global ? run.slots - SLOTS_PER_TM : 0,
    tasksRestarted: restarted,
    outputGapMs: {
      p50: quantile(all, 0.5),
      p90: quantile(all, 0.9),
      p99: quantile(all, 0.99),
      p999: quantile(all, 0.999),
      max: quantile(all, 1),
      affected: { count: hit.length, p50: quantile(hit, 0.5), p90: quantile(hit, 0.9), max: quantile(hit, 1) },
    },
    outputDeficitRatio: lostOver(run.faultAtMs, upMs),
    deficitUntilCatchUpRatio: lostOver(run.faultAtMs, run.faultAtMs + (series.catchUpMs ?? run.durationMs)),
    latencyMs: {
      p50: 121,
      p99: shape.global ? 41_000 : 262,
      p999: shape.global ? 60_500 : 3_100,
      max: shape.global ? 81_000 : 5_400,
    },
    records: { produced, delivered: produced - lostTotal - inFlight, duplicated: 812, inFlight, lostTotal, lost },
    matches: {
      expected,
      emitted: expected - missedTotal - 3_300,
      duplicated: 77,
      pending: 3_300,
      missedTotal,
      missed,
    },
    phases,
    incidents: [{ faults: ["kill-task-manager TM 2"], startMs: run.faultAtMs, recoveryTimeMs, catchUpMs, phases }],
    assumptions: [
      {
        cost: "taskOpen",
        value: "2.65 s",
        grade: "I",
        criticalPathShare: Math.round((2_650 / recoveryTimeMs) * 1e4) / 1e4,
      },
      { cost: "containerStart", value: "lognormal 14.1 s, σ 0.05", grade: "D", criticalPathShare: shape.slotsMs / 1e5 },
      { cost: "taskOperation", value: "0.47 ms", grade: "I", criticalPathShare: shape.global ? 0.4 : 0.01 },
    ],
    invariants: [
      { name: "records-balance", violations: 0, first: null },
      { name: "two-attempts", violations: 0, first: null },
    ],
    resolutionMs: 100,
    events: 1_234_567,
    twinDigest: "0f".repeat(32),
    exogenousDigest: "1e".repeat(32),
    digest: "2d".repeat(32),
  };
}
