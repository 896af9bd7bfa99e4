/**
 * The generated parts of README.md: what belongs into them, from `results/`, and how they are put in place. A test
 * compares the README with it, so no number there is typed by hand.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Study } from "../../experiment/study.js";
import type { CaseSummary } from "../../metrics/result.js";
import { comparisonTable, type ReferenceResult, studyTable } from "./comparison.js";
import { speedBlock } from "./speed.js";
import { strategyTable } from "./strategies.js";

const COMPARISON = [
  { parallelism: 1000, folder: "bytedance-join-1000" },
  { parallelism: 4000, folder: "bytedance-join-4000" },
] as const;

/** The text of every block by its name. @param root the folder of README.md */
export function generatedBlocks(root: string): ReadonlyMap<string, string> {
  const results = COMPARISON.map(({ parallelism, folder }): ReferenceResult => {
    const text = readFileSync(join(root, "results", folder, "summary.json"), "utf8");
    const { scenarios } = JSON.parse(text) as { scenarios: Omit<ReferenceResult, "parallelism">[] };
    return { parallelism, ...(scenarios[0] as Omit<ReferenceResult, "parallelism">) };
  });
  return new Map([
    ["comparison", comparisonTable(results)],
    ["study", studyBlock(root)],
    ["speed", speedBlock(root)],
    ["strategies", strategiesBlock(root)],
  ]);
}

/** The same loss under every strategy, as shipped; a new checkout may not have run it yet. */
function strategiesBlock(root: string): string {
  const file = join(root, "results", "strategies", "summary.json");
  if (!existsSync(file)) return "`npx outgap run scenarios/strategies.yaml` compares them.";
  const { scenarios } = JSON.parse(readFileSync(file, "utf8")) as { scenarios: { cases: CaseSummary[] }[] };
  return strategyTable(scenarios[0]?.cases ?? []);
}

/** The study takes hours, so it may be missing; then the README says so. */
function studyBlock(root: string): string {
  const studies = COMPARISON.flatMap(({ parallelism, folder }) => {
    const file = join(root, "results", "study", folder, "study.json");
    return existsSync(file) ? [{ parallelism, study: JSON.parse(readFileSync(file, "utf8")) as Study }] : [];
  });
  return studies.length < COMPARISON.length
    ? "A study on 100 seeds is one command: `npm run study`."
    : studyTable(studies);
}

/** @throws RangeError if a block has no place in the README, or the README one that is unknown */
export function withBlocks(readme: string, blocks: ReadonlyMap<string, string>): string {
  const left = new Set(blocks.keys());
  const text = readme.replace(
    /(<!-- generated: (\S+) [^>]*-->\n)[\s\S]*?(<!-- \/generated -->)/g,
    (_, open: string, name: string, close: string) => {
      const block = blocks.get(name);
      if (block === undefined) throw new RangeError(`README.md has a generated block ${name} that nothing makes`);
      left.delete(name);
      return `${open}${block}\n${close}`;
    },
  );
  if (left.size > 0) throw new RangeError(`README.md has no place for ${[...left].join(", ")}`);
  return text;
}
