/** Both ledgers, every hop, pools, credits and record boundaries under random failures of random jobs. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ModelConfig, Partitioning, VertexConfig } from "../../config.js";
import { createExactPlane } from "./index.js";
import { Driver } from "./testing/driver.js";
import { config, constant, hash, MS, SECOND, vertex } from "./testing/small-job.js";

const PARTITIONINGS: readonly Partitioning[] = ["hash", "forward", "rebalance", "rescale", "broadcast"];

const jobs = fc.record({
  shape: fc.constantFrom("join", "three-way", "chain", "operator-join", "join-sink", "fan-out"),
  parallelism: fc.constantFrom(4, 8),
  rate: fc.constantFrom(200, 1000),
  recordBytes: fc.constantFrom(100, 1000, 5000),
  partitioning: fc.constantFrom(...PARTITIONINGS),
  selectivity: fc.constantFrom(1, 0.5, 2),
  resume: fc.constantFrom("committed" as const, "latest" as const),
  arrivals: fc.constantFrom("poisson" as const, "periodic" as const),
  maxBuffersPerChannel: fc.constantFrom(null, 2, 10),
  blocksInsideEmit: fc.boolean(),
  segmentBytes: fc.constantFrom(32768, 4096, 700),
  exclusiveBuffersPerChannel: fc.constantFrom(0, 1, 2),
  floatingBuffersPerGate: fc.constantFrom(1, 8),
  connectionPerEdge: fc.boolean(),
  discard: fc.boolean(),
  restartNs: fc.constantFrom(10 * MS, 2 * SECOND, Number.POSITIVE_INFINITY),
  noticeNs: fc.constantFrom(1 * MS, 100 * MS),
});
const faults = fc.array(
  fc.record({
    atNs: fc.integer({ min: 1 * SECOND, max: 7 * SECOND }),
    taskManager: fc.boolean(),
    victim: fc.nat(),
    mail: fc.nat(),
  }),
  { maxLength: 3 },
);

type Job = typeof jobs extends fc.Arbitrary<infer T> ? T : never;

function build(job: Job): ModelConfig {
  const { parallelism: p, rate, recordBytes, resume, arrivals } = job;
  const source = (id: string): VertexConfig =>
    vertex(id, "source", p, {
      ratePerSecond: rate * p,
      recordBytes,
      resume,
      arrivals,
      serviceTime: { kind: "exponential", meanNs: 100_000 },
    });
  const join = (sink: boolean): VertexConfig =>
    vertex("join", "join", p, {
      windowNs: 1 * SECOND,
      matchProbability: 0.9,
      matchDelay: { kind: "exponential", meanNs: 300 * MS },
      serviceTime: constant(30_000),
      recordBytes: 300,
      sink,
    });
  const operator = vertex("operator", "operator", p, { serviceTime: constant(30_000), selectivity: job.selectivity });
  const sink = vertex("sink", "sink", p, { serviceTime: constant(20_000), sink: true });
  const edge = (from: number, to: number) => ({ ...hash(from, to), partitioning: job.partitioning });
  const {
    maxBuffersPerChannel,
    blocksInsideEmit,
    segmentBytes,
    exclusiveBuffersPerChannel,
    floatingBuffersPerGate,
    connectionPerEdge,
  } = job;
  const engine = {
    maxBuffersPerChannel,
    blocksInsideEmit,
    segmentBytes,
    exclusiveBuffersPerChannel,
    floatingBuffersPerGate,
    connectionPerEdge,
  };
  const common = { durationNs: 8 * SECOND, engine };
  switch (job.shape) {
    case "join":
      return config({ ...common, vertices: [source("a"), source("b"), join(true)], edges: [hash(0, 2), edge(1, 2)] });
    case "three-way":
      return config({
        ...common,
        vertices: [source("a"), source("b"), source("c"), join(true)],
        edges: [hash(0, 3), hash(1, 3), hash(2, 3)],
      });
    case "chain":
      return config({ ...common, vertices: [source("a"), operator, sink], edges: [edge(0, 1), edge(1, 2)] });
    case "operator-join":
      return config({
        ...common,
        vertices: [source("a"), operator, source("b"), join(true)],
        edges: [edge(0, 1), hash(1, 3), hash(2, 3)],
      });
    case "join-sink":
      return config({
        ...common,
        vertices: [source("a"), source("b"), join(false), sink],
        edges: [hash(0, 2), hash(1, 2), edge(2, 3)],
      });
    default:
      return config({
        ...common,
        vertices: [source("a"), source("b"), join(true), sink],
        edges: [hash(0, 2), hash(1, 2), edge(0, 3)],
      });
  }
}

describe("random failures", () => {
  it("leave every record and match with one fate", { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(jobs, faults, (job, list) => {
        const driver = new Driver(build(job), createExactPlane, job);
        for (const fault of list) {
          driver.at(fault.atNs, () => {
            if (fault.taskManager) driver.killTaskManager(fault.victim % (job.parallelism / 4));
            else driver.failTask(fault.victim % driver.topology.tasks);
          });
          driver.at(fault.atNs + 50 * MS, () => {
            driver.plane.runMail(fault.mail % driver.topology.tasks, driver.sim.nowNs, 1 * MS);
          });
        }
        expect(driver.run().violations).toEqual([]);
      }),
      { numRuns: 40, seed: 20260801 },
    );
  });
});
