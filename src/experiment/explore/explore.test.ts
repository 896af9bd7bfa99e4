/** The swarm itself: it finds what is broken, finds nothing else, shrinks what it finds, and is a function of its seed. */
import { describe, expect, test } from "vitest";
import { BROKEN_STRATEGIES } from "../../failover/testing/broken.js";
import { exploreCase } from "../../scenario/explore-case.js";
import { parseScenario } from "../../scenario/index.js";
import { explore } from "./explore.js";
import { generate } from "./generate.js";
import { shrink } from "./shrink.js";
import { exploreStretch } from "./swarm.js";
import { parseCase } from "./swarm-case.js";
import { hunt } from "./testing/hunt.js";

const never = new AbortController().signal;
const quiet = { given: null, signal: never, onProgress: () => undefined };

describe("broken strategies", () => {
  test.each(BROKEN_STRATEGIES.map((broken) => [broken.strategy.name, broken] as const))(
    "%s: found",
    (_name, broken) => {
      const { runs, broken: found } = hunt("a", broken, 150);
      expect(runs).not.toBeNull();
      const named = found.find(({ name }) => broken.breaks.includes(name))!;
      // The check names the place: a task, a channel or a number of them.
      expect(named.first).toMatch(/\d/);
    },
  );
});

describe("shipped strategies", () => {
  test("break nothing", () => {
    const { findings, refused, runs } = exploreStretch({ seed: "shipped", from: 0, count: 120, given: null });
    expect(findings).toEqual([]);
    expect(refused).toEqual([]);
    expect(runs).toBe(120);
  });

  test("meet four TaskManagers at least, all kinds of faults, and most cells of the tables", () => {
    const kinds = new Set<string>();
    for (let run = 0; run < 150; run++) {
      const { swarm } = generate("kinds", run, null);
      expect(Number(/taskManagers: (\d+)/.exec(swarm.base)![1])).toBeGreaterThanOrEqual(4);
      for (const fault of swarm.faults) kinds.add(/kind: ([\w-]+)/.exec(fault)![1]!);
    }
    expect([...kinds].sort()).toEqual([
      "fail-task",
      "hang-io-thread",
      "hang-task",
      "kill-machines",
      "kill-task-manager",
      "partition",
      "power-loss",
      "slow-machine",
      "slow-task",
    ]);
  });
});

describe("same seed, same findings", () => {
  test("a run is a function of the seed and its number", () => {
    expect(generate("s", 17, null)).toEqual(generate("s", 17, null));
    expect(generate("s", 17, null)).not.toEqual(generate("s", 18, null));
    const whole = exploreStretch({ seed: "s", from: 0, count: 12, given: null });
    const late = exploreStretch({ seed: "s", from: 6, count: 6, given: null });
    const early = exploreStretch({ seed: "s", from: 0, count: 6, given: null });
    expect(early.events + late.events).toBe(whole.events);
  });

  test("whatever the number of threads", async () => {
    const one = await explore({ seed: "w", runs: 45, workers: 1, ...quiet });
    const two = await explore({ seed: "w", runs: 45, workers: 2, ...quiet });
    expect({ ...two, workers: 1 }).toEqual({ ...one, workers: 1 });
    expect(one.runs).toBe(45);
    expect(one.coverage.find(({ cell }) => cell === "channel: ACTIVE × onError")!.runs).toBeGreaterThan(5);
  });
});

describe("a finding", () => {
  const defect = BROKEN_STRATEGIES.find(({ strategy }) => strategy.name === "drops the cached update")!;
  test("shrinks to few faults, and the scenario that is kept replays it", () => {
    const { swarm } = hunt("shrink", defect, 150);
    const breaks = (candidate: NonNullable<typeof swarm>): boolean => {
      const scenario = parseCase(candidate);
      return (
        typeof scenario !== "string" &&
        exploreCase(scenario.cases[0]!.config, defect.strategy).broken.some(({ name }) => name === "recovers")
      );
    };
    const small = shrink(swarm!, breaks, 120);
    expect(small.swarm.faults.length).toBeLessThanOrEqual(2);
    expect(small.swarm.settings.length).toBeLessThan(swarm!.settings.length);
    const kept = parseCase(small.swarm);
    if (typeof kept === "string") throw new Error(kept);
    const again = parseScenario(kept.normalisedYaml, { file: "kept.yaml" });
    if (!again.ok) throw new Error("the kept scenario does not parse");
    const replayed = exploreCase(again.scenario.cases[0]!.config, defect.strategy);
    expect(replayed.broken).toEqual(exploreCase(kept.cases[0]!.config, defect.strategy).broken);
    expect(replayed.broken.map(({ name }) => name)).toContain("recovers");
    expect(exploreCase(again.scenario.cases[0]!.config).broken).toEqual([]);
  });

  test("a crash is a finding, not an end of the swarm", () => {
    const scenario = parseCase(generate("s", 1, null).swarm);
    if (typeof scenario === "string") throw new Error(scenario);
    const crashes = {
      ...defect.strategy,
      decide: () => {
        throw new Error("no idea");
      },
    };
    expect(exploreCase(scenario.cases[0]!.config, crashes).broken).toEqual([
      { name: "crash", first: expect.stringContaining("no idea") },
    ]);
  });
});

test("an update for an older attempt than the one that was asked for in vain is stale: its channel asks on for the newer one", () => {
  const { findings, uses } = exploreStretch({ seed: "session5", from: 5700, count: 1, given: null });
  // Should the generator change, this says that the run shows nothing of it any more.
  expect(uses["channel: RECONNECTING × older update RPC"]).toBeGreaterThan(0);
  expect(findings).toEqual([]);
});
