/** The plane's own FIFO servers against queueing theory: source thread (M/D/1, M/M/1), stalls by the size of a queue. */
import { describe, expect, it } from "vitest";
import { RandomStreams } from "../../../kernel/random.js";
import { Simulation } from "../../../kernel/simulation.js";
import type { Distribution } from "../../config.js";
import { TaskTable } from "../../task-table.js";
import { buildTopology } from "../../topology/topology.js";
import { EventLoops } from "./event-loops.js";
import { createExactPlane } from "./index.js";
import { Driver } from "./testing/driver.js";
import { config, constant, hash, MS, SECOND, vertex } from "./testing/small-job.js";

/** Mean number in the system, sampled each 100 ms over many independent servers, with its standard error. */
function meanInSystem(load: number, serviceTime: Distribution): { mean: number; error: number } {
  const servers = 64;
  const serviceNs = 1 * MS;
  const model = config({
    durationNs: 40 * SECOND,
    vertices: [
      vertex("s", "source", servers, { ratePerSecond: (servers * load * 1e9) / serviceNs, serviceTime, sink: true }),
    ],
    edges: [],
  });
  const { bins } = new Driver(model, createExactPlane).run();
  // From an empty start; samples 100 ms apart are nearly independent at these loads.
  const samples = [...bins.backlogLog].slice(20).map((n) => n / servers);
  const mean = samples.reduce((sum, x) => sum + x, 0) / samples.length;
  const variance = samples.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (samples.length - 1);
  return { mean, error: Math.sqrt(variance / samples.length) };
}

describe("source thread", () => {
  it.each([0.3, 0.6, 0.8])("is an M/D/1 server at load %f", (load) => {
    const { mean, error } = meanInSystem(load, constant(1 * MS));
    const theory = load + load ** 2 / (2 * (1 - load));
    expect(Math.abs(mean - theory)).toBeLessThan(4 * error + 0.002);
    expect(error / theory).toBeLessThan(0.02);
  });

  it("is an M/M/1 server with exponential service", () => {
    const { mean, error } = meanInSystem(0.7, { kind: "exponential", meanNs: 1 * MS });
    expect(Math.abs(mean - 0.7 / 0.3)).toBeLessThan(4 * error + 0.005);
  });
});

describe("consumer thread", () => {
  it.each([0.3, 0.7])("is an M/D/1 server at load %f", (load) => {
    const servers = 64;
    // Each record leaves at once, and reaches the sink of its own slot without a delay.
    const model = config({
      durationNs: 30 * SECOND,
      vertices: [
        vertex("s", "source", servers, { ratePerSecond: servers * load * 1000, serviceTime: constant(0) }),
        vertex("k", "sink", servers, { serviceTime: constant(1 * MS), sink: true }),
      ],
      edges: [{ ...hash(0, 1), partitioning: "forward" }],
      engine: { bufferTimeoutNs: 0 },
    });
    const { bins, violations } = new Driver(model, createExactPlane).run();
    expect(violations).toEqual([]);
    const samples = [...bins.backlogNetwork].slice(20).map((n) => n / servers);
    const mean = samples.reduce((sum, x) => sum + x, 0) / samples.length;
    const variance = samples.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (samples.length - 1);
    const theory = load + load ** 2 / (2 * (1 - load));
    expect(Math.abs(mean - theory)).toBeLessThan(4 * Math.sqrt(variance / samples.length) + 0.002);
  });
});

