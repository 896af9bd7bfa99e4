/**
 * Flink's own keys under `engine.config`: which exist, how their values read, and what they are called in other
 * lines. Dotted or nested; a key of a later line, set on an earlier one, switches that behaviour on. Defaults are
 * the presets' (engines.ts).
 */
import type { Problem } from "./messages.js";
import { messages } from "./messages.js";
import { nearestName } from "./nearest.js";
import type { Path } from "./schema-values.js";
import type { Parsed } from "./units.js";
import { parseQuantity } from "./units.js";

export type RestartStrategyName = "none" | "fixed-delay";
export type FlinkFailoverStrategy = "full" | "region" | "individual";

/** What a scenario's `engine.config` says, by canonical key; absent = the preset's. */
export interface FlinkSettings {
  readonly "heartbeat.interval"?: number;
  readonly "heartbeat.timeout"?: number;
  readonly "heartbeat.rpc-failure-threshold"?: number;
  readonly "akka.ask.timeout"?: number;
  readonly "restart-strategy"?: RestartStrategyName;
  readonly "restart-strategy.fixed-delay.attempts"?: number;
  readonly "restart-strategy.fixed-delay.delay"?: number;
  readonly "jobmanager.execution.failover-strategy"?: FlinkFailoverStrategy;
  readonly "execution.buffer-timeout"?: number;
  readonly "task.cancellation.interval"?: number;
  readonly "task.cancellation.timeout"?: number;
  readonly "taskmanager.heap.size"?: number;
  readonly "taskmanager.memory.segment-size"?: number;
  readonly "taskmanager.network.memory.min"?: number;
  readonly "taskmanager.network.memory.max"?: number;
  readonly "taskmanager.network.memory.fraction"?: number;
  readonly "taskmanager.network.memory.buffers-per-channel"?: number;
  readonly "taskmanager.network.memory.floating-buffers-per-gate"?: number;
  readonly "taskmanager.network.memory.max-buffers-per-channel"?: number;
  readonly "taskmanager.network.request-backoff.initial"?: number;
  readonly "taskmanager.network.request-backoff.max"?: number;
  readonly "taskmanager.network.netty.server.numThreads"?: number;
  readonly "taskmanager.network.netty.client.numThreads"?: number;
  readonly "slot.idle.timeout"?: number;
  readonly "slot.request.timeout"?: number;
}
export type FlinkKey = keyof FlinkSettings;

interface KeySpec {
  readonly key: FlinkKey;
  /** Names of the same option in other lines. */
  readonly aliases: readonly string[];
  readonly read: (value: unknown) => Parsed<number | string>;
  readonly type: "string" | "integer" | readonly string[];
  readonly doc: string;
}

const positiveDuration = (value: unknown): Parsed<number> => {
  const parsed = parseQuantity(value, "duration", "flink", "ms");
  if (parsed.ok && parsed.value === 0)
    return { ok: false, problem: messages.outOfRange(value, "a duration above zero") };
  return parsed;
};
const anyDuration = (value: unknown): Parsed<number> => parseQuantity(value, "duration", "flink", "ms");
const size = (value: unknown): Parsed<number> => {
  const parsed = parseQuantity(value, "bytes", "flink", "b");
  if (parsed.ok && parsed.value === 0) return { ok: false, problem: messages.outOfRange(value, "a size above zero") };
  return parsed;
};
const fraction = (value: unknown): Parsed<number> => {
  const parsed = parseQuantity(value, "ratio");
  if (parsed.ok && parsed.value > 1)
    return { ok: false, problem: messages.outOfRange(value, "a fraction from 0 to 1") };
  return parsed;
};
const whole =
  (min: number) =>
  (value: unknown): Parsed<number> =>
    typeof value === "number" && Number.isInteger(value) && value >= min && value <= 2 ** 31 - 1
      ? { ok: true, value }
      : { ok: false, problem: messages.wrongType(value, `a whole number of at least ${min}`) };
const choice =
  (names: Readonly<Record<string, string>>, key: string, unmodelled: readonly string[]) =>
  (value: unknown): Parsed<string> => {
    const valid = [...new Set(Object.values(names))];
    if (typeof value === "string" && Object.hasOwn(names, value)) return { ok: true, value: names[value] as string };
    if (typeof value === "string" && unmodelled.includes(value)) {
      return { ok: false, problem: messages.notModelled(key, value, valid) };
    }
    return { ok: false, problem: messages.notAllowedValue(value, valid) };
  };

