/**
 * Do the two resolutions agree (`npm run study:agreement`)? Both run the same situations on the same seeds; every
 * measure is compared as a paired difference, 100 ms minus exact, against its bound. The streams of records differ
 * between the two, so counts of small samples differ by chance: that is what the standard errors are for.
 */
import { MATCH_MISS_CAUSES, RECORD_LOSS_CAUSES } from "../../metrics/result.js";
import { simulateCase } from "../../scenario/run-case.js";
import { agreementConfig, type Situation } from "./agreement-job.js";

/** How far the means may lie apart. */
export type Bound =
  | { readonly kind: "difference"; readonly most: number }
  | { readonly kind: "ratio"; readonly most: number }
  | { readonly kind: "standardErrors"; readonly most: number };

export interface Comparison {
  readonly situation: string;
  readonly measure: string;
  /** Seeds on which both have the measure. */
  readonly seeds: number;
  readonly exactMean: number;
  readonly lumpedMean: number;
  /** Mean of lumped − exact over the seeds, and the standard error of that mean. */
  readonly difference: number;
  readonly standardError: number;
  /** Difference in standard errors; 0 where both are 0. */
  readonly z: number;
  readonly bound: string;
  /**
   * `within` the bound; `undecided`: beyond it by less than three standard errors, so more seeds would have to tell;
   * or `beyond` it.
   */
  readonly verdict: Verdict;
}

export type Verdict = "within" | "undecided" | "beyond";

type RunRecord = ReturnType<typeof simulateCase>;
type Measures = Map<string, { value: number; bound: Bound }>;

const FLUSH_TIMEOUT_MS = 100;
const RESOLUTION_MS = 100;
const RECOVERY: Bound = { kind: "difference", most: FLUSH_TIMEOUT_MS };
const GAP: Bound = { kind: "difference", most: 2 * RESOLUTION_MS };
const LATENCY: Bound = { kind: "difference", most: 30 };
const COUNT: Bound = { kind: "ratio", most: 0.005 };
const LOSS: Bound = { kind: "standardErrors", most: 3 };

/** What is compared of one run. Values that the end of the run cut off are not there. */
export function measuresOf(record: RunRecord): Measures {
  const { plane, incidents } = record;
  const measures: Measures = new Map();
  const put = (name: string, value: number, bound: Bound): void => {
    if (!Number.isNaN(value)) measures.set(name, { value, bound });
  };
  const incident = incidents[0];
  if (incident) put("recoveryMs", (incident.recoveredNs - incident.startNs) / 1e6, RECOVERY);
  put("produced", plane.records.produced, COUNT);
  put("delivered", plane.records.delivered, COUNT);
  put("emitted", plane.matches.emitted, COUNT);
  for (const cause of RECORD_LOSS_CAUSES) put(`lost.${cause}`, plane.records.lost[cause], LOSS);
  put("duplicated", plane.records.duplicated, LOSS);
  for (const cause of MATCH_MISS_CAUSES) put(`missed.${cause}`, plane.matches.missed[cause], LOSS);
  put("matchesDuplicated", plane.matches.duplicated, LOSS);
  const gaps = Array.from(plane.gapNs, (gap) => gap / 1e6).sort((a, b) => b - a);
  // As many subtasks as one TaskManager holds are affected at least; a global restart affects all alike.
  const affected = gaps.slice(0, Math.min(gaps.length, 4));
  if (incident) {
    put("gapMs.affectedMean", affected.reduce((sum, gap) => sum + gap, 0) / affected.length, GAP);
    put("gapMs.max", gaps[0]!, GAP);
  }
  put("gapMs.median", gaps[gaps.length >> 1]!, GAP);
  put("latencyMs.p50", plane.latencyNs.p50 / 1e6, LATENCY);
  put("latencyMs.p99", plane.latencyNs.p99 / 1e6, LATENCY);
  return measures;
}

export interface AgreementOptions {
  readonly slots: number;
  readonly seeds: number;
  readonly ratePerSource: number;
  readonly situations: readonly Situation[];
  readonly onRun?: (situation: string, seed: number, exact: RunRecord, lumped: RunRecord) => void;
  /** Called as each situation is done. */
  readonly onSituation?: (rows: readonly Comparison[]) => void;
}

/** Runs both resolutions on seeds 1, 2, … and compares them, situation by situation. */
export function compareResolutions(options: AgreementOptions): Comparison[] {
  const { slots, seeds, ratePerSource, situations, onRun, onSituation } = options;
  return situations.flatMap((situation) => {
    const exact: Measures[] = [];
    const lumped: Measures[] = [];
    for (let seed = 1; seed <= seeds; seed++) {
      const job = { slots, seed, ratePerSource };
      const fine = simulateCase(agreementConfig(situation, { ...job, resolution: "exact" }));
      const coarse = simulateCase(agreementConfig(situation, { ...job, resolution: "100ms" }));
      exact.push(measuresOf(fine));
      lumped.push(measuresOf(coarse));
      onRun?.(situation.name, seed, fine, coarse);
    }
    const rows = compareSamples(situation.name, exact, lumped);
    onSituation?.(rows);
    return rows;
  });
}

function compareSamples(situation: string, exact: readonly Measures[], lumped: readonly Measures[]): Comparison[] {
  const names = [...new Set([...exact, ...lumped].flatMap((each) => [...each.keys()]))];
  return names.map((measure) => {
    const pairs = exact.flatMap((each, i) => {
      const a = each.get(measure);
      const b = lumped[i]!.get(measure);
      return a && b ? [[a.value, b.value] as const] : [];
    });
    const bound = (exact[0]!.get(measure) ?? lumped[0]!.get(measure) ?? { bound: LOSS }).bound;
    return compare(situation, measure, pairs, bound);
  });
}

function compare(
  situation: string,
  measure: string,
  pairs: readonly (readonly [number, number])[],
  bound: Bound,
): Comparison {
  const n = pairs.length;
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / n;
  const exactMean = mean(pairs.map(([a]) => a));
  const lumpedMean = mean(pairs.map(([, b]) => b));
  const difference = lumpedMean - exactMean;
  const variance = pairs.reduce((sum, [a, b]) => sum + (b - a - difference) ** 2, 0) / Math.max(1, n - 1);
  const standardError = Math.sqrt(variance / n);
  const z = difference === 0 ? 0 : difference / standardError;
  const verdict = judge(difference, standardError, bound, Math.max(exactMean, lumpedMean), n);
  return {
    situation,
    measure,
    seeds: n,
    exactMean,
    lumpedMean,
    difference,
    standardError,
    z,
    bound: boundText(bound),
    verdict,
  };
}

const DECISIVE = 3;

function judge(difference: number, standardError: number, bound: Bound, level: number, seeds: number): Verdict {
  const size = Math.abs(difference);
  // Three standard errors are what a loss may differ by: from one seed there is none to compare with.
  if (bound.kind === "standardErrors") {
    if (size <= bound.most * standardError) return "within";
    return seeds === 1 ? "undecided" : "beyond";
  }
  const most = bound.kind === "ratio" ? bound.most * level : bound.most;
  if (size <= most) return "within";
  return seeds === 1 || size - DECISIVE * standardError <= most ? "undecided" : "beyond";
}

function boundText(bound: Bound): string {
  switch (bound.kind) {
    case "difference":
      return `${bound.most} ms`;
    case "ratio":
      return `${bound.most * 100} %`;
    case "standardErrors":
      return `${bound.most} SE`;
  }
}
