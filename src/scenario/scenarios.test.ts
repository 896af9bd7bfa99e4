/** The shipped scenarios: valid, checked, as the interface fixes them; and the generated files beside them. */
import { readdirSync, readFileSync } from "node:fs";
import Ajv from "ajv";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import {
  checkScenario,
  formatDiagnostic,
  parseScenario,
  scenarioJsonSchema,
  starterScenario,
  twinKey,
} from "./index.js";
import { formatReference } from "./reference.js";

const folder = new URL("../../scenarios/", import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith(".yaml"));
const text = (name: string) => readFileSync(new URL(name, folder), "utf8");
const load = (name: string) => {
  const parsed = parseScenario(text(name), { file: name });
  if (!parsed.ok) throw new Error(parsed.diagnostics.map(formatDiagnostic).join("\n"));
  return parsed;
};
const validate = new (Ajv as unknown as typeof Ajv.default)({ allowUnionTypes: true, strict: false }).compile(
  scenarioJsonSchema(),
);

describe.each(files)("%s", (name) => {
  test("is valid, named after its file, tagged, and nothing in it is refused or doubtful", () => {
    const { scenario, locate } = load(name);
    expect(`${scenario.name}.yaml`).toBe(name);
    expect(scenario.tags.length).toBeGreaterThan(0);
    expect(scenario.expect.length).toBeGreaterThan(0);
    const { refusals, warnings } = checkScenario(scenario, locate);
    expect([...refusals, ...warnings].map(formatDiagnostic)).toEqual([]);
  });
  test("its normalised form reads back as the same scenario", () => {
    const { scenario } = load(name);
    const again = parseScenario(scenario.normalisedYaml, { file: "normalised" });
    expect(again.ok && again.scenario).toEqual(scenario);
  });
  test("agrees with the JSON Schema, written and normalised", () => {
    expect(validate(parse(text(name))), JSON.stringify(validate.errors)).toBe(true);
    expect(validate(parse(load(name).scenario.normalisedYaml)), JSON.stringify(validate.errors)).toBe(true);
  });
  test("points editors to the schema, and is explained in the README", () => {
    expect(text(name).split("\n")[0]).toBe("# yaml-language-server: $schema=./scenario.schema.json");
    expect(text("README.md")).toContain(name.startsWith("stall-") ? "stall-" : name);
  });
});

test.each(["scale/scale-16000.yaml", "scale/scale-64000.yaml"])("%s is valid and explained", (name) => {
  const { scenario, locate } = load(name);
  const { refusals, warnings } = checkScenario(scenario, locate);
  expect([...refusals, ...warnings].map(formatDiagnostic)).toEqual([]);
  expect(text("README.md")).toContain(name);
  expect(Number(/\d+/.exec(name)?.[0])).toBe(
    scenario.cases[0]!.config.cluster.taskManagers * scenario.cases[0]!.config.cluster.slotsPerTaskManager,
  );
});

describe.each([
  [1000, 40, 20],
  [4000, 81, 18],
])("the published comparison at P=%i", (p, global, single) => {
  const { scenario } = load(`bytedance-join-${p}.yaml`);
  test("has the four cases on two twins", () => {
    expect(scenario.cases.map((c) => c.name)).toEqual([
      "global restart",
      "global restart, reserved TM",
      "single-task",
      "single-task, reserved TM",
    ]);
    const keys = scenario.cases.map((c) => twinKey(c.config));
    expect([keys[0] === keys[2], keys[1] === keys[3], keys[0] === keys[1]]).toEqual([true, true, false]);
  });
  test("expects the published cells of one run: within 10 % and two standard deviations of single runs", () => {
    const cells = scenario.expect.filter((e) => e.kind === "metric" && e.relation === "published");
    expect(cells.map((e) => e.kind === "metric" && [e.case, e.metric, e.value, e.within])).toEqual([
      ["global restart", "recoveryTimeMs", global * 1000, global * 100 + 2 * 800],
      ["single-task", "recoveryTimeMs", single * 1000, single * 100 + 2 * 900],
      ["single-task, reserved TM", "recoveryTimeMs", 5000, 500 + 2 * 400],
    ]);
    const restarted = scenario.expect.filter((e) => e.kind === "metric" && e.metric === "tasksRestarted");
    expect(restarted.map((e) => e.kind === "metric" && e.value)).toEqual([3 * p, 3 * p, 12, 12]);
  });
  test("has the engine and cluster of the interface", () => {
    expect(scenario.cases[0]?.config).toMatchObject({
      seed: "42",
      warmupNs: 30e9,
      durationNs: 360e9,
      resolutionNs: 100e6,
      cluster: { taskManagers: p / 4, slotsPerTaskManager: 4, machinesPerRack: 40, provider: "yarn" },
      engine: {
        version: "1.9",
        restartDelayNs: 13.5e9,
        networkMemoryBytes: (p + 64) * 1024 ** 2,
        maxBuffersPerChannel: null,
      },
      faults: [{ kind: "kill-task-manager", atNs: 60e9, target: { kind: "taskManager", taskManager: 17 } }],
    });
  });
});

test("the two published scenarios differ in P and in what was measured only", () => {
  const at = (name: string) => {
    const tree = parse(text(name));
    return { ...tree, name: 0, description: 0, params: 0, expect: 0 };
  };
  expect(at("bytedance-join-4000.yaml")).toEqual(at("bytedance-join-1000.yaml"));
});

test("the starter is valid and passes its check", () => {
  const parsed = parseScenario(starterScenario("my-job"), { file: "my-job.yaml" });
  if (!parsed.ok) throw new Error(parsed.diagnostics.map(formatDiagnostic).join("\n"));
  expect(parsed.scenario.name).toBe("my-job");
  expect(checkScenario(parsed.scenario, parsed.locate)).toMatchObject({ refusals: [], warnings: [] });
});

describe("generated files are current (`npx vitest run src/scenario -u` rewrites them)", () => {
  test("the JSON Schema", async () => {
    await expect(`${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`).toMatchFileSnapshot(
      "../../scenarios/scenario.schema.json",
    );
  });
  test("the reference of the format", async () => {
    await expect(formatReference()).toMatchFileSnapshot("../../scenarios/FORMAT.md");
  });
});

test("every key of the format is described", () => {
  const undescribed: string[] = [];
  const visit = (path: string, node: Record<string, unknown>): void => {
    for (const option of (node.oneOf ?? node.anyOf ?? []) as Record<string, unknown>[]) visit(path, option);
    if (node.items !== undefined) visit(`${path}[]`, node.items as Record<string, unknown>);
    for (const [key, child] of Object.entries((node.properties ?? {}) as Record<string, Record<string, unknown>>)) {
      const name = `${path}.${key}`;
      const isPart = /\.(lognormal|uniform|exponential|normal|empirical)(\.|$)/.test(name);
      if (!isPart && typeof child.description !== "string") undescribed.push(name);
      visit(name, child);
    }
  };
  visit("", scenarioJsonSchema());
  expect(undescribed).toEqual([]);
});
