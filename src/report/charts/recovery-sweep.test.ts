/** The chart of recovery against parallelism, drawn from a sweep instead of result folders. */
import { expect, test } from "vitest";
import type { SweepRow } from "../input.js";
import { recoveryByParallelism } from "./recovery-by-parallelism.js";
import { sweepHeatmap } from "./sweep-heatmap.js";
import { sweepLines } from "./sweep-lines.js";

const rows = (scenario: string, parameter = "P"): SweepRow[] =>
  [1000, 4000].flatMap((slots) =>
    ["global restart", "single-task"].map((name, at) => ({
      scenario,
      case: name,
      strategy: name.replace(" ", "-"),
      metric: "recoveryTimeMs",
      unit: "ms",
      parameters: { [parameter]: slots },
      mean: 20_000 + slots * (at === 0 ? 15 : 0),
      low: 19_000 + slots * (at === 0 ? 15 : 0),
      high: 21_000 + slots * (at === 0 ? 15 : 0),
      seeds: 5,
    })),
  );
const build = (sweep: SweepRow[]): string =>
  JSON.stringify(recoveryByParallelism.build({ sets: [], sweep, mode: "light" }));

test("a sweep over slots has its means, intervals and the published values of its family", () => {
  const spec = build(rows("bytedance-join-by-parallelism"));
  expect(spec).toContain(
    '"parallelism":4000,"scenario":"bytedance-join-by-parallelism","seconds":80,"low":79,"high":81',
  );
  expect(spec).toContain("global restart takes 80 s (published 81 s)");
  expect(spec).toContain('"label":"published 40 s"');
});

test("a job of one's own is not held against the published one", () => {
  expect(build(rows("my-job"))).not.toContain('"label":"published');
});

test("a sweep over anything else is no matter of this chart", () => {
  expect(build(rows("bytedance-join-x", "heartbeat"))).toBe("null");
});

test("a recovery that the end of a run cut off is shown as a lower bound, without an interval", () => {
  const sweep = rows("bytedance-join-by-parallelism").map((row) =>
    row.case === "global restart" && row.parameters.P === 4000 ? { ...row, censored: 1 } : row,
  );
  const spec = build(sweep);
  expect(spec).toContain("global restart takes ≥ 80 s");
  expect(spec).toContain('"text":{"field":"bound"');
  expect(spec).toContain("≥: not recovered when the run ended");
  expect(build(rows("bytedance-join-by-parallelism"))).not.toContain("≥");
});

test("so it is where one parameter varies, and where two do", () => {
  const sweep = rows("my-job", "heartbeat").map((row, at) => (at === 0 ? { ...row, censored: 2 } : row));
  const lines = JSON.stringify(sweepLines.build({ sets: [], sweep, mode: "light" }));
  expect(lines.split('"bound":"≥"')).toHaveLength(2);
  expect(lines).toContain("≥: runs ended before it was known");
  const two = sweep.map((row) => ({ ...row, parameters: { ...row.parameters, other: 1 } }));
  const cells = JSON.stringify(sweepHeatmap.build({ sets: [], sweep: two, mode: "light" }));
  expect(cells).toContain('"label":"≥ 35 s"');
  expect(cells).toContain("≥: runs ended before it was known");
});

test("recoveries that lie far apart stand on a logarithmic axis, others on one from 0", () => {
  const slower = (factor: number): string =>
    build(
      rows("my-job").map((row) =>
        row.case === "global restart"
          ? { ...row, mean: row.mean * factor, low: row.low * factor, high: row.high * factor }
          : row,
      ),
    );
  expect(slower(1)).toContain('"title":"recovery time (s)","scale":{"domain":[0,');
  expect(slower(20)).toContain('"title":"recovery time (s, log)","scale":{"type":"log"');
});
