/** `outgap diff`: reads two result folders and prints what changed, measure by measure. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { CaseSummary, Measured } from "../../metrics/result.js";
import { measuredDuration, percent } from "../../report/format.js";
import { EXIT, fileError, UsageError } from "../exit.js";
import { paint, writeOut } from "../streams.js";
import { type Change, compareSummaries, type RunChange } from "./compare.js";

interface Result {
  readonly scenarioYaml: string;
  readonly cases: readonly CaseSummary[];
}

export interface DiffArguments {
  readonly before: string;
  readonly after: string;
  readonly json: boolean;
}

export async function diff({ before, after, json }: DiffArguments): Promise<number> {
  const [old, young] = [read(before), read(after)];
  const runs = compareSummaries(old.cases, young.cases);
  const sameScenario = old.scenarioYaml === young.scenarioYaml;
  if (json) await writeOut(`${JSON.stringify({ sameScenario, runs }, null, 2)}\n`);
  else await writeOut(describe(sameScenario, runs));
  return EXIT.done;
}

function read(folder: string): Result {
  const text = (file: string): string => {
    try {
      return readFileSync(join(folder, file), "utf8");
    } catch (error) {
      throw fileError(join(folder, file), error);
    }
  };
  const scenarioYaml = text("scenario.yaml");
  const summary = text("summary.json");
  try {
    const { scenarios } = JSON.parse(summary) as { scenarios: { cases: CaseSummary[] }[] };
    return { scenarioYaml, cases: scenarios.flatMap((scenario) => scenario.cases) };
  } catch {
    throw new UsageError(`${join(folder, "summary.json")}: this is not the summary of an Outgap result`);
  }
}

/** Values that say by themselves what changed; digests and lists follow from them. */
const NOT_SHOWN = /(^|\.)(digest|twinDigest|phases|incidents|assumptions|invariants)$/;

function describe(sameScenario: boolean, runs: readonly RunChange[]): string {
  if (runs.every((run) => run.kind === "same")) {
    const scenario = sameScenario ? "" : "The scenarios differ, but ";
    return `${scenario}${sameScenario ? "N" : "n"}othing changed: ${runs.length} runs are equal.\n`;
  }
  const lines = sameScenario ? [] : ["The scenarios differ (scenario.yaml)."];
  for (const run of runs) {
    const name = `${paint("bold", run.case)}, seed ${run.seed}`;
    if (run.kind !== "changed") {
      lines.push(`${name}: ${run.kind}`);
      continue;
    }
    const shown = run.changes.filter((change) => !NOT_SHOWN.test(change.path));
    lines.push(`${name}:`, ...shown.map((change) => `  ${describeChange(change)}`));
    if (shown.length < run.changes.length) {
      const others = run.changes.filter((change) => NOT_SHOWN.test(change.path)).map((change) => change.path);
      lines.push(paint("dim", `  also: ${others.join(", ")}`));
    }
  }
  return `${lines.join("\n")}\n`;
}

function describeChange({ path, before, after }: Change): string {
  const isDuration = /Ms(\.|$)/.test(path);
  const shown = (value: unknown): string => {
    if (isDuration && (typeof value === "number" || (typeof value === "object" && value !== null))) {
      return measuredDuration(value as Measured);
    }
    return JSON.stringify(value) ?? "absent";
  };
  const relative =
    typeof before === "number" && typeof after === "number" && before !== 0
      ? ` (${after > before ? "+" : "−"}${percent(Math.abs(after / before - 1))})`
      : "";
  return `${path}: ${shown(before)} → ${shown(after)}${relative}`;
}
