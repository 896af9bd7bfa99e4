import { describe, expect, test } from "vitest";
import type { ModelConfig } from "../model/config.js";
import { checkConfig, checkScenario, formatDiagnostic, parseScenario } from "./index.js";
import { SMALL, small, valid } from "./testing/small.js";

const base: ModelConfig = valid().cases[0]!.config;
const messagesOf = (config: ModelConfig) =>
  checkConfig(config).findings.map((f) => `${f.severity} ${f.path.join("/")}: ${f.problem.message}`);
const withVertex = (index: number, change: Partial<ModelConfig["vertices"][number]>): ModelConfig => ({
  ...base,
  vertices: base.vertices.map((vertex, i) => (i === index ? { ...vertex, ...change } : vertex)),
});
const withFault = (fault: Partial<ModelConfig["faults"][number]>): ModelConfig => ({
  ...base,
  faults: [{ ...base.faults[0]!, ...fault }],
});

describe("load", () => {
  test("a valid job has no findings", () => expect(messagesOf(base)).toEqual([]));

  test("the hottest joiner of the published job carries 3 of 8,192 key groups: 1.4648 × the mean, 68.8 %", () => {
    const vertices = base.vertices.map((vertex) => ({
      ...vertex,
      parallelism: 4000,
      maxParallelism: 8192,
      ratePerSecond: vertex.type === "source" ? 20e6 : 0,
      serviceTime: { kind: "constant", valueNs: vertex.type === "source" ? 100_000 : 47_000 } as const,
    }));
    const cluster = { ...base.cluster, taskManagers: 1000 };
    const report = checkConfig({
      ...base,
      vertices,
      cluster,
      engine: { ...base.engine, networkMemoryBytes: 4064 * 1024 ** 2 },
    });
    expect(report.findings).toEqual([]);
    expect(report.loads[0]?.utilisation).toBeCloseTo(0.5, 12);
    expect(report.loads[2]?.timesMean).toBeCloseTo((3 / 8192) * 4000, 9);
    expect(report.loads[2]?.utilisation).toBeCloseTo((3 / 8192) * 40e6 * 47e-6, 9);
  });

  test.each([40, 100, 1000, 4000])("a 4-slot TaskManager of the two-way join needs up to P+4 MiB, P=%i", (p) => {
    const vertices = base.vertices.map((vertex) => ({
      ...vertex,
      parallelism: p,
      maxParallelism: 8192,
      ratePerSecond: 1,
    }));
    const report = checkConfig({ ...base, vertices, cluster: { ...base.cluster, taskManagers: p / 4 } });
    expect(report.memory?.wantedBytes).toBe((p + 4) * 1024 ** 2);
    // 4 slots × (2 gates of 2N+8, 2 outputs of N+1) × 32 KiB
    expect(report.memory?.neededBytes).toBe(4 * (2 * (2 * p + 8) + 2 * (p + 1)) * 32 * 1024);
  });

  test("rates follow partitioning: hash, rebalance, broadcast, forward, rescale, selectivity", () => {
    const load = (partitioning: string, parallelism: number, selectivity = 1) => {
      const config = valid(`version: 1
name: pipe
duration: 10s
strategy: none
job:
  vertices:
    - { id: a, type: source, parallelism: 8, rate: 800/s, serviceTime: 1us }
    - { id: b, type: operator, parallelism: 8, serviceTime: 1us, selectivity: ${selectivity} }
    - { id: c, type: sink, parallelism: ${parallelism}, serviceTime: 1ms }
  edges:
    - { from: a, to: b, partitioning: forward }
    - { from: b, to: c, partitioning: ${partitioning} }
cluster: { taskManagers: 2, slotsPerTaskManager: 4 }
`).cases[0]!.config;
      return checkConfig(config).loads[2]!;
    };
    expect(load("rebalance", 4).ratePerSecond).toBeCloseTo(200, 9);
    expect(load("rescale", 4).ratePerSecond).toBeCloseTo(200, 9);
    expect(load("rescale", 3)).toMatchObject({ subtask: 0, ratePerSecond: 300 });
    expect(load("forward", 8, 0.5).ratePerSecond).toBeCloseTo(50, 9);
    expect(load("broadcast", 4, 0.1).ratePerSecond).toBeCloseTo(80, 9);
    expect(load("hash", 5).ratePerSecond).toBeCloseTo((800 * 26) / 128, 9);
    expect(load("broadcast", 2, 2).utilisation).toBeCloseTo(1.6, 9);
  });

  test("skewed keys heat one subtask", () => {
    const edges = base.edges.map((edge) => ({ ...edge, keySkew: 1 }));
    expect(checkConfig({ ...base, edges }).loads[2]!.timesMean).toBeGreaterThan(2);
  });
});

