/** The end of a sweep: its files, its table, its exit code; the same whether one machine ran it or many. */
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { RunStore } from "../../experiment/store/run-store.js";
import type { PlanResult, SweepPlan } from "../../experiment/sweep/plan.js";
import type { Shard, SweepRequest } from "../../experiment/sweep/request.js";
import { formatDiagnostic } from "../../scenario/index.js";
import { EXIT, fileError, UsageError } from "../exit.js";
import { paint, writeOut } from "../streams.js";
import { REQUEST_FILE, writeOutputs } from "./outputs.js";
import { type SweepSummary, summaryText } from "./summary.js";
import { renderSweep } from "./table.js";

export interface ConcludeOptions {
  readonly charts: boolean;
  readonly quiet: boolean;
  readonly json: boolean;
}

/** Writes what the finished runs come to, prints it, and says how the command ends. */
export async function concludeSweep(
  folder: string,
  request: SweepRequest,
  plan: SweepPlan,
  counts: readonly number[],
  options: ConcludeOptions,
): Promise<number> {
  const summary = await writeOutputs(folder, request, plan, counts, new RunStore(folder), options);
  if (options.json) await writeOut(summaryText(summary));
  else if (!options.quiet) {
    await writeOut(renderSweep(summary));
    await writeOut(`Results: ${paint("cyan", shown(folder))}\n`);
  }
  return isFailed(summary) ? EXIT.failed : EXIT.done;
}

/** End states are results here; a run without one, a broken invariant or a precision not reached are not. */
function isFailed({ failed, invariantViolations, points }: SweepSummary): boolean {
  return failed > 0 || invariantViolations > 0 || points.some(({ precision }) => precision?.reached === false);
}

/** @throws UsageError with every problem of the plan */
export function planOrRefuse(result: PlanResult): SweepPlan {
  if (result.ok) return result.plan;
  const lines = result.problems.map((found) =>
    typeof found === "string" ? `outgap: ${found}` : formatDiagnostic(found),
  );
  throw new UsageError(lines.join("\n"), "as it is");
}

interface SweepFile {
  readonly request: SweepRequest;
  readonly shard: Shard | null;
}

export function sweepFileText(request: SweepRequest, shard: Shard | null): string {
  return `${JSON.stringify({ schema: 1, request, shard }, null, 1)}\n`;
}

/** @throws UsageError if the folder is not one of a sweep */
export function readSweepFile(folder: string): SweepFile {
  const path = join(folder, REQUEST_FILE);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw fileError(path, error);
  }
  try {
    const { schema, request, shard } = JSON.parse(text) as SweepFile & { schema: number };
    if (schema === 1 && typeof request.outgap === "string") return { request, shard };
  } catch {
    // Said below.
  }
  throw new UsageError(`${path}: this is not what outgap sweep writes`);
}

/** As short as it can be said from here. */
export function shown(path: string): string {
  const near = relative(".", path);
  return near.startsWith("..") || near === "" ? path : near;
}
