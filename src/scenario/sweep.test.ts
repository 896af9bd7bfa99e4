import { expect, test } from "vitest";
import { parseScenario } from "./index.js";
import { parseConstraint, parseMeasure, parsePrecision } from "./sweep-terms.js";
import { SMALL } from "./testing/small.js";

const value = <T>(parsed: { ok: true; value: T } | { ok: false; problem: { message: string } }): T | string =>
  parsed.ok ? parsed.value : parsed.problem.message;

test("a measure is a metric with what of its values over the seeds", () => {
  expect(value(parseMeasure("recoveryTimeMs"))).toEqual({ metric: "recoveryTimeMs", unit: "ms", spread: "mean" });
  expect(value(parseMeasure("recoveryTimeMs.p99"))).toMatchObject({ metric: "recoveryTimeMs", spread: "p99" });
  // The gap's p99 is a metric of one run; its maximum over the seeds is asked for by a second name.
  expect(value(parseMeasure("outputGapMs.p99"))).toMatchObject({ metric: "outputGapMs.p99", spread: "mean" });
  expect(value(parseMeasure("outputGapMs.p99.max"))).toMatchObject({ metric: "outputGapMs.p99", spread: "max" });
  expect(value(parseMeasure("lostTotal"))).toMatchObject({ metric: "records.lostTotal", unit: "count" });
  expect(value(parseMeasure("duplicated"))).toMatch(/could be records.duplicated or matches.duplicated/);
  expect(value(parseMeasure("recoveryTime"))).toMatch(/unknown metric/);
});

test("a constraint compares in the metric's unit", () => {
  expect(value(parseConstraint("recoveryTimeMs.p99 < 10s"))).toEqual({
    metric: "recoveryTimeMs",
    unit: "ms",
    spread: "p99",
    comparison: "<",
    value: 10_000,
  });
  expect(value(parseConstraint("outputDeficitRatio<=0.5%"))).toMatchObject({ comparison: "<=", value: 0.005 });
  expect(value(parseConstraint("lostTotal ≥ 3"))).toMatchObject({ comparison: ">=", value: 3 });
  expect(value(parseConstraint("recoveryTimeMs < 10"))).toMatch(/no unit/);
  expect(value(parseConstraint("recoveryTimeMs = 10s"))).toMatch(/cannot read/);
});

test("a precision is relative or in the metric's unit", () => {
  expect(value(parsePrecision("recoveryTimeMs ±2%"))).toMatchObject({ kind: "relative", halfWidth: 0.02 });
  expect(value(parsePrecision("recoveryTimeMs +-500ms"))).toMatchObject({ kind: "absolute", halfWidth: 500 });
  expect(value(parsePrecision("recoveryTimeMs ±0%"))).toMatch(/out of range/);
  expect(value(parsePrecision("recoveryTimeMs 2%"))).toMatch(/cannot read/);
});

const block = (sweep: string): ReturnType<typeof parseScenario> =>
  parseScenario(`${SMALL}${sweep}`, { file: "x.yaml" });

test("the sweep block of a scenario", () => {
  const read = block(`sweep:
  grids:
    - { vary: { P: [4, "8..16:4"] }, seeds: 3 }
    - { vary: { P: 32, cluster.reservedTaskManagers: 0..2:1 } }
  seeds: 5
  minimise: lostTotal
  subjectTo: ["recoveryTimeMs.p99 < 10s"]
  metrics: [recoveryTimeMs, lostTotal]
`);
  if (!read.ok) throw new Error(JSON.stringify(read.diagnostics));
  const { sweep } = read.scenario;
  expect(sweep?.grids).toEqual([
    { vary: [{ path: "P", values: [4, 8, 12, 16] }], seeds: 3 },
    {
      vary: [
        { path: "P", values: [32] },
        { path: "cluster.reservedTaskManagers", values: [0, 1, 2] },
      ],
      seeds: null,
    },
  ]);
  expect(sweep).toMatchObject({ seeds: 5, until: null, metrics: ["recoveryTimeMs", "records.lostTotal"] });
  expect(sweep?.objective).toMatchObject({ goal: "minimise", metric: "records.lostTotal" });
  expect(read.scenario.normalisedYaml).not.toMatch(/sweep/);
});

test("problems of the block point at their place", () => {
  const messages = (sweep: string): string[] => {
    const read = block(sweep);
    return read.ok ? [] : read.diagnostics.map((d) => `${d.line}: ${d.message}`);
  };
  const line = SMALL.split("\n").length;
  expect(messages("sweep:\n  vary: { P: 5..1:1 }\n")[0]).toMatch(new RegExp(`^${line + 1}: the range`));
  expect(messages("sweep:\n  minimize: lostTotal\n")[0]).toMatch(/unknown key "minimize"/);
  expect(messages("sweep:\n  until: recoveryTime ±2%\n")[0]).toMatch(/unknown metric/);
  expect(messages("sweep: { vary: { P: 8 }, grids: [{ vary: { P: 8 } }] }\n")[0]).toMatch(/twice/);
  expect(messages("sweep: { minimise: lostTotal, maximise: lostTotal }\n")[0]).toMatch(/one objective/);
});
