/** Decides in which folder the results of one scenario go. Looks at the disk, writes nothing. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { packageRoot } from "../package-info.js";

export interface LocationRequest {
  readonly scenario: string;
  readonly file: string;
  /** The scenario as it runs, with `--set` and `--case` applied. */
  readonly normalisedYaml: string;
  readonly seeds: readonly string[];
  /** False if an option changes what runs or what is written: then these are not the reference results. */
  readonly unmodified: boolean;
  readonly out: string | undefined;
  /** With several scenarios, `--out` has one folder for each. */
  readonly several: boolean;
}

export interface Location {
  readonly path: string;
  /** Worth telling: why the results of a shipped scenario are not under `results/`. */
  readonly note: string | null;
}

/**
 * `--out`, else `results/<scenario>/` for an unmodified shipped scenario when the working directory is the package's
 * own, else `outgap-results/<scenario>-<hash>/`.
 */
export function locateResults(request: LocationRequest): Location {
  const { scenario, out } = request;
  if (out !== undefined) return { path: request.several ? join(out, scenario) : out, note: null };
  const hash = createHash("sha256")
    .update(`${request.normalisedYaml}\0${request.seeds.join(",")}`)
    .digest("hex");
  const own = { path: join("outgap-results", `${scenario}-${hash.slice(0, 8)}`), note: null };
  if (!request.unmodified || !isShipped(request.file)) return own;
  const reference = join("results", scenario);
  const known = join(reference, "scenario.yaml");
  if (existsSync(known) && readFileSync(known, "utf8") !== request.normalisedYaml) {
    const note = `${request.file} differs from ${relative(".", known)}; npm run results renews the reference results`;
    return { ...own, note };
  }
  return { path: reference, note: null };
}

function isShipped(file: string): boolean {
  try {
    const root = realpathSync(packageRoot);
    return realpathSync(".") === root && realpathSync(dirname(file)) === join(root, "scenarios");
  } catch {
    return false;
  }
}