const k = (
  key: FlinkKey,
  read: KeySpec["read"],
  type: KeySpec["type"],
  doc: string,
  aliases: readonly string[] = [],
): KeySpec => ({ key, aliases, read, type, doc });

/** Every key that the simulator knows; the order is that of `outgap list engines`. */
export const FLINK_KEYS: readonly KeySpec[] = [
  k("heartbeat.interval", positiveDuration, "string", "Interval of the heartbeats that the JobManager sends."),
  k("heartbeat.timeout", positiveDuration, "string", "Silence after which a TaskManager counts as lost."),
  k(
    "heartbeat.rpc-failure-threshold",
    whole(-1),
    "integer",
    "Heartbeat RPCs refused in a row that count as a loss (1.14+); -1 = off.",
  ),
  k("akka.ask.timeout", positiveDuration, "string", "How long an RPC waits for its answer.", ["pekko.ask.timeout"]),
  k(
    "restart-strategy",
    choice(
      { none: "none", off: "none", disable: "none", "fixed-delay": "fixed-delay", fixeddelay: "fixed-delay" },
      "restart-strategy",
      ["failure-rate", "failurerate", "exponential-delay", "exponentialdelay"],
    ),
    "string",
    "none or fixed-delay.",
    ["restart-strategy.type"],
  ),
  k(
    "restart-strategy.fixed-delay.attempts",
    whole(0),
    "integer",
    "Restarts before the job fails; 1 if the strategy is set and this is not.",
  ),
  k(
    "restart-strategy.fixed-delay.delay",
    anyDuration,
    "string",
    "Delay before a restart; 1s if the strategy is set and this is not.",
  ),
  k(
    "jobmanager.execution.failover-strategy",
    choice({ full: "full", region: "region", individual: "individual" }, "jobmanager.execution.failover-strategy", [
      "region-legacy",
    ]),
    "string",
    "Optional; must agree with the case's strategy: full = global-restart, region = region-restart, individual = individual-restart.",
  ),
  k(
    "execution.buffer-timeout",
    anyDuration,
    "string",
    "Period of the output flushers; 0ms flushes after every record (`resolution: exact` only).",
    ["execution.buffer-timeout.interval"],
  ),
  k("task.cancellation.interval", positiveDuration, "string", "Period of the interrupts of a task being cancelled."),
  k(
    "task.cancellation.timeout",
    positiveDuration,
    "string",
    "After it a task that does not cancel takes its TaskManager down.",
  ),
  k("taskmanager.heap.size", size, "string", "Memory of which taskmanager.network.memory.fraction is taken.", [
    "taskmanager.memory.flink.size",
  ]),
  k("taskmanager.memory.segment-size", size, "string", "Size of a network buffer."),
  k("taskmanager.network.memory.min", size, "string", "Lower clamp of the network memory of a TaskManager.", [
    "taskmanager.memory.network.min",
  ]),
  k("taskmanager.network.memory.max", size, "string", "Upper clamp of the network memory of a TaskManager.", [
    "taskmanager.memory.network.max",
  ]),
  k(
    "taskmanager.network.memory.fraction",
    fraction,
    ["number", "string"],
    "Share of the memory used for the network, before the clamps.",
    ["taskmanager.memory.network.fraction"],
  ),
  k("taskmanager.network.memory.buffers-per-channel", whole(0), "integer", "Exclusive buffers of an input channel."),
  k("taskmanager.network.memory.floating-buffers-per-gate", whole(0), "integer", "Floating buffers of an input gate."),
  k(
    "taskmanager.network.memory.max-buffers-per-channel",
    whole(1),
    "integer",
    "Buffers that one outgoing channel may hold (1.11+; absent before: the pool is the only limit).",
  ),
  k(
    "taskmanager.network.request-backoff.initial",
    positiveDuration,
    "string",
    "First wait after a partition was not found; doubles.",
  ),
  k("taskmanager.network.request-backoff.max", positiveDuration, "string", "Longest such wait."),
  k("taskmanager.network.netty.server.numThreads", whole(-1), "integer", "Netty server event loops; -1 = slots."),
  k("taskmanager.network.netty.client.numThreads", whole(-1), "integer", "Netty client event loops; -1 = slots."),
  k("slot.idle.timeout", positiveDuration, "string", "An idle slot returns to the ResourceManager after this."),
  k("slot.request.timeout", positiveDuration, "string", "A slot request that nobody can serve fails after this."),
];

