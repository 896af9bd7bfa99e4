import { expect, test } from "vitest";
import type { ModelConfig } from "../model/config.js";
import { parseScenario } from "../scenario/index.js";
import { estimateQuanta, planRuns, seedSequence } from "./plan.js";
import { smallScenario } from "./testing/small-scenario.js";

function cases(extra = ""): { name: string; config: ModelConfig }[] {
  const parsed = parseScenario(smallScenario({ extra }), { file: "small.yaml" });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.diagnostics));
  return [...parsed.scenario.cases];
}

test("runs go seed by seed, and cases that differ only in strategy share a twin", () => {
  const { runs, twins } = planRuns([{ cases: cases() }], [["7", "8"]]);
  expect(runs.map((run) => [run.index, run.caseName, run.config.seed, run.twin])).toEqual([
    [0, "global restart", "7", 0],
    [1, "single-task", "7", 0],
    [2, "global restart", "8", 1],
    [3, "single-task", "8", 1],
  ]);
  expect(twins.map((twin) => [twin.index, twin.config.seed, twin.users])).toEqual([
    [0, "7", 2],
    [1, "8", 2],
  ]);
});

test("a case with another cluster, or other faults, has a twin of its own", () => {
  const more = `  - { name: reserved, strategy: single-task, set: { cluster.reservedTaskManagers: 2 } }
  - { name: later, strategy: single-task, set: { "faults[0].at": 25s } }
`;
  const { runs } = planRuns([{ cases: cases(more) }], [["7"]]);
  expect(runs.map((run) => run.twin)).toEqual([0, 0, 1, 2]);
});

test("scenarios do not share runs, but a twin if they are the same job", () => {
  const { runs, twins } = planRuns([{ cases: cases() }, { cases: cases() }], [["7"], ["7"]]);
  expect(runs.map((run) => run.scenario)).toEqual([0, 0, 1, 1]);
  expect(twins).toHaveLength(1);
});

test("seeds count up from a whole number, exactly, however long", () => {
  expect(seedSequence("42", 3)).toEqual(["42", "43", "44"]);
  expect(seedSequence("9007199254740993", 2)).toEqual(["9007199254740993", "9007199254740994"]);
  expect(seedSequence("blue", 1)).toEqual(["blue"]);
  expect(seedSequence("blue", 2)).toBeNull();
});

test("the estimate grows with seeds and with exactness", () => {
  const one = planRuns([{ cases: cases() }], [["7"]]);
  const two = planRuns([{ cases: cases() }], [["7", "8"]]);
  expect(estimateQuanta(two)).toBe(2 * estimateQuanta(one));
  const exact = cases().map(({ name, config }) => ({ name, config: { ...config, resolutionNs: 0 } }));
  expect(estimateQuanta(planRuns([{ cases: exact }], [["7"]]))).toBeGreaterThan(estimateQuanta(one));
});
