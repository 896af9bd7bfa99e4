/** `outgap sensitivity` as a whole program: what it prints, what it writes, how it ends. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { smallScenario } from "../../experiment/testing/small-scenario.js";
import { parseCsv } from "../../report/files/csv.js";
import { fingerprints } from "../testing/folder.js";
import { program, temporaryFolder } from "../testing/program.js";
import type { SensitivityDocument } from "./document.js";

const cwd = temporaryFolder();
const outgap = (...args: string[]) => program(args, { cwd });
writeFileSync(join(cwd, "small.yaml"), smallScenario({ durationS: 40 }));

describe("in a pipe", () => {
  test("a table per case, sorted by effect; the results are where it says", async () => {
    const { code, stdout, stderr } = await outgap("sensitivity", "small.yaml");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).not.toContain("\u001b");
    expect(stdout).toMatch(/global restart: recoveryTimeMs is [\d.]+ s \(seed 7\)/);
    expect(stdout).toMatch(/Not drawn in this run: .*restartSetPerEdge/);
    const sections = stdout.split("recoveryTimeMs is ").slice(1);
    expect(sections).toHaveLength(2);
    for (const section of sections) {
      const effects = [...section.matchAll(/([\d.]+) (ms|s) \([\d.]+ %\)/g)].map(
        ([, value, unit]) => Number(value) * (unit === "s" ? 1000 : 1),
      );
      expect(effects.length).toBeGreaterThan(2);
      expect(effects).toEqual([...effects].sort((a, b) => b - a));
    }
    const folder = /Results: (\S+)\n$/.exec(stdout)?.[1] as string;
    expect(folder).toMatch(/^outgap-results\/small-sensitivity-[0-9a-f]{8}$/);
    expect(readdirSync(join(cwd, folder)).sort()).toEqual([
      "charts",
      "report.html",
      "scenario.yaml",
      "sensitivity.csv",
      "sensitivity.json",
    ]);
    expect(readdirSync(join(cwd, folder, "charts")).sort()).toEqual(
      ["dark.svg", "png", "svg", "vl.json"].map((ending) => `sensitivity.${ending}`),
    );
  });
});

describe("--json", () => {
  test("is the whole of stdout, with grade, source and share; files say the same", async () => {
    const args = ["--case", "single-task", "--no-charts", "--metric", "recoveryTimeMs", "--metric", "catchUpMs"];
    const { code, stdout, stderr } = await outgap("sensitivity", "small.yaml", "--json", ...args, "--out", "json");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const document = JSON.parse(stdout) as SensitivityDocument;
    expect(JSON.parse(readFileSync(join(cwd, "json", "sensitivity.json"), "utf8"))).toEqual(document);
    expect(document.metrics).toEqual(["recoveryTimeMs", "catchUpMs"]);
    expect(document.cases.map((each) => each.case)).toEqual(["single-task"]);
    const rows = document.cases[0]!.variables;
    expect(rows[0]).toMatchObject({ name: "taskOpen", kind: "cost", grade: "I", value: "2.65s", drawn: true });
    expect(rows[0]!.source).toContain("fitted");
    const shares = rows.reduce((sum, row) => sum + row.criticalPathShare, 0);
    expect(shares).toBeGreaterThan(0.9);
    expect(shares).toBeLessThan(1.0001);
    for (const row of rows) expect(Object.keys(row.effects)).toEqual(document.metrics);
    const csv = parseCsv(readFileSync(join(cwd, "json", "sensitivity.csv"), "utf8"));
    expect(csv.rows).toHaveLength(2 * rows.length);
    expect(csv.rows[0]!.slice(3, 5)).toEqual(["taskOpen", "cost"]);
  });

  test("a run with the cost set by hand agrees with the study", async () => {
    const study = JSON.parse(readFileSync(join(cwd, "json", "sensitivity.json"), "utf8")) as SensitivityDocument;
    const recovery = async (value: string) => {
      const args = ["--case", "single-task", "--no-charts", "--json", "--out", "by-hand", "--set"];
      const { stdout } = await outgap("run", "small.yaml", ...args, `costs.taskOpen=${value}`);
      return JSON.parse(stdout).scenarios[0].cases[0].recoveryTimeMs as number;
    };
    const effect = study.cases[0]!.variables.find((row) => row.name === "taskOpen")!.effects.recoveryTimeMs!;
    expect(await recovery("3180ms")).toBe(effect.higher);
    expect(await recovery("2120ms")).toBe(effect.lower);
  });

  test("equal bytes for every number of workers", async () => {
    const args = ["small.yaml", "--case", "single-task", "--seeds", "2", "--quiet"];
    await outgap("sensitivity", ...args, "--workers", "1", "--out", "one");
    await outgap("sensitivity", ...args, "--workers", "3", "--out", "three");
    expect(fingerprints(join(cwd, "three"))).toEqual(fingerprints(join(cwd, "one")));
  });
});

test("progress counts what is left out as done", async () => {
  const args = ["small.yaml", "--case", "single-task", "--no-charts", "--progress=plain", "--out", "plain"];
  const { stderr } = await outgap("sensitivity", ...args);
  expect(stderr).toMatch(/^(outgap: \d+ %, \d+ of \d+ runs(, \d+ (s|min) left)?\n)*outgap: 100 %, (\d+) of \4 runs\n$/);
});

describe("the exit code", () => {
  test.each([
    [["--metric", "recoveryTime"], /--metric: unknown metric "recoveryTime", .*did you mean recoveryTimeMs\?/],
    [["--case", "nobody"], /nobody/],
    [["--trace"], /unknown option --trace/],
  ])("is 2 for %j, before anything is written", async (args, message) => {
    const { code, stdout, stderr } = await outgap("sensitivity", "small.yaml", ...args, "--out", "bad");
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
    expect(existsSync(join(cwd, "bad"))).toBe(false);
  });

  test("is 0 although an expectation fails that only a run can judge", async () => {
    const extra = "expect:\n  - { case: single-task, metric: recoveryTimeMs, atMost: 1ms }\n";
    writeFileSync(join(cwd, "failing.yaml"), smallScenario({ name: "failing", durationS: 40, extra }));
    const args = ["failing.yaml", "--case", "single-task", "--no-charts", "--quiet", "--out", "failing"];
    expect(await outgap("sensitivity", ...args)).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  test("is 130 after an interrupt, and nothing half-written stays", async () => {
    const args = ["sensitivity", "small.yaml", "--seeds", "200", "--progress=plain", "--out", "interrupted"];
    const { code } = await program(args, { cwd, signal: { name: "SIGINT", after: /, \d+ of/ } });
    expect(code).toBe(130);
    expect(readdirSync(cwd).filter((name) => name.includes("partial"))).toEqual([]);
    expect(existsSync(join(cwd, "interrupted"))).toBe(false);
  });
});
