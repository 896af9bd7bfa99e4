/** `outgap run` over several seeds: means with intervals, paired differences, and seeds added until it is precise. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { StatisticsEntry } from "../../experiment/sweep/replications.js";
import { smallScenario } from "../../experiment/testing/small-scenario.js";
import type { CaseSummary } from "../../metrics/result.js";
import { program, temporaryFolder } from "../testing/program.js";

const cwd = temporaryFolder();
const outgap = (...args: string[]) => program(args, { cwd });
writeFileSync(join(cwd, "small.yaml"), smallScenario({ durationS: 40, extra: "costs: { containerStart: 3s }\n" }));

interface Entry {
  readonly cases: readonly CaseSummary[];
  readonly statistics?: readonly StatisticsEntry[];
}
const entryOf = (stdout: string): Entry => JSON.parse(stdout).scenarios[0];

test("several seeds come with means, intervals and differences paired by seed; one seed does not", async () => {
  const { cases, statistics } = entryOf(
    (await outgap("run", "small.yaml", "--seeds", "4", "--json", "--no-charts")).stdout,
  );
  expect(cases).toHaveLength(8);
  const recovery = (name: string): number[] =>
    cases.filter((summary) => summary.case === name).map((summary) => summary.recoveryTimeMs as number);
  const [global, single] = [recovery("global restart"), recovery("single-task")];
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  expect(statistics?.map((entry) => [entry.case, entry.seeds])).toEqual([
    ["global restart", 4],
    ["single-task", 4],
  ]);
  expect(statistics?.[0]?.metrics.recoveryTimeMs?.mean).toBeCloseTo(mean(global), 6);
  const paired = statistics?.[1]?.paired;
  expect(paired?.baseline).toBe("global restart");
  expect(paired?.metrics.recoveryTimeMs?.mean).toBeCloseTo(
    mean(single.map((value, at) => value - (global[at] as number))),
    6,
  );
  const one = entryOf((await outgap("run", "small.yaml", "--json", "--no-charts")).stdout);
  expect(one.statistics).toBeUndefined();
});

test("until adds seeds, the same for all cases, and says in the table what it found", async () => {
  const until = ["--until", "recoveryTimeMs ±5%"];
  const { cases, statistics } = entryOf((await outgap("run", "small.yaml", ...until, "--json", "--no-charts")).stdout);
  const seeds = new Set(cases.map((summary) => summary.seed)).size;
  expect(seeds).toBeGreaterThanOrEqual(5);
  expect(cases).toHaveLength(2 * seeds);
  for (const entry of statistics ?? []) {
    const { mean, high } = entry.metrics.recoveryTimeMs as { mean: number; high: number };
    expect((high - mean) / mean).toBeLessThanOrEqual(0.05);
  }
  const { stdout } = await outgap("run", "small.yaml", ...until, "--no-charts");
  expect(stdout).toMatch(/difference from “global restart”, paired by seed:\n.*global restart .* ± /);
});

test("what is not reached with the seeds that are allowed ends with 1, what cannot be read with 2", async () => {
  const hopeless = ["--until", "recoveryTimeMs ±0.001%", "--max-seeds", "6", "--quiet", "--no-charts"];
  const { code, stderr } = await outgap("run", "small.yaml", ...hopeless);
  expect(code).toBe(1);
  expect(stderr).toContain("small did not reach recoveryTimeMs ±0.001%");
  expect(await outgap("run", "small.yaml", "--until", "recoveryTimeMs")).toMatchObject({ code: 2 });
});
