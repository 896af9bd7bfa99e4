/** `outgap run` as a whole program: what it prints, what it writes, how it ends. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { smallScenario } from "../../experiment/testing/small-scenario.js";
import type { CaseSummary } from "../../metrics/result.js";
import { parseCsv } from "../../report/files/csv.js";
import { fingerprints } from "../testing/folder.js";
import { program, temporaryFolder } from "../testing/program.js";

const cwd = temporaryFolder();
const outgap = (...args: string[]) => program(args, { cwd });
writeFileSync(join(cwd, "small.yaml"), smallScenario());

interface Document {
  readonly outgap: string;
  readonly schema: number;
  readonly scenarios: readonly {
    readonly scenario: string;
    readonly interrupted?: boolean;
    readonly cases: readonly (CaseSummary & { readonly wallMs?: number; readonly peakRssBytes?: number })[];
    readonly expect: readonly { readonly ok: boolean; readonly measured: unknown }[];
  }[];
}
const readJson = (...path: string[]) => JSON.parse(readFileSync(join(cwd, ...path), "utf8")) as Document;
const casesOf = (document: Document) => document.scenarios[0]?.cases ?? [];

const DATA_FILES = [
  ...["loss.csv", "output-gap.csv", "phases.csv", "playback.json", "scenario.yaml", "summary.csv", "summary.json"],
  "timeline.csv",
];

describe("in a pipe", () => {
  test("the table is on stdout without colour, stderr is silent, the results are where it says", async () => {
    const { code, stdout, stderr } = await outgap("run", "small.yaml", "--no-charts");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).not.toContain("\u001b");
    for (const word of ["small · seed 7", "global restart", "single-task", "Where the seconds went:"]) {
      expect(stdout).toContain(word);
    }
    const folder = /Results: (\S+)\n$/.exec(stdout)?.[1] as string;
    expect(folder).toMatch(/^outgap-results\/small-[0-9a-f]{8}$/);
    expect(readdirSync(join(cwd, folder)).sort()).toEqual(DATA_FILES);
    expect(readdirSync(join(cwd, "outgap-results"))).toHaveLength(1);
  });

  test("--quiet says nothing, --progress=plain says lines on stderr only", async () => {
    const quiet = await outgap("run", "small.yaml", "--no-charts", "--quiet", "--out", "quiet");
    expect(quiet).toEqual({ code: 0, stdout: "", stderr: "" });
    const plain = await outgap("run", "small.yaml", "--no-charts", "--progress=plain", "--workers", "1", "--out", "p");
    expect(plain.stderr).toMatch(
      /^(outgap: \d+ %, \d+ of 3 runs.*\n)*outgap: 100 %, 3 of 3 runs, [\d.]+ (s|min) of virtual time, [\d.]+× real time\n$/,
    );
    expect(plain.stdout).not.toContain("%,");
  });
});

describe("--json", () => {
  test("is the whole of stdout; the file has the same without what the clock measured", async () => {
    const { code, stdout, stderr } = await outgap("run", "small.yaml", "--no-charts", "--json", "--out", "json");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const printed = JSON.parse(stdout) as Document;
    const written = readJson("json", "summary.json");
    expect(printed.schema).toBe(1);
    expect(printed.scenarios[0]?.scenario).toBe("small");
    const stripped = casesOf(printed).map(({ wallMs, peakRssBytes, ...rest }) => {
      expect(wallMs).toBeGreaterThanOrEqual(0);
      expect(peakRssBytes).toBeGreaterThan(1_000_000);
      return rest;
    });
    expect(casesOf(written)).toEqual(stripped);
    expect(stripped.map((summary) => summary.case)).toEqual(["global restart", "single-task"]);
    for (const summary of stripped) expect(summary.digest).toMatch(/^[0-9a-f]{64}$/);
  });

  test("CSV files have a row for each (case, seed), with header", async () => {
    const { header, rows } = parseCsv(readFileSync(join(cwd, "json", "summary.csv"), "utf8"));
    expect(header.slice(0, 3)).toEqual(["case", "strategy", "seed"]);
    expect(rows.map((row) => row[0])).toEqual(["global restart", "single-task"]);
    const digests = rows.map((row) => row[header.indexOf("digest")]);
    expect(digests).toEqual(casesOf(readJson("json", "summary.json")).map((summary) => summary.digest));
    const gaps = parseCsv(readFileSync(join(cwd, "json", "output-gap.csv"), "utf8"));
    expect(gaps.rows).toHaveLength(2 * 8);
    const bins = parseCsv(readFileSync(join(cwd, "json", "timeline.csv"), "utf8"));
    expect(bins.rows).toHaveLength(2 * 600);
  });
});

describe("the same bytes", () => {
  test("twice, charts included", async () => {
    await outgap("run", "small.yaml", "--out", "once");
    await outgap("run", "small.yaml", "--out", "twice");
    const once = fingerprints(join(cwd, "once"));
    expect(fingerprints(join(cwd, "twice"))).toEqual(once);
    expect(Object.keys(once)).toContain(join("charts", "output-over-time.svg"));
  });

  test("for every number of workers, and over an older result", async () => {
    const seeds = ["--no-charts", "--seeds", "3"];
    await outgap("run", "small.yaml", ...seeds, "--workers", "1", "--out", "one");
    await outgap("run", "small.yaml", ...seeds, "--workers", "3", "--out", "three");
    await outgap("run", "small.yaml", ...seeds, "--out", "once");
    const one = fingerprints(join(cwd, "one"));
    expect(fingerprints(join(cwd, "three"))).toEqual(one);
    expect(fingerprints(join(cwd, "once"))).toEqual(one);
    expect(casesOf(readJson("one", "summary.json")).map(({ seed }) => seed)).toEqual(["7", "7", "8", "8", "9", "9"]);
  });

  test("but another digest after one nanosecond of one cost", async () => {
    const digests = async (set: string) => {
      const { stdout } = await outgap("run", "small.yaml", "--no-charts", "--json", "--out", "cost", "--set", set);
      return casesOf(JSON.parse(stdout) as Document).map(({ digest }) => digest);
    };
    const before = await digests("costs.taskOpen=2650000000ns");
    const after = await digests("costs.taskOpen=2650000001ns");
    for (const [index, digest] of before.entries()) expect(after[index]).not.toBe(digest);
  });
});

test("--summary-only keeps scalars and intervals, with the digests of a full run", async () => {
  const seeds = ["--seeds", "3", "--no-charts"];
  await outgap("run", "small.yaml", ...seeds, "--summary-only", "--out", "study");
  await outgap("run", "small.yaml", ...seeds, "--out", "full");
  const files = ["loss.csv", "phases.csv", "scenario.yaml", "study.json", "summary.csv"];
  expect(readdirSync(join(cwd, "study")).sort()).toEqual(files);
  const full = fingerprints(join(cwd, "full"));
  for (const [file, hash] of Object.entries(fingerprints(join(cwd, "study")))) expect(full[file]).toBe(hash);
});

describe("the exit code", () => {
  test("is 1 if an expectation fails, with the results written all the same", async () => {
    const extra = "expect:\n  - { case: single-task, metric: recoveryTimeMs, atMost: 1ms }\n";
    writeFileSync(join(cwd, "failing.yaml"), smallScenario({ name: "failing", extra }));
    const { code, stdout } = await outgap("run", "failing.yaml", "--no-charts", "--out", "failing");
    expect(code).toBe(1);
    expect(stdout).toMatch(/✗ recoveryTimeMs is .*at most 1 ms \(single-task\)/);
    expect(readJson("failing", "summary.json").scenarios[0]?.expect[0]?.ok).toBe(false);
  });

  test("is 0 if it holds", async () => {
    const extra = "expect:\n  - { case: single-task, metric: recoveryTimeMs, atMost: 1h }\n";
    writeFileSync(join(cwd, "holding.yaml"), smallScenario({ name: "holding", extra }));
    const { code, stdout } = await outgap("run", "holding.yaml", "--no-charts", "--out", "holding");
    expect(code).toBe(0);
    expect(stdout).toMatch(/✓ recoveryTimeMs is .*\(single-task\)/);
  });
});

describe("several scenarios and selections", () => {
  test("each scenario has its folder under --out", async () => {
    const files = ["small.yaml", "holding.yaml"];
    const { code, stdout } = await outgap("run", ...files, "--no-charts", "--json", "--out", "both");
    expect(code).toBe(0);
    expect((JSON.parse(stdout) as Document).scenarios.map(({ scenario }) => scenario)).toEqual(["small", "holding"]);
    expect(readdirSync(join(cwd, "both")).sort()).toEqual(["holding", "small"]);
  });

  test("two scenarios of one name are refused before anything runs", async () => {
    const { code, stderr } = await outgap("run", "small.yaml", "small.yaml", "--out", "twins");
    expect(code).toBe(2);
    expect(stderr).toMatch(/two of the scenarios would write/);
    expect(existsSync(join(cwd, "twins"))).toBe(false);
  });

  test("--case, --seed and --set choose what runs", async () => {
    const args = ["--case", "single-task", "--seed", "0099", "--set", "P=16", "--no-charts", "--json", "--out", "sel"];
    const { stdout } = await outgap("run", "small.yaml", ...args);
    const cases = casesOf(JSON.parse(stdout) as Document);
    expect(cases.map((summary) => [summary.case, summary.seed])).toEqual([["single-task", "0099"]]);
    expect(parseCsv(readFileSync(join(cwd, "sel", "output-gap.csv"), "utf8")).rows).toHaveLength(16);
  });
});

describe.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)("%s", (name, exitCode) => {
  test(`ends with ${exitCode}, keeps what was finished, and leaves nothing half-written`, async () => {
    const out = `interrupted-${name}`;
    const args = ["run", "small.yaml", "--seeds", "2000", "--no-charts", "--progress=plain", "--out", out];
    const { code } = await program(args, { cwd, signal: { name, after: /, (?:[6-9]|\d\d+) of/ } });
    expect(code).toBe(exitCode);
    expect(readdirSync(cwd).filter((name) => name.includes("partial"))).toEqual([]);
    const document = readJson(out, "summary.json");
    expect(document.scenarios[0]?.interrupted).toBe(true);
    const finished = casesOf(document).length;
    expect(finished).toBeGreaterThan(0);
    expect(finished).toBeLessThan(4000);
    expect(parseCsv(readFileSync(join(cwd, out, "summary.csv"), "utf8")).rows).toHaveLength(finished);
    expect(parseCsv(readFileSync(join(cwd, out, "output-gap.csv"), "utf8")).rows).toHaveLength(8 * finished);
  });
});
