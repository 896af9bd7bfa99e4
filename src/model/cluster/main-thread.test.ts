/** The JobManager's main thread against queueing theory, and the rule that a loop lets nothing in between. */
import { describe, expect, test } from "vitest";
import { PRIORITY } from "../../kernel/priorities.js";
import { RandomStreams } from "../../kernel/random.js";
import { Simulation } from "../../kernel/simulation.js";
import { CausalLog } from "../causal-log.js";
import { PHASE } from "../phases.js";
import { MainThread } from "./main-thread.js";

const MESSAGES = 60_000;

/** Poisson arrivals at `load` messages per ms on a server with mean service 1 ms; sojourns in ms, in arrival order. */
function openQueue(
  load: number,
  serviceMs: (u: number) => number,
): { sojournMs: number[]; areaMs: number; log: CausalLog } {
  const sim = new Simulation();
  const log = new CausalLog();
  const thread = new MainThread(sim, log);
  const streams = new RandomStreams("queue");
  const gaps = streams.family("gaps");
  const services = streams.family("services");
  const arrivedNs: number[] = [];
  const sojournMs: number[] = [];
  let inSystem = 0;
  let areaNs = 0;
  let lastNs = 0;
  const change = (by: number): void => {
    areaNs += inSystem * (sim.nowNs - lastNs);
    lastNs = sim.nowNs;
    inSystem += by;
  };
  const kind = thread.define({
    name: "message",
    phase: PHASE.detect,
    cost: "taskOperation",
    costNs: (id) => Math.round(serviceMs(services.uniform(0, id)) * 1e6),
    handle: (id) => {
      change(-1);
      sojournMs.push((sim.nowNs - arrivedNs[id]!) / 1e6);
    },
  });
  const arrive = sim.defineKind("arrive", PRIORITY.delivery, (_e, id) => {
    change(1);
    arrivedNs[id] = sim.nowNs;
    thread.post(kind, id, 0, -1);
    if (id + 1 < MESSAGES)
      sim.schedule(sim.nowNs + Math.round((-Math.log(gaps.uniform(0, id)) / load) * 1e6), arrive, 1, id + 1);
  });
  sim.schedule(0, arrive, 1, 0);
  sim.run(Number.POSITIVE_INFINITY);
  return { sojournMs, areaMs: areaNs / 1e6, log };
}

/** Half-width of a 95 % interval of the mean from 30 batch means (t = 2.05). */
function batchInterval(values: readonly number[]): { mean: number; half: number } {
  const size = Math.floor(values.length / 30);
  const means = Array.from(
    { length: 30 },
    (_, b) => values.slice(b * size, (b + 1) * size).reduce((a, v) => a + v, 0) / size,
  );
  const mean = means.reduce((a, v) => a + v, 0) / 30;
  const variance = means.reduce((a, v) => a + (v - mean) ** 2, 0) / 29;
  return { mean, half: 2.05 * Math.sqrt(variance / 30) };
}

describe("queueing theory", () => {
  test.each([0.5, 0.8])("M/M/1 at load %d: mean sojourn 1/(μ−λ) within two 95 %% intervals", (load) => {
    const { mean, half } = batchInterval(openQueue(load, (u) => -Math.log(u)).sojournMs);
    expect(Math.abs(mean - 1 / (1 - load))).toBeLessThan(2 * half);
    expect(half / mean).toBeLessThan(0.1);
  });

  test.each([0.5, 0.8])("M/D/1 at load %d: mean sojourn 1 + ρ/2(1−ρ)", (load) => {
    const { mean, half } = batchInterval(openQueue(load, () => 1).sojournMs);
    expect(Math.abs(mean - (1 + load / (2 * (1 - load))))).toBeLessThan(2 * half);
  });

  test("Little's law holds exactly on the sample path: ∫N dt = Σ sojourns", () => {
    const { sojournMs, areaMs } = openQueue(0.7, (u) => -Math.log(u));
    const total = sojournMs.reduce((sum, value) => sum + value, 0);
    expect(Math.round(areaMs * 1e3)).toBe(Math.round(total * 1e3));
  });

  test("a closed network of two main threads: throughput of the product form", () => {
    // n jobs cycle between two exponential servers with means 1 and 0.5 ms: X(n) by mean value analysis.
    const jobs = 5;
    const sim = new Simulation();
    const threads = [new MainThread(sim, new CausalLog()), new MainThread(sim, new CausalLog())];
    const services = new RandomStreams("closed").family("services");
    const meansMs = [1, 0.5];
    const served = [0, 0];
    const kinds = threads.map((thread, i) =>
      thread.define({
        name: `station-${i}`,
        phase: PHASE.detect,
        cost: "taskOperation",
        costNs: () => Math.round(-Math.log(services.uniform(i, served[i]!)) * meansMs[i]! * 1e6),
        handle: (job) => {
          served[i]!++;
          threads[1 - i]!.post(kinds[1 - i]!, job, 0, -1);
        },
      }),
    );
    for (let job = 0; job < jobs; job++) threads[0]!.post(kinds[0]!, job, 0, -1);
    sim.run(100e9);
    let queues = [0, 0];
    let throughput = 0;
    for (let n = 1; n <= jobs; n++) {
      const residence = meansMs.map((mean, i) => mean * (1 + queues[i]!));
      throughput = n / (residence[0]! + residence[1]!);
      queues = residence.map((time) => time * throughput);
    }
    expect(served[0]! / 100_000 / throughput).toBeGreaterThan(0.99);
    expect(served[0]! / 100_000 / throughput).toBeLessThan(1.01);
  });
});

test("items of a loop are served before queued messages, in order, each with its own service time", () => {
  const sim = new Simulation();
  const thread = new MainThread(sim, new CausalLog());
  const order: string[] = [];
  const item = thread.define({
    name: "item",
    phase: PHASE.deploy,
    cost: "taskOperation",
    costNs: (a) => a * 10,
    handle: (a) => void order.push(`item ${a} ${sim.nowNs}`),
  });
  const message = thread.define({
    name: "message",
    phase: PHASE.detect,
    cost: "taskOperation",
    costNs: () => 100,
    handle: (a) => void order.push(`message ${a} ${sim.nowNs}`),
  });
  const begin = thread.define({
    name: "begin",
    phase: PHASE.deploy,
    cost: "taskOperation",
    costNs: () => 1,
    handle: (_a, _b, step) => {
      for (const a of [1, 2, 3]) thread.postLoop(item, a, 0, step);
    },
  });
  thread.post(begin, 0, 0, -1);
  thread.post(message, 7, 0, -1);
  sim.run(1000);
  expect(order).toEqual(["item 1 11", "item 2 31", "item 3 61", "message 7 161"]);
});
