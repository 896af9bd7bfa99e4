/** In which folder a sweep lives, with its finished runs. Looks at the disk, writes nothing. */
import { readdirSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { type SweepRequest, sweepHash } from "../../experiment/sweep/request.js";
import { fileError, UsageError } from "../exit.js";
import { packageRoot } from "../package-info.js";
import { REQUEST_FILE } from "./outputs.js";

export interface SweepPlace {
  readonly request: SweepRequest;
  readonly name: string;
  /** As given on the command line. */
  readonly file: string;
  /** No option changes what runs. */
  readonly unmodified: boolean;
  readonly out: string | undefined;
}

/**
 * `--out`, else `results/sweeps/<name>/` for an unmodified shipped sweep in the package's own folder, else
 * `outgap-results/<name>-sweep-<hash>/`. The hash leaves out the seeds, so that more of them go on from what is there.
 */
export function locateSweep({ request, name, file, unmodified, out }: SweepPlace): string {
  if (out !== undefined) return out;
  if (unmodified && isShipped(file)) return join("results", "sweeps", name);
  return join("outgap-results", `${name}-sweep-${sweepHash(request)}`);
}

function isShipped(file: string): boolean {
  try {
    const root = realpathSync(packageRoot);
    return realpathSync(".") === root && realpathSync(dirname(file)) === join(root, "scenarios", "sweeps");
  } catch {
    return false;
  }
}

/** @throws UsageError unless the folder is free, empty, or a sweep */
export function assertSweepFolder(folder: string): void {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return;
    if (code === "ENOTDIR") throw new UsageError(`${folder}: this is a file, expected a folder for the results`);
    throw fileError(folder, error);
  }
  if (names.length > 0 && !names.includes(REQUEST_FILE)) {
    throw new UsageError(`${folder}: this folder holds other things than an Outgap sweep, so it is not written to`);
  }
}
