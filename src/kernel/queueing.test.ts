/**
 * The kernel against queueing theory: small stations built of its events alone must show the textbook's figures.
 * Bounds are four standard errors by batch means, at fixed seeds.
 */
import { describe, expect, it } from "vitest";
import { type DurationDistribution, sampleNs } from "./distributions.js";
import { PRIORITY } from "./priorities.js";
import { RandomStreams } from "./random.js";
import { Simulation } from "./simulation.js";

interface StationResult {
  /** Time in the system of each customer that left, in ns, in order of leaving. */
  readonly sojournsNs: Float64Array;
  /** Integral over time of the number in the system, in customer-ns. */
  readonly area: number;
  /** The part of that integral that belongs to customers still there at the end. */
  readonly areaOfRemaining: number;
  readonly busyShare: number;
  readonly arrivals: number;
  readonly endNs: number;
}

/** A FIFO single server with Poisson arrivals, until so many have left. */
function singleServer(options: {
  seed: string;
  interarrivalNs: number;
  service: DurationDistribution;
  customers: number;
}): StationResult {
  const { seed, interarrivalNs, service, customers } = options;
  const streams = new RandomStreams(seed);
  const arrivalDraws = streams.family("arrivals");
  const serviceDraws = streams.family("services");
  const simulation = new Simulation();
  const arrivedAtNs: number[] = [];
  const sojournsNs = new Float64Array(customers);
  let left = 0;
  let area = 0;
  let busyNs = 0;
  let changedAtNs = 0;
  const account = (): void => {
    const inSystem = arrivedAtNs.length - left;
    area += inSystem * (simulation.nowNs - changedAtNs);
    if (inSystem > 0) busyNs += simulation.nowNs - changedAtNs;
    changedAtNs = simulation.nowNs;
  };
  const startService = (): void => {
    simulation.schedule(simulation.nowNs + sampleNs(service, serviceDraws.uniform53(0, left)), completion, 0);
  };
  const scheduleArrival = (): void => {
    const gap = sampleNs(
      { kind: "exponential", meanNs: interarrivalNs },
      arrivalDraws.uniform53(0, arrivedAtNs.length),
    );
    simulation.schedule(simulation.nowNs + gap, arrival, 1);
  };
  const arrival = simulation.defineKind("arrival", PRIORITY.delivery, () => {
    account();
    arrivedAtNs.push(simulation.nowNs);
    if (arrivedAtNs.length - left === 1) startService();
    scheduleArrival();
  });
  const completion = simulation.defineKind("completion", PRIORITY.completion, () => {
    account();
    sojournsNs[left] = simulation.nowNs - arrivedAtNs[left]!;
    left++;
    if (left === customers) simulation.stop();
    else if (arrivedAtNs.length > left) startService();
  });
  scheduleArrival();
  expect(simulation.run(Number.POSITIVE_INFINITY)).toBe("stopped");
  let areaOfRemaining = 0;
  for (let i = left; i < arrivedAtNs.length; i++) areaOfRemaining += simulation.nowNs - arrivedAtNs[i]!;
  const { nowNs } = simulation;
  return { sojournsNs, area, areaOfRemaining, busyShare: busyNs / nowNs, arrivals: arrivedAtNs.length, endNs: nowNs };
}

/** Mean and standard error over 40 batches; the first tenth is left out as warm-up. */
function batchMeans(values: Float64Array): { mean: number; error: number } {
  const batches = 40;
  const skip = Math.floor(values.length / 10);
  const size = Math.floor((values.length - skip) / batches);
  const means: number[] = [];
  for (let batch = 0; batch < batches; batch++) {
    let sum = 0;
    for (let i = 0; i < size; i++) sum += values[skip + batch * size + i]!;
    means.push(sum / size);
  }
  const mean = means.reduce((sum, value) => sum + value, 0) / batches;
  const variance = means.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (batches - 1);
  return { mean, error: Math.sqrt(variance / batches) };
}

function expectWithinFourErrors(values: Float64Array, theory: number): void {
  const { mean, error } = batchMeans(values);
  // Narrow enough to mean something: 2 % of the value.
  expect(error / theory).toBeLessThan(0.02);
  expect(Math.abs(mean - theory)).toBeLessThan(4 * error);
}

