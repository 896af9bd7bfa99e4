/** Reads the `sweep` block of a scenario into typed terms, or says what is wrong where. Plans and runs nothing. */
import { type Problem, problem } from "./messages.js";
import type { SweepInput } from "./schema-sweep.js";
import type { Path } from "./schema-values.js";
import {
  type Constraint,
  findMetric,
  type Measure,
  type Precision,
  parseConstraint,
  parseMeasure,
  parsePrecision,
} from "./sweep-terms.js";
import type { Parsed } from "./units.js";
import { parseVaryValues, type Variation } from "./vary.js";

/** One cross product of varied values. Without variations: the scenario as it is. */
export interface SweepGrid {
  readonly vary: readonly Variation[];
  /** `null`: as many as the command says. */
  readonly seeds: number | null;
}

export interface Objective extends Measure {
  readonly goal: "minimise" | "maximise";
}

export interface SweepBlock {
  readonly grids: readonly SweepGrid[];
  readonly seeds: number | null;
  readonly until: Precision | null;
  readonly maxSeeds: number | null;
  readonly metrics: readonly string[];
  readonly objective: Objective | null;
  readonly subjectTo: readonly Constraint[];
}

type Located = { readonly path: Path; readonly problem: Problem };

/** @returns the block, or every problem with its path inside the block */
export function readSweep(
  input: SweepInput,
): { readonly ok: true; readonly value: SweepBlock } | { readonly ok: false; readonly problems: readonly Located[] } {
  const problems: Located[] = [];
  const read = <T>(path: Path, parsed: Parsed<T>): T | null => {
    if (parsed.ok) return parsed.value;
    problems.push({ path, problem: parsed.problem });
    return null;
  };
  const variations = (vary: Readonly<Record<string, unknown>>, at: Path): Variation[] =>
    Object.entries(vary).flatMap(([path, values]) => {
      const found = read([...at, path], parseVaryValues(values));
      return found === null ? [] : [{ path, values: found }];
    });
  if (input.vary !== undefined && input.grids !== undefined) {
    problems.push({ path: ["grids"], problem: problem("vary and grids say the same twice", "one of them") });
  }
  if (input.minimise !== undefined && input.maximise !== undefined) {
    problems.push({
      path: ["maximise"],
      problem: problem("a sweep has one objective", "one of minimise and maximise"),
    });
  }
  const grids =
    input.grids?.map((grid, i): SweepGrid => {
      return { vary: variations(grid.vary, ["grids", i, "vary"]), seeds: grid.seeds ?? null };
    }) ?? (input.vary === undefined ? [] : [{ vary: variations(input.vary, ["vary"]), seeds: null }]);
  const goal = input.maximise === undefined ? "minimise" : "maximise";
  const wanted = input[goal];
  const measure = wanted === undefined ? null : read([goal], parseMeasure(wanted));
  const block: SweepBlock = {
    grids,
    seeds: input.seeds ?? null,
    until: input.until === undefined ? null : read(["until"], parsePrecision(input.until)),
    maxSeeds: input.maxSeeds ?? null,
    metrics: (input.metrics ?? []).flatMap((name, i) => read(["metrics", i], findMetric(name))?.path ?? []),
    objective: measure === null ? null : { ...measure, goal },
    subjectTo: (input.subjectTo ?? []).flatMap((bound, i) => read(["subjectTo", i], parseConstraint(bound)) ?? []),
  };
  return problems.length === 0 ? { ok: true, value: block } : { ok: false, problems };
}
