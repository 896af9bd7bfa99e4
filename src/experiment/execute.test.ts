import { expect, test } from "vitest";
import type { ModelConfig } from "../model/config.js";
import { execute, type Outcome, type Runner } from "./execute.js";
import type { Plan, PlannedRun } from "./plan.js";
import { syntheticResult } from "./testing/synthetic-result.js";

const result = syntheticResult(undefined, { parallelism: 8, durationMs: 70_000 });

/** `seeds` groups of four runs; pairs of them share a twin. */
function plan(seeds: number): Plan {
  const config = (name: string): ModelConfig => ({ name }) as ModelConfig;
  const runs: PlannedRun[] = [];
  for (let seed = 0; seed < seeds; seed++) {
    for (let at = 0; at < 4; at++) {
      const twin = 2 * seed + (at % 2);
      runs.push({ index: runs.length, scenario: 0, caseName: `case ${at}`, config: config(`run ${twin}`), twin });
    }
  }
  const twins = Array.from({ length: 2 * seeds }, (_, index) => ({ index, config: config(`twin ${index}`), users: 2 }));
  return { runs, twins };
}

/** Takes longer for some tasks than for others, and remembers how many it had at once. */
class FakeRunner implements Runner<string> {
  readonly width: number;
  atOnce = 0;
  most = 0;
  started = 0;
  readonly used: string[] = [];

  constructor(width: number) {
    this.width = width;
  }

  async twin(config: ModelConfig): Promise<string> {
    await this.#work();
    return config.name;
  }

  async run(run: PlannedRun, twin: Promise<string>): Promise<Outcome> {
    await this.#work();
    this.used.push(`${run.index}:${await twin}`);
    return { result, wallMs: this.started, peakRssBytes: 0 };
  }

  async #work(): Promise<void> {
    this.most = Math.max(this.most, ++this.atOnce);
    const steps = [7, 1, 4, 2, 9][this.started++ % 5] as number;
    for (let step = 0; step < steps; step++) await new Promise(setImmediate);
    this.atOnce--;
  }
}

test.each([1, 2, 3, 16])("hands results over in the order of the plan with %i workers", async (width) => {
  const runner = new FakeRunner(width);
  const order: number[] = [];
  await execute(plan(5), runner, { trace: false, onOutcome: (run) => order.push(run.index) });
  expect(order).toEqual(Array.from({ length: 20 }, (_, index) => index));
  expect(runner.most).toBeLessThanOrEqual(width);
  if (width > 1) expect(runner.most).toBeGreaterThan(1);
  for (const run of plan(5).runs) expect(runner.used).toContain(`${run.index}:twin ${run.twin}`);
});

test("simulates every twin once", async () => {
  const runner = new FakeRunner(4);
  await execute(plan(3), runner, { trace: false, onOutcome: () => undefined });
  expect(runner.started).toBe(12 + 6);
});

test("after an abort it hands over what is finished, in order, and starts nothing", async () => {
  const abort = new AbortController();
  const runner = new FakeRunner(2);
  const order: number[] = [];
  await execute(plan(10), runner, {
    trace: false,
    signal: abort.signal,
    onOutcome: (run) => order.push(run.index),
    onTaskEnd: () => {
      if (runner.started > 8) abort.abort();
    },
  });
  expect(order.length).toBeGreaterThan(0);
  expect(order.length).toBeLessThan(20);
  expect(order).toEqual([...order].sort((a, b) => a - b));
  expect(runner.started).toBeLessThan(16);
});

test("an error of one run is the error of all", async () => {
  const runner = new FakeRunner(2);
  const failing: Runner<string> = {
    width: 2,
    twin: (config) => runner.twin(config),
    run: async (run, twin) => {
      if (run.index === 3) throw new Error("run 3 broke");
      return runner.run(run, twin);
    },
  };
  await expect(execute(plan(4), failing, { trace: false, onOutcome: () => undefined })).rejects.toThrow("run 3 broke");
});

test("a run starts beside its twin, and waits for it only to be compared", async () => {
  const order: string[] = [];
  let endTwin: (name: string) => void = () => undefined;
  const runner: Runner<string> = {
    width: 2,
    twin: () => {
      order.push("twin starts");
      return new Promise((resolve) => {
        endTwin = resolve;
      });
    },
    run: async (run, twin) => {
      order.push(`run ${run.index} starts`);
      if (run.index === 0) endTwin("twin 0");
      order.push(`run ${run.index} compared with ${await twin}`);
      return { result, wallMs: 0, peakRssBytes: 0 };
    },
  };
  const { runs, twins } = plan(1);
  const one: Plan = { runs: runs.slice(0, 1), twins: twins.slice(0, 1) };
  await execute(one, runner, { trace: false, onOutcome: () => undefined });
  expect(order).toEqual(["twin starts", "run 0 starts", "run 0 compared with twin 0"]);
});

test("a twin that fails ends the runs that wait for it", async () => {
  const runner: Runner<string> = {
    width: 2,
    twin: async () => {
      await new Promise(setImmediate);
      throw new Error("twin broke");
    },
    run: async (_, twin) => {
      await twin;
      return { result, wallMs: 0, peakRssBytes: 0 };
    },
  };
  await expect(execute(plan(2), runner, { trace: false, onOutcome: () => undefined })).rejects.toThrow("twin broke");
});
