/**
 * What a sensitivity study changes: each cost of the catalogue, and the engine settings that a critical path can rest
 * on. A variable turns one normalised case into another that differs in it alone. Owns no run.
 */
import type { CostName, Distribution, ModelConfig } from "../../model/config.js";
import { COSTS } from "../../scenario/index.js";

export interface Variable {
  /** As `assumptions` of a summary name it. */
  readonly name: string;
  readonly kind: "cost" | "setting";
  /** The case with this value times `factor`; the same object where that changes nothing (a value of zero, or none). */
  scale(config: ModelConfig, factor: number): ModelConfig;
}

/** Every duration of the distribution times `factor`; the shape stays. */
export function scaleDistribution(distribution: Distribution, factor: number): Distribution {
  const whole = (ns: number): number => scaleWhole(ns, factor);
  switch (distribution.kind) {
    case "constant":
      return { ...distribution, valueNs: whole(distribution.valueNs) };
    case "uniform":
      return { ...distribution, lowNs: whole(distribution.lowNs), highNs: whole(distribution.highNs) };
    case "exponential":
      return { ...distribution, meanNs: whole(distribution.meanNs) };
    case "lognormal":
      return { ...distribution, medianNs: whole(distribution.medianNs) };
    case "normal":
      return { ...distribution, meanNs: whole(distribution.meanNs), sdNs: whole(distribution.sdNs) };
    case "empirical":
      return { ...distribution, valuesNs: distribution.valuesNs.map(whole) };
  }
}

/** Nanoseconds and bytes are whole numbers: a value too small for the factor changes by one. */
function scaleWhole(value: number, factor: number): number {
  const scaled = Math.round(value * factor);
  if (scaled !== value || value === 0 || factor === 1) return scaled;
  return factor > 1 ? value + 1 : value - 1;
}

/** Costs that are plain numbers and may have a fraction. */
const FRACTIONAL: readonly CostName[] = ["nettyPerByteNs"];

function costVariable(name: CostName): Variable {
  return {
    name,
    kind: "cost",
    scale: (config, factor) => {
      const before = config.costs[name];
      let after: Distribution | number;
      if (typeof before !== "number") after = scaleDistribution(before, factor);
      else if (name === "stuckTaskProbability") after = Math.min(1, before * factor);
      else after = FRACTIONAL.includes(name) ? before * factor : scaleWhole(before, factor);
      if (JSON.stringify(after) === JSON.stringify(before)) return config;
      return { ...config, costs: { ...config.costs, [name]: after } };
    },
  };
}

function engineSetting(
  name: string,
  fields: readonly ("heartbeatTimeoutNs" | "restartDelayNs" | "askTimeoutNs" | Backoff)[],
): Variable {
  return {
    name,
    kind: "setting",
    scale: (config, factor) => {
      const changed = fields.map((field) => [field, scaleWhole(config.engine[field], factor)] as const);
      if (changed.every(([field, value]) => config.engine[field] === value)) return config;
      return { ...config, engine: { ...config.engine, ...Object.fromEntries(changed) } };
    },
  };
}
type Backoff = "partitionRequestInitialBackoffNs" | "partitionRequestMaxBackoffNs";

function clusterSetting(name: string, field: "linkLatencyNs" | "jobManagerBitsPerSecond"): Variable {
  return {
    name,
    kind: "setting",
    scale: (config, factor) => {
      const value = scaleWhole(config.cluster[field], factor);
      return value === config.cluster[field] ? config : { ...config, cluster: { ...config.cluster, [field]: value } };
    },
  };
}

const fallbackTimer: Variable = {
  name: "fallbackTimer",
  kind: "setting",
  scale: (config, factor) => {
    const before = config.strategy.fallbackTimerNs;
    const after = before === null ? null : scaleWhole(before, factor);
    return after === before ? config : { ...config, strategy: { ...config.strategy, fallbackTimerNs: after } };
  },
};

/** Costs in the order of the catalogue, then settings. */
export const VARIABLES: readonly Variable[] = [
  ...COSTS.map((spec) => costVariable(spec.name)),
  engineSetting("restartDelay", ["restartDelayNs"]),
  engineSetting("heartbeatTimeout", ["heartbeatTimeoutNs"]),
  engineSetting("askTimeout", ["askTimeoutNs"]),
  engineSetting("backoff", ["partitionRequestInitialBackoffNs", "partitionRequestMaxBackoffNs"]),
  clusterSetting("linkLatency", "linkLatencyNs"),
  clusterSetting("bandwidth", "jobManagerBitsPerSecond"),
  fallbackTimer,
];
