/** What each mechanism is worth: switched off or made slow, one at a time, with the effect predicted beforehand. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { brokenInvariants } from "../metrics/result.js";
import type { ModelConfig } from "../model/config.js";
import type { RunRecord } from "../model/simulate.js";
import { keyGroupShares } from "../model/topology/key-groups.js";
import { parseScenario } from "./index.js";
import { runCase, runTwin, simulateCase } from "./run-case.js";
import { smallJoin } from "./testing/small-join.js";

const recoveryNs = (record: RunRecord): number => record.incidents[0]!.recoveredNs - record.incidents[0]!.startNs;

describe("no discarding: a dead consumer stalls its producers, and through them the whole job", () => {
  const FRAME_BYTES = 4;
  function shipped(file: string, caseName: string, sets: readonly string[]): ModelConfig {
    const text = readFileSync(new URL(`../../scenarios/${file}`, import.meta.url), "utf8");
    const parsed = parseScenario(text, { file, sets });
    if (!parsed.ok) throw new Error("does not parse");
    return parsed.scenario.cases.find((each) => each.name === caseName)!.config;
  }
  /** As the other of the two ships: records per second of a source subtask, service time of a joiner. */
  const at = (recordsPerSecond: number, serviceTime: string): string[] => [
    ...[0, 1].map((source) => `job.vertices[${source}].rate=\${${recordsPerSecond}*P}/s`),
    `job.vertices[2].serviceTime=${serviceTime}`,
  ];
  test.each([
    ["stall-40.yaml", "20 MB/s", []],
    ["stall-40.yaml", "5 MB/s", at(5000, "47us")],
    ["stall-100.yaml", "5 MB/s", []],
    ["stall-100.yaml", "20 MB/s", at(20_000, "12us")],
  ])(
    "%s at %s: the median source stalls when its channel or pool is full, and then nothing comes out",
    (file, _, sets) => {
      for (const caseName of ["held, ten buffers a channel", "held, shared pool"])
        stalls(shipped(file, caseName, sets));
    },
  );

  function stalls(config: ModelConfig): void {
    const record = simulateCase(config);
    const faultNs = config.faults[0]!.atNs;
    const joiner = config.vertices.findIndex((vertex) => vertex.type === "join");
    const { parallelism, maxParallelism } = config.vertices[joiner]!;
    const source = config.vertices[0]!;
    const shares = keyGroupShares(parallelism, maxParallelism, 0);
    const { target } = config.faults[0]!;
    if (target?.kind !== "taskManager") throw new Error("expected a TaskManager");
    const slots = config.cluster.slotsPerTaskManager;
    const dead = Array.from({ length: slots }, (_, i) => target.taskManager * slots + i);
    const bytesPerNs = ((source.ratePerSecond / source.parallelism) * (source.recordBytes + FRAME_BYTES)) / 1e9;
    const { segmentBytes, maxBuffersPerChannel } = config.engine;
    // Per channel: its own limit is reached first by the hottest dead consumer. Shared pool of 2N+8: what the
    // channels to living consumers do not hold open is left to the dead ones together.
    const predictedNs =
      maxBuffersPerChannel === null
        ? ((2 * parallelism + 8 - (parallelism - dead.length)) * segmentBytes) /
          (dead.reduce((sum, j) => sum + shares[j]!, 0) * bytesPerNs)
        : (maxBuffersPerChannel * segmentBytes) / (Math.max(...dead.map((j) => shares[j]!)) * bytesPerNs);
    const delays = record.plane.stalls.map((stall) => stall.atNs - faultNs).sort((a, b) => a - b);
    expect(delays.length).toBe(2 * (parallelism - slots));
    const median = delays[delays.length >> 1]!;
    const oneBufferNs = segmentBytes / (Math.max(...dead.map((j) => shares[j]!)) * bytesPerNs);
    expect(Math.abs(median - predictedNs)).toBeLessThan(oneBufferNs + config.engine.bufferTimeoutNs);
    // After the last stall only what is under way and in the joiners' queues still comes out: a few tenths of a second.
    const lastBin = Math.ceil((faultNs + delays.at(-1)!) / 1e8);
    const output = record.plane.bins.emitted;
    expect(output.subarray(lastBin + 3).reduce((sum, value) => sum + value, 0)).toBe(0);
    expect(output.subarray(Math.floor(faultNs / 1e8) - 10, Math.floor(faultNs / 1e8)).every((value) => value > 0)).toBe(
      true,
    );
  }
});

