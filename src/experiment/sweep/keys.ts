/**
 * Content addresses: a run's name is the hash of all that its result depends on, so that equal runs have one name on
 * every machine, and a changed scenario, seed or program another.
 */
import { createHash } from "node:crypto";
import type { ModelConfig } from "../../model/config.js";

export function sha256(...parts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}\n`).update(part);
  return hash.digest("hex");
}

/** The hash of a configuration on any seed. */
export function configHash(config: ModelConfig): string {
  return sha256(JSON.stringify({ ...config, seed: "" }));
}

/** The name of one run: 40 hexadecimal digits. */
export function runKey(codeVersion: string, caseName: string, config: string, seed: string): string {
  return sha256(codeVersion, caseName, config, seed).slice(0, 40);
}
