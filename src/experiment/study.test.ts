import { expect, test } from "vitest";
import { studyOf } from "./study.js";
import { syntheticResults } from "./testing/synthetic-result.js";

const seeds = ["1", "2", "3", "4", "5"];
const summaries = seeds.flatMap((seed) =>
  syntheticResults({ parallelism: 8, durationMs: 120_000, seed }).map((run) => run.summary),
);
const ofCase = (name: string) =>
  summaries.filter((summary) => summary.case === name).map((summary) => summary.recoveryTimeMs as number);
const expectation = (published: number) => ({
  case: "single-task",
  metric: "recoveryTimeMs",
  published,
  measured: 0,
  ok: true,
});

test("has the median and the interval of single runs of every metric of every case", () => {
  const study = studyOf("made-up", summaries, []);
  expect(study.seeds).toEqual(seeds);
  expect(study.cases).toHaveLength(4);
  const values = ofCase("global restart").sort((a, b) => a - b);
  expect(study.cases[0]?.metrics["recoveryTimeMs"]).toEqual({ median: values[2], low: values[0], high: values[4] });
  expect(study.cases[0]?.metrics["outputGapMs.affected.max"]).toBeDefined();
});

test("says whether a published figure could be one of the runs", () => {
  const inside = Math.min(...ofCase("single-task")) + 1;
  const { published } = studyOf("made-up", summaries, [expectation(inside), expectation(1)]);
  expect(published.map((entry) => entry.insideInterval)).toEqual([true, false]);
});

test("an interval that the end of the run cuts off is open above", () => {
  const cut = summaries.map((summary) => ({ ...summary, recoveryTimeMs: { censored: true as const, atLeastMs: 500 } }));
  const { published } = studyOf("made-up", cut, [expectation(9_999_999), expectation(499)]);
  expect(published.map((entry) => entry.insideInterval)).toEqual([true, false]);
});
