/** A result set made in memory is the one that the result folder gives. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runScenario } from "../../experiment/run-scenario.js";
import { smallScenario } from "../../experiment/testing/small-scenario.js";
import { parseScenario } from "../../scenario/index.js";
import { program, temporaryFolder } from "../testing/program.js";
import { readResultSet } from "./result-folder.js";
import { resultSetOf } from "./result-set.js";

const cwd = temporaryFolder();

test("equals what `outgap run` wrote, except for the digests of files", async () => {
  const extra = "expect:\n  - { case: single-task, metric: tasksRestarted, atLeast: 1 }\n";
  writeFileSync(join(cwd, "small.yaml"), smallScenario({ extra }));
  await program(["run", "small.yaml", "--no-charts", "--quiet", "--out", "small"], { cwd });
  const written = readResultSet(join(cwd, "small"));
  const parsed = parseScenario(readFileSync(join(cwd, "small.yaml"), "utf8"), { file: "small.yaml" });
  if (!parsed.ok) throw new Error("the small scenario does not parse");
  const made = resultSetOf(parsed.scenario, await runScenario(parsed.scenario, { workers: 0 }));
  const withoutDigest = ({ summary, ...rest }: typeof made) => ({
    ...rest,
    expect: summary.expect,
    cases: summary.cases.map((each) => ({ ...each, digest: "" })),
  });
  expect(withoutDigest(made)).toEqual(withoutDigest(written));
  expect(() => resultSetOf(parsed.scenario, [])).toThrow(RangeError);
});
