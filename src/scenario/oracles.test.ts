/**
 * The model's own servers against queueing theory, each driven by a scenario file: task threads, Netty loops and the
 * JobManager's main thread. Bounds are four standard errors by batch means at the shipped seed. Little's law is checked
 * on the sample path: what the model counts in a queue, integrated over time, is the time that its members spent there.
 */
import { readFileSync } from "node:fs";
import { afterEach, describe, expect, test, vi } from "vitest";
import { strategyNamed } from "../failover/registry.js";
import { scheduleFaults } from "../faults/registry.js";
import type { Simulation } from "../kernel/simulation.js";
import { MainThread } from "../model/cluster/main-thread.js";
import { Gates } from "../model/network/exact/gates.js";
import { Ledger } from "../model/network/exact/ledger.js";
import { Buffers, type RecordNodes, STAGE } from "../model/network/exact/pools.js";
import { Subpartitions } from "../model/network/exact/subpartitions.js";
import { Wire } from "../model/network/exact/wire.js";
import { createPlane } from "../model/network/planes.js";
import { type RunRecord, simulate } from "../model/simulate.js";
import { checkScenario, formatDiagnostic, parseScenario } from "./index.js";

interface Oracle {
  readonly file: string;
  readonly caseName?: string;
  readonly sets?: readonly string[];
  /** The run's clock, once there is a plane. */
  readonly onClock?: (clock: Simulation) => void;
}

/** Parses, checks and runs one case, as `outgap run` does. */
function run({ file, caseName = "default", sets = [], onClock }: Oracle): RunRecord {
  const text = readFileSync(new URL(`../../scenarios/oracles/${file}`, import.meta.url), "utf8");
  const parsed = parseScenario(text, { file, sets });
  if (!parsed.ok) throw new Error(parsed.diagnostics.map(formatDiagnostic).join("\n"));
  expect(checkScenario(parsed.scenario, parsed.locate).refusals).toEqual([]);
  const { config } = parsed.scenario.cases.find(({ name }) => name === caseName || parsed.scenario.cases.length === 1)!;
  const record = simulate(
    config,
    {
      strategy: strategyNamed(config.strategy.name)!,
      createPlane: (context, listener) => {
        onClock?.(context.sim);
        return createPlane(context, listener);
      },
      scheduleFaults,
    },
    { measureFromNs: 0 },
  );
  expect(record.plane.violations).toEqual([]);
  return record;
}

/** Mean and standard error over 40 batches; the first tenth is left out as warm-up. */
function batchMeans(values: ArrayLike<number>): { mean: number; error: number } {
  const batches = 40;
  const skip = Math.floor(values.length / 10);
  const size = Math.floor((values.length - skip) / batches);
  const means = Array.from({ length: batches }, (_, batch) => {
    let sum = 0;
    for (let i = 0; i < size; i++) sum += values[skip + batch * size + i]!;
    return sum / size;
  });
  const mean = means.reduce((sum, value) => sum + value, 0) / batches;
  const variance = means.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (batches - 1);
  return { mean, error: Math.sqrt(variance / batches) };
}

/** Within four standard errors, which must be small enough to mean something. */
function expectTheory(values: ArrayLike<number>, theory: number, errorAtMost: number): void {
  const { mean, error } = batchMeans(values);
  expect(error / theory).toBeLessThan(errorAtMost);
  expect(Math.abs(mean - theory)).toBeLessThan(4 * error);
}

/** Integral of a count over time, and the total time that members spent: equal if the count is right at every instant. */
class LittlesLaw {
  private area = 0;
  private lastNs = 0;
  /** Instants of leaving less instants of joining. */
  private spentNs = 0;
  private members = 0;

  /** Before the count changes. */
  before(nowNs: number, count: number): void {
    this.area += count * (nowNs - this.lastNs);
    this.lastNs = nowNs;
  }
  join(nowNs: number): void {
    this.spentNs -= nowNs;
    this.members++;
  }
  leave(nowNs: number): void {
    this.spentNs += nowNs;
    this.members--;
  }
  expectExact(endNs: number, count: number): void {
    this.before(endNs, count);
    expect(this.area).toBeGreaterThan(0);
    expect(this.area).toBeLessThan(Number.MAX_SAFE_INTEGER);
    expect(this.members).toBe(count);
    expect(this.area).toBe(this.spentNs + this.members * endNs);
  }
}

