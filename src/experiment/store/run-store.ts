/**
 * The finished runs of a folder, by their content address: `runs/ab/<key>.run`. Several processes may write at once, for
 * equal names mean equal contents. Owns the layout; `run-file.ts` owns a file.
 */
import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { isFailure, type RunRecord, readRecord, recordText, writeWhole } from "./run-file.js";

const SUFFIX = ".run";
/** Of a temporary file: older than this, its writer is dead. */
const STALE_MS = 3_600_000;

export class RunStore {
  readonly #folder: string;

  /** @param folder of the sweep; `runs/` is made in it with the first run */
  constructor(folder: string) {
    this.#folder = join(folder, "runs");
  }

  path(key: string): string {
    return join(this.#folder, key.slice(0, 2), `${key}${SUFFIX}`);
  }

  write(record: RunRecord): void {
    writeWhole(this.path(record.key), recordText(record));
  }

  read(key: string): RunRecord | null {
    return readRecord(this.path(key), key);
  }

  /** Keys of `wanted` that have a whole result. A failed run has none, so that it is tried again. */
  finished(wanted: Iterable<string>): Set<string> {
    const names = this.#names();
    const found = new Set<string>();
    for (const key of wanted) {
      if (!names.has(key)) continue;
      const record = this.read(key);
      if (record !== null && !isFailure(record)) found.add(key);
    }
    return found;
  }

  /** Removes what writers left behind that were killed. */
  tidy(nowMs: number): void {
    for (const group of list(this.#folder)) {
      for (const name of list(join(this.#folder, group))) {
        if (!name.endsWith(".tmp")) continue;
        const path = join(this.#folder, group, name);
        const info = statSync(path, { throwIfNoEntry: false });
        if (info !== undefined && nowMs - info.mtimeMs > STALE_MS) rmSync(path, { force: true });
      }
    }
  }

  #names(): Set<string> {
    const names = new Set<string>();
    for (const group of list(this.#folder)) {
      for (const name of list(join(this.#folder, group))) {
        if (name.endsWith(SUFFIX)) names.add(name.slice(0, -SUFFIX.length));
      }
    }
    return names;
  }
}

/** Names in a folder; none if it is not there or not a folder. */
function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    throw error;
  }
}
