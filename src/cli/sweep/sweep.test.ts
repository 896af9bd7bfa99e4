/** `outgap sweep`, `merge` and `query` as whole programs: what they write, and that it does not depend on how. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { smallScenario } from "../../experiment/testing/small-scenario.js";
import { parseCsv } from "../../report/files/csv.js";
import { program, temporaryFolder } from "../testing/program.js";
import { contents } from "./study/processes.js";
import type { SweepSummary } from "./summary.js";

/** Containers that start fast, so that short runs see the end of every recovery. */
const COSTS = "costs: { containerStart: 3s }\n";
const cwd = temporaryFolder();
const outgap = (...args: string[]) => program(args, { cwd });
writeFileSync(join(cwd, "small.yaml"), smallScenario({ durationS: 40, extra: COSTS }));

const VARY = ["--vary", "cluster.reservedTaskManagers=0..2:1", "--seeds", "3"];
const sweep = (out: string, ...more: string[]) => outgap("sweep", "small.yaml", ...VARY, "--out", out, ...more);
const summaryOf = (out: string) => JSON.parse(readFileSync(join(cwd, out, "summary.json"), "utf8")) as SweepSummary;
const csv = (out: string, file: string) => {
  const { header, rows } = parseCsv(readFileSync(join(cwd, out, file), "utf8"));
  return rows.map((row) => Object.fromEntries(header.map((name, at) => [name, row[at] as string])));
};