afterEach(() => {
  vi.restoreAllMocks();
});

const mm1 = (load: number): number => load / (1 - load);
const md1 = (load: number): number => load + load ** 2 / (2 * (1 - load));

/** Wraps a method, private or not, and calls the original. */
function around(prototype: object, name: string, before: (self: never, args: never) => void): void {
  const methods = prototype as Record<string, (...args: unknown[]) => unknown>;
  const original = methods[name]!;
  vi.spyOn(methods, name).mockImplementation(function (this: unknown, ...args: unknown[]) {
    before(this as never, args as never);
    return original.apply(this, args);
  });
}

describe("task threads (task-thread.yaml), 64 servers at 70 %", () => {
  const LOAD = 0.7;
  const perServer = (bins: Float64Array): Float64Array => bins.map((records) => records / 64);

  test.each([
    ["M/M/1, then M/D/1", mm1(LOAD), md1(LOAD)],
    ["M/M/1, then M/M/1", mm1(LOAD), mm1(LOAD)],
    ["M/D/1 alone", md1(LOAD), null],
  ])("%s: mean number in source and sink", (caseName, inSource, inSink) => {
    const { bins } = run({ file: "task-thread.yaml", caseName }).plane;
    expectTheory(perServer(bins.backlogLog), inSource, 0.03);
    if (inSink !== null) expectTheory(perServer(bins.backlogNetwork), inSink, 0.03);
  });

  test("Little's law holds exactly, in the log and from the source to the end of the sink's service", {
    timeout: 180_000,
  }, () => {
    let clock: Simulation | null = null;
    const law = new LittlesLaw();
    let ledger: Ledger | null = null;
    const sentNs: number[] = [];
    around(Ledger.prototype, "send", (self: Ledger) => {
      ledger = self;
      law.before(clock!.nowNs, self.underWay);
      law.join(clock!.nowNs);
      sentNs.push(clock!.nowNs);
    });
    around(Ledger.prototype, "deliver", (self: Ledger) => {
      law.before(clock!.nowNs, self.underWay);
      law.leave(clock!.nowNs);
    });
    const record = run({
      file: "task-thread.yaml",
      caseName: "M/M/1, then M/M/1",
      sets: ["duration=10s"],
      onClock: (sim) => {
        clock = sim;
      },
    });
    law.expectExact(record.endNs, ledger!.underWay);
    // The log: produced less sent, at every bin's end.
    const { produced, backlogLog } = record.plane.bins;
    let made = 0;
    let sent = 0;
    for (let bin = 0; bin < backlogLog.length; bin++) {
      made += produced[bin]!;
      while (sent < sentNs.length && sentNs[sent]! < (bin + 1) * 1e8) sent++;
      expect(backlogLog[bin]).toBe(made - sent);
    }
  });
});