describe("Netty event loop", () => {
  it("serves data first come, first served: the mean wait of M/D/1", () => {
    const model = config({
      vertices: [vertex("s", "source", 1)],
      edges: [],
      costs: { nettyMessage: constant(100_000), nettyPerByteNs: 0 },
    });
    const sim = new Simulation();
    const streams = new RandomStreams("1");
    const topology = buildTopology(model);
    const loops = new EventLoops({
      config: model,
      topology,
      sim,
      streams,
      tasks: new TaskTable(1),
      taskManagerAlive: () => true,
      measureFromNs: 0,
      entityBase: 0,
    });
    const load = 0.7;
    const draws = streams.family("test");
    let arrivalNs = 0;
    let waited = 0;
    const n = 200_000;
    for (let i = 0; i < n; i++) {
      arrivalNs += Math.round((-100_000 / load) * Math.log(draws.uniform53(0, i)));
      sim.run(arrivalNs);
      waited += loops.serve(3, 1000) - arrivalNs - 100_000;
    }
    const theory = (100_000 * load) / (2 * (1 - load));
    expect(Math.abs(waited / n / theory - 1)).toBeLessThan(0.04);
  });

  it("lets data pass a control message that is not there yet, and queues control messages one by one", () => {
    const model = config({
      vertices: [vertex("s", "source", 1)],
      edges: [],
      costs: { nettyMessage: constant(5_000), nettyPerByteNs: 0 },
    });
    const topology = buildTopology(model);
    const loops = new EventLoops({
      config: model,
      topology,
      sim: new Simulation(),
      streams: new RandomStreams("1"),
      tasks: new TaskTable(1),
      taskManagerAlive: () => true,
      measureFromNs: 0,
      entityBase: 0,
    });
    expect(loops.serveControl(0, 100_000, 20_000)).toBe(120_000);
    expect(loops.serveControl(0, 100_000, 20_000)).toBe(140_000);
    // Both have taken their share of the loop.
    expect(loops.serve(0, 0)).toBe(45_000);
    expect(loops.serve(1, 0)).toBe(5_000);
  });
});

describe("stall of a sender whose consumer is gone and whose data is held", () => {
  function stallsAfterKill(
    ratePerSource: number,
    maxBuffersPerChannel: number | null,
    blocksInsideEmit: boolean,
  ): number[] {
    const parallelism = 16;
    const source = (id: string) =>
      vertex(id, "source", parallelism, {
        ratePerSecond: ratePerSource * parallelism,
        serviceTime: constant(20_000),
        arrivals: "periodic",
      });
    const join = vertex("j", "join", parallelism, {
      windowNs: 1 * SECOND,
      matchProbability: 0.9,
      matchDelay: { kind: "exponential", meanNs: 100 * MS },
      sink: true,
      serviceTime: constant(10_000),
    });
    const model = config({
      durationNs: 9 * SECOND,
      vertices: [source("a"), source("b"), join],
      edges: [hash(0, 2), hash(1, 2)],
      engine: { maxBuffersPerChannel, blocksInsideEmit },
    });
    const driver = new Driver(model, createExactPlane, { discard: false, restartNs: Number.POSITIVE_INFINITY });
    driver.at(2 * SECOND, () => driver.killTaskManager(2));
    const result = driver.run();
    expect(result.violations).toEqual([]);
    expect(result.stalls.length).toBe(24);
    return result.stalls.map((stall) => (stall.atNs - 2 * SECOND) / SECOND).sort((a, b) => a - b);
  }

  const recordBytes = 1004;

  it.each([
    [4, true],
    [4, false],
  ])("comes when %i buffers of a channel are full (blocks inside emit: %s)", (max, hard) => {
    const rate = 2000;
    const stalls = stallsAfterKill(rate, max, hard);
    // The first of four dead channels to fill stops the source; soft back-pressure stops as the last segment opens.
    const perBuffer = 32768 / ((rate / 16) * recordBytes);
    const limit = (hard ? max : max - 1) * perBuffer;
    const median = stalls[12]!;
    expect(median).toBeLessThan(limit + 0.1);
    expect(median).toBeGreaterThan(limit - perBuffer - 0.1);
  });

  it("comes when the shared pool is used up", () => {
    const rate = 4000;
    const stalls = stallsAfterKill(rate, null, true);
    const dead = 4;
    // 2N+8 segments, of which each live channel has one open.
    const segments = 2 * 16 + 8 - (16 - dead);
    const predicted = (segments * 32768) / (((dead * rate) / 16) * recordBytes);
    expect(Math.abs(stalls[12]! - predicted)).toBeLessThan(0.1 + 32768 / ((rate / 16) * recordBytes));
  });
});