describe("a sweep", () => {
  test("writes a row per run, means with intervals, paired differences, charts, and names the best", async () => {
    const options = ["--minimise", "lostTotal", "--subject-to", "recoveryTimeMs.max < 1h"];
    const { code, stdout, stderr } = await sweep("one", ...options);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const word of ["3 settings", "3 seeds", "18 runs", "paired by seed", "Least records.lostTotal", "★"]) {
      expect(stdout).toContain(word);
    }
    const files = Object.keys(contents(join(cwd, "one"))).filter((name) => !name.startsWith("runs/"));
    for (const file of ["means.csv", "paired.csv", "runs.csv", "failures.csv", "summary.json", "sweep.json"]) {
      expect(files).toContain(file);
    }
    expect(files.filter((file) => /^data\/sweep=small-\w{8}\/(runs|means|paired)\.parquet$/.test(file))).toHaveLength(
      3,
    );
    for (const file of ["sweep-lines.svg", "sweep-lines.png", "sweep-lines.vl.json"]) {
      expect(files).toContain(`charts/${file}`);
    }
    const rows = csv("one", "runs.csv");
    expect(rows).toHaveLength(18);
    expect(rows.map((row) => row.cluster_reservedTaskManagers).slice(0, 7)).toEqual([..."0000001"]);
    const { points, best, digest } = summaryOf("one");
    expect(points).toHaveLength(3);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    // The means of the summary are those of the rows.
    const own = rows.filter((row) => row.case === "single-task" && row.cluster_reservedTaskManagers === "1");
    const recovery = own.map((row) => Number(row.recoveryTimeMs));
    const single = points[1]?.cases.find((each) => each.case === "single-task");
    expect(single?.metrics.recoveryTimeMs?.mean).toBeCloseTo(recovery.reduce((a, b) => a + b, 0) / 3, 6);
    const global = rows.filter((row) => row.case === "global restart" && row.cluster_reservedTaskManagers === "1");
    const differences = recovery.map((value, at) => value - Number(global[at]?.recoveryTimeMs));
    expect(single?.paired?.recoveryTimeMs).toMatchObject({ n: 3 });
    expect(single?.paired?.recoveryTimeMs?.mean).toBeCloseTo(differences.reduce((a, b) => a + b, 0) / 3, 6);
    const losses = points.flatMap((point) => point.cases.map((each) => each.metrics["records.lostTotal"]?.mean ?? NaN));
    expect(best?.value).toBe(Math.min(...losses));
  });

  test("its runs are those of outgap run, digest by digest", async () => {
    const { stdout } = await outgap(
      "run",
      "small.yaml",
      "--seeds",
      "3",
      "--set",
      "cluster.reservedTaskManagers=2",
      "--json",
    );
    const cases = JSON.parse(stdout).scenarios[0].cases as { case: string; seed: string; digest: string }[];
    const rows = csv("one", "runs.csv").filter((row) => row.cluster_reservedTaskManagers === "2");
    const name = (run: { case?: string; seed?: string; digest?: string }) => `${run.case} ${run.seed} ${run.digest}`;
    expect(rows.map(name).sort()).toEqual(cases.map(name).sort());
  });

  test("has the same bytes with one worker, as shards on several machines, and once more", async () => {
    await sweep("again", "--workers", "1", "--minimise", "lostTotal", "--subject-to", "recoveryTimeMs.max < 1h");
    const wanted = contents(join(cwd, "one"));
    expect(contents(join(cwd, "again"))).toEqual(wanted);
    const options = ["--minimise", "lostTotal", "--subject-to", "recoveryTimeMs.max < 1h"];
    for (const shard of [1, 2, 3]) {
      const { code, stdout } = await sweep(`part${shard}`, ...options, "--shard", `${shard}/3`);
      expect(code).toBe(0);
      expect(stdout).toMatch(new RegExp(`^Shard ${shard} of 3: \\d+ runs`));
      if (shard < 3) {
        const early = await outgap("merge", "part1", "--out", "whole");
        expect(early.code).toBe(2);
        expect(early.stderr).toMatch(/\d+ of 18 runs are in none of the folders, the first: cluster\.reserved/);
      }
    }
    const merged = await outgap("merge", "part1", "part2", "part3", "--out", "whole");
    expect({ code: merged.code, stderr: merged.stderr }).toEqual({ code: 0, stderr: "" });
    expect(contents(join(cwd, "whole"))).toEqual(wanted);
    const before = contents(join(cwd, "one"));
    const { stdout } = await sweep("one", ...options, "--json");
    expect(JSON.parse(stdout)).toEqual(summaryOf("one"));
    expect(contents(join(cwd, "one"))).toEqual(before);
  });

  test("shards of different sweeps are not put together", async () => {
    await outgap("sweep", "small.yaml", "--vary", "P=8", "--shard", "1/1", "--out", "other");
    const { code, stderr } = await outgap("merge", "part1", "other", "--out", "mixed");
    expect(code).toBe(2);
    expect(stderr).toMatch(/other: another sweep than part1: they differ in grids/);
  });

  test("more seeds go on from what is there, and until adds them by itself", async () => {
    const once = await sweep("until", "--progress=plain", "--no-charts");
    expect(once.stderr).toMatch(/18 of 18 runs/);
    const precise = ["--until", "recoveryTimeMs ±4%", "--max-seeds", "30", "--no-charts"];
    const { stdout } = await sweep("until", ...precise);
    expect(stdout).toContain("Every interval of recoveryTimeMs is within ±4");
    const { points } = summaryOf("until");
    for (const { seeds, precision, cases } of points) {
      expect(seeds).toBeGreaterThanOrEqual(5);
      expect(precision?.reached).toBe(true);
      expect(precision?.halfWidth).toBeLessThanOrEqual(0.04);
      for (const each of cases) expect(each.runs).toBe(seeds);
    }
    await sweep("until-one", ...precise, "--workers", "1");
    expect(contents(join(cwd, "until-one"))).toEqual(contents(join(cwd, "until")));
    const hopeless = await sweep("until", "--until", "recoveryTimeMs ±0.0001%", "--max-seeds", "6", "--no-charts");
    expect(hopeless.code).toBe(1);
    expect(hopeless.stdout).toMatch(/3 settings of 3 did not reach/);
  });

  test("takes what it varies from the file unless the command says it", async () => {
    const block = "sweep:\n  vary: { cluster.reservedTaskManagers: [0, 1] }\n  seeds: 2\n  metrics: [tasksRestarted]\n";
    writeFileSync(join(cwd, "block.yaml"), smallScenario({ durationS: 40, extra: `${COSTS}${block}` }));
    const json = async (...args: string[]) => {
      return JSON.parse((await outgap("sweep", "block.yaml", ...args, "--json", "--no-charts")).stdout) as SweepSummary;
    };
    const own = await json();
    expect(own.points.map(({ seeds }) => seeds)).toEqual([2, 2]);
    expect(own.metrics).toEqual([{ metric: "tasksRestarted", unit: "count" }]);
    const other = await json("--vary", "P=8", "--seeds", "1", "--metric", "recoveryTimeMs");
    expect(other.points).toHaveLength(1);
    expect(other.runs).toBe(2);
    expect(other.metrics.map(({ metric }) => metric)).toEqual(["recoveryTimeMs"]);
  });
});