describe("refusals", () => {
  const two = base.edges[0]!;
  test.each<[string, ModelConfig, string]>([
    [
      "overload",
      withVertex(2, { serviceTime: { kind: "constant", valueNs: 10e6 } }),
      'error job/vertices/2/serviceTime: subtask 0 of "joiner" is overloaded: 200.0 % busy',
    ],
    [
      "network memory",
      { ...base, engine: { ...base.engine, networkMemoryBytes: 4 * 1024 ** 2 } },
      "error engine/config/taskmanager.network.memory.max: insufficient number of network buffers: a TaskManager requires 264 (8.3 MiB), but only 128 are available (4.0 MiB)",
    ],
    [
      "small pools",
      { ...base, engine: { ...base.engine, networkMemoryBytes: 10 * 1024 ** 2 } },
      "warning engine/config/taskmanager.network.memory.max: a TaskManager has 320 network buffers; full pools want 384, so output pools may be smaller than 2N+8",
    ],
    [
      "too few slots",
      { ...base, cluster: { ...base.cluster, taskManagers: 1 }, faults: [] },
      "error cluster/taskManagers: the job needs 8 slots, the TaskManagers have 4",
    ],
    [
      "cycle",
      { ...base, edges: [...base.edges, { ...two, from: 2, to: 2 }] },
      "error job/edges: the job graph has a cycle: joiner → joiner",
    ],
    [
      "input of a source",
      { ...base, edges: [...base.edges, { ...two, from: 1, to: 0 }] },
      'error job/edges/2/to: source "left" has an input',
    ],
    [
      "two edges of a pair",
      { ...base, edges: [two, two, base.edges[1]!] },
      'error job/edges/1: a second edge from "left" to "joiner"',
    ],
    ["half a join", { ...base, edges: [two] }, 'error job/vertices/2: "joiner" has 1 input'],
    ["dead end", withVertex(2, { sink: false }), 'error job/vertices/2: what "joiner" emits goes nowhere'],
    [
      "join by turns",
      { ...base, edges: [{ ...two, partitioning: "rebalance" }, base.edges[1]!] },
      'error job/edges/0/partitioning: join "joiner" has a rebalance input: partners would not meet',
    ],
    [
      "forward",
      { ...withVertex(2, { parallelism: 4 }), edges: [{ ...two, partitioning: "forward" }, base.edges[1]!] },
      "error job/edges/0/partitioning: a forward edge from parallelism 8 to 4",
    ],
    [
      "key groups",
      withVertex(2, { maxParallelism: 4 }),
      'error job/vertices/2/parallelism: "joiner" has parallelism 8 above its maxParallelism 4',
    ],
    [
      "individual restart",
      { ...base, strategy: { ...base.strategy, name: "individual-restart" } },
      'error strategy: strategy "individual-restart" refuses this job: "left" is connected to others',
    ],
    [
      "heartbeat",
      { ...base, engine: { ...base.engine, heartbeatTimeoutNs: 5e9 } },
      "error engine/config/heartbeat.timeout: heartbeat.timeout 5s is below heartbeat.interval 10s",
    ],
    [
      "fault after the end",
      withFault({ atNs: 60e9 }),
      "error faults/0/at: the fault at 60s comes after the end of the run",
    ],
    [
      "no such TaskManager",
      withFault({ target: { kind: "taskManager", taskManager: 2 } }),
      "error faults/0/target/taskManager: there is no TaskManager 2",
    ],
    [
      "no such machine",
      withFault({ kind: "power-loss", target: { kind: "machine", machine: 5 } }),
      "error faults/0/target/machine: there is no machine 5",
    ],
    [
      "no such rack",
      withFault({ kind: "kill-machines", target: { kind: "rack", rack: 1 } }),
      "error faults/0/target/rack: there is no rack 1",
    ],
    [
      "too many machines",
      withFault({ kind: "kill-machines", target: { kind: "random", count: 3 } }),
      "error faults/0/target/random: 3 machines of 2",
    ],
    [
      "no such subtask",
      withFault({ kind: "fail-task", target: { kind: "task", vertex: 2, subtask: 8 } }),
      "error faults/0/target/subtask: there is no subtask of joiner 8",
    ],
    [
      "partition of strangers",
      withFault({ kind: "partition", target: { kind: "sets", from: [0], to: [-1, 2], oneWay: false } }),
      "error faults/0/target/to: there is no TaskManager 2",
    ],
    [
      "no such event loop",
      withFault({ kind: "hang-io-thread", options: { client: 0, thread: 4 } }),
      "error faults/0/thread: there is no event loop 4",
    ],
    [
      "half records where there are none",
      { ...base, strategy: { ...base.strategy, clearHalfRecord: false } },
      "error strategyOptions/clearHalfRecord: a half record that is not cleared cannot be carried in quanta",
    ],
    [
      "quanta that leave at once",
      { ...base, engine: { ...base.engine, bufferTimeoutNs: 0 } },
      "error engine/config/execution.buffer-timeout: a buffer timeout of 0 cannot be carried in quanta",
    ],
  ])("%s", (_, config, message) => expect(messagesOf(config)).toContain(message));

  test("what is known but not simulated yet is refused by name", () => {
    const later = { ...base, strategy: { ...base.strategy, name: "no-such-strategy" } };
    expect(messagesOf(later)).toEqual(['error strategy: strategy "no-such-strategy" is known but not simulated yet']);
    expect(messagesOf(withFault({ kind: "no-such-fault" }))).toEqual([
      'error faults/0/kind: fault kind "no-such-fault" is known but not simulated yet',
    ]);
  });
  test("a longer cycle is spelled out", () => {
    const edges = [...base.edges, { ...two, from: 2, to: 3 }, { ...two, from: 3, to: 2 }];
    const vertices = [...base.vertices, { ...base.vertices[2]!, id: "more", type: "operator" as const }];
    expect(messagesOf({ ...base, vertices, edges })).toContain(
      "error job/edges: the job graph has a cycle: joiner → more → joiner",
    );
  });
  test("a machine of a reserved TaskManager exists", () => {
    const cluster = { ...base.cluster, reservedTaskManagers: 1 };
    expect(messagesOf({ ...withFault({ target: { kind: "taskManager", taskManager: 2 } }), cluster })).toEqual([]);
  });
  test("allowances turn their refusal into a warning, and no other", () => {
    const overloaded = withVertex(2, { serviceTime: { kind: "constant", valueNs: 10e6 } });
    expect(checkConfig(overloaded, ["overload"]).findings.map((f) => f.severity)).toEqual(["warning"]);
    expect(checkConfig(overloaded, ["network-memory"]).findings.map((f) => f.severity)).toEqual(["error"]);
  });
});

