/**
 * Each ablation of `ablations.test.ts` once at 4,000 slots. What decides recovery alone runs on the control plane; the
 * stall needs the queues (`stall-4000.yaml`), half records every buffer (a pointwise job: 32 million channels have none).
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { ModelConfig } from "../model/config.js";
import type { RunRecord } from "../model/simulate.js";
import { controlRun } from "../model/testing/control-run.js";
import { parseScenario } from "./index.js";
import { simulateCase } from "./run-case.js";

function configOf(file: string, caseName: string, sets: readonly string[]): ModelConfig {
  const text = readFileSync(new URL(`../../scenarios/${file}`, import.meta.url), "utf8");
  const parsed = parseScenario(text, { file, sets });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.diagnostics));
  return parsed.scenario.cases.find(({ name }) => name === caseName)!.config;
}

const RESERVED = "single-task, reserved TM";
const joinOf4000 = (caseName: string, sets: readonly string[] = []): ModelConfig =>
  configOf("bytedance-join-4000.yaml", caseName, sets);
const OPTIONS = "cases[3].strategyOptions";

const recoveryNs = ({ incidents }: RunRecord): number => incidents[0]!.recoveredNs - incidents[0]!.startNs;
const markedNs = ({ markers, incidents }: RunRecord, name: string): number =>
  markers.find((marker) => marker.name === name)!.timeNs - incidents[0]!.startNs;
/** Lengths of all steps of a kind. */
function stepsNs({ log }: RunRecord, kind: string): number[] {
  const found: number[] = [];
  for (let step = 0; step < log.length; step++)
    if (log.kindNames[log.kind[step]!] === kind) found.push(log.endNs[step]! - log.startNs[step]!);
  return found;
}

describe("4,000 slots", () => {
  const base = controlRun(joinOf4000(RESERVED));

  test("no reserved TaskManager: one container start instead of a reserved slot", () => {
    const record = controlRun(joinOf4000("single-task"));
    const [containerNs] = stepsNs(record, "container-start");
    expect(containerNs).toBeGreaterThan(10e9);
    // Besides, a registration and an offer over the wire.
    expect(Math.abs(recoveryNs(record) - recoveryNs(base) - (containerNs! - 200e6))).toBeLessThan(50e6);
  });

  test("power loss: the heartbeat timeout since the last answer instead of the exit notice", () => {
    const faults = [
      { kind: "power-loss", atNs: 60e9, forNs: null, target: { kind: "machine", machine: 17 }, options: {} },
    ] as const;
    const record = controlRun({ ...joinOf4000(RESERVED), faults });
    const detectedNs = markedNs(record, "detected");
    expect(detectedNs).toBeGreaterThan(40e9);
    expect(detectedNs).toBeLessThan(50e9 + 100e6);
    const afterDetection = (each: RunRecord): number => recoveryNs(each) - markedNs(each, "detected");
    expect(Math.abs(afterDetection(record) - afterDetection(base))).toBeLessThan(250e6);
    expect(record.tasksRestarted).toBe(12);
  });

  test("a failed task: about 3 s, and no container", () => {
    const target = { kind: "task", vertex: 2, subtask: 70 } as const;
    const faults = [{ kind: "fail-task", atNs: 60e9, forNs: null, target, options: {} }] as const;
    const record = controlRun({ ...joinOf4000("single-task"), faults });
    expect(recoveryNs(record)).toBeGreaterThan(2.65e9);
    expect(recoveryNs(record)).toBeLessThan(3.3e9);
    expect(record.tasksRestarted).toBe(1);
    expect(stepsNs(record, "container-start")).toEqual([]);
  });

  test("no cached update after a power loss: none of the updates is applied, and `recovers` says so", () => {
    const faults = [
      { kind: "power-loss", atNs: 60e9, forNs: null, target: { kind: "machine", machine: 17 }, options: {} },
    ] as const;
    const config = joinOf4000(RESERVED, ["liveness=60s", `${OPTIONS}.cacheUpdate=false`]);
    const record = controlRun({ ...config, faults });
    // 8 sources that died, each read by the 3,996 joiners that did not.
    expect(record.openAtEnd).toEqual({ tasks: 0, channels: 8 * 3996 });
    expect(record.violations.map(({ name }) => name)).toEqual(["recovers"]);
  });

  test("stuck tasks: their channels never recover; with a timer each costs one more failover", () => {
    const stuck = ["costs.stuckTaskProbability=0.02%", "cluster.reservedTaskManagers=1"];
    const without = controlRun(joinOf4000(RESERVED, [...stuck, `${OPTIONS}.fallbackTimer=off`]));
    const channels = without.openAtEnd.channels;
    expect(channels).toBeGreaterThan(0);
    expect(without.tasksRestarted).toBe(12);
    expect(without.incidents[0]!.recoveredNs).toBeNaN();
    const withTimer = controlRun(joinOf4000(RESERVED, [...stuck, `${OPTIONS}.fallbackTimer=3s`]));
    expect(withTimer.tasksRestarted).toBe(12 + channels);
    expect(withTimer.openAtEnd).toEqual({ tasks: 0, channels: 0 });
    expect(withTimer.violations).toEqual([]);
  });
});

