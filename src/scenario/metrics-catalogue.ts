/** The metrics that `expect` can test: paths in a case's summary, with their unit. Values come from metrics/. */
import type { CaseSummary, Measured } from "../metrics/result.js";
import { MATCH_MISS_CAUSES, RECORD_LOSS_CAUSES } from "../metrics/result.js";

export type MetricUnit = "ms" | "ratio" | "count";

export interface MetricSpec {
  readonly path: string;
  readonly unit: MetricUnit;
  readonly doc: string;
}

const m = (path: string, unit: MetricUnit, doc: string): MetricSpec => ({ path, unit, doc });
const quantiles = (base: string, names: readonly string[], doc: string): MetricSpec[] =>
  names.map((name) => m(`${base}.${name}`, "ms", `${doc} (${name})`));

export const METRICS: readonly MetricSpec[] = [
  m(
    "recoveryTimeMs",
    "ms",
    "First fault until every subtask runs and every channel has its view again; longest incident.",
  ),
  m("catchUpMs", "ms", "First fault until the backlog is back at the twin's level."),
  m("jobOutageMs", "ms", "Time in which output is at most 1 % of the twin's."),
  m("slotsLost", "count", "Slots that the faults took."),
  m("tasksFailed", "count", "Attempts ended by the fault itself."),
  m("tasksFailedByPeers", "count", "Attempts that failed because of those."),
  m("tasksRestarted", "count", "New attempts deployed."),
  ...quantiles(
    "outputGapMs",
    ["p50", "p90", "p99", "p999", "max"],
    "Longest silence after the fault, per sink subtask",
  ),
  m("outputGapMs.affected.count", "count", "Sink subtasks whose gap exceeds the twin's largest."),
  ...quantiles("outputGapMs.affected", ["p50", "p90", "max"], "Gaps of the affected sink subtasks"),
  m("outputDeficitRatio", "ratio", "1 − output ÷ twin's output, from the fault to recovery."),
  m("deficitUntilCatchUpRatio", "ratio", "The same until catch-up."),
  ...quantiles(
    "latencyMs",
    ["p50", "p99", "p999", "max"],
    "Emission time − event time of the later partner, after the fault",
  ),
  m("records.produced", "count", "Records appended to the logs."),
  m("records.delivered", "count", "Records processed by their consumer at least once."),
  m("records.duplicated", "count", "Further processed copies."),
  m("records.inFlight", "count", "Records on their way at the end."),
  m("records.lostTotal", "count", "Records lost."),
  ...RECORD_LOSS_CAUSES.map((cause) => m(`records.lost.${cause}`, "count", `Records lost, last copy: ${cause}.`)),
  m("matches.expected", "count", "Pairs whose later partner was produced by the end."),
  m("matches.emitted", "count", "Pairs emitted, each counted once."),
  m("matches.duplicated", "count", "Repeated emissions."),
  m("matches.pending", "count", "Pairs still possible at the end."),
  m("matches.missedTotal", "count", "Pairs missed."),
  ...MATCH_MISS_CAUSES.map((cause) => m(`matches.missed.${cause}`, "count", `Pairs missed: ${cause}.`)),
];

/** The value of a metric in a summary; throws for a path that METRICS does not have. */
export function readMetric(summary: CaseSummary, path: string): Measured {
  let value: unknown = summary;
  for (const part of path.split(".")) value = (value as Record<string, unknown> | undefined)?.[part];
  if (typeof value === "number") return value;
  if (typeof value === "object" && value !== null && "censored" in value) return value as Measured;
  throw new Error(`no metric ${path}`);
}
