import { expect, test } from "vitest";
import { syntheticResult } from "../../experiment/testing/synthetic-result.js";
import { compareSummaries } from "./compare.js";

const { summary } = syntheticResult(undefined, { parallelism: 8, durationMs: 90_000 });

test("equal runs are the same, whatever the order", () => {
  const other = { ...summary, seed: "43" };
  const runs = compareSummaries([summary, other], [other, structuredClone(summary)]);
  expect(runs.map((run) => run.kind)).toEqual(["same", "same"]);
});

test("a change is named by its path, a censored value as a whole", () => {
  const changed = {
    ...summary,
    recoveryTimeMs: { censored: true as const, atLeastMs: 1 },
    outputGapMs: { ...summary.outputGapMs, affected: { ...summary.outputGapMs.affected, count: 99 } },
  };
  const [run] = compareSummaries([summary], [changed]);
  expect(run?.changes).toEqual([
    { path: "recoveryTimeMs", before: summary.recoveryTimeMs, after: changed.recoveryTimeMs },
    { path: "outputGapMs.affected.count", before: summary.outputGapMs.affected.count, after: 99 },
  ]);
});

test("runs on one side only", () => {
  const other = { ...summary, case: "other" };
  expect(compareSummaries([summary], [other]).map((run) => `${run.case} ${run.kind}`)).toEqual([
    `${summary.case} removed`,
    "other added",
  ]);
});
