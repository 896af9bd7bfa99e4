import { describe, expect, it } from "vitest";
import { RandomStreams } from "../../../kernel/random.js";
import { Simulation } from "../../../kernel/simulation.js";
import type { ModelConfig } from "../../config.js";
import { TaskTable } from "../../task-table.js";
import { buildTopology } from "../../topology/topology.js";
import { Arrivals } from "./arrivals.js";
import { HashSelector, Keys } from "./keys.js";
import { planRoutes } from "./routes.js";
import { config, hash, joinJob, MS, SECOND, vertex } from "./testing/small-job.js";

function draw(model: ModelConfig, untilNs = model.durationNs): Arrivals {
  const topology = buildTopology(model);
  const streams = new RandomStreams(model.seed);
  const context = {
    config: model,
    topology,
    sim: new Simulation(),
    streams,
    tasks: new TaskTable(topology.tasks),
    taskManagerAlive: () => true,
    measureFromNs: 0,
    entityBase: 0,
  };
  const arrivals = new Arrivals(context, planRoutes(model, topology), new Keys(streams));
  arrivals.generate(untilNs);
  return arrivals;
}

/** Counts of one log in bins of `binNs` over [fromNs, toNs). */
function countsOf(arrivals: Arrivals, source: number, binNs: number, fromNs: number, toNs: number): number[] {
  const log = arrivals.logs[source]!;
  const counts = new Array<number>(Math.floor((toNs - fromNs) / binNs)).fill(0);
  for (let offset = log.tail; offset < log.end; offset++) {
    const bin = Math.floor((log.eventNs[offset & log.mask]! - fromNs) / binNs);
    if (bin >= 0 && bin < counts.length) counts[bin]!++;
  }
  return counts;
}

describe("arrivals of a join's sources", () => {
  const arrivals = draw(joinJob(4, 1000, { durationNs: 20 * SECOND }));

  it("are Poisson in every log: mean and variance of counts, no correlation between neighbours", () => {
    for (let source = 0; source < 8; source++) {
      const counts = countsOf(arrivals, source, 20 * MS, 0, 20 * SECOND);
      const mean = counts.reduce((sum, n) => sum + n, 0) / counts.length;
      const variance = counts.reduce((sum, n) => sum + (n - mean) ** 2, 0) / (counts.length - 1);
      expect(Math.abs(mean / 20 - 1)).toBeLessThan(4 / Math.sqrt(20 * 1000));
      // Standard error of the index of dispersion of n Poisson counts: √(2/n).
      expect(Math.abs(variance / mean - 1)).toBeLessThan(4 * Math.sqrt(2 / counts.length));
      let lag = 0;
      for (let i = 1; i < counts.length; i++) lag += (counts[i]! - mean) * (counts[i - 1]! - mean);
      expect(Math.abs(lag / (counts.length * variance))).toBeLessThan(4 / Math.sqrt(counts.length));
    }
  });

  it("have partners with the probability, and at the delay, of the scenario", () => {
    const times = new Map<number, number[]>();
    let records = 0;
    let withPartner = 0;
    arrivals.logs.forEach((log, source) => {
      for (let offset = log.zero; offset < log.end; offset++) {
        const tuple = log.tuple[offset & log.mask]!;
        if (source < 4) {
          records++;
          if (tuple >= 0) withPartner++;
        }
      }
      for (let offset = log.tail; offset < log.end; offset++) {
        const tuple = log.tuple[offset & log.mask]!;
        if (tuple >= 0) times.set(tuple, [...(times.get(tuple) ?? []), log.eventNs[offset & log.mask]!]);
      }
    });
    expect(Math.abs(withPartner / records - 0.9)).toBeLessThan(4 * Math.sqrt((0.9 * 0.1) / records));
    const delays = [...times.values()]
      .filter((pair) => pair.length === 2 && Math.min(...pair) < 10 * SECOND)
      .map(([a, b]) => Math.abs(a! - b!));
    const mean = delays.reduce((sum, d) => sum + d, 0) / delays.length;
    expect(Math.abs(mean / SECOND - 1)).toBeLessThan(4 / Math.sqrt(delays.length));
  });

  it("are in order of event time", () => {
    for (const log of arrivals.logs) {
      for (let offset = log.tail + 1; offset < log.end; offset++) {
        expect(log.eventNs[offset & log.mask]! >= log.eventNs[(offset - 1) & log.mask]!).toBe(true);
      }
    }
  });
});

describe("a run that ends early", () => {
  it("has the exogenous hash of the whole", () => {
    const model = joinJob(2, 300, { durationNs: 6 * SECOND });
    const whole = draw(model);
    const early = draw(model, 2 * SECOND);
    expect(early.exogenousHash()).not.toBe(whole.exogenousHash());
    const kept = early.logs[0]!.mask;
    early.finish(6 * SECOND);
    expect(early.exogenousHash()).toBe(whole.exogenousHash());
    expect(early.logs[0]!.mask).toBe(kept);
  });
});

describe("periodic arrivals", () => {
  it("are evenly spaced, partners included", () => {
    const model = config({
      durationNs: 4 * SECOND,
      vertices: [
        vertex("a", "source", 2, { ratePerSecond: 200, arrivals: "periodic" }),
        vertex("b", "source", 2, { ratePerSecond: 200, arrivals: "periodic" }),
        vertex("j", "join", 2, {
          windowNs: SECOND,
          matchProbability: 0.8,
          matchDelay: { kind: "exponential", meanNs: 100 * MS },
          sink: true,
        }),
      ],
      edges: [hash(0, 2), hash(1, 2)],
    });
    const arrivals = draw(model);
    let partners = 0;
    let records = 0;
    for (const log of arrivals.logs) {
      for (let offset = log.zero; offset < log.end; offset++) {
        records++;
        if (log.tuple[offset & log.mask]! >= 0) partners++;
        if (offset > log.zero) {
          const gap = log.eventNs[offset & log.mask]! - log.eventNs[(offset - 1) & log.mask]!;
          expect(Math.abs(gap - 10 * MS)).toBeLessThanOrEqual(1);
        }
      }
    }
    expect(Math.abs(partners / records - 0.8)).toBeLessThan(0.06);
  });
});

describe("HashSelector", () => {
  it("gives each consumer its share of the keys", () => {
    const model = config({
      vertices: [vertex("a", "source", 1), vertex("j", "sink", 40, { maxParallelism: 128 })],
      edges: [{ ...hash(0, 1), keySkew: 0.8 }],
    });
    const edge = buildTopology(model).edges[0]!;
    const selector = new HashSelector(edge);
    const keys = new Keys(new RandomStreams("7"));
    const counts = new Float64Array(40);
    const n = 200_000;
    for (let i = 0; i < n; i++) counts[selector.consumer(keys.ofRecord(0, i))]!++;
    counts.forEach((count, c) => {
      const share = edge.shares[c]!;
      expect(Math.abs(count / n - share)).toBeLessThan(5 * Math.sqrt((share * (1 - share)) / n));
    });
  });
});
