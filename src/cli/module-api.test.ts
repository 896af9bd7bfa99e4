/** The module API as another package would use it: by the package's name, from the compiled program. */
import { expect, test } from "vitest";
import { smallScenario } from "../experiment/testing/small-scenario.js";

type Api = typeof import("../index.js");

test("parse, run and read results by the package's name", async () => {
  const name = "outgap";
  const { parse, formatDiagnostic, readResults, runScenario } = (await import(name)) as Api;
  const bad = parse("version: 2\n", { file: "bad.yaml" });
  expect(bad.ok).toBe(false);
  if (!bad.ok) expect(formatDiagnostic(bad.diagnostics[0]!)).toMatch(/^bad\.yaml:1:/);
  const good = parse(smallScenario(), { file: "small.yaml" });
  if (!good.ok) throw new Error("it does not parse");
  const inThread = await runScenario(good.scenario, { workers: 0, seeds: 2 });
  const onWorkers = await runScenario(good.scenario, { workers: 2, seeds: 2 });
  expect(inThread.map(({ summary }) => `${summary.case} ${summary.seed}`)).toEqual([
    "global restart 7",
    "single-task 7",
    "global restart 8",
    "single-task 8",
  ]);
  expect(onWorkers.map(({ summary }) => summary.digest)).toEqual(inThread.map(({ summary }) => summary.digest));
  expect(() => readResults("no-such-folder")).toThrow(/no such file/);
});

test("from source too: workers read TypeScript", async () => {
  const { parse, runScenario } = await import("../index.js");
  const good = parse(smallScenario({ durationS: 25 }), { file: "small.yaml", cases: ["single-task"] });
  if (!good.ok) throw new Error("it does not parse");
  const [result] = await runScenario(good.scenario, { workers: 1 });
  expect(result?.summary.case).toBe("single-task");
  const [again] = await runScenario(good.scenario);
  expect(again?.summary.digest).toBe(result?.summary.digest);
});
