import { expect, test } from "vitest";
import { METRICS } from "../../scenario/index.js";
import { SYNTHETIC_CASES, syntheticResult } from "../testing/synthetic-result.js";
import { replicationStatistics } from "./replications.js";

const summaries = ["1", "2", "3", "4"].flatMap((seed) =>
  SYNTHETIC_CASES.slice(0, 2).map((name) => syntheticResult(name, { seed, parallelism: 8 }).summary),
);

test("every metric of every case has a spread over the seeds, and the others a difference from the first", () => {
  const [first, second] = replicationStatistics(summaries);
  expect(first).toMatchObject({ case: SYNTHETIC_CASES[0], seeds: 4 });
  expect(first?.paired).toBeUndefined();
  expect(Object.keys(first?.metrics ?? {})).toEqual(METRICS.map(({ path }) => path));
  const recovery = summaries.map((summary) => summary.recoveryTimeMs as number);
  const mean = (from: number): number => recovery.filter((_, at) => at % 2 === from).reduce((a, b) => a + b, 0) / 4;
  expect(first?.metrics.recoveryTimeMs?.mean).toBeCloseTo(mean(0), 6);
  expect(second?.paired).toMatchObject({ baseline: SYNTHETIC_CASES[0] });
  expect(second?.paired?.metrics.recoveryTimeMs?.mean).toBeCloseTo(mean(1) - mean(0), 6);
  expect(second?.paired?.metrics.recoveryTimeMs?.n).toBe(4);
});

test("one seed has no statistics", () => {
  expect(replicationStatistics(summaries.slice(0, 2))).toEqual([]);
});
