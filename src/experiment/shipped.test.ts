/** Every shipped scenario runs: those tagged `ci` whole and as expected, the others for their first virtual seconds. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { brokenInvariants } from "../metrics/result.js";
import { formatDiagnostic, type NormalisedScenario, parseScenario, twinKey } from "../scenario/index.js";
import { runCase, runTwin, type TwinResult } from "../scenario/run-case.js";
import { judge } from "./verdict.js";

const FOLDERS = ["", "oracles/", "sweeps/"].map((name) => new URL(`../../scenarios/${name}`, import.meta.url));
const FIRST_SECONDS = 3;

const files = FOLDERS.flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".yaml"))
    .map((name) => [name, new URL(name, folder)] as const),
);

function load(file: URL): NormalisedScenario {
  const parsed = parseScenario(readFileSync(file, "utf8"), { file: file.pathname });
  if (!parsed.ok) throw new Error(parsed.diagnostics.map(formatDiagnostic).join("\n"));
  return parsed.scenario;
}

describe.each(files)("%s", (_, file) => {
  const { cases, expect: expectations, tags } = load(file);
  const whole = tags.includes("ci");

  test(whole ? "runs whole and ends as expected" : "runs for its first seconds", { timeout: 180_000 }, () => {
    const twins = new Map<string, TwinResult>();
    const summaries = (whole ? cases : cases.slice(0, 1)).map(({ name, config: shipped }) => {
      const config = whole
        ? shipped
        : { ...shipped, faults: [], warmupNs: 1e9, durationNs: Math.min(shipped.durationNs, FIRST_SECONDS * 1e9) };
      const key = twinKey(config);
      const twin = twins.get(key) ?? runTwin(config);
      twins.set(key, twin);
      return runCase(config, { caseName: name, twin, trace: false }).summary;
    });
    for (const summary of summaries) {
      expect(brokenInvariants(summary)).toEqual([]);
      expect(summary.records.delivered).toBeGreaterThan(0);
    }
    if (whole) expect(judge(expectations, summaries).failures).toEqual([]);
  });
});

test("some are run whole", () => {
  expect(files.filter(([, file]) => load(file).tags.includes("ci")).length).toBeGreaterThan(2);
});
