/**
 * The command line as the one script that the build has made of it, with what V8 had compiled of it after a first run.
 * Both spare a short command half of its time. Neither is needed: without the script the modules are loaded one by one,
 * without a code cache that suits this V8 the script is compiled as it runs. Results are the same.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Script } from "node:vm";
import type * as Program from "../program.js";

/** Names in the folder of the bundle. */
export const SCRIPT = "program.cjs";
export const CODE_CACHE = "program.cache";

export interface Bundle {
  readonly script: Script;
  readonly source: Uint8Array;
  readonly program: typeof Program;
}

/** @returns null if the build has made no bundle in this folder */
export function loadBundle(folder: string): Bundle | null {
  const filename = join(folder, SCRIPT);
  const source = contentOf(filename);
  if (source === null) return null;
  const cachedData = readCodeCache(folder, source);
  // As Latin-1, for the build writes ASCII: nothing to decode, and one byte for each character in memory.
  const script = new Script(source.toString("latin1"), {
    filename,
    ...(cachedData === null ? {} : { cachedData }),
  });
  const module = { exports: {} };
  const { href } = pathToFileURL(filename);
  const importOutside = (name: string): Promise<unknown> =>
    import(name.startsWith(".") ? new URL(name, href).href : name);
  script.runInThisContext()(module, module.exports, createRequire(filename), href, importOutside);
  return { script, source, program: module.exports as typeof Program };
}

const DIGEST_BYTES = 32;

/** What goes into the file of the code cache. */
export function codeCacheFile(source: Uint8Array, data: Uint8Array): Uint8Array {
  return Buffer.concat([digestOf(source, data), data]);
}

/** V8 itself compares its version, its flags and the length of the source; it would trust any other bytes. */
function digestOf(source: Uint8Array, data: Uint8Array): Uint8Array {
  const hash = createHash("sha256").update(`${process.version} ${process.arch} ${source.length}\n`);
  return hash.update(source).update(data).digest();
}

/** Null if there is none, or it belongs to another script or another Node. */
function readCodeCache(folder: string, source: Uint8Array): Buffer | null {
  const file = contentOf(join(folder, CODE_CACHE));
  if (file === null) return null;
  const data = file.subarray(DIGEST_BYTES);
  return file.subarray(0, DIGEST_BYTES).equals(digestOf(source, data)) ? data : null;
}

function contentOf(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch {
    return null;
  }
}