/** Flink options that a scenario says elsewhere. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  "taskmanager.numberOfTaskSlots": "cluster.slotsPerTaskManager",
  "parallelism.default": "the parallelism of each vertex",
  "pipeline.max-parallelism": "the maxParallelism of each vertex",
  "slotmanager.redundant-taskmanager-num": "cluster.reservedTaskManagers",
};

const CANONICAL: ReadonlyMap<string, FlinkKey> = new Map(
  FLINK_KEYS.flatMap((spec) => [spec.key, ...spec.aliases].map((name) => [name, spec.key] as const)),
);

/** The canonical name of a key or of one of its renames; `undefined` if there is no such key. */
export function canonicalFlinkKey(name: string): FlinkKey | undefined {
  return CANONICAL.get(name);
}

/** Flattens nested mappings to dotted keys; an already dotted key may stand inside a nested one. */
export function flattenKeys(value: Readonly<Record<string, unknown>>): { entries: [string, unknown][] } {
  const entries: [string, unknown][] = [];
  const visit = (prefix: string, node: Readonly<Record<string, unknown>>): void => {
    for (const [key, child] of Object.entries(node)) {
      const name = prefix === "" ? key : `${prefix}.${key}`;
      if (typeof child === "object" && child !== null && !Array.isArray(child)) {
        visit(name, child as Record<string, unknown>);
      } else entries.push([name, child]);
    }
  };
  visit("", value);
  return { entries };
}

/** Reads `engine.config`. Problem paths are the dotted keys. */
export function parseFlinkConfig(
  value: unknown,
): Parsed<FlinkSettings> | readonly { readonly path: Path; readonly problem: Problem }[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return [{ path: [], problem: messages.wrongType(value, "a mapping of Flink's keys") }];
  }
  const settings: Partial<Record<FlinkKey, number | string>> = {};
  const problems: { path: Path; problem: Problem }[] = [];
  for (const [name, raw] of flattenKeys(value as Record<string, unknown>).entries) {
    const spec = FLINK_KEYS.find((candidate) => candidate.key === CANONICAL.get(name));
    if (spec === undefined) {
      const elsewhere = ELSEWHERE[name];
      const problem =
        elsewhere === undefined
          ? messages.unknownName(
              "Flink key",
              name,
              FLINK_KEYS.map((s) => s.key),
            )
          : { message: `Flink's ${name} has its own place here`, expected: elsewhere, nearest: null };
      const named = problem.nearest ?? nearestName(name, CANONICAL.keys());
      problems.push({
        path: [name],
        problem:
          elsewhere === undefined
            ? { ...problem, expected: "a key of `outgap list engines`", nearest: named }
            : problem,
      });
    } else if (settings[spec.key] !== undefined) {
      problems.push({ path: [name], problem: messages.duplicate("Flink key", spec.key) });
    } else {
      const parsed = spec.read(raw);
      if (parsed.ok) settings[spec.key] = parsed.value;
      else problems.push({ path: [name], problem: parsed.problem });
    }
  }
  return problems.length > 0 ? problems : { ok: true, value: settings as FlinkSettings };
}

/** JSON Schema of `engine.config`: known keys for completion; nested spelling is allowed, hence not strict. */
export const FLINK_CONFIG_JSON = {
  type: "object",
  description: "Flink's own configuration keys, dotted or nested. Unknown keys are errors.",
  properties: Object.fromEntries(
    FLINK_KEYS.flatMap((spec) =>
      [spec.key, ...spec.aliases].map((name) => [
        name,
        // A nested mapping may stand where a dotted prefix is itself a key (restart-strategy).
        { anyOf: [{ type: spec.type }, { type: "object" }, { type: "string" }], description: spec.doc },
      ]),
    ),
  ),
} as const;
