import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { syntheticResults } from "../../experiment/testing/synthetic-result.js";
import { STRATEGIES } from "../../failover/registry.js";
import { generatedBlocks, withBlocks } from "./blocks.js";
import { comparisonTable, studyTable } from "./comparison.js";
import { strategyTable } from "./strategies.js";

test("the README's numbers are those of results/ (else: npm run readme)", () => {
  const readme = readFileSync("README.md", "utf8");
  expect(withBlocks(readme, generatedBlocks("."))).toBe(readme);
});

test("the README's pictures exist, light and dark, and are told in words", () => {
  const readme = readFileSync("README.md", "utf8");
  const files = [...readme.matchAll(/(?:src|srcset)="([^"]+)"/g)].map((match) => match[1] as string);
  expect(files.filter((file) => file.endsWith(".png")).length).toBeGreaterThanOrEqual(3);
  expect(files.filter((file) => file.endsWith(".dark.svg")).length).toBeGreaterThanOrEqual(3);
  for (const file of files) expect(readFileSync(file).length, file).toBeGreaterThan(1000);
  for (const [image] of readme.matchAll(/<img [^>]*>/g)) expect(image).toMatch(/alt="[^"]{20,}"/);
});

test("the table has published beside simulated, and a dash where nothing is published", () => {
  const sized = (parallelism: number, published: number) => ({
    parallelism,
    cases: syntheticResults({ parallelism: 40 }).map((run) => run.summary),
    expect: [{ case: "global restart", metric: "recoveryTimeMs", published }],
  });
  const lines = comparisonTable([sized(1000, 40_000), sized(4000, 81_000)]).split("\n");
  expect(lines).toHaveLength(2 + 4);
  expect(lines[2]).toMatch(/^\| global restart \| 40 s \| \*\*[\d.]+ s\*\* \| 81 s \| .* none for [\d.]+ s \| 120 \|$/);
  expect(lines[3]).toMatch(/^\| global restart, reserved TM \| – \|/);
  expect(lines[5]).toMatch(/% missing \| 12 \|$/);
});

test("the table of strategies has a row for each that is registered, and says who refuses the job", () => {
  const runs = syntheticResults({ parallelism: 40 }).map((run) => run.summary);
  const base = runs[0]!;
  const table = strategyTable([
    { ...base, strategy: "global-restart", tasksRestarted: 12_000, jobOutageMs: 81_000 },
    { ...base, strategy: "none", endState: "deadlocked" },
    { ...base, strategy: "single-task", jobOutageMs: 0 },
  ]);
  const rows = table.split("\n").slice(2);
  expect(rows.map((row) => /`([\w-]+)`/.exec(row)![1])).toEqual(STRATEGIES.map(({ name }) => name));
  const row = (name: string): string => rows.find((each) => each.includes(`\`${name}\``))!;
  expect(row("global-restart")).toMatch(/\| every task \| 12,000 \| .* \| 81 s \|/);
  expect(row("none")).toMatch(/\| nothing \| .* \| never \|/);
  expect(row("single-task")).toMatch(/\| only the failed tasks \| .* \| – \| [\d.]+ ?%/);
  expect(row("individual-restart")).toContain("refuses this job");
});

test("the study's table says which published figure could be a single run", () => {
  const published = {
    case: "single-task",
    metric: "recoveryTimeMs",
    published: 18_000,
    ok: true,
    insideInterval: true,
  };
  const study = {
    scenario: "s",
    seeds: ["1", "2"],
    cases: [],
    published: [{ ...published, median: 18_700, low: 17_000, high: 20_000 }],
  };
  const table = studyTable([{ parallelism: 4000, study }]);
  expect(table).toMatch(/^The same on 2 seeds:/);
  expect(table).toContain("| P=4000, single-task | 18 s | 18.7 s | 17 s – 20 s | yes |");
});

test("a block goes between its marks and nowhere else", () => {
  const readme = "a\n<!-- generated: one (how) -->\nold\n<!-- /generated -->\nb\n";
  expect(withBlocks(readme, new Map([["one", "new"]]))).toBe(readme.replace("old", "new"));
  expect(() => withBlocks(readme, new Map())).toThrow(/one/);
  expect(() => withBlocks("", new Map([["two", ""]]))).toThrow(/two/);
});
