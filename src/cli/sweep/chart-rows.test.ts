import { expect, test } from "vitest";
import { meanInterval, spread } from "../../experiment/sweep/spread.js";
import { sweepRows } from "./chart-rows.js";
import type { PointEntry, SweepSummary } from "./summary.js";

function summary(settings: readonly Readonly<Record<string, number | string>>[]): SweepSummary {
  const points = settings.map((parameters, at): PointEntry => {
    const metrics = { recoveryTimeMs: spread([1000 * at, 1000 * at + 500]) };
    const own = {
      case: "single-task",
      strategy: "single-task",
      runs: 2,
      endStates: {},
      invariantViolations: 0,
      metrics,
    };
    return { parameters, seeds: 2, cases: [own], failed: [] };
  });
  return {
    outgap: "0.0.0",
    schema: 1,
    sweep: "x",
    description: "",
    file: "x.yaml",
    parameters: Object.keys(settings[0] ?? {}),
    metrics: [{ metric: "recoveryTimeMs", unit: "ms" }],
    runs: 2 * points.length,
    failed: 0,
    invariantViolations: 0,
    baseline: "single-task",
    until: null,
    objective: null,
    subjectTo: [],
    best: null,
    digest: "",
    points,
  };
}
const parameters = (settings: readonly Readonly<Record<string, number | string>>[]) =>
  sweepRows(summary(settings)).map((row) => row.parameters);

test("durations become seconds, paths lose what every reader knows, what does not vary is left out", () => {
  const timeout = "engine.config.heartbeat.timeout";
  expect(
    parameters([
      { [timeout]: "500ms", P: 8 },
      { [timeout]: "1min", P: 8 },
    ]),
  ).toEqual([{ "heartbeat.timeout (s)": 0.5 }, { "heartbeat.timeout (s)": 60 }]);
  expect(parameters([{ "strategyOptions.fallbackTimer": "1s" }, { "strategyOptions.fallbackTimer": "off" }])).toEqual([
    { fallbackTimer: "1s" },
    { fallbackTimer: "off" },
  ]);
  expect(parameters([{ "cluster.reservedTaskManagers": 0 }, { "cluster.reservedTaskManagers": 2 }])).toEqual([
    { reservedTaskManagers: 0 },
    { reservedTaskManagers: 2 },
  ]);
});

test("a row has the mean and its interval; without an interval the mean stands for it", () => {
  const [first] = sweepRows(summary([{ P: 1 }, { P: 2 }]));
  const { mean, low, high } = meanInterval([0, 500]);
  expect(first).toMatchObject({ scenario: "x", metric: "recoveryTimeMs", unit: "ms", mean, low, high, seeds: 2 });
});
