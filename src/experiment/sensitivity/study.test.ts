import { expect, test } from "vitest";
import type { CaseSummary } from "../../metrics/result.js";
import type { Distribution, ModelConfig } from "../../model/config.js";
import { parseScenario } from "../../scenario/index.js";
import { inlineRunner } from "../runners.js";
import { smallScenario } from "../testing/small-scenario.js";
import { syntheticResult } from "../testing/synthetic-result.js";
import { performOn } from "./rounds.js";
import { mostRuns, type StudiedCase, studySensitivity, type VariedRun } from "./study.js";
import { scaleDistribution, VARIABLES } from "./variables.js";

function smallCases(): StudiedCase[] {
  const parsed = parseScenario(smallScenario({ durationS: 40 }), { file: "small.yaml" });
  if (!parsed.ok) throw new Error("the small scenario does not parse");
  return parsed.scenario.cases.map(({ name, strategy, config }) => ({ name, strategy, config }));
}

const [globalRestart, singleTask] = smallCases() as [StudiedCase, StudiedCase];

/** Recovery = taskOpen + two restart delays; `taskCreate` is drawn, but changes only the digest. */
function fakeSummary({ caseName, config }: VariedRun): CaseSummary {
  const constant = (distribution: Distribution): number =>
    distribution.kind === "constant" ? distribution.valueNs / 1e6 : 0;
  const open = constant(config.costs.taskOpen);
  const delay = config.engine.restartDelayNs / 1e6;
  const { summary } = syntheticResult(undefined, { parallelism: 8, durationMs: 70_000 });
  const recoveryTimeMs = open + 2 * delay;
  return {
    ...summary,
    case: caseName,
    seed: config.seed,
    recoveryTimeMs,
    digest: `${recoveryTimeMs} ${constant(config.costs.taskCreate)}`,
    assumptions: [
      { cost: "taskOpen", value: "", grade: "I", criticalPathShare: open / recoveryTimeMs },
      { cost: "restartDelay", value: "", grade: "I", criticalPathShare: (2 * delay) / recoveryTimeMs },
    ],
  };
}

test("a study finds what a known recovery time is made of, and runs nothing twice", async () => {
  const rounds: (readonly VariedRun[])[] = [];
  const study = await studySensitivity([globalRestart], ["7", "8"], ["recoveryTimeMs"], async (runs) => {
    rounds.push(runs);
    return runs.map(fakeSummary);
  });
  const { variables, base } = study.cases[0]!;
  expect(base.recoveryTimeMs).toBeCloseTo(2_650 + 2_000, 6);
  const drawn = variables.filter((row) => row.drawn);
  expect(drawn.map((row) => row.name)).toEqual(["taskOpen", "restartDelay", "taskCreate"]);
  const [open, delay, create] = drawn.map((row) => row.effects.recoveryTimeMs!);
  expect([open!.lower, open!.higher, open!.size].map(Number)).toEqual([4_120, 5_180, 530]);
  expect(delay!.size).toBeCloseTo(400, 6);
  expect(create!.size).toBe(0);
  expect(drawn[1]!.criticalPathShare).toBeCloseTo(2_000 / 4_650, 9);
  expect(rounds.map((runs) => runs.length)[0]).toBe(2);
  // The third round has only what the second found to be drawn, and no round a value that a fifth cannot change.
  expect(rounds.map((runs) => runs.length)[2]).toBe(2 * 3);
  expect(rounds[1]!.some((run) => JSON.stringify(run.config) === JSON.stringify(run.base))).toBe(false);
  expect(variables.some((row) => row.name === "heartbeatTimeout")).toBe(false);
  expect(variables.find((row) => row.name === "stuckTaskProbability")).toMatchObject({ drawn: false });
});

test("a cut-off value is compared by its lower bound, and an interrupt leaves whole rows only", async () => {
  let round = 0;
  const study = await studySensitivity([globalRestart], ["7"], ["recoveryTimeMs"], async (runs) => {
    round++;
    return runs.map((run, index) => {
      if (round === 3 && index > 0) return null;
      const summary = fakeSummary(run);
      const cut = Number(summary.recoveryTimeMs) > 5_000;
      return cut ? { ...summary, recoveryTimeMs: { censored: true, atLeastMs: 5_000 } } : summary;
    });
  });
  const rows = study.cases[0]!.variables;
  expect(rows.filter((row) => row.drawn).map((row) => row.name)).toEqual(["taskOpen"]);
  expect(rows[0]!.effects.recoveryTimeMs).toMatchObject({ higher: { censored: true, atLeastMs: 5_000 }, size: 530 });
});

