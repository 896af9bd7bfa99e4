/**
 * From what a run left behind to the summary that `interface.md` fixes: measures only, taken by an observer from
 * states, bins and the trace. Nothing here steers a run.
 */
import { COST_LABELS } from "../model/causal-log.js";
import type { RunRecord } from "../model/simulate.js";
import { catchUpMs, deficitRatio, jobOutageMs } from "./availability.js";
import { costShares, criticalPath, phaseSpans } from "./critical-path.js";
import { quantile } from "./quantiles.js";
import type { Assumption, CaseSummary, Incident, Measured, OutputGaps, Timeline } from "./result.js";
import { MATCH_MISS_CAUSES, RECORD_LOSS_CAUSES } from "./result.js";
import { threadName } from "./thread-names.js";
import { Fingerprint, traceDigest } from "./trace-digest.js";

/** What the cases that share a fault-free twin need of it: plain columns, so that workers can pass it on. */
export interface TwinResult {
  readonly timeline: Timeline;
  readonly largestGapMs: number;
  readonly digest: string;
}

export interface SummaryContext {
  readonly caseName: string;
  readonly strategy: string;
  readonly twin: TwinResult;
  /** Value and grade of a cost for the list of assumptions. */
  describeCost(cost: string): { value: string; grade: string };
  /** Names of the invariants that this run was watched for. */
  readonly watched: readonly string[];
}

const BIN_MS = 100;

export function timelineOf(record: RunRecord): Timeline {
  const { bins } = record.plane;
  return {
    binMs: BIN_MS,
    bins: bins.emitted.length,
    produced: bins.produced,
    delivered: bins.delivered,
    discarded: bins.discarded,
    emitted: bins.emitted,
    backlogLogRecords: bins.backlogLog,
    backlogNetworkRecords: bins.backlogNetwork,
    latencyP50Ms: bins.latencyP50Ns.map((ns) => ns / 1e6),
    latencyP99Ms: bins.latencyP99Ns.map((ns) => ns / 1e6),
  };
}

export function twinResult(record: RunRecord): TwinResult {
  let largest = 0;
  for (const gap of record.plane.gapNs) largest = Math.max(largest, gap);
  return { timeline: timelineOf(record), largestGapMs: largest / 1e6, digest: digestOf(record) };
}

export function gapsOf(record: RunRecord, twin: TwinResult): OutputGaps {
  const { plane, topology, config } = record;
  const gapMs = plane.gapNs.map((ns) => ns / 1e6);
  return {
    vertex: Array.from(plane.sinkTasks, (task) => config.vertices[topology.taskVertex[task]!]!.id),
    subtask: Int32Array.from(plane.sinkTasks, (task) => topology.taskSubtask[task]!),
    taskManager: Int32Array.from(plane.sinkTasks, (task) => record.taskManagerOf[task]!),
    gapMs,
    gapStartMs: plane.gapStartNs.map((ns) => ns / 1e6),
    affected: Uint8Array.from(gapMs, (gap) => (gap > twin.largestGapMs ? 1 : 0)),
  };
}

