import { describe, expect, test } from "vitest";
import { ENGINE_PRESETS, ENGINE_VERSIONS, resolveEngine } from "./engines.js";
import { FLINK_KEYS, flattenKeys, parseFlinkConfig } from "./flink-config.js";

const settings = (value: unknown) => {
  const parsed = parseFlinkConfig(value);
  if (!("ok" in parsed) || !parsed.ok) throw new Error(JSON.stringify(parsed));
  return parsed.value;
};
const problems = (value: unknown) => {
  const parsed = parseFlinkConfig(value);
  return "ok" in parsed ? [] : parsed.map(({ path, problem }) => `${path.join("/")}: ${problem.message}`);
};

describe("Flink's keys", () => {
  test("dotted, nested and half nested are the same", () => {
    const dotted = settings({ "heartbeat.timeout": "20s", "taskmanager.network.memory.max": "2gb" });
    expect(settings({ heartbeat: { timeout: "20s" }, taskmanager: { network: { memory: { max: "2gb" } } } })).toEqual(
      dotted,
    );
    expect(settings({ "heartbeat.timeout": "20s", "taskmanager.network": { "memory.max": "2gb" } })).toEqual(dotted);
    expect(dotted).toEqual({ "heartbeat.timeout": 20e9, "taskmanager.network.memory.max": 2 * 1024 ** 3 });
  });
  test("renames of later lines", () => {
    expect(
      settings({
        "pekko.ask.timeout": "5s",
        "restart-strategy": { type: "fixed-delay", "fixed-delay": { delay: "3s", attempts: 2 } },
        "execution.buffer-timeout.interval": "50ms",
        "taskmanager.memory.network.min": "64mb",
      }),
    ).toEqual({
      "akka.ask.timeout": 5e9,
      "restart-strategy": "fixed-delay",
      "restart-strategy.fixed-delay.delay": 3e9,
      "restart-strategy.fixed-delay.attempts": 2,
      "execution.buffer-timeout": 50e6,
      "taskmanager.network.memory.min": 64 * 1024 ** 2,
    });
  });
  test("an alias and its key together are a duplicate", () => {
    expect(problems({ "akka.ask.timeout": "5s", "pekko.ask.timeout": "6s" })).toEqual([
      'pekko.ask.timeout: Flink key "akka.ask.timeout" is defined twice',
    ]);
  });
  test.each([
    [{ "heartbeat.interval": "0s" }],
    [{ "execution.buffer-timeout": "-1ms" }],
    [{ "execution.buffer-timeout": "-1ms" }],
    [{ "taskmanager.network.memory.fraction": 1.5 }],
    [{ "taskmanager.network.memory.max-buffers-per-channel": 0 }],
    [{ "taskmanager.network.memory.buffers-per-channel": 2.5 }],
    [{ "restart-strategy": "sometimes" }],
    [{ "restart-strategy.fixed-delay.attempts": 2 ** 31 }],
    [{ "heartbeat.interval": ["10s"] }],
    [{ "heartbeat.interval": null }],
    ["text"],
    [["a"]],
  ])("refuses %j", (value) => expect(problems(value)).toHaveLength(1));
  test("flatten", () => {
    expect(flattenKeys({ a: { b: { c: 1 }, "d.e": 2 }, f: 3 }).entries).toEqual([
      ["a.b.c", 1],
      ["a.d.e", 2],
      ["f", 3],
    ]);
  });
  test("no two keys share a name", () => {
    const names = FLINK_KEYS.flatMap((spec) => [spec.key, ...spec.aliases]);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe("presets", () => {
  test("1.9 as in the specification", () => {
    expect(resolveEngine("1.9", {})).toEqual({
      version: "1.9",
      heartbeatIntervalNs: 10e9,
      heartbeatTimeoutNs: 50e9,
      heartbeatRpcFailureThreshold: 0,
      askTimeoutNs: 10e9,
      cancelTries: 4,
      cancellationIntervalNs: 30e9,
      cancellationTimeoutNs: 180e9,
      restartStrategy: "fixed-delay",
      restartDelayNs: 0,
      restartAttempts: 2147483647,
      restartDelayComposition: "sum",
      bufferTimeoutNs: 100e6,
      segmentBytes: 32768,
      exclusiveBuffersPerChannel: 2,
      floatingBuffersPerGate: 8,
      maxBuffersPerChannel: null,
      blocksInsideEmit: true,
      partitionRequestInitialBackoffNs: 100e6,
      partitionRequestMaxBackoffNs: 10e9,
      connectionPerEdge: true,
      nettyServerThreads: 0,
      nettyClientThreads: 0,
      networkMemoryBytes: Math.floor(0.1 * 1024 ** 3),
      deadRpcFailsAtOnce: false,
      descriptorsPerConsumer: true,
      slotIdleTimeoutNs: 50e9,
      slotRequestTimeoutNs: 300e9,
    });
  });
  test("what each later line changed", () => {
    const changes = ENGINE_VERSIONS.slice(1).map((version, i) => {
      const before = ENGINE_PRESETS[ENGINE_VERSIONS[i]!].engine as unknown as Record<string, unknown>;
      const after = ENGINE_PRESETS[version].engine as unknown as Record<string, unknown>;
      return [version, Object.keys(after).filter((key) => key !== "version" && after[key] !== before[key])];
    });
    expect(Object.fromEntries(changes)).toEqual({
      "1.10": ["restartDelayNs", "restartDelayComposition", "blocksInsideEmit"],
      "1.11": ["maxBuffersPerChannel"],
      "1.12": [],
      "1.13": [],
      "1.14": ["heartbeatRpcFailureThreshold", "deadRpcFailsAtOnce", "descriptorsPerConsumer"],
      "1.15": ["connectionPerEdge"],
    });
  });
  test("network memory: fraction of the memory, clamped", () => {
    const of = (min: number, max: number, heap: number) =>
      resolveEngine("1.9", {
        "taskmanager.network.memory.min": min,
        "taskmanager.network.memory.max": max,
        "taskmanager.heap.size": heap,
      }).networkMemoryBytes;
    expect(of(64, 1024, 100)).toBe(64);
    expect(of(64, 1024, 5000)).toBe(500);
    expect(of(64, 1024, 50_000)).toBe(1024);
    expect(of(4064, 4064, 100)).toBe(4064);
  });
  test("fixed-delay named alone has Flink's own defaults, not the preset's", () => {
    expect(resolveEngine("1.9", { "restart-strategy": "fixed-delay" })).toMatchObject({
      restartDelayNs: 1e9,
      restartAttempts: 1,
    });
    expect(resolveEngine("1.9", { "restart-strategy.fixed-delay.delay": 5e9 })).toMatchObject({
      restartDelayNs: 5e9,
      restartAttempts: 2147483647,
    });
  });
  test("-1 means: no threshold, threads by slots", () => {
    expect(
      resolveEngine("1.14", {
        "heartbeat.rpc-failure-threshold": -1,
        "taskmanager.network.netty.server.numThreads": -1,
      }),
    ).toMatchObject({ heartbeatRpcFailureThreshold: 0, nettyServerThreads: 0 });
  });
});
