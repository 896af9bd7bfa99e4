/** Restart sets of every strategy on a hash job and on a pointwise one, end to end on a data plane without data. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { ModelConfig } from "../model/config.js";
import type { RunRecord } from "../model/simulate.js";
import { controlRun } from "../model/testing/control-run.js";
import { buildTopology } from "../model/topology/topology.js";
import { parseScenario } from "../scenario/index.js";
import { channelsTouching, channelsWithin, downstreamOf } from "./tasks.js";

function configOf(file: string, strategy: string, sets: string[] = []): ModelConfig {
  const text = readFileSync(new URL(`../../scenarios/${file}`, import.meta.url), "utf8");
  const parsed = parseScenario(text, { file, sets });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.diagnostics));
  const { config } = parsed.scenario.cases[0]!;
  return { ...config, strategy: { ...config.strategy, name: strategy } };
}

const restarted = (record: RunRecord): number[] =>
  Array.from(record.attempts).flatMap((attempt, task) => (attempt > 0 ? [task] : []));
const failing = (config: ModelConfig, vertex: number, subtask: number): ModelConfig => ({
  ...config,
  faults: [{ kind: "fail-task", atNs: 20e9, forNs: null, target: { kind: "task", vertex, subtask }, options: {} }],
});
const killing = (config: ModelConfig, taskManager: number): ModelConfig => ({
  ...config,
  faults: [
    { kind: "kill-task-manager", atNs: 20e9, forNs: null, target: { kind: "taskManager", taskManager }, options: {} },
  ],
});
const totalNs = ({ log }: RunRecord, kind: string): number => {
  let sum = 0;
  for (let step = 0; step < log.length; step++)
    if (log.kindNames[log.kind[step]!] === kind) sum += log.endNs[step]! - log.startNs[step]!;
  return sum;
};
const recovered = (record: RunRecord): boolean => record.incidents.every((each) => !Number.isNaN(each.recoveredNs));

const HASH = "bytedance-join-1000.yaml";
const POINTWISE = "pointwise-pipeline.yaml";
const P40 = ["P=40"];

describe("region-restart", () => {
  test("one hash edge makes the whole job one region", () => {
    const record = controlRun(failing(configOf(HASH, "region-restart", P40), 2, 7));
    expect(restarted(record)).toHaveLength(120);
    expect(recovered(record)).toBe(true);
  });

  test("a killed TaskManager restarts all 12,000 tasks at P = 4,000", () => {
    const record = controlRun(configOf("bytedance-join-4000.yaml", "region-restart"));
    expect(record.tasksRestarted).toBe(12_000);
    expect(recovered(record)).toBe(true);
  });

  test("on a pointwise pipeline it restarts the slice of the failed task", () => {
    const record = controlRun(failing(configOf(POINTWISE, "region-restart"), 1, 6));
    // Readers 6 and 7, parsers 6 and 7, writer 3.
    expect(restarted(record)).toEqual([6, 7, 46, 47, 83]);
    expect(record.tasksRestarted).toBe(5);
    expect(recovered(record)).toBe(true);
  });

  test("regions that fail together recover each on its own", () => {
    const record = controlRun(configOf(POINTWISE, "region-restart"));
    // TaskManager 2 holds slots 8 to 11: readers and parsers 8–11, and writers 8–11 with all that feeds them.
    const slices = [8, 10, 16, 18, 20, 22];
    expect(restarted(record)).toHaveLength(slices.length * 5);
    expect(record.tasksRestarted).toBe(slices.length * 5);
    expect(recovered(record)).toBe(true);
  });

  test("the time to compute the restart set is the channels of the region, 372 ns each", () => {
    const record = controlRun(failing(configOf(HASH, "region-restart", P40), 2, 7));
    const { log } = record;
    const at = Array.from(log.kind.subarray(0, log.length)).findIndex((kind) => log.kindNames[kind] === "restart-set");
    expect(log.endNs[at]! - log.startNs[at]!).toBe(2 * 40 * 40 * 372);
  });
});

describe("approximate-local", () => {
  test("a failed source restarts itself and all that is downstream, a failed sink itself only", () => {
    const config = configOf(HASH, "approximate-local", P40);
    const source = controlRun(failing(config, 0, 3));
    expect(restarted(source)).toEqual([3, ...Array.from({ length: 40 }, (_, i) => 80 + i)]);
    expect(recovered(source)).toBe(true);
    const sink = controlRun(failing(config, 2, 3));
    expect(restarted(sink)).toEqual([83]);
    expect(sink.tasksRestarted).toBe(1);
    expect(recovered(sink)).toBe(true);
  });

  test("a killed TaskManager restarts its sources and every joiner", () => {
    const record = controlRun(killing(configOf(HASH, "approximate-local", P40), 7));
    expect(restarted(record)).toHaveLength(8 + 40);
    expect(recovered(record)).toBe(true);
  });

  const killed = (sets: string[]): RunRecord =>
    controlRun(configOf("strategies.yaml", "approximate-local", [...sets, "resolution=100ms"]));
  const delay = (of: string): string => `engine.config.restart-strategy.fixed-delay.delay=${of}`;

  test.each([
    // The container's exit is known after 1.7 s, those who read from it have failed after 0.05 s.
    ["3s", 8 + 40],
    ["1s", 8 + 40 + 36],
  ])("after a restart delay of %s a killed TaskManager costs %d attempts at P = 40", (of, attempts) => {
    const record = killed([delay(of)]);
    expect(record.tasksRestarted).toBe(attempts);
    expect(recovered(record)).toBe(true);
  });

  test("at P = 4,000 a killed TaskManager costs 1.12 its heartbeats: 8 restart sets of 2 P² channels each", () => {
    const P4000 = ["P=4000", delay("3s"), "duration=200s"];
    const patient = killed([...P4000, "engine.config.heartbeat.timeout=10min"]);
    expect(patient.tasksRestarted).toBe(8 + 4000);
    expect(recovered(patient)).toBe(true);
    // The lost sources, and the readers elsewhere, each of which touches 2 P channels.
    const channels = 8 * (2 * 4000 ** 2) + 3996 * (2 * 4000);
    expect(totalNs(patient, "restart-set") / (channels * 372)).toBeCloseTo(1, 1);
    expect(recovered(killed(P4000))).toBe(false);
    const newer = killed([...P4000, 'engine.version="1.13"']);
    expect(newer.tasksRestarted).toBe(8 + 4000);
    expect(recovered(newer)).toBe(true);
  });
});

describe("individual-restart", () => {
  const lonely = (config: ModelConfig): ModelConfig => ({
    ...config,
    vertices: config.vertices.slice(0, 1).map((vertex) => ({ ...vertex, sink: true })),
    edges: [],
  });
  test("restarts the failed task alone, without the restart delay", () => {
    const config = lonely(configOf(HASH, "individual-restart", P40));
    const record = controlRun(failing(config, 0, 5));
    expect(restarted(record)).toEqual([5]);
    const incident = record.incidents[0]!;
    expect(incident.recoveredNs - incident.startNs).toBeLessThan(3.5e9);
  });
});

describe("task sets", () => {
  const topology = buildTopology(configOf(POINTWISE, "region-restart"));
  test("downstream of a reader is its parser and that one's writer", () => {
    expect(Array.from(downstreamOf(topology, 6)).flatMap((one, task) => (one ? [task] : []))).toEqual([6, 46, 83]);
  });
  test("channels within and touching a set", () => {
    const set = new Set([6, 46, 83]);
    expect(channelsWithin(topology, (task) => set.has(task))).toBe(2);
    expect(channelsTouching(topology, (task) => set.has(task))).toBe(3);
    const join = buildTopology(configOf(HASH, "none", P40));
    expect(channelsWithin(join, (task) => task < 10 || task >= 100)).toBe(10 * 20);
    expect(channelsTouching(join, (task) => task < 10 || task >= 100)).toBe(2 * 40 * 20 + 10 * 20);
  });
});
