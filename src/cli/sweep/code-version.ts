/**
 * Which program made a result: the package's version, a fingerprint of the code that decides results, and Node's major
 * version (engines may round differently). Results of different programs never share a name.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { packageVersion } from "../package-info.js";

/** The rooms whose code a result depends on. */
const ROOMS = ["failover", "faults", "invariants", "kernel", "metrics", "model", "report/files", "scenario"];

let cached: string | null = null;

/** `0.1.0+3f9c2a71b0de.node20`; the same wherever the same code runs. */
export function codeVersion(): string {
  cached ??= `${packageVersion()}+${fingerprint().slice(0, 12)}.node${process.versions.node.split(".")[0]}`;
  return cached;
}

function fingerprint(): string {
  const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
  const hash = createHash("sha256");
  for (const room of ROOMS) {
    const files = list(join(root, room))
      .filter((file) => /(?<!\.d|\.test)\.(js|ts)$/.test(file) && !file.split(sep).includes("testing"))
      .sort();
    for (const file of files) hash.update(`${room}/${file}\n`).update(readFileSync(join(root, room, file)));
  }
  return hash.digest("hex");
}

/** Files of a room, all levels; a room without a file is not there when compiled. */
function list(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
