/**
 * The data behind `outgap list`: one row per name with a line of docs, unit, default, grade and source. Everything
 * here is read from the tables that the parser itself uses.
 */
import { strategyNamed } from "../failover/registry.js";
import { faultKindNamed } from "../faults/registry.js";
import { INVARIANTS } from "../invariants/registry.js";
import type { Provider } from "../model/config.js";
import { PLANE_CHECKS } from "../model/network/plane-checks.js";
import { COSTS } from "./cost-catalogue.js";
import { costDefault } from "./costs.js";
import type { EngineVersion } from "./engines.js";
import { ENGINE_PRESETS, ENGINE_VERSIONS, resolveEngine } from "./engines.js";
import { FLINK_KEYS } from "./flink-config.js";
import { scenarioJsonSchema } from "./json-schema.js";
import { METRICS } from "./metrics-catalogue.js";
import { STRATEGIES } from "./names.js";
import { faultSchema } from "./schema-faults.js";
import { DISTRIBUTION_KINDS } from "./schema-values.js";
import { formatBytes, formatDuration } from "./units.js";

export interface CatalogueRow {
  readonly name: string;
  readonly doc: string;
  readonly unit: string | null;
  readonly default: string | null;
  readonly grade: string | null;
  readonly source: string | null;
}

export const CATALOGUES = ["strategies", "faults", "metrics", "engines", "flink-keys", "costs", "invariants"] as const;
export type CatalogueName = (typeof CATALOGUES)[number];

const row = (name: string, doc: string, rest: Partial<CatalogueRow> = {}): CatalogueRow => ({
  name,
  doc,
  unit: null,
  default: null,
  grade: null,
  source: null,
  ...rest,
});

const COST_UNITS = {
  distribution: "duration, may vary",
  durationPerByte: "duration per byte",
  bytes: "bytes",
  duration: "duration",
  probability: "probability",
} as const;

