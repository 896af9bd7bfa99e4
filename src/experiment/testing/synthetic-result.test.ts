import { expect, test } from "vitest";
import { SYNTHETIC_CASES, syntheticResult, syntheticResults } from "./synthetic-result.js";

test("both ledgers balance and the phases add up to the recovery time", () => {
  for (const { summary } of syntheticResults({ parallelism: 40 })) {
    const { records, matches, phases } = summary;
    expect(records.delivered + records.lostTotal + records.inFlight).toBe(records.produced);
    expect(matches.emitted + matches.missedTotal + matches.pending).toBe(matches.expected);
    const lengthMs = phases.reduce((total, span) => total + span.endMs - span.startMs, 0);
    expect(lengthMs).toBeCloseTo(summary.recoveryTimeMs as number, 6);
    expect(records.delivered).toBeGreaterThan(0);
    expect(matches.emitted).toBeGreaterThan(0);
  }
});

test("equal options give equal results, another seed others", () => {
  expect(syntheticResult()).toEqual(syntheticResult());
  expect(syntheticResult(SYNTHETIC_CASES[0], { seed: "7" }).gaps).not.toEqual(syntheticResult(SYNTHETIC_CASES[0]).gaps);
});