describe("Netty server loops (netty-loop.yaml), eight at 61 %", () => {
  const LOAD = (7 / 8) * 0.7;

  test.each([
    ["M/M/1", 1 / (1 - LOAD), 0.02],
    ["M/D/1", 1 + LOAD / (2 * (1 - LOAD)), 0.01],
  ])("%s: mean time from the source to the socket", (caseName, theoryMs, errorAtMost) => {
    let clock: Simulation | null = null;
    const sentNs = new Map<number, number>();
    const key = (stream: number, offset: number): number => offset * 1024 + stream;
    const sojournsMs: number[] = [];
    around(Ledger.prototype, "send", (_self, [stream, offset]: [number, number]) => {
      sentNs.set(key(stream, offset), clock!.nowNs);
    });
    around(Wire.prototype, "written", ({ buffers, nodes }: { buffers: Buffers; nodes: RecordNodes }, [b]: [number]) => {
      const node = buffers.head[b]!;
      const sent = sentNs.get(key(nodes.stream[node]!, nodes.offset[node]!))!;
      sojournsMs.push((clock!.nowNs - sent) / 1e6);
    });
    run({
      file: "netty-loop.yaml",
      caseName,
      onClock: (sim) => {
        clock = sim;
      },
    });
    expect(sojournsMs.length).toBeGreaterThan(500_000);
    expectTheory(sojournsMs, theoryMs, errorAtMost);
  });

  test("Little's law holds exactly for buffers at server loops, on links and at client loops, in gates, in tasks", () => {
    let clock: Simulation | null = null;
    let buffers: Buffers | null = null;
    const QUEUES = [STAGE.serverLoop, STAGE.wire, STAGE.received, STAGE.processing];
    const laws = QUEUES.map(() => new LittlesLaw());
    // What the model has in each, by its own books.
    const counts = (): number[] => {
      const found = QUEUES.map(() => 0);
      for (let b = 0; b < (buffers?.used ?? 0); b++) {
        const queue = QUEUES.indexOf(buffers!.stage[b] as never);
        if (queue >= 0) found[queue]!++;
      }
      return found;
    };
    const move = (from: number | null, to: number | null): void => {
      counts().forEach((count, queue) => {
        laws[queue]!.before(clock!.nowNs, count);
      });
      if (from !== null) laws[QUEUES.indexOf(from as never)]!.leave(clock!.nowNs);
      if (to !== null) laws[QUEUES.indexOf(to as never)]!.join(clock!.nowNs);
    };
    around(Subpartitions.prototype, "poll", (self: { buffers: Buffers }, [, stage]: [number, number]) => {
      buffers = self.buffers;
      move(null, stage);
    });
    around(Wire.prototype, "written", () => move(STAGE.serverLoop, STAGE.wire));
    around(Wire.prototype, "received", () => move(STAGE.wire, STAGE.received));
    around(Gates.prototype, "checkHalf", () => move(STAGE.received, STAGE.processing));
    around(Buffers.prototype, "release", () => move(STAGE.processing, null));
    const record = run({
      file: "netty-loop.yaml",
      caseName: "M/D/1",
      sets: ["duration=5s", "job.vertices[1].serviceTime=500us"],
      onClock: (sim) => {
        clock = sim;
      },
    });
    const left = counts();
    laws.forEach((law, queue) => {
      law.expectExact(record.endNs, left[queue]!);
    });
  });
});

describe("the JobManager's main thread (job-manager.yaml), 50 % busy", () => {
  test.each([
    ["M/M/1", 2],
    ["M/D/1", 1.5],
  ])("%s: mean time in the system; Little's law holds exactly", (caseName, theoryMs) => {
    const law = new LittlesLaw();
    const postedNs: number[] = [];
    const sojournsMs: number[] = [];
    interface Inside {
      sim: Simulation;
      length: number;
      busy: boolean;
      current: { kind: number };
      kinds: { name: string }[];
    }
    const count = (self: Inside): number => self.length + (self.busy ? 1 : 0);
    let last: Inside | null = null;
    around(MainThread.prototype, "post", (self: Inside, [kind]: [number]) => {
      last = self;
      law.before(self.sim.nowNs, count(self));
      law.join(self.sim.nowNs);
      if (self.kinds[kind]!.name === "task-manager-lost") postedNs.push(self.sim.nowNs);
    });
    around(MainThread.prototype, "finish", (self: Inside) => {
      law.before(self.sim.nowNs, count(self));
      law.leave(self.sim.nowNs);
      if (self.kinds[self.current.kind]!.name === "task-manager-lost")
        sojournsMs.push((self.sim.nowNs - postedNs[sojournsMs.length]!) / 1e6);
    });
    const record = run({ file: "job-manager.yaml", caseName });
    expect(sojournsMs.length).toBeGreaterThan(14_000);
    expectTheory(sojournsMs, theoryMs, 0.05);
    law.expectExact(record.endNs, count(last!));
  });
});

describe("a closed network of two task threads (closed-network.yaml), five records", () => {
  test.each([
    ["sink faster", 0.8],
    ["source faster", 1.2],
  ])("%s: the throughput of the product form", (caseName, sinkMs) => {
    const { bins } = run({ file: "closed-network.yaml", caseName }).plane;
    const ratio = sinkMs;
    const busy = 1 - (1 - ratio) / (1 - ratio ** 6);
    const perServerMs = bins.delivered.map((records) => records / 32 / 100);
    expectTheory(perServerMs, busy / sinkMs, 0.005);
  });
});
