/** `check`, `list`, `init` and `schema` as whole programs. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { smallScenario } from "../experiment/testing/small-scenario.js";
import { program, temporaryFolder } from "./testing/program.js";

const cwd = temporaryFolder();
const outgap = (...args: string[]) => program(args, { cwd });
writeFileSync(join(cwd, "small.yaml"), smallScenario());

test("check prints load and network memory, and --json the same as data", async () => {
  const { code, stdout, stderr } = await outgap("check", "small.yaml");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  for (const word of ["small", "joiner", "slots: 8 needed of 8", "network memory", "ready to run"]) {
    expect(stdout).toContain(word);
  }
  const json = await outgap("check", "small.yaml", "--json");
  const { scenarios } = JSON.parse(json.stdout) as { scenarios: { ok: boolean; cases: { slotsNeeded: number }[] }[] };
  expect(scenarios[0]?.ok).toBe(true);
  expect(scenarios[0]?.cases.map((each) => each.slotsNeeded)).toEqual([8, 8]);
});

test("check --print gives the normalised form, which reads back as itself", async () => {
  const first = await outgap("check", "small.yaml", "--print");
  expect(first.code).toBe(0);
  writeFileSync(join(cwd, "normalised.yaml"), first.stdout);
  const second = await outgap("check", "normalised.yaml", "--print");
  expect(second).toEqual(first);
  expect(first.stdout).not.toContain("${");
});

test.each([
  ["an overloaded subtask", ["--set", "job.vertices.joiner.serviceTime=5ms"], /overloaded/],
  ["too few slots", ["--set", "cluster.taskManagers=1"], /needs 8 slots, the TaskManagers have 4/],
  ["an impossible target", ["--set", "faults[0].target.taskManager=99"], /no .*99/],
  ["a cycle", ["--set", "job.edges[1]={ from: joiner, to: joiner, partitioning: hash }"], /cycle/],
])("check and run refuse %s: exit 2, with its place", async (_, args, message) => {
  for (const command of ["check", "run"]) {
    const { code, stderr } = await outgap(command, "small.yaml", ...args);
    expect(code, stderr).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^(small\.yaml|--set):\d+:\d+: /);
  }
  expect(existsSync(join(cwd, "outgap-results"))).toBe(false);
});

test("list prints every catalogue, and refuses others by the nearest name", async () => {
  for (const what of ["strategies", "faults", "metrics", "engines", "flink-keys", "costs"]) {
    const { code, stdout } = await outgap("list", what);
    expect(code).toBe(0);
    expect(stdout.split("\n").length).toBeGreaterThan(3);
  }
  const costs = JSON.parse((await outgap("list", "costs", "--json")).stdout) as { name: string; grade: string }[];
  expect(costs.find((cost) => cost.name === "containerStart")?.grade).toBe("D");
  const { code, stderr } = await outgap("list", "strategys");
  expect(code).toBe(2);
  expect(stderr).toMatch(/did you mean strategies\?/);
});

test("init writes a scenario that checks, and never over a file", async () => {
  expect((await outgap("init", "my-job")).code).toBe(0);
  expect((await outgap("check", "my-job.yaml")).code).toBe(0);
  writeFileSync(join(cwd, "my-job.yaml"), "mine");
  const again = await outgap("init", "my-job");
  expect(again.code).toBe(2);
  expect(again.stderr).toMatch(/my-job\.yaml: it exists already/);
  expect(readFileSync(join(cwd, "my-job.yaml"), "utf8")).toBe("mine");
  expect((await outgap("init", "../evil")).code).toBe(2);
  expect((await outgap("init", "other", "--print")).stdout).toContain("name: other");
});

test("schema is the schema beside the shipped scenarios", async () => {
  const { code, stdout } = await outgap("schema");
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ title: "Outgap scenario", type: "object" });
  const beside = readFileSync(resolve("scenarios/scenario.schema.json"), "utf8");
  expect(JSON.parse(stdout)).toEqual(JSON.parse(beside));
});
