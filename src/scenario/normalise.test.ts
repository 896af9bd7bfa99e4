// biome-ignore-all lint/suspicious/noTemplateCurlyInString: scenarios write ${…} in plain text
import { describe, expect, test } from "vitest";
import { refused, SMALL, small, valid } from "./testing/small.js";

describe("a scenario becomes complete configurations", () => {
  const scenario = valid();
  const [all, one] = scenario.cases;

  test("the cases, their strategies and differences", () => {
    expect(scenario.cases.map((c) => [c.name, c.strategy])).toEqual([
      ["all", "global-restart"],
      ["one", "single-task"],
    ]);
    expect(all?.config.cluster.reservedTaskManagers).toBe(0);
    expect(one?.config.cluster.reservedTaskManagers).toBe(1);
    expect({ ...one?.config, cluster: null, strategy: null }).toEqual({
      ...all?.config,
      cluster: null,
      strategy: null,
    });
  });
  test("defaults, units and indices", () => {
    expect(all?.config).toMatchObject({
      name: "small",
      seed: "42",
      warmupNs: 0,
      durationNs: 60e9,
      resolutionNs: 100e6,
      edges: [
        { from: 0, to: 2, partitioning: "hash", keySkew: 0 },
        { from: 1, to: 2, partitioning: "hash", keySkew: 0 },
      ],
      cluster: {
        taskManagers: 2,
        slotsPerTaskManager: 4,
        provider: "yarn",
        linkLatencyNs: 100_000,
        linkBitsPerSecond: 1e10,
      },
      faults: [
        {
          kind: "kill-task-manager",
          atNs: 20e9,
          forNs: null,
          target: { kind: "taskManager", taskManager: 1 },
          options: {},
        },
      ],
    });
    expect(all?.config.vertices[0]).toEqual({
      id: "left",
      type: "source",
      parallelism: 8,
      maxParallelism: 128,
      ratePerSecond: 800,
      arrivals: "poisson",
      resume: "committed",
      recordBytes: 1000,
      serviceTime: { kind: "constant", valueNs: 1e6 },
      selectivity: 1,
      windowNs: 0,
      matchProbability: 0,
      matchDelay: { kind: "constant", valueNs: 0 },
      sink: false,
      slotSharingGroup: "default",
    });
    expect(one?.config.strategy).toEqual({
      name: "single-task",
      onReservesExhausted: "wait",
      fallbackTimerNs: 10e9,
      escalateAfterFailovers: 0,
      escalateWindowNs: 60e9,
      peerReports: false,
      discardAtSender: true,
      clearHalfRecord: true,
      cacheUpdate: true,
    });
  });
  test("a scenario without cases has one", () => {
    const text = SMALL.slice(0, SMALL.indexOf("cases:"));
    expect(valid(`${text}strategy: none\n`).cases.map((c) => c.name)).toEqual(["none"]);
    expect(refused(text)[0]).toMatch(/^small\.yaml:1:1: key "strategy" is missing, expected strategy: one of none/);
  });
  test("the normalised form reads back as the same cases", () => {
    const again = valid(scenario.normalisedYaml);
    expect(again).toEqual(scenario);
    expect(scenario.normalisedYaml).not.toContain("params");
  });
});

