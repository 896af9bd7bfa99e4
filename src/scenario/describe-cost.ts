/** Value and grade of whatever a critical-path hop can consist of, for the list of assumptions. */
import type { Distribution, ModelConfig } from "../model/config.js";
import { COSTS } from "./cost-catalogue.js";

function seconds(ns: number): string {
  if (ns >= 1e9) return `${ns / 1e9}s`;
  if (ns >= 1e6) return `${ns / 1e6}ms`;
  return ns >= 1e3 ? `${ns / 1e3}us` : `${ns}ns`;
}

export function distributionText(distribution: Distribution): string {
  switch (distribution.kind) {
    case "constant":
      return seconds(distribution.valueNs);
    case "uniform":
      return `uniform ${seconds(distribution.lowNs)}–${seconds(distribution.highNs)}`;
    case "exponential":
      return `exponential, mean ${seconds(distribution.meanNs)}`;
    case "lognormal":
      return `lognormal, median ${seconds(distribution.medianNs)}, σ ${distribution.sigma}`;
    case "normal":
      return `normal, mean ${seconds(distribution.meanNs)}, sd ${seconds(distribution.sdNs)}`;
    case "empirical":
      return `empirical, ${distribution.valuesNs.length} values`;
  }
}

/** Engine and cluster settings that can appear on a path beside the costs of the catalogue. */
function setting(cost: string, config: ModelConfig): { value: string; grade: string } | null {
  switch (cost) {
    case "heartbeatTimeout":
      return { value: seconds(config.engine.heartbeatTimeoutNs), grade: "S" };
    case "restartDelay":
      return { value: seconds(config.engine.restartDelayNs), grade: "I" };
    case "askTimeout":
      return { value: seconds(config.engine.askTimeoutNs), grade: "S" };
    case "backoff":
      return {
        value: `${seconds(config.engine.partitionRequestInitialBackoffNs)} ×2 up to ${seconds(config.engine.partitionRequestMaxBackoffNs)}`,
        grade: "S",
      };
    case "linkLatency":
      return { value: seconds(config.cluster.linkLatencyNs), grade: "I" };
    case "bandwidth":
      return { value: `${config.cluster.jobManagerBitsPerSecond / 1e9} Gbit/s`, grade: "I" };
    case "fallbackTimer":
      return { value: seconds(config.strategy.fallbackTimerNs ?? 0), grade: "I" };
    case "serviceTime":
      return { value: "of the vertex", grade: "I" };
    default:
      return null;
  }
}

export function describeCost(cost: string, config: ModelConfig): { value: string; grade: string } {
  const fromSetting = setting(cost, config);
  if (fromSetting) return fromSetting;
  const spec = COSTS.find((each) => each.name === cost);
  const value = config.costs[cost as keyof ModelConfig["costs"]];
  return { value: typeof value === "number" ? String(value) : distributionText(value), grade: spec?.grade ?? "I" };
}
