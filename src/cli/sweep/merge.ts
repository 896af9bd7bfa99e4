/**
 * `outgap merge`: brings the finished runs of several folders together and concludes the sweep that they belong to.
 * Needs nothing but the folders; runs nothing.
 */
import { mkdirSync } from "node:fs";
import { isFailure, type RunRecord, writeWhole } from "../../experiment/store/run-file.js";
import { RunStore } from "../../experiment/store/run-store.js";
import { planSweep, runsOf, settingText } from "../../experiment/sweep/plan.js";
import type { SweepRequest } from "../../experiment/sweep/request.js";
import { fileError, UsageError } from "../exit.js";
import { codeVersion } from "./code-version.js";
import { concludeSweep, planOrRefuse, readSweepFile, sweepFileText } from "./conclude.js";
import { diskFailure } from "./disk.js";
import { assertSweepFolder, locateSweep } from "./location.js";
import { REQUEST_FILE } from "./outputs.js";

export interface MergeArguments {
  readonly dirs: readonly string[];
  readonly out: string | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly "no-charts": boolean;
}

export async function merge(argv: MergeArguments): Promise<number> {
  const [first, ...others] = argv.dirs.map((dir) => ({ dir, ...readSweepFile(dir) }));
  if (first === undefined) throw new UsageError("merge needs at least one folder");
  const { request } = first;
  for (const { dir, request: other } of others) {
    if (JSON.stringify(other) !== JSON.stringify(request))
      throw new UsageError(`${dir}: ${difference(request, other, first.dir)}`);
  }
  if (request.outgap !== codeVersion()) {
    throw new UsageError(
      `${first.dir}: its runs are of Outgap ${request.outgap}, this is ${codeVersion()}; merge with the same program`,
    );
  }
  const plan = planOrRefuse(planSweep(request));
  const single = others.length === 0 ? first.dir : undefined;
  const folder =
    argv.out ??
    single ??
    locateSweep({ request, name: plan.name, file: request.file, unmodified: false, out: undefined });
  assertSweepFolder(folder);
  const runs = runsOf(
    request,
    plan,
    plan.points.map((point) => point.seeds),
  );
  try {
    const stores = argv.dirs.map((dir) => new RunStore(dir));
    const target = new RunStore(folder);
    const missing = new Set(runs.map(({ key }) => key).filter((key) => bestRecord([target, ...stores], key) === null));
    const gap = runs.find(({ key }) => missing.has(key));
    if (gap !== undefined) {
      const name = `${settingText(gap.point.parameters)}, ${gap.case.name}, seed ${gap.seed}`;
      throw new UsageError(
        `${missing.size} of ${new Set(runs.map(({ key }) => key)).size} runs are in none of the folders, the first: ${name}; ` +
          "run the shards that are missing, or give those that were interrupted again",
      );
    }
    mkdirSync(folder, { recursive: true });
    writeWhole(`${folder}/${REQUEST_FILE}`, sweepFileText(request, null));
    for (const { key } of runs) {
      const own = target.read(key);
      if (own === null || isFailure(own)) target.write(bestRecord([target, ...stores], key) as RunRecord);
    }
    const counts = plan.points.map((point) => point.seeds);
    return await concludeSweep(folder, request, plan, counts, { ...argv, charts: !argv["no-charts"] });
  } catch (error) {
    const told = diskFailure(error, folder);
    if (told !== null) return told;
    throw fileError(folder, error);
  }
}

/** A run's result, or its failure if no store has a result; `null` if none has either. */
function bestRecord(stores: readonly RunStore[], key: string): RunRecord | null {
  let failure: RunRecord | null = null;
  for (const store of stores) {
    const record = store.read(key);
    if (record !== null && !isFailure(record)) return record;
    failure ??= record;
  }
  return failure;
}

/** Says why two folders are not of one sweep. */
function difference(one: SweepRequest, other: SweepRequest, dir: string): string {
  if (one.outgap !== other.outgap) return `made by Outgap ${other.outgap}, ${dir} by ${one.outgap}`;
  const keys = Object.keys(one) as (keyof SweepRequest)[];
  const unlike = keys.filter((key) => JSON.stringify(one[key]) !== JSON.stringify(other[key]));
  return `another sweep than ${dir}: they differ in ${unlike.join(", ")}`;
}
