import { describe, expect, test } from "vitest";
import type { CaseSummary, Measured } from "../metrics/result.js";
import type { MetricExpectation } from "./expectations.js";
import { evaluateExpectation, evaluateOnSummaries, median, medianMeasured } from "./expectations.js";
import { METRICS, readMetric } from "./metrics-catalogue.js";
import { watchedInvariants } from "./names.js";
import { runCase, runTwin } from "./run-case.js";
import { refused, SMALL, small, valid } from "./testing/small.js";
import { smallJoin } from "./testing/small-join.js";

const censored = (atLeastMs: number): Measured => ({ censored: true, atLeastMs });
const expectation = (
  relation: MetricExpectation["relation"],
  value: number,
  within: number | null = null,
): MetricExpectation => ({
  kind: "metric",
  case: "one",
  metric: "recoveryTimeMs",
  unit: "ms",
  relation,
  value,
  within,
  source: null,
});
const ok = (e: MetricExpectation, ...values: Measured[]) => evaluateExpectation(e, values).ok;

describe("reading", () => {
  const read = (line: string) =>
    valid(small("{ case: one, metric: recoveryTimeMs, published: 5s, within: 10% }", line)).expect;
  test("published with a relative or absolute tolerance, in the metric's unit", () => {
    expect(valid(SMALL).expect).toEqual([{ ...expectation("published", 5000, 500), source: null }]);
    expect(read("{ case: one, metric: recoveryTimeMs, published: 5s, within: 0.5s }")[0]).toMatchObject({
      value: 5000,
      within: 500,
    });
    expect(read("{ case: one, metric: outputDeficitRatio, published: 0.1%, within: 20% }")[0]).toMatchObject({
      unit: "ratio",
      value: 0.001,
      within: 0.0002,
    });
    expect(read("{ case: one, metric: tasksRestarted, equals: 12 }")[0]).toMatchObject({
      unit: "count",
      relation: "equals",
      value: 12,
      within: null,
    });
  });
  test("without a case: one for each", () => {
    expect(read("{ metric: tasksRestarted, atMost: 12 }").map((e) => e.case)).toEqual(["all", "one"]);
    expect(read("{ invariant: record-ledger }").map((e) => e.kind)).toEqual(["invariant", "invariant"]);
    expect(read("{ case: all, endState: deadlocked }")).toEqual([
      { kind: "endState", case: "all", endState: "deadlocked", source: null },
    ]);
  });
});

describe("medians", () => {
  test("of plain values", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(median([])).toBeNaN();
  });
  test("a censored value that cannot move the median leaves it exact", () => {
    expect(medianMeasured([1, 2, censored(5)])).toBe(2);
    expect(medianMeasured([1, censored(5), censored(6)])).toEqual(censored(5));
    // The censored one could be anything from 1 on: 2 is only a lower bound.
    expect(medianMeasured([2, 3, censored(1)])).toEqual(censored(2));
  });
});

describe("verdicts", () => {
  test("published", () => {
    const e = expectation("published", 81_000, 8100);
    expect(ok(e, 89_100, 1, 1e9)).toBe(true);
    expect(ok(e, 89_101)).toBe(false);
    expect(ok(e, 72_899)).toBe(false);
    expect(ok(e, censored(80_000))).toBe(false);
    expect(ok(e)).toBe(false);
  });
  test("bounds", () => {
    expect(ok(expectation("atMost", 10), 10)).toBe(true);
    expect(ok(expectation("atMost", 10), 11)).toBe(false);
    expect(ok(expectation("atMost", 10), censored(5))).toBe(false);
    expect(ok(expectation("atLeast", 10), censored(10))).toBe(true);
    expect(ok(expectation("atLeast", 10), censored(9))).toBe(false);
    expect(ok(expectation("equals", 12), 12, 12, 12)).toBe(true);
    expect(ok(expectation("equals", 12), 12.0001)).toBe(false);
    expect(ok(expectation("equals", 12), censored(12))).toBe(false);
  });
  test("a tolerance does not fail on the last bit", () => {
    expect(ok(expectation("published", 0.3, 0.1 * 0.3), 0.1 + 0.23)).toBe(true);
  });

  const summary = (values: object) =>
    ({
      case: "one",
      endState: "completed",
      invariants: [{ name: "record-ledger", violations: 0 }],
      ...values,
    }) as unknown as CaseSummary;
  test("on summaries: own case only", () => {
    const result = evaluateOnSummaries(expectation("equals", 7), [
      summary({ recoveryTimeMs: 7 }),
      summary({ case: "all", recoveryTimeMs: 99 }),
    ]);
    expect(result).toMatchObject({ ok: true, measured: 7, wanted: 7, relation: "equals" });
  });
  test("invariants: watched and never violated", () => {
    const e = { kind: "invariant", case: "one", invariant: "record-ledger", source: null } as const;
    expect(evaluateOnSummaries(e, [summary({})])).toMatchObject({ ok: true, measured: 0 });
    expect(
      evaluateOnSummaries(e, [summary({}), summary({ invariants: [{ name: "record-ledger", violations: 2 }] })]),
    ).toMatchObject({ ok: false, measured: 2 });
    expect(evaluateOnSummaries(e, [summary({ invariants: [] })])).toMatchObject({ ok: false, measured: "not watched" });
    expect(evaluateOnSummaries(e, [])).toMatchObject({ ok: false });
  });
  test("every invariant that a run is watched for can be expected, and holds there; one that is not is refused", () => {
    for (const resolution of ["exact", "100ms"]) {
      const config = smallJoin({ resolution, duration: "14s", reserved: 1 });
      const { summary: real } = runCase(config, { caseName: "one", twin: runTwin(config), trace: false });
      expect(real.invariants.map(({ name }) => name)).toEqual(watchedInvariants(config.resolutionNs));
      for (const invariant of watchedInvariants(config.resolutionNs)) {
        const e = { kind: "invariant", case: "one", invariant, source: null } as const;
        expect(evaluateOnSummaries(e, [real]), invariant).toMatchObject({ ok: true, measured: 0 });
      }
    }
    const lines = small(
      "  - { case: one, metric",
      "  - { case: one, invariant: two-attempts }\n  - { case: one, metric",
    );
    expect(refused(lines)[0]).toMatch(/^small\.yaml:\d+:\d+: .*"two-attempts" is not watched at this resolution/);
    expect(valid(lines, { sets: ["resolution=exact"] }).expect).toHaveLength(2);
    const ledger = small("  - { case: one, metric", "  - { invariant: record-ledger }\n  - { case: one, metric");
    expect(valid(ledger).expect).toHaveLength(3);
  });
  test("end states", () => {
    const e = { kind: "endState", case: "one", endState: "completed", source: null } as const;
    expect(evaluateOnSummaries(e, [summary({})]).ok).toBe(true);
    expect(evaluateOnSummaries(e, [summary({}), summary({ endState: "deadlocked" })])).toMatchObject({
      ok: false,
      measured: "deadlocked",
    });
    expect(evaluateOnSummaries(e, []).ok).toBe(false);
  });
});

test("every metric is a path into a summary", () => {
  const leaf = (path: string, value: number): object => {
    const parts = path.split(".");
    return parts.reduceRight<unknown>((inner, part) => ({ [part]: inner }), value) as object;
  };
  for (const { path } of METRICS) expect(readMetric(leaf(path, 7) as CaseSummary, path)).toBe(7);
  expect(() => readMetric({} as CaseSummary, "nothing.here")).toThrow("no metric nothing.here");
  expect(new Set(METRICS.map((m) => m.path)).size).toBe(METRICS.length);
});