const SERVICE_NS = 1e6;

describe.each([0.5, 0.8])("a single server at load %d", (load) => {
  const common = { interarrivalNs: SERVICE_NS / load, customers: 400_000 };
  const exponential = singleServer({
    ...common,
    seed: `mm1-${load}`,
    service: { kind: "exponential", meanNs: SERVICE_NS },
  });
  const constant = singleServer({ ...common, seed: `md1-${load}`, service: { kind: "constant", valueNs: SERVICE_NS } });

  it("M/M/1: mean time in the system is 1/(μ − λ)", () => {
    expectWithinFourErrors(exponential.sojournsNs, SERVICE_NS / (1 - load));
  });

  it("M/M/1: the time in the system is exponential", () => {
    for (const q of [0.1, 0.5, 0.9, 0.99]) {
      const boundNs = (-Math.log(1 - q) * SERVICE_NS) / (1 - load);
      expectWithinFourErrors(
        exponential.sojournsNs.map((sojournNs) => (sojournNs <= boundNs ? 1 : 0)),
        q,
      );
    }
  });

  it("M/D/1: mean time in the system is 1/μ + ρ/(2μ(1 − ρ)) (Pollaczek-Khinchine)", () => {
    expectWithinFourErrors(constant.sojournsNs, SERVICE_NS * (1 + load / (2 * (1 - load))));
  });

  it.each([
    ["M/M/1", exponential],
    ["M/D/1", constant],
  ])("%s: Little's law holds exactly along the path, and the server is busy for its load", (_, result) => {
    const sojourns = result.sojournsNs.reduce((sum, value) => sum + value, 0);
    expect(result.area).toBeLessThan(Number.MAX_SAFE_INTEGER);
    expect(sojourns + result.areaOfRemaining).toBe(result.area);
    // Over 400,000 services the share has a standard error below 0.004.
    expect(Math.abs(result.busyShare - load)).toBeLessThan(0.016);
  });
});

describe("a closed network of exponential servers", () => {
  const serviceNs = [1e6, 5e5, 2e6, 8e5];
  const jobs = 12;

  /** Throughput per ns of a network with equal visit ratios: Buzen's convolution. */
  function throughputByTheory(): number {
    const g = new Array<number>(jobs + 1).fill(0);
    g[0] = 1;
    for (const demandNs of serviceNs) for (let n = 1; n <= jobs; n++) g[n]! += demandNs * g[n - 1]!;
    return g[jobs - 1]! / g[jobs]!;
  }

  it("has the throughput of the product form (Gordon and Newell)", () => {
    const streams = new RandomStreams("closed");
    const serviceDraws = streams.family("services");
    const routeDraws = streams.family("routes");
    const simulation = new Simulation();
    const waiting = serviceNs.map(() => 0);
    const served = serviceNs.map(() => 0);
    let completed = 0;
    const gapsNs = new Float64Array(600_000);
    let lastNs = 0;
    const start = (server: number): void => {
      const u = serviceDraws.uniform53(server, served[server]!++);
      const demand = sampleNs({ kind: "exponential", meanNs: serviceNs[server]! }, u);
      simulation.schedule(simulation.nowNs + demand, completion, server);
    };
    const arrive = (server: number): void => {
      if (waiting[server]!++ === 0) start(server);
    };
    const completion = simulation.defineKind("completion", PRIORITY.completion, (server) => {
      gapsNs[completed] = simulation.nowNs - lastNs;
      lastNs = simulation.nowNs;
      if (--waiting[server]! > 0) start(server);
      arrive(routeDraws.below(0, completed, serviceNs.length));
      completed++;
      if (completed === gapsNs.length) simulation.stop();
    });
    for (let job = 0; job < jobs; job++) arrive(job % serviceNs.length);
    simulation.run(Number.POSITIVE_INFINITY);
    // Each server sees a quarter of all services.
    expectWithinFourErrors(gapsNs, 1 / throughputByTheory() / serviceNs.length);
    expect(waiting.reduce((sum, n) => sum + n, 0)).toBe(jobs);
  });
});