describe("--set, --case, --seed", () => {
  test("a param changes every place that uses it", () => {
    const config = valid(SMALL, { sets: ["P=40"] }).cases[0]?.config;
    expect(config?.vertices.map((v) => [v.parallelism, v.ratePerSecond])).toEqual([
      [40, 4000],
      [40, 4000],
      [40, 0],
    ]);
    expect(config?.cluster.taskManagers).toBe(10);
  });
  test("paths: names, indices, Flink's dotted keys, distributions", () => {
    const { config } = valid(SMALL, {
      sets: [
        "job.vertices.joiner.serviceTime=2ms",
        "job.vertices[0].rate=50/s",
        "engine.config.heartbeat.timeout=20s",
        "costs.containerStart={ lognormal: { median: 3s, sigma: 0.1 } }",
        "faults[0].target.taskManager=0",
        "params.P=4",
      ],
    }).cases[0]!;
    expect(config.vertices[2]?.serviceTime).toEqual({ kind: "constant", valueNs: 2e6 });
    expect(config.vertices[0]?.ratePerSecond).toBe(50);
    expect(config.engine.heartbeatTimeoutNs).toBe(20e9);
    expect(config.costs.containerStart).toEqual({ kind: "lognormal", medianNs: 3e9, sigma: 0.1 });
    expect(config.faults[0]?.target).toEqual({ kind: "taskManager", taskManager: 0 });
    expect(config.cluster.taskManagers).toBe(1);
  });
  test("a set replaces a nested spelling and a rename of the same Flink key", () => {
    const nested = small("    heartbeat.timeout: 50s", "    heartbeat: { timeout: 50s }\n    pekko.ask.timeout: 5s");
    const { engine } = valid(nested, {
      sets: ["engine.config.heartbeat.timeout=20s", "engine.config.akka.ask.timeout=7s"],
    }).cases[0]!.config;
    expect([engine.heartbeatTimeoutNs, engine.askTimeoutNs]).toEqual([20e9, 7e9]);
  });
  test("a case's own set stays on top, and may change params", () => {
    expect(
      valid(SMALL, { sets: ["cluster.reservedTaskManagers=3"] }).cases.map(
        (c) => c.config.cluster.reservedTaskManagers,
      ),
    ).toEqual([3, 1]);
    const text = small(
      "set: { cluster.reservedTaskManagers: 1 }",
      'set: { P: 16, cluster.reservedTaskManagers: "${P/16}" }',
    );
    expect(valid(text).cases.map((c) => c.config.vertices[0]?.parallelism)).toEqual([8, 16]);
    expect(valid(text).cases[1]?.config.cluster).toMatchObject({ taskManagers: 4, reservedTaskManagers: 1 });
  });
  test("cases and seed", () => {
    const scenario = valid(SMALL, { cases: ["one"], seed: "7" });
    expect(scenario.cases.map((c) => [c.name, c.config.seed])).toEqual([["one", "7"]]);
    expect(valid(SMALL, { cases: ["all"] }).expect).toEqual([]);
  });
  test.each([
    ["Q=1", '--set:1:1: cannot set "Q": no key or param "Q"'],
    ["cluster.taskManager=3", '--set:1:21: unknown key "taskManager", expected taskManagers, '],
    ["P", '--set:1:1: cannot read "P", expected PATH=VALUE'],
    ["P=ten", '--set:1:3: param "P" is text'],
    [
      "job.vertices.joinr.rate=1/s",
      '--set:1:1: cannot set "job.vertices.joinr.rate": no entry "joinr", expected left, right or joiner; did you mean joiner?',
    ],
    ["job.vertices[9].rate=1/s", '--set:1:1: cannot set "job.vertices[9].rate": no entry [9]'],
    [
      "duration=60",
      "--set:1:10: the bare number 60 has no unit, expected a duration with a unit, such as 100ms, 10s or 5min; did you mean 60s?",
    ],
    ["duration.x=1", '--set:1:1: cannot set "duration.x": duration has no parts'],
    ["job.__proto__.x=1", '--set:1:1: cannot set "job.__proto__.x": it is not a path'],
  ])("--set %s", (set, message) => {
    const [line] = refused(SMALL, { sets: [set] });
    if (set === "P=ten") expect(line).toContain('param "P" is text');
    else expect(line?.startsWith(message), line).toBe(true);
  });
  test("an unknown --case", () => {
    expect(refused(SMALL, { cases: ["on"] })).toEqual([
      '--case:1:1: unknown case "on", expected all or one; did you mean one?',
    ]);
  });
});