/** A default as a scenario would write it. */
export function written(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map(written).join(", ")}]`;
  return `{ ${Object.entries(value)
    .map(([key, inner]) => `${key}: ${written(inner)}`)
    .join(", ")} }`;
}

/** The simulator's own costs with their defaults for an engine preset and a provider. */
export function costRows(version: EngineVersion = "1.9", provider: Provider = "yarn"): CatalogueRow[] {
  return COSTS.map((spec) => {
    const { value, grade, source } = costDefault(spec, version, provider);
    return row(spec.key, spec.doc, { unit: COST_UNITS[spec.kind], default: written(value), grade, source });
  });
}

export function engineRows(): CatalogueRow[] {
  return ENGINE_VERSIONS.map((version) => {
    const preset = ENGINE_PRESETS[version];
    return row(version, preset.doc, { grade: "S", source: preset.source });
  });
}

/** Flink's keys with their defaults in one preset. */
export function flinkKeyRows(version: EngineVersion = "1.9"): CatalogueRow[] {
  const engine = resolveEngine(version, {});
  const { memory } = ENGINE_PRESETS[version];
  const defaults: Readonly<Record<string, string>> = {
    "heartbeat.interval": formatDuration(engine.heartbeatIntervalNs),
    "heartbeat.timeout": formatDuration(engine.heartbeatTimeoutNs),
    "heartbeat.rpc-failure-threshold":
      engine.heartbeatRpcFailureThreshold === 0 ? "-1" : String(engine.heartbeatRpcFailureThreshold),
    "akka.ask.timeout": formatDuration(engine.askTimeoutNs),
    "restart-strategy": engine.restartStrategy,
    "restart-strategy.fixed-delay.attempts": String(engine.restartAttempts),
    "restart-strategy.fixed-delay.delay": formatDuration(engine.restartDelayNs),
    "execution.buffer-timeout": formatDuration(engine.bufferTimeoutNs),
    "task.cancellation.interval": formatDuration(engine.cancellationIntervalNs),
    "task.cancellation.timeout": formatDuration(engine.cancellationTimeoutNs),
    "taskmanager.heap.size": formatBytes(memory.memoryBytes),
    "taskmanager.memory.segment-size": formatBytes(engine.segmentBytes),
    "taskmanager.network.memory.min": formatBytes(memory.minBytes),
    "taskmanager.network.memory.max": formatBytes(memory.maxBytes),
    "taskmanager.network.memory.fraction": String(memory.fraction),
    "taskmanager.network.memory.buffers-per-channel": String(engine.exclusiveBuffersPerChannel),
    "taskmanager.network.memory.floating-buffers-per-gate": String(engine.floatingBuffersPerGate),
    "taskmanager.network.memory.max-buffers-per-channel":
      engine.maxBuffersPerChannel === null ? "none" : String(engine.maxBuffersPerChannel),
    "taskmanager.network.request-backoff.initial": formatDuration(engine.partitionRequestInitialBackoffNs),
    "taskmanager.network.request-backoff.max": formatDuration(engine.partitionRequestMaxBackoffNs),
    "taskmanager.network.netty.server.numThreads": "-1",
    "taskmanager.network.netty.client.numThreads": "-1",
    "slot.idle.timeout": formatDuration(engine.slotIdleTimeoutNs),
    "slot.request.timeout": formatDuration(engine.slotRequestTimeoutNs),
  };
  return FLINK_KEYS.map((spec) => {
    const also = spec.aliases.length === 0 ? "" : ` Also: ${spec.aliases.join(", ")}.`;
    return row(spec.key, spec.doc + also, {
      default: defaults[spec.key] ?? null,
      grade: "S",
      source: `Flink ${version}`,
    });
  });
}

const LATER = "Known, not simulated yet.";

export function strategyRows(): CatalogueRow[] {
  return STRATEGIES.map(({ name, doc, options }) => {
    const takes = options.length === 0 ? "" : ` Options: ${options.join(", ")}.`;
    return row(name, strategyNamed(name) === undefined ? `${doc} ${LATER}` : doc + takes);
  });
}

export function faultRows(): CatalogueRow[] {
  return faultSchema.options.map((option) => {
    const { kind, ...others } = option.shape;
    const registered = faultKindNamed(kind.value);
    const noticed = registered === undefined ? LATER : `Noticed by ${registered.noticedBy}.`;
    return row(kind.value, `${kind.description ?? ""} ${noticed}`, { unit: Object.keys(others).join(", ") });
  });
}

export function metricRows(): CatalogueRow[] {
  return METRICS.map(({ path, unit, doc }) => row(path, doc, { unit }));
}

/** What every run is watched for. */
export function invariantRows(): CatalogueRow[] {
  const sentence = (text: string): string => `${text[0]!.toUpperCase()}${text.slice(1)}.`;
  return [
    ...INVARIANTS.map(({ name, summary }) => row(name, sentence(summary))),
    ...PLANE_CHECKS.map(({ name, summary, planes }) =>
      row(name, planes.length > 1 ? sentence(summary) : `${sentence(summary)} ${ONLY[planes[0]!]}`),
    ),
  ];
}

const ONLY = { exact: "Watched with `resolution: exact`.", quanta: "Watched with any other resolution than `exact`." };

/** A list by name. */
export function catalogueRows(name: CatalogueName): CatalogueRow[] {
  switch (name) {
    case "strategies":
      return strategyRows();
    case "faults":
      return faultRows();
    case "metrics":
      return metricRows();
    case "engines":
      return engineRows();
    case "flink-keys":
      return flinkKeyRows();
    case "costs":
      return costRows();
    case "invariants":
      return invariantRows();
  }
}

/** The keys of the scenario format as rows (path, docs, default), from the schema itself. */
export function schemaRows(): CatalogueRow[] {
  const rows: CatalogueRow[] = [];
  const visit = (path: string, node: Record<string, unknown>): void => {
    const options = (node.oneOf ?? node.anyOf) as Record<string, unknown>[] | undefined;
    for (const option of options ?? []) visit(path, option);
    if (node.items !== undefined) visit(`${path}[]`, node.items as Record<string, unknown>);
    for (const [key, child] of Object.entries((node.properties ?? {}) as Record<string, Record<string, unknown>>)) {
      const variant = child.const;
      const name = `${path === "" ? key : `${path}.${key}`}${typeof variant === "string" ? `: ${variant}` : ""}`;
      if ((DISTRIBUTION_KINDS as readonly string[]).includes(key)) continue;
      if (path === "costs" || path === "engine.config") continue;
      if (typeof child.description === "string" && !rows.some((r) => r.name === name && r.doc === child.description)) {
        const fallback = child.default;
        const simple = fallback === undefined || (typeof fallback === "object" && fallback !== null);
        rows.push(row(name, child.description, { default: simple ? null : JSON.stringify(fallback) }));
      }
      visit(name, child);
    }
  };
  visit("", scenarioJsonSchema());
  return rows;
}