describe("reserves, detection, faults", () => {
  const base = simulateCase(smallJoin({ reserved: 1 }));
  test("without a reserved TaskManager a container start is added", () => {
    const config = smallJoin({});
    const containerNs = 4e9;
    const difference = recoveryNs(simulateCase(config)) - recoveryNs(base);
    expect(difference / containerNs).toBeGreaterThan(0.75);
    expect(difference / containerNs).toBeLessThan(1.25);
  });
  test("power loss adds the heartbeat timeout: 50 s less up to one interval, since the last answer", () => {
    const faults = "[{ at: 10s, kind: power-loss, target: { machine: 1 } }]";
    const record = simulateCase(smallJoin({ reserved: 1, faults, duration: "90s", resolution: "100ms" }));
    const noticeNs = 800e6 + 2e9;
    const difference = recoveryNs(record) - recoveryNs(base);
    expect(difference).toBeGreaterThan(40e9 - noticeNs);
    expect(difference).toBeLessThan(50e9 + 1e9);
    expect(record.tasksRestarted).toBe(12);
  });
  test("a failed task keeps its slot: about the time to open, no container", () => {
    const record = simulateCase(
      smallJoin({ faults: "[{ at: 10s, kind: fail-task, target: { vertex: joiner, subtask: 2 } }]" }),
    );
    expect(record.tasksRestarted).toBe(1);
    expect(recoveryNs(record)).toBeGreaterThan(500e6);
    expect(recoveryNs(record)).toBeLessThan(800e6);
  });
});

describe("the receiver's protocol", () => {
  test("without clearing half records a record is built from the bytes of two attempts, and the invariant names it", () => {
    // Ten kilobytes a record: every third spans two buffers, so half records lie about at any instant. Sources that go
    // on at the end of the log do not read them again.
    const latest = ["job.vertices.s0.resume=latest", "job.vertices.s1.resume=latest"];
    const options = { recordSize: "10kB", rate: 800, reserved: 1, sets: latest };
    const intact = summary(smallJoin(options));
    expect(brokenInvariants(intact)).toEqual([]);
    expect(intact.records.lost.partialRecords).toBeGreaterThan(0);
    const broken = summary(
      smallJoin({ ...options, sets: [...latest, "cases[0].strategyOptions.clearHalfRecord=false"] }),
    );
    expect(broken.endState).toBe("check-failed");
    expect(
      brokenInvariants(broken)
        .map((each) => each.name)
        .join(" "),
    ).toMatch(/two.attempts/i);
  });

  test.each([
    // A joiner that hangs when the update comes has not consumed its UnavailableEvent; after a power loss nobody has.
    ["a hanging consumer", "{ at: 9900ms, kind: hang-task, target: { vertex: joiner, subtask: 1 }, for: 6s }", 1],
    ["a power loss", "", 4],
  ])(
    "%s: without the cached update it is lost, its channels never recover, and `recovers` says so",
    (_, hang, consumers) => {
      const kill =
        hang === ""
          ? "{ at: 10s, kind: power-loss, target: { machine: 1 } }"
          : "{ at: 10s, kind: kill-task-manager, target: { taskManager: 1 } }";
      const faults = `[${[kill, hang].filter((each) => each !== "").join(", ")}]`;
      const sets = ["liveness=20s", "engine.config.heartbeat.timeout=12s"];
      const options = { faults, reserved: 1, duration: "45s", sets };
      const cached = simulateCase(smallJoin(options));
      expect(cached.violations).toEqual([]);
      expect(cached.openAtEnd).toEqual({ tasks: 0, channels: 0 });
      const dropped = simulateCase(
        smallJoin({ ...options, sets: [...sets, "cases[0].strategyOptions.cacheUpdate=false"] }),
      );
      // Two inputs, four producers that died.
      expect(dropped.openAtEnd).toEqual({ tasks: 0, channels: consumers * 8 });
      expect(dropped.violations.map(({ name }) => name)).toEqual(["recovers"]);
    },
  );

  test("a stuck task recovers through its timer with one more failover, and never without", () => {
    // One of eight joiners, on average, never consumes its UnavailableEvent.
    const options = { reserved: 2, duration: "40s", sets: ["costs.stuckTaskProbability=30%"] };
    const withTimer = simulateCase(
      smallJoin({ ...options, sets: [...options.sets, "cases[0].strategyOptions.fallbackTimer=3s"] }),
    );
    const stuck = withTimer.tasksRestarted - 12;
    expect(stuck).toBeGreaterThan(0);
    expect(withTimer.incidents[0]!.recoveredNs).not.toBeNaN();
    const without = simulateCase(
      smallJoin({ ...options, sets: [...options.sets, "cases[0].strategyOptions.fallbackTimer=off"] }),
    );
    expect(without.tasksRestarted).toBe(12);
    expect(without.openAtEnd.channels).toBeGreaterThan(0);
    expect(without.incidents[0]!.recoveredNs).toBeNaN();
  });
});

function summary(config: ModelConfig): ReturnType<typeof runCase>["summary"] {
  return runCase(config, { caseName: "case", twin: runTwin(config), trace: false }).summary;
}
