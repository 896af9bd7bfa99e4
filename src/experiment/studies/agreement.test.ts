/**
 * Both resolutions run the same situations and agree within the bounds of `model.md` §2 for one seed: counts within
 * 0.5 % of what the streams brought, losses within 5 % or 200 records. The
 * study (`npm run study:agreement`, results/README.md) compares means over many seeds.
 */
import { describe, expect, test } from "vitest";
import { MATCH_MISS_CAUSES, RECORD_LOSS_CAUSES } from "../../metrics/result.js";
import { simulateCase } from "../../scenario/run-case.js";
import { agreementConfig, SITUATIONS, type Situation } from "./agreement-job.js";

const FLUSH_TIMEOUT_MS = 100;
/** Records per second of one source subtask, so that all sizes take about as long to simulate. */
const RATE: Readonly<Record<number, number>> = { 8: 500, 40: 150, 100: 50 };

type Run = ReturnType<typeof simulateCase>;

/** Latency of what is read from a backlog is compared as a share of itself: it depends on which record waits for which. */
const CATCH_UP_SHARE: Readonly<Record<number, number>> = { 8: 0.16, 40: 0.08, 100: 0.12 };

function both(situation: Situation, slots: number): { exact: Run; lumped: Run } {
  const job = { slots, seed: 1, ratePerSource: RATE[slots]! };
  return {
    exact: simulateCase(agreementConfig(situation, { ...job, resolution: "exact" })),
    lumped: simulateCase(agreementConfig(situation, { ...job, resolution: "100ms" })),
  };
}

/** Mean of the four longest silences, ms: as many subtasks as one TaskManager holds. */
function affectedGapMs(run: Run): number {
  const longest = Array.from(run.plane.gapNs, (gap) => gap / 1e6).sort((a, b) => b - a);
  return longest.slice(0, 4).reduce((sum, gap) => sum + gap, 0) / 4;
}

interface Pair {
  readonly name: string;
  readonly values: readonly [exact: number, lumped: number];
  /** They may differ by this, or by this share of the larger one. */
  readonly most: number;
  readonly share: number;
}

function compared(exact: Run, lumped: Run, slots: number): Pair[] {
  const [e, l] = [exact.plane, lumped.plane];
  const pairs: Pair[] = [
    { name: "produced", values: [e.records.produced, l.records.produced], most: 0, share: 0.005 },
    {
      name: "delivered",
      values: [e.records.delivered / e.records.produced, l.records.delivered / l.records.produced],
      most: 0.005,
      share: 0,
    },
    {
      name: "emitted",
      values: [e.matches.emitted / e.matches.expected, l.matches.emitted / l.matches.expected],
      most: 0.005,
      share: 0,
    },
    { name: "gap of the affected", values: [affectedGapMs(exact), affectedGapMs(lumped)], most: 200, share: 0 },
    { name: "tasks restarted", values: [exact.tasksRestarted, lumped.tasksRestarted], most: 0, share: 0 },
  ];
  for (const cause of RECORD_LOSS_CAUSES)
    pairs.push({ name: cause, values: [e.records.lost[cause], l.records.lost[cause]], most: 200, share: 0.05 });
  for (const cause of MATCH_MISS_CAUSES) {
    const values = [e.matches.missed[cause], l.matches.missed[cause]] as const;
    pairs.push({ name: `missed ${cause}`, values, most: 200, share: 0.05 });
  }
  const recovery = [exact, lumped].map(({ incidents }) =>
    incidents[0] ? (incidents[0].recoveredNs - incidents[0].startNs) / 1e6 : 0,
  ) as [number, number];
  if (!recovery.some(Number.isNaN))
    pairs.push({ name: "recovery", values: recovery, most: FLUSH_TIMEOUT_MS, share: 0 });
  for (const quantile of ["p50", "p99"] as const) {
    const values = [e.latencyNs[quantile] / 1e6, l.latencyNs[quantile] / 1e6] as const;
    pairs.push({ name: `latency ${quantile}`, values, most: 30, share: values[0] > 300 ? CATCH_UP_SHARE[slots]! : 0 });
  }
  return pairs;
}

describe.each([8, 40, 100])("%d slots", (slots) => {
  test.each(SITUATIONS.map((each) => [each.name, each] as const))("%s", (_name, situation) => {
    const { exact, lumped } = both(situation, slots);
    const allowed = ({ values: [a, b], most, share }: Pair): number => Math.max(most, share * Math.max(a, b));
    const differences = compared(exact, lumped, slots)
      .filter((pair) => Math.abs(pair.values[0] - pair.values[1]) > allowed(pair))
      .map((pair) => `${pair.name}: exact ${pair.values[0]}, lumped ${pair.values[1]}`);
    expect(differences).toEqual([]);
    expect(exact.plane.violations).toEqual([]);
    expect(lumped.plane.violations).toEqual([]);
  });
});