describe("a scenario's check", () => {
  const check = (text: string) => {
    const parsed = parseScenario(text, { file: "small.yaml" });
    if (!parsed.ok) throw new Error(parsed.diagnostics.map(formatDiagnostic).join("\n"));
    return checkScenario(parsed.scenario, parsed.locate);
  };
  test("positions, once for all cases", () => {
    const { refusals } = check(small("serviceTime: 1ms, sink", "serviceTime: 10ms, sink"));
    expect(refusals.map(formatDiagnostic)).toEqual([
      'small.yaml:9:120: subtask 0 of "joiner" is overloaded: 200.0 % busy, expected below 100 %, or `allow: [overload]`',
    ]);
  });
  test("a finding of one case names it", () => {
    const { refusals } = check(small("cluster.reservedTaskManagers: 1", "cluster.taskManagers: 1, faults: []"));
    expect(refusals.map((d) => d.message)).toEqual(['case "one": the job needs 8 slots, the TaskManagers have 4']);
  });
  test("what a case says by itself is found in its line", () => {
    const individual = small("strategy: global-restart }", "strategy: individual-restart }");
    const line = individual.split("\n").findIndex((each) => each.includes("individual-restart")) + 1;
    expect(check(individual).refusals.map(formatDiagnostic)).toEqual([
      expect.stringMatching(
        new RegExp(`^small\\.yaml:${line}:\\d+: case "all": strategy "individual-restart" refuses`),
      ),
    ]);
    const kept = small(
      "strategy: single-task, set",
      "strategy: single-task, strategyOptions: { clearHalfRecord: false }, set",
    );
    const keptLine = kept.split("\n").findIndex((each) => each.includes("clearHalfRecord")) + 1;
    expect(check(kept).refusals.map(formatDiagnostic)).toEqual([
      expect.stringMatching(new RegExp(`^small\\.yaml:${keptLine}:\\d+: case "one": a half record`)),
    ]);
  });
  test("allow in the file", () => {
    const text = small("duration: 60s", "duration: 60s\nallow: [overload]").replace(
      "serviceTime: 1ms, sink",
      "serviceTime: 10ms, sink",
    );
    const { refusals, warnings } = check(text);
    expect([refusals.length, warnings.length]).toEqual([0, 1]);
  });
  test("a valid one", () => expect(check(SMALL)).toMatchObject({ refusals: [], warnings: [] }));
});
