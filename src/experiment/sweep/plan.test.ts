import { expect, test } from "vitest";
import { parseVariation, type Variation } from "../../scenario/index.js";
import { smallScenario } from "../testing/small-scenario.js";
import { ofShard, planSweep, runsOf, type SweepPlan } from "./plan.js";
import { type SweepRequest, sweepHash } from "./request.js";
import { materialise, unitKey, unitsOf, withoutDone } from "./units.js";

function vary(...texts: string[]): Variation[] {
  return texts.map((text) => {
    const read = parseVariation(text);
    if (!read.ok) throw new Error(read.problem.message);
    return read.value;
  });
}

function request(grids: SweepRequest["grids"], more: Partial<SweepRequest> = {}): SweepRequest {
  return {
    outgap: "0.0.0+test.node20",
    file: "small.yaml",
    scenario: smallScenario(),
    sets: [],
    cases: [],
    seed: null,
    grids,
    until: null,
    maxSeeds: 1000,
    metrics: ["recoveryTimeMs"],
    objective: null,
    subjectTo: [],
    ...more,
  };
}

function planned(asked: SweepRequest): SweepPlan {
  const result = planSweep(asked);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.plan;
}
const counts = (plan: SweepPlan): number[] => plan.points.map((point) => point.seeds);

test("the cross product, the last value varying fastest, each grid on its own seeds", () => {
  const plan = planned(
    request([
      { vary: vary("P=8,16", "cluster.reservedTaskManagers=0..2:1"), seeds: 2 },
      { vary: vary("P=32"), seeds: 1 },
    ]),
  );
  expect(plan.points.map(({ parameters, seeds }) => [...Object.values(parameters), seeds])).toEqual([
    [8, 0, 2],
    [8, 1, 2],
    [8, 2, 2],
    [16, 0, 2],
    [16, 1, 2],
    [16, 2, 2],
    [32, 1],
  ]);
  expect(plan.parameters).toEqual(["P", "cluster.reservedTaskManagers"]);
  expect(plan.points.at(-1)?.cases.map(({ config }) => config.vertices[0]?.parallelism)).toEqual([32, 32]);
});

test("runs go point by point, seed by seed, case by case, and every case has the same seeds", () => {
  const asked = request([{ vary: vary("P=8,16"), seeds: 2 }]);
  const plan = planned(asked);
  const runs = runsOf(asked, plan, counts(plan));
  expect(runs.map((run) => [run.point.parameters.P, run.seed, run.case.name])).toEqual([
    [8, "7", "global restart"],
    [8, "7", "single-task"],
    [8, "8", "global restart"],
    [8, "8", "single-task"],
    [16, "7", "global restart"],
    [16, "7", "single-task"],
    [16, "8", "global restart"],
    [16, "8", "single-task"],
  ]);
  expect(new Set(runs.map(({ key }) => key)).size).toBe(8);
});

test("a run's name depends on everything that its result depends on, and on nothing else", () => {
  const keys = (asked: SweepRequest): string[] => {
    const plan = planned(asked);
    return runsOf(asked, plan, counts(plan)).map(({ key }) => key);
  };
  const grids = [{ vary: vary("P=8"), seeds: 1 }];
  const base = keys(request(grids));
  expect(keys(request(grids))).toEqual(base);
  expect(keys(request([{ vary: vary("P=8"), seeds: 3 }])).slice(0, 2)).toEqual(base);
  expect(keys(request(grids, { metrics: ["jobOutageMs"], file: "other.yaml" }))).toEqual(base);
  for (const other of [
    request(grids, { outgap: "0.0.1+test.node20" }),
    request(grids, { seed: "9" }),
    request(grids, { sets: ["duration=61s"] }),
    request(grids, { sets: ["costs.taskOpen=1s"] }),
  ]) {
    for (const key of keys(other)) expect(base).not.toContain(key);
  }
  // Equal settings under other names are equal runs.
  expect(keys(request([{ vary: vary("cluster.reservedTaskManagers=1"), seeds: 1 }]))).toEqual(base);
});

test("the folder of a sweep is the same with more seeds and another one with other values", () => {
  const name = (text: string, seeds: number): string => sweepHash(request([{ vary: vary(text), seeds }]));
  expect(name("P=8,16", 1)).toBe(name("P=8,16", 50));
  expect(name("P=8,16", 1)).not.toBe(name("P=8,32", 1));
});

test("units share a twin, and a unit can be carried out from itself alone", () => {
  const asked = request([{ vary: vary("strategyOptions.fallbackTimer=5s,10s,20s"), seeds: 2 }]);
  const plan = planned(asked);
  const units = unitsOf(runsOf(asked, plan, counts(plan)));
  // The timer is the strategy's matter, so one fault-free run serves all; global restart has no timer: one run.
  expect(units.map((unit) => unit.runs.map((run) => `${run.case.name} ${run.seed}`))).toEqual([
    ["global restart 7", "single-task 7", "single-task 7", "single-task 7"],
    ["global restart 8", "single-task 8", "single-task 8", "single-task 8"],
  ]);
  const unit = materialise(units[1] as (typeof units)[number]);
  expect(unit.twin.strategy.name).toBe("none");
  expect(unit.twin.faults).toEqual(unit.runs[0]?.config.faults);
  expect([unit.twin.seed, ...unit.runs.map(({ config }) => config.seed)]).toEqual(["8", "8", "8", "8", "8"]);
  expect(unit.runs.map(({ config }) => config.strategy.fallbackTimerNs)).toEqual([10e9, 5e9, 10e9, 20e9]);
  expect(unitKey(unit)).toBe(unitKey(units[1] as (typeof units)[number]));
  const keys = unit.runs.map(({ key }) => key);
  const rest = withoutDone(units[1] as (typeof units)[number], (key) => key === keys[0]);
  expect(rest?.runs.map(({ key }) => key)).toEqual(keys.slice(1));
  expect(withoutDone(units[1] as (typeof units)[number], () => true)).toBeNull();
});

test("shards are disjoint, make up the whole, and are about equal", () => {
  const asked = request([{ vary: vary("P=8,16,32"), seeds: 7 }]);
  const plan = planned(asked);
  const units = unitsOf(runsOf(asked, plan, counts(plan)));
  const parts = [1, 2, 3, 4].map((index) => ofShard(units, { index, of: 4 }));
  expect(parts.flat().length).toBe(units.length);
  expect(new Set(parts.flat()).size).toBe(units.length);
  const sizes = parts.map((part) => part.length);
  expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
});

test("what cannot be planned is refused with its place", () => {
  const problems = (asked: SweepRequest): string => {
    const result = planSweep(asked);
    return result.ok ? "" : JSON.stringify(result.problems);
  };
  expect(problems(request([{ vary: vary("Q=8"), seeds: 1 }]))).toMatch(/with Q=8: .*no key or param/);
  expect(problems(request([{ vary: vary("P=8,0"), seeds: 1 }]))).toMatch(/with P=0/);
  expect(problems(request([{ vary: vary("P=8"), seeds: 2 }], { seed: "blue" }))).toMatch(/whole number/);
  const twice = [
    { vary: vary("P=8,16"), seeds: 1 },
    { vary: vary("P=16,32"), seeds: 1 },
  ];
  expect(problems(request(twice))).toMatch(/P=16 is in two grids/);
  expect(problems(request([{ vary: vary("P=1..9999:1", "duration=1s..999s:1s"), seeds: 1 }]))).toMatch(/at most/);
});
