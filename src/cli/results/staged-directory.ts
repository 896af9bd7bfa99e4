/**
 * A result folder that appears whole or not at all: everything is written beside it under a hidden name, and moved
 * into place at the end. Owns the folder, not what is in it.
 */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileError, UsageError } from "../exit.js";

/** By these files a folder is known to be a result that may be replaced. */
const MARKS = ["summary.json", "study.json", "sensitivity.json"];

/** Folders that are neither committed nor discarded. Whatever ends the program, none of them stays behind. */
const open = new Set<StagedDirectory>();
process.on("exit", () => {
  for (const directory of open) directory.discard();
});

export class StagedDirectory {
  /** Where it will be. */
  readonly target: string;
  /** Where to write until then. */
  readonly path: string;
  /** The outermost folder that had to be made for it, if any. */
  readonly #madeFor: string | undefined;

  /**
   * Makes the hidden folder.
   * @throws UsageError if `target` is a file or a folder that is not a result, or cannot be made
   */
  constructor(target: string) {
    this.target = resolve(target);
    assertReplaceable(this.target, target);
    const parent = dirname(this.target);
    try {
      this.#madeFor = mkdirSync(parent, { recursive: true });
      // With the usual permissions: mkdtemp's would hide the results from everyone else.
      this.path = join(parent, `.${basename(this.target)}.partial-${process.pid}-${randomBytes(4).toString("hex")}`);
      mkdirSync(this.path);
      open.add(this);
    } catch (error) {
      throw fileError(parent, error);
    }
  }

  /** Moves the folder into place; an older result there is gone afterwards. `elsewhere` replaces the target. */
  commit(elsewhere?: string): string {
    const target = elsewhere ?? this.target;
    open.delete(this);
    if (!existsSync(target)) {
      renameSync(this.path, target);
      return target;
    }
    // Two renames, for there is none that exchanges folders. Between them the old result is beside, never lost.
    const aside = `${this.path}-replaced`;
    renameSync(target, aside);
    try {
      renameSync(this.path, target);
    } catch (error) {
      renameSync(aside, target);
      throw error;
    }
    rmSync(aside, { recursive: true, force: true });
    return target;
  }

  /** Removes what was written, unless it was committed. */
  discard(): void {
    if (!open.delete(this)) return;
    rmSync(this.path, { recursive: true, force: true });
    if (this.#madeFor === undefined) return;
    for (let folder = dirname(this.target); folder.length >= this.#madeFor.length; folder = dirname(folder)) {
      if (readdirSync(folder).length > 0) return;
      rmdirSync(folder);
    }
  }
}

/** @throws UsageError unless `path` is free, empty, or holds an older result */
export function assertReplaceable(path: string, shownAs: string = path): void {
  let entries: string[];
  try {
    entries = readdirSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return;
    if (code === "ENOTDIR") throw new UsageError(`${shownAs}: this is a file, expected a folder for the results`);
    throw fileError(shownAs, error);
  }
  if (entries.length > 0 && !MARKS.some((mark) => entries.includes(mark))) {
    throw new UsageError(`${shownAs}: this folder holds other things than an Outgap result, so it is not replaced`);
  }
}
