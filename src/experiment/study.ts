/**
 * Many seeds of one scenario in one small document: the median and the interval of single runs of every metric, and
 * where published figures lie in it. Owns no metric.
 */
import type { CaseSummary, Measured } from "../metrics/result.js";
import { METRICS, medianMeasured, readMetric } from "../scenario/index.js";
import { interval } from "./statistics.js";
import type { ExpectEntry } from "./verdict.js";

export interface StudyMetric {
  readonly median: Measured;
  /** Between these lie 95 % of the single runs. */
  readonly low: Measured;
  readonly high: Measured;
}

export interface StudyPublished {
  readonly case: string;
  readonly metric: string;
  readonly published: number;
  readonly median: Measured;
  readonly low: Measured;
  readonly high: Measured;
  /** The median is within its tolerance: the study's own, else the one that the scenario states for a run. */
  readonly ok: boolean;
  /** The published figure could be one of the simulated runs. */
  readonly insideInterval: boolean;
}

export interface Study {
  readonly scenario: string;
  readonly seeds: readonly string[];
  readonly cases: readonly { readonly case: string; readonly metrics: Readonly<Record<string, StudyMetric>> }[];
  readonly published: readonly StudyPublished[];
}

export function studyOf(scenario: string, summaries: readonly CaseSummary[], expect: readonly ExpectEntry[]): Study {
  const names = [...new Set(summaries.map((summary) => summary.case))];
  const cases = names.map((name) => {
    const own = summaries.filter((summary) => summary.case === name);
    const metrics = METRICS.map(({ path }) => {
      const values = own.map((summary) => readMetric(summary, path));
      const [low, high] = interval(values);
      return [path, { median: medianMeasured(values), low, high }] as const;
    });
    return { case: name, metrics: Object.fromEntries(metrics) };
  });
  const published = expect.flatMap((entry) => {
    const found = cases.find((each) => each.case === entry.case)?.metrics[entry.metric];
    if (entry.published === undefined || found === undefined) return [];
    const { case: name, metric, ok } = entry;
    return [
      { case: name, metric, published: entry.published, ...found, ok, insideInterval: holds(found, entry.published) },
    ];
  });
  return { scenario, seeds: [...new Set(summaries.map((summary) => summary.seed))], cases, published };
}

/** A bound that the end of the run cut off holds everything above it. */
function holds({ low, high }: StudyMetric, value: number): boolean {
  const least = typeof low === "number" ? low : low.atLeastMs;
  return value >= least && (typeof high !== "number" || value <= high);
}