describe("messages", () => {
  const golden: [string, string, string, string][] = [
    [
      "unknown top key",
      "duration: 60s",
      "duratoin: 60s",
      'small.yaml:3:1: unknown key "duratoin", expected version, name, description, tags, seed, warmup, duration, liveness, sameTimeOrder, params, resolution, allow, job, cluster, engine, costs, faults, strategy, strategyOptions, cases, expect or sweep; did you mean duration?',
    ],
    [
      "unknown vertex key",
      "window: 10s",
      "windo: 10s",
      'small.yaml:9:54: unknown key "windo", expected id, parallelism, maxParallelism, serviceTime, recordSize, slotSharingGroup, type, window, match or sink; did you mean window?',
    ],
    [
      "key of another type",
      "window: 10s",
      "window: 10s, rate: 5/s",
      'small.yaml:9:67: unknown key "rate", expected id, parallelism, maxParallelism, serviceTime, recordSize, slotSharingGroup, type, window, match or sink',
    ],
    [
      "bare duration",
      "duration: 60s",
      "duration: 60",
      "small.yaml:3:11: the bare number 60 has no unit, expected a duration with a unit, such as 100ms, 10s or 5min; did you mean 60s?",
    ],
    [
      "bad unit",
      "window: 10s",
      "window: 10sec",
      'small.yaml:9:62: unknown unit "sec" in "10sec", expected a duration with a unit, such as 100ms, 10s or 5min; did you mean 10s?',
    ],
    [
      "wrong enum",
      "type: join",
      "type: joni",
      'small.yaml:9:27: this is "joni", expected source, operator, join or sink; did you mean join?',
    ],
    [
      "fraction of a task",
      '"${P/4}"',
      '"${P/3}"',
      "small.yaml:14:17: this is 2.6666666666666665, expected a whole number",
    ],
    [
      "text for a number",
      "slotsPerTaskManager: 4",
      "slotsPerTaskManager: four",
      'small.yaml:15:24: this is "four", expected a whole number',
    ],
    [
      "version unquoted",
      'version: "1.9"',
      "version: 1.9",
      'small.yaml:17:12: this is 1.9, expected "1.9", "1.10", "1.11", "1.12", "1.13", "1.14" or "1.15"',
    ],
    [
      "unknown Flink key",
      "heartbeat.timeout",
      "heartbeat.timeot",
      'small.yaml:19:5: unknown Flink key "heartbeat.timeot", expected a key of `outgap list engines`; did you mean heartbeat.timeout?',
    ],
    [
      "Flink key with its own place",
      "heartbeat.timeout: 50s",
      "taskmanager.numberOfTaskSlots: 4",
      "small.yaml:19:36: Flink's taskmanager.numberOfTaskSlots has its own place here, expected cluster.slotsPerTaskManager",
    ],
    [
      "bare Flink duration",
      "heartbeat.timeout: 50s",
      "heartbeat.timeout: 50000",
      "small.yaml:19:24: the bare number 50000 has no unit, expected a duration with a unit, such as 100ms, 10s or 5min; did you mean 50000ms?",
    ],
    [
      "unmodelled restart strategy",
      "heartbeat.timeout: 50s",
      "restart-strategy: failure-rate",
      'small.yaml:19:23: restart-strategy: "failure-rate" is not modelled, expected none or fixed-delay',
    ],
    [
      "Flink key twice",
      "heartbeat.timeout: 50s",
      "heartbeat.timeout: 50s\n    heartbeat: { timeout: 40s }",
      'small.yaml:19:24: Flink key "heartbeat.timeout" is defined twice, expected unique names',
    ],
    ["unknown param", "${P/4}", "${Q/4}", 'small.yaml:14:17: unknown param "Q", expected P'],
    [
      "params in a circle",
      "{ P: 8 }",
      '{ P: "${Q}", Q: "${P}" }',
      "small.yaml:4:14: params refer to each other in a circle: P → Q → P",
    ],
    [
      "unknown vertex in an edge",
      "from: left",
      "from: lefd",
      'small.yaml:11:15: unknown vertex "lefd", expected left, right or joiner; did you mean left?',
    ],
    ["vertex twice", "id: right", "id: left", 'small.yaml:8:13: vertex "left" is defined twice, expected unique names'],
    [
      "unknown fault kind",
      "kind: kill-task-manager",
      "kind: kill-taskmanager",
      'small.yaml:21:22: this is "kill-taskmanager", expected kill-task-manager, power-loss, fail-task, hang-task, slow-task, slow-machine, partition, hang-io-thread, kill-machines or mtbf; did you mean kill-task-manager?',
    ],
    [
      "unknown target",
      "{ taskManager: 1 }",
      "{ machine: 1 }",
      "small.yaml:21:49: this is a mapping, expected { taskManager: index }, { vertex: id, subtask: index } for the one where that task is by then, or { random: how many TaskManagers }",
    ],
    [
      "unknown strategy",
      "strategy: single-task",
      "strategy: single",
      'small.yaml:24:28: this is "single", expected none, global-restart, region-restart, individual-restart, approximate-local or single-task',
    ],
    ["case twice", "name: one", "name: all", 'small.yaml:24:13: case "all" is defined twice, expected unique names'],
    [
      "set of something else",
      "cluster.reservedTaskManagers: 1",
      "seed: 1",
      'small.yaml:24:48: a case cannot set "seed", expected a path under job, cluster, engine, costs, faults, strategyOptions or params',
    ],
    [
      "bad path in set",
      "cluster.reservedTaskManagers: 1",
      "cluster.reserved: 1",
      'small.yaml:24:66: unknown key "reserved", expected taskManagers, slotsPerTaskManager, taskManagersPerMachine, machinesPerRack, provider, reservedTaskManagers, linkLatency, linkBandwidth or jobManagerBandwidth',
    ],
    [
      "bad value in set",
      "cluster.reservedTaskManagers: 1",
      "cluster.reservedTaskManagers: 1.5",
      "small.yaml:24:78: this is 1.5, expected a whole number",
    ],
    [
      "option of another strategy",
      "strategy: global-restart",
      "strategy: global-restart, strategyOptions: { fallbackTimer: 1s }",
      'small.yaml:23:63: strategy "global-restart" has no options, expected no strategyOptions here',
    ],
    ["unknown case in expect", "case: one,", "case: two,", 'small.yaml:26:13: unknown case "two", expected all or one'],
    [
      "unknown metric",
      "recoveryTimeMs",
      "recoveryTime",
      'small.yaml:26:26: unknown metric "recoveryTime", expected a metric of `outgap list metrics`; did you mean recoveryTimeMs?',
    ],
    [
      "published without within",
      ", within: 10%",
      "",
      'small.yaml:26:5: key "within" is missing, expected within: a percentage, or a value in the metric\'s unit',
    ],
    [
      "metric without its unit",
      "published: 5s",
      "published: 5",
      "small.yaml:26:53: the bare number 5 has no unit, expected a duration with a unit, such as 100ms, 10s or 5min; did you mean 5s?",
    ],
    [
      "missing key",
      'rate: "${100*P}/s", serviceTime: 1ms }\n    - { id: r',
      "serviceTime: 1ms }\n    - { id: r",
      'small.yaml:7:7: key "rate" is missing, expected rate: Records per second appended to the log, for the whole vertex',
    ],
    [
      "negative",
      "at: 20s",
      "at: -20s",
      'small.yaml:21:11: "-20s" is out of range, expected a duration with a unit, such as 100ms, 10s or 5min, not negative',
    ],
    [
      "probability above one",
      "probability: 0.9",
      "probability: 90",
      "small.yaml:9:89: 90 is out of range, expected a ratio, such as 0.1% or 0.001, at most 1",
    ],
    [
      "unknown distribution",
      "delay: 1s",
      "delay: { gaussian: 1s }",
      'small.yaml:9:103: unknown distribution "gaussian", expected lognormal, uniform, exponential, normal or empirical',
    ],
    [
      "bad distribution field",
      "delay: 1s",
      "delay: { uniform: { low: 1s, hihg: 2s } }",
      'small.yaml:9:123: unknown key "hihg", expected low or high; did you mean high?',
    ],
    [
      "warm-up as long as the run",
      "duration: 60s",
      "duration: 60s\nwarmup: 60s",
      "small.yaml:4:9: the warm-up is not shorter than the run, expected less than `duration`, which includes it",
    ],
    ["version of the format", "version: 1\n", "version: 2\n", "small.yaml:1:10: this is 2, expected 1"],
    [
      "bad name",
      "name: small\n",
      "name: ../up\n",
      'small.yaml:2:7: this is "../up", expected Name of the scenario and of its results: letters, digits, _ . and -',
    ],
    ["a scalar for a mapping", "{ P: 8 }", "8", "small.yaml:4:9: this is 8, expected a mapping"],
  ];
  test.each(golden)("%s", (_, piece, by, message) => {
    expect(refused(small(piece, by))).toContain(message);
  });
  test("all problems of a file at once, each once", () => {
    const text = small("duration: 60s", "duration: 60").replace("window: 10s", "window: 10");
    expect(refused(text)).toHaveLength(2);
  });
});