export function summarise(record: RunRecord, context: SummaryContext): CaseSummary {
  const { config, plane, log, endNs, topology } = record;
  const { twin } = context;
  const timeline = timelineOf(record);
  const backlog = sum(timeline.backlogLogRecords, timeline.backlogNetworkRecords);
  const twinBacklog = sum(twin.timeline.backlogLogRecords, twin.timeline.backlogNetworkRecords);
  const taskName = (task: number): string =>
    `${config.vertices[topology.taskVertex[task]!]!.id} (${topology.taskSubtask[task]!})`;
  const nameOf = (thread: number): string => threadName(thread, taskName);

  const measured = record.incidents.map((incident) => {
    const open = Number.isNaN(incident.recoveredNs);
    const recoveredNs = open ? endNs : incident.recoveredNs;
    const hops = open
      ? []
      : criticalPath(log, incident.lastStep, incident.startNs, cancelDecidedNs(record, incident.startNs));
    const recovery: Measured = open
      ? { censored: true, atLeastMs: (endNs - incident.startNs) / 1e6 }
      : (recoveredNs - incident.startNs) / 1e6;
    const catchUp = catchUpMs(backlog, twinBacklog, config.warmupNs, incident.startNs);
    return { incident, hops, recoveredNs, recovery, catchUp, lengthNs: recoveredNs - incident.startNs };
  });
  const incidents: Incident[] = measured.map(({ incident, hops, recovery, catchUp }) => ({
    faults: incident.faults,
    startMs: incident.startNs / 1e6,
    recoveryTimeMs: recovery,
    catchUpMs: catchUp,
    phases: phaseSpans(hops, nameOf),
  }));
  const longest = measured.reduce<(typeof measured)[number] | null>(
    (best, each) => (best === null || each.lengthNs > best.lengthNs ? each : best),
    null,
  );
  const index = longest === null ? -1 : measured.indexOf(longest);
  const fromNs = longest?.incident.startNs ?? endNs;
  const caughtUpNs =
    longest === null
      ? endNs
      : typeof longest.catchUp === "number"
        ? Math.max(longest.recoveredNs, fromNs + longest.catchUp * 1e6)
        : endNs;

  const gaps = gapsOf(record, twin);
  const sortedGaps = Float64Array.from(gaps.gapMs).sort();
  const affected = Float64Array.from(gaps.gapMs)
    .filter((_, i) => gaps.affected[i] === 1)
    .sort();
  const { records, matches, latencyNs } = plane;
  const broken = [...record.violations, ...plane.violations];
  const invariants = [
    ...context.watched.map((name) => {
      const found = broken.find((each) => each.name === name);
      return { name, violations: found?.count ?? 0, first: found?.first ?? null };
    }),
    ...broken
      .filter(({ name }) => !context.watched.includes(name))
      .map(({ name, count, first }) => ({ name, violations: count, first })),
  ];
  return {
    case: context.caseName,
    strategy: context.strategy,
    seed: config.seed,
    endState: broken.length > 0 ? "check-failed" : record.endState,
    recoveryTimeMs: longest?.recovery ?? 0,
    catchUpMs: longest?.catchUp ?? 0,
    jobOutageMs:
      record.incidents.length === 0
        ? 0
        : jobOutageMs(timeline.emitted, twin.timeline.emitted, record.incidents[0]!.startNs),
    slotsLost: record.slotsLost,
    tasksFailed: record.tasksFailed,
    tasksFailedByPeers: record.tasksFailedByPeers,
    tasksRestarted: record.tasksRestarted,
    outputGapMs: {
      p50: quantile(sortedGaps, 0.5),
      p90: quantile(sortedGaps, 0.9),
      p99: quantile(sortedGaps, 0.99),
      p999: quantile(sortedGaps, 0.999),
      max: quantile(sortedGaps, 1),
      affected: {
        count: affected.length,
        p50: quantile(affected, 0.5),
        p90: quantile(affected, 0.9),
        max: quantile(affected, 1),
      },
    },
    outputDeficitRatio:
      longest === null
        ? 0
        : deficitRatio(
            timeline.emitted,
            twin.timeline.emitted,
            fromNs,
            longest.recoveredNs,
            longest.incident.emittedAtRecovery - longest.incident.emittedAtFault,
          ),
    deficitUntilCatchUpRatio:
      longest === null ? 0 : deficitRatio(timeline.emitted, twin.timeline.emitted, fromNs, caughtUpNs),
    latencyMs: {
      p50: latencyNs.p50 / 1e6,
      p99: latencyNs.p99 / 1e6,
      p999: latencyNs.p999 / 1e6,
      max: latencyNs.max / 1e6,
    },
    records: {
      produced: records.produced,
      delivered: records.delivered,
      duplicated: records.duplicated,
      inFlight: records.inFlight,
      lostTotal: RECORD_LOSS_CAUSES.reduce((total, cause) => total + records.lost[cause], 0),
      lost: records.lost,
    },
    matches: {
      expected: matches.expected,
      emitted: matches.emitted,
      duplicated: matches.duplicated,
      pending: matches.pending,
      missedTotal: MATCH_MISS_CAUSES.reduce((total, cause) => total + matches.missed[cause], 0),
      missed: matches.missed,
    },
    phases: index < 0 ? [] : incidents[index]!.phases,
    incidents,
    assumptions:
      longest === null || longest.lengthNs === 0
        ? []
        : assumptions(costShares(longest.hops), longest.lengthNs, context),
    invariants,
    resolutionMs: config.resolutionNs / 1e6,
    events: record.events,
    twinDigest: twin.digest,
    exogenousDigest: exogenousDigest(record),
    digest: digestOf(record),
  };
}

/** When the first restart that cancels tasks was decided after the fault. */
function cancelDecidedNs(record: RunRecord, faultNs: number): number {
  return record.cancelDecisionsNs.find((timeNs) => timeNs >= faultNs) ?? Number.POSITIVE_INFINITY;
}

/** Costs on the critical path by their share of it; a wait behind data messages is no assumption and is left out. */
function assumptions(shares: Map<string, number>, lengthNs: number, context: SummaryContext): Assumption[] {
  return COST_LABELS.filter((cost) => cost !== "queue" && (shares.get(cost) ?? 0) > 0)
    .map((cost) => ({ cost, ...context.describeCost(cost), criticalPathShare: shares.get(cost)! / lengthNs }))
    .sort((a, b) => b.criticalPathShare - a.criticalPathShare || (a.cost < b.cost ? -1 : 1));
}

function exogenousDigest(record: RunRecord): string {
  const print = new Fingerprint();
  print.text(record.plane.exogenousHash);
  for (const fault of record.config.faults) print.text(JSON.stringify(fault));
  return print.hex();
}

/** Fingerprint of the trace and of what the data plane measured. */
function digestOf(record: RunRecord): string {
  const print = new Fingerprint();
  print.text(traceDigest(record.log));
  for (const column of Object.values(record.plane.bins))
    for (const value of column) if (!Number.isNaN(value)) print.number(value);
  for (const gap of record.plane.gapNs) print.number(gap);
  return print.hex();
}

function sum(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => value + b[i]!);
}