test("4,000 slots, no discarding, ten buffers a channel at 20 MB/s: stalls 67 s after the fault, to within a buffer and a flush", {
  timeout: 240_000,
}, () => {
  const config = configOf("stall-4000.yaml", "held, ten buffers a channel", ["duration=79s"]);
  const record = simulateCase(config);
  // Two of 8,192 key groups each for the four dead joiners, a record of 1 kB and its length prefix: 19.6 kB/s a channel.
  const bytesPerSecond = 20e3 * 1004 * (2 / 8192);
  const predictedNs = ((10 * 32768) / bytesPerSecond) * 1e9;
  const delays = record.plane.stalls.map(({ atNs }) => atNs - config.faults[0]!.atNs).sort((a, b) => a - b);
  expect(delays).toHaveLength(2 * 3996);
  expect(Math.abs(delays[delays.length >> 1]! - predictedNs)).toBeLessThan((32768 / bytesPerSecond) * 1e9 + 100e6);
  const lastStallBin = Math.ceil((config.faults[0]!.atNs + delays.at(-1)!) / 1e8);
  const { emitted } = record.plane.bins;
  expect(emitted.subarray(lastStallBin - 10, lastStallBin - 5).every((matches) => matches > 1e6)).toBe(true);
  expect(emitted.subarray(lastStallBin + 3).every((matches) => matches === 0)).toBe(true);
  expect(emitted.length - lastStallBin).toBeGreaterThan(10);
});

test("4,000 slots, half records kept: bytes of two attempts in one record, named by channel", {
  timeout: 240_000,
}, () => {
  const job = [
    "P=4000",
    "warmup=1s",
    "duration=8s",
    "faults[0].at=2s",
    "job.vertices[0].rate=80000/s",
    "job.vertices[0].resume=latest",
    "job.vertices[1].recordSize=20kB",
    "cluster.reservedTaskManagers=1",
  ];
  const kept = simulateCase(
    configOf("pointwise-pipeline.yaml", "single-task", [...job, "cases[1].strategyOptions.clearHalfRecord=false"]),
  );
  expect(kept.plane.violations.map(({ name }) => name)).toContain("two-attempts");
  expect(kept.plane.violations.find(({ name }) => name === "two-attempts")!.first).toMatch(/parser|writer|\d+ . \d+/);
  const cleared = simulateCase(configOf("pointwise-pipeline.yaml", "single-task", job));
  expect(cleared.plane.violations).toEqual([]);
  expect(cleared.plane.records.lost.partialRecords).toBeGreaterThan(0);
});