test("an interrupt before the unchanged runs are done leaves nothing", async () => {
  const study = await studySensitivity([globalRestart], ["7"], ["recoveryTimeMs"], async (runs) =>
    runs.map(() => null),
  );
  expect(study.cases).toEqual([]);
});

test("every variable changes what it names and nothing else, there and back", () => {
  for (const { name, scale } of VARIABLES) {
    const config: ModelConfig = {
      ...singleTask.config,
      strategy: { ...singleTask.config.strategy, fallbackTimerNs: 1e9 },
    };
    const [more, less] = [scale(config, 1.2), scale(config, 0.8)];
    expect(scale(config, 1), name).toBe(config);
    if (["stuckTaskProbability", "flagVisibility", "eventVisibility"].includes(name)) {
      expect(more, name).toBe(config);
      continue;
    }
    expect(JSON.stringify(more), name).not.toBe(JSON.stringify(config));
    expect(JSON.stringify(less), name).not.toBe(JSON.stringify(config));
    const changed = (Object.keys(config) as (keyof ModelConfig)[]).filter((key) => more[key] !== config[key]);
    expect(changed, name).toHaveLength(1);
    if (changed[0] === "costs") {
      const costs = (Object.keys(config.costs) as (keyof ModelConfig["costs"])[]).filter(
        (key) => more.costs[key] !== config.costs[key],
      );
      expect(costs).toEqual([name]);
    }
  }
});

test("distributions keep their shape, and small whole numbers still change", () => {
  expect(scaleDistribution({ kind: "lognormal", medianNs: 1000, sigma: 0.5 }, 1.2)).toEqual({
    kind: "lognormal",
    medianNs: 1200,
    sigma: 0.5,
  });
  expect(scaleDistribution({ kind: "uniform", lowNs: 0, highNs: 10 }, 0.8)).toEqual({
    kind: "uniform",
    lowNs: 0,
    highNs: 8,
  });
  expect(scaleDistribution({ kind: "constant", valueNs: 2 }, 1.2)).toEqual({ kind: "constant", valueNs: 3 });
  expect(scaleDistribution({ kind: "constant", valueNs: 2 }, 0.8)).toEqual({ kind: "constant", valueNs: 1 });
  expect(scaleDistribution({ kind: "empirical", valuesNs: [10, 20] }, 1.2)).toEqual({
    kind: "empirical",
    valuesNs: [12, 24],
  });
});

test("simulated: a constant on the critical path moves recovery by what it was moved itself", async () => {
  const capacity = 2 * mostRuns(1, 1);
  const runner = await inlineRunner(new Float64Array(capacity));
  const signal = new AbortController().signal;
  const metrics = ["recoveryTimeMs", "jobOutageMs"];
  const study = await studySensitivity([singleTask], ["7"], metrics, performOn(runner, { metrics, signal, capacity }));
  const rows = study.cases[0]!.variables;
  const open = rows.find((row) => row.name === "taskOpen")!;
  expect(rows[0]).toBe(open);
  const { base, lower, higher } = open.effects.recoveryTimeMs!;
  expect(Number(higher) - Number(base)).toBeCloseTo(530, -1);
  expect(Number(base) - Number(lower)).toBeCloseTo(530, -1);
  expect(open.criticalPathShare).toBeGreaterThan(0.3);
  // A container is started to fill the reserve again, but nobody waits for it; and no restart set is computed.
  const start = rows.find((row) => row.name === "containerStart")!;
  expect(start).toMatchObject({ drawn: true, criticalPathShare: 0 });
  expect(start.effects.recoveryTimeMs!.size).toBe(0);
  expect(rows.find((row) => row.name === "restartSetPerEdge")).toMatchObject({ drawn: false, criticalPathShare: 0 });
});
