/** Result folders made of synthetic runs: written, read back, charted, reported. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { smallScenario } from "../../experiment/testing/small-scenario.js";
import { syntheticResults } from "../../experiment/testing/synthetic-result.js";
import type { RunResult } from "../../metrics/result.js";
import { parseScenario } from "../../scenario/index.js";
import { report } from "../report/report.js";
import { fingerprints } from "../testing/folder.js";
import { addReport } from "./charts.js";
import { parameterRows } from "./parameters.js";
import { readResultSet } from "./result-folder.js";
import { ResultWriter } from "./result-writer.js";

const runs = syntheticResults({ parallelism: 16, durationMs: 120_000 });
const parsed = parseScenario(smallScenario(), { file: "small.yaml" });
const scenarioYaml = parsed.ok ? parsed.scenario.normalisedYaml : "";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "outgap-results-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, results: readonly RunResult[], interrupted = false): { path: string; digests: string[] } {
  const writer = new ResultWriter(join(folder, name), scenarioYaml);
  const cases = results.map((run) => ({ summary: writer.add(run), wallMs: 12_345, peakRssBytes: 67_890 }));
  writer.finish({ scenario: "small", file: `somewhere/${name}.yaml`, interrupted, cases, expect: [] });
  return { path: writer.commit(interrupted), digests: cases.map(({ summary }) => summary.digest) };
}

describe("the folder", () => {
  test("holds every file and nothing that the wall clock measured", () => {
    const { path } = write("whole", runs);
    const files = ["loss.csv", "output-gap.csv", "phases.csv", "playback.json", "scenario.yaml", "summary.csv"];
    expect(readdirSync(path).sort()).toEqual([...files, "summary.json", "timeline.csv"]);
    const all = readdirSync(path).map((file) => readFileSync(join(path, file), "utf8"));
    expect(all.join("")).not.toMatch(/wallMs|peakRss/);
    expect(JSON.parse(readFileSync(join(path, "summary.json"), "utf8")).scenarios[0].file).toBe("whole.yaml");
  });

  test("of several runs has one header per file, and the rows in order", () => {
    const { path } = write("rows", runs);
    const lines = readFileSync(join(path, "summary.csv"), "utf8").trim().split(/\r?\n/);
    expect(lines.map((line) => line.split(",strategy")[0]?.startsWith("case"))).toEqual([
      true,
      ...runs.map(() => false),
    ]);
    const set = readResultSet(path);
    expect(set.timelines.map((line) => line.case)).toEqual(runs.map((run) => run.summary.case));
    expect(set.gaps).toHaveLength(4 * 16);
  });

  test("has the traces of runs that were traced, each valid JSON of its own run", () => {
    const { path } = write("traced", syntheticResults({ parallelism: 8, durationMs: 90_000, trace: true }));
    const traces = readdirSync(path).filter((file) => file.startsWith("trace"));
    const others = ["global-restart-reserved-tm-42", "single-task-42", "single-task-reserved-tm-42"];
    expect(traces).toEqual([...others.map((whose) => `trace-${whose}.json`), "trace.json"]);
    const cases = traces.map((file) => JSON.parse(readFileSync(join(path, file), "utf8")).otherData.case);
    expect(cases).toEqual([...runs.slice(1), runs[0]].map((run) => run?.summary.case));
  });

  test("of an interrupted command never replaces an older one", () => {
    write("kept", runs);
    const before = fingerprints(join(folder, "kept"));
    expect(write("kept", runs.slice(0, 1), true).path).toBe(join(folder, "kept-partial"));
    expect(fingerprints(join(folder, "kept"))).toEqual(before);
    expect(write("new", runs.slice(0, 1), true).path).toBe(join(folder, "new"));
  });
});

describe("the digest", () => {
  const digestOf = (run: RunResult): string => write("digest", [run]).digests[0] as string;
  const run = runs[0] as RunResult;

  test("is the same for the same run, alone or among others", () => {
    expect(digestOf(run)).toBe(write("among", runs).digests[0]);
    expect(digestOf(structuredClone(run))).toBe(digestOf(run));
  });

  test.each([
    ["the trace", (copy: RunResult) => ({ ...copy, summary: { ...copy.summary, digest: "other" } })],
    ["the exogenous streams", (copy: RunResult) => ({ ...copy, summary: { ...copy.summary, exogenousDigest: "x" } })],
    ["the summary", (copy: RunResult) => ({ ...copy, summary: { ...copy.summary, slotsLost: 99 } })],
    [
      "one cell of one file",
      (copy: RunResult) => {
        (copy.timeline.backlogLogRecords as Float64Array)[700] = 5;
        return copy;
      },
    ],
    [
      "one gap by a nanosecond",
      (copy: RunResult) => {
        const gaps = copy.gaps.gapMs as Float64Array;
        gaps[3] = (gaps[3] as number) + 1e-6;
        return copy;
      },
    ],
  ])("changes with %s", (_, change) => {
    expect(digestOf(change(structuredClone(run)))).not.toBe(digestOf(run));
  });
});

describe("charts and report", () => {
  test("are rebuilt with the same bytes, and one page needs nothing from elsewhere", async () => {
    const { path } = write("charted", runs);
    await addReport(path);
    const first = fingerprints(path);
    expect(Object.keys(first)).toContain("report.html");
    for (const kind of [".vl.json", ".svg", ".png"])
      expect(first[join("charts", `output-over-time${kind}`)]).toBeDefined();
    expect(await report({ folders: [path], out: undefined, quiet: true })).toBe(0);
    expect(fingerprints(path)).toEqual(first);
    const html = readFileSync(join(path, "report.html"), "utf8");
    expect(html).not.toMatch(/<(?:script|link|img)[^>]+(?:src|href)="https?:/);
  }, 120_000);

  test("a broken folder is refused and stays as it was", async () => {
    const { path } = write("broken", runs);
    writeFileSync(join(path, "timeline.csv"), "nothing,useful\n1,2\n");
    const before = fingerprints(path);
    await expect(report({ folders: [path], out: undefined, quiet: true })).rejects.toThrow(/broken.*timeline\.csv/);
    expect(fingerprints(path)).toEqual(before);
    await expect(report({ folders: [join(folder, "none")], out: undefined, quiet: true })).rejects.toThrow(
      /no such file/,
    );
  });

  test("several results make one page in a folder of its own", async () => {
    const paths = [write("a", runs).path, write("b", runs).path];
    expect(await report({ folders: paths, out: join(folder, "both"), quiet: true })).toBe(0);
    expect(existsSync(join(folder, "both", "report.html"))).toBe(true);
    expect(readdirSync(join(folder, "a"))).not.toContain("report.html");
  }, 120_000);
});

test("parameters say which cost the scenario has set", () => {
  const cheaper = parseScenario(smallScenario(), { file: "s", sets: ["costs.containerStart=30s"] });
  const rows = parameterRows(cheaper.ok ? cheaper.scenario.normalisedYaml : "");
  expect(rows.find((row) => row.name === "containerStart")).toMatchObject({ value: "30s", grade: "–" });
  expect(rows.find((row) => row.name === "containerStart")?.source).toMatch(
    /^set by the scenario; the default is lognor/,
  );
  expect(rows.find((row) => row.name === "taskOpen")).toMatchObject({ value: "2.65s", grade: "I" });
  expect(parameterRows("version: 99\n")).toEqual([]);
});
