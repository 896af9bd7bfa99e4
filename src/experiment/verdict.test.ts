import { expect, test } from "vitest";
import type { CaseSummary } from "../metrics/result.js";
import { type Expectation, parseScenario } from "../scenario/index.js";
import { smallScenario } from "./testing/small-scenario.js";
import { syntheticResult } from "./testing/synthetic-result.js";
import { judge } from "./verdict.js";

function expectations(lines: string): readonly Expectation[] {
  const parsed = parseScenario(smallScenario({ extra: `expect:\n${lines}` }), { file: "small.yaml" });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.diagnostics));
  return parsed.scenario.expect;
}

const summary = (changes: Partial<CaseSummary>): CaseSummary => ({
  ...syntheticResult("single-task", { parallelism: 8, durationMs: 90_000 }).summary,
  invariants: [],
  ...changes,
});

test("an expectation is judged on the median over the seeds", () => {
  const atMost = expectations("  - { case: single-task, metric: recoveryTimeMs, atMost: 2s }\n");
  const runs = [1_000, 9_000, 1_500].map((recoveryTimeMs, seed) => summary({ recoveryTimeMs, seed: String(seed) }));
  expect(judge(atMost, runs)).toEqual({
    expect: [{ case: "single-task", metric: "recoveryTimeMs", atMost: 2_000, measured: 1_500, ok: true }],
    failures: [],
  });
  const { failures } = judge(atMost, [...runs, summary({ recoveryTimeMs: 8_000 }), summary({ recoveryTimeMs: 7_000 })]);
  expect(failures).toEqual(["single-task: recoveryTimeMs is not as expected"]);
});

test("an entry has the published figure, the tolerance and the source", () => {
  const line = '  - { case: single-task, metric: recoveryTimeMs, published: 20s, within: 10%, source: "a table" }\n';
  const [entry] = judge(expectations(line), [summary({ recoveryTimeMs: 21_000 })]).expect;
  expect(entry).toMatchObject({ published: 20_000, within: 2_000, measured: 21_000, ok: true, source: "a table" });
});

test("an end that nobody expected fails, an expected one does not", () => {
  const runs = [summary({ endState: "deadlocked" })];
  expect(judge([], runs).failures).toEqual(["single-task, seed 42: deadlocked"]);
  expect(judge(expectations("  - { case: single-task, endState: deadlocked }\n"), runs).failures).toEqual([]);
  expect(judge(expectations("  - { case: global restart, endState: deadlocked }\n"), runs).failures).not.toEqual([]);
});

test("a violated invariant fails, by its name and first place", () => {
  const invariants = [
    { name: "credits", violations: 0, first: null },
    { name: "views", violations: 2, first: "channel 3 at 61 s" },
  ];
  const { failures } = judge([], [summary({ invariants })]);
  expect(failures).toEqual(["single-task, seed 42: views is violated: channel 3 at 61 s"]);
});