describe("query", () => {
  test("answers over the views as table, CSV and JSON", async () => {
    const sql = 'SELECT "case", count(*)::INT AS n FROM runs GROUP BY ALL ORDER BY ALL';
    const json = await outgap("query", "one", sql, "--json");
    expect(JSON.parse(json.stdout)).toEqual([
      { case: "global restart", n: 9 },
      { case: "single-task", n: 9 },
    ]);
    expect((await outgap("query", "one", sql, "--csv")).stdout).toBe("case,n\nglobal restart,9\nsingle-task,9\n");
    expect((await outgap("query", "one", sql)).stdout).toMatch(/│ global restart │ 9 │/);
    const paired = await outgap("query", "one", "FROM paired WHERE metric = 'recoveryTimeMs' ORDER BY point", "--json");
    const rows = JSON.parse(paired.stdout) as { baseline: string; mean: number; n: number }[];
    expect(rows).toHaveLength(3);
    const { points } = summaryOf("one");
    expect(rows.map(({ mean }) => mean)).toEqual(points.map(({ cases }) => cases[1]?.paired?.recoveryTimeMs?.mean));
  });

  test("several sweeps are one set of tables, told apart by name; a copy counts once", async () => {
    const { stdout } = await outgap("query", ".", "FROM sweeps", "--json");
    const sweeps = JSON.parse(stdout) as { sweep: string; runs: number }[];
    expect(sweeps.length).toBeGreaterThan(1);
    expect(new Set(sweeps.map(({ sweep: name }) => name)).size).toBe(sweeps.length);
  });

  test("says what is wrong with a query or a folder", async () => {
    const wrong = await outgap("query", "one", "SELECT nonsense FROM runs");
    expect(wrong).toMatchObject({ code: 2 });
    expect(wrong.stderr).toMatch(/nonsense/);
    mkdirSync(join(cwd, "empty"));
    expect((await outgap("query", "empty", "FROM runs")).stderr).toMatch(/no results of a sweep here/);
    expect((await outgap("query", "nowhere", "FROM runs")).stderr).toMatch(/nowhere: no such file/);
  });
});

test.each([
  [["--vary", "Q=1"], /with Q=1: .*no key or param/],
  [["--vary", "P"], /--vary: cannot read "P"/],
  [["--vary", "P=8", "--vary", "P=16"], /--vary P: given twice/],
  [["--until", "recoverTimeMs ±2%"], /--until: unknown metric "recoverTimeMs"; did you mean recoveryTimeMs/],
  [["--minimise", "lostTotal", "--maximise", "lostTotal"], /one objective/],
  [["--subject-to", "recoveryTimeMs < 10"], /--subject-to: .*no unit/],
  [["--shard", "5/4"], /expected I\/N/],
  [["--shard", "1/4", "--until", "recoveryTimeMs ±2%"], /does not go with --shard/],
  [["--redis", "http://x"], /expected redis:/],
  [["--out", "."], /holds other things/],
])("bad usage %j ends with 2 and says why", async (args, message) => {
  const { code, stdout, stderr } = await outgap("sweep", "small.yaml", ...(args as string[]));
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(message);
});
