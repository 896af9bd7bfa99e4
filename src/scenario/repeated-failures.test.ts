/** Machines that fail again and again, some while a restart is under way: the books of quanta stay whole. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseScenario } from "./index.js";
import { simulateCase } from "./run-case.js";

const FILE = "sweeps/reserved-task-managers.yaml";
const TEXT = readFileSync(new URL(`../../scenarios/${FILE}`, import.meta.url), "utf8");

// Seed 51 lost the last records of a bin in a class of consumers with a pace of its own, and what rounding had left
// of the others stayed behind.
test.each([2, 3])("bursts of failures under a global restart, %i reserved TaskManagers", (reserved) => {
  const parsed = parseScenario(TEXT, { file: FILE, sets: [`cluster.reservedTaskManagers=${reserved}`, "seed=51"] });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.diagnostics));
  const { config } = parsed.scenario.cases.find(({ name }) => name === "global restart")!;
  expect(config.seed).toBe("51");
  const record = simulateCase(config);
  expect(record.incidents.length).toBeGreaterThan(1);
  expect(record.violations).toEqual([]);
});
