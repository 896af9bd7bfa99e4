/**
 * The fault-free twin of a case: same seed, same `set`, no faults. Its strategy has nothing to decide, so all cases
 * that differ only in strategy and its options share one twin. The faults stay in the twin's configuration: they tell
 * from when gaps and latency are measured, and `runTwin` leaves them out of the run.
 */
import type { ModelConfig } from "../model/config.js";
import { resolveStrategy } from "./to-model.js";

export function twinOf(config: ModelConfig): ModelConfig {
  return { ...config, strategy: resolveStrategy("none", {}) };
}

/** Equal exactly for cases that share a twin. */
export function twinKey(config: ModelConfig): string {
  return JSON.stringify(twinOf(config));
}
