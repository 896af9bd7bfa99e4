/** `outgap report` rebuilds, from the files on disk alone, what each command wrote; and puts all kinds on one page. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { smallScenario } from "../../experiment/testing/small-scenario.js";
import { fingerprints } from "../testing/folder.js";
import { program, temporaryFolder } from "../testing/program.js";

const cwd = temporaryFolder();
const outgap = (...args: string[]) => program(args, { cwd });
const page = (folder: string) => readFileSync(join(cwd, folder, "report.html"), "utf8");
const expectation =
  'expect:\n  - { case: single-task, metric: recoveryTimeMs, published: 6s, within: 50%, source: "a paper" }\n';

const WRITERS: Readonly<Record<string, readonly string[]>> = {
  run: ["run", "small.yaml", "--seeds", "2"],
  sweep: ["sweep", "small.yaml", "--vary", "cluster.reservedTaskManagers=0,1", "--seeds", "2"],
  "best-of": [
    ...["sweep", "small.yaml", "--vary", "cluster.reservedTaskManagers=0,1", "--vary", "costs.taskOpen=1s,2s"],
    ...["--minimise", "lostTotal", "--subject-to", "recoveryTimeMs < 1ms"],
  ],
  sensitivity: ["sensitivity", "small.yaml", "--case", "single-task"],
  seeds: ["run", "small.yaml", "--seeds", "3", "--summary-only"],
};

beforeAll(async () => {
  writeFileSync(join(cwd, "small.yaml"), smallScenario({ durationS: 40, extra: expectation }));
  for (const [out, args] of Object.entries(WRITERS)) {
    const { code, stderr } = await outgap(...args, "--quiet", "--workers", "1", "--out", out);
    expect({ out, code, stderr }).toEqual({ out, code: 0, stderr: "" });
  }
}, 120_000);

describe.each(Object.keys(WRITERS))("of %s", (folder) => {
  test("has the same bytes when it is made again", async () => {
    // `run --summary-only` writes no page; every other command does.
    if (folder === "seeds") expect((await outgap("report", folder)).code).toBe(0);
    const before = fingerprints(join(cwd, folder));
    expect(Object.keys(before)).toContain("report.html");
    expect(Object.keys(before).filter((file) => file.endsWith(".svg")).length).toBeGreaterThan(1);
    rmSync(join(cwd, folder, "charts"), { recursive: true });
    rmSync(join(cwd, folder, "report.html"));
    expect(await outgap("report", folder)).toEqual({
      code: 0,
      stdout: `Report: ${join(folder, "report.html")}\n`,
      stderr: "",
    });
    expect(fingerprints(join(cwd, folder))).toEqual(before);
    expect(page(folder).includes(cwd)).toBe(false);
  }, 60_000);
});

/** Those of the words that the page does not have; a failure then prints them, not the whole page. */
const missing = (folder: string, words: readonly string[]) => words.filter((word) => !page(folder).includes(word));

test("a page says what a sweep, a sensitivity study and many seeds have found", () => {
  const swept = ["reservedTaskManagers: 0, 1", "8 runs: 8 completed", "every invariant held", "± "];
  expect(missing("sweep", [...swept, 'data-chart="sweep-lines"'])).toEqual([]);
  const goal = "Least records.lostTotal (mean) with recoveryTimeMs.mean &lt; 1\u00a0ms";
  expect(missing("best-of", [goal, "no setting", 'data-chart="sweep-heatmap"'])).toEqual([]);
  const found = ["What does the recovery time rest on?", "task open (", "grade I", "What does not matter here?"];
  expect(missing("sensitivity", found)).toEqual([]);
  expect(missing("seeds", ["recovery time published 6\u00a0s", 'data-chart="recovery-spread"'])).toEqual([]);
});

test("all kinds stand on one page, with links to where their files are", async () => {
  const folders = Object.keys(WRITERS);
  const { code, stderr } = await outgap("report", ...folders, "--out", "pages/all");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const html = page("pages/all");
  const links = [...html.matchAll(/href="(\.\.[^"]+)"/g)].map((match) => match[1] as string);
  expect(links.length).toBeGreaterThan(20);
  for (const link of links) expect(existsSync(join(cwd, "pages/all", link)), link).toBe(true);
  const charts = Object.keys(fingerprints(join(cwd, "pages/all"))).filter((file) => file.endsWith(".png"));
  expect(charts).toContain("charts/study-1-sweep-lines.png");
  expect(charts).toContain("charts/study-3-sensitivity.png");
}, 60_000);

test("folders that are not finished, or nobody's, are refused and stay as they are", async () => {
  const shard = ["sweep", "small.yaml", "--vary", "cluster.reservedTaskManagers=0,1", "--shard", "1/2", "--quiet"];
  expect((await outgap(...shard, "--out", "part")).code).toBe(0);
  const unfinished = await outgap("report", "sweep", "part");
  expect(unfinished).toMatchObject({ code: 2, stdout: "" });
  expect(unfinished.stderr).toContain("part: this sweep is not finished");
  writeFileSync(join(cwd, "part", "sensitivity.json"), "{}");
  expect((await outgap("report", "part")).stderr).toContain("this is not what outgap sensitivity writes");
  expect((await outgap("report", "nothing-here")).code).toBe(2);
  expect(existsSync(join(cwd, "part", "report.html"))).toBe(false);
});
