/** The momentary loss of an n-way join, predicted from the shares of what died: `scenarios/three-way-join.yaml`. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { deficitRatio } from "../metrics/availability.js";
import { keyGroupShares } from "../model/topology/key-groups.js";
import { parseScenario } from "./index.js";
import { runTwin, simulateCase } from "./run-case.js";

function measured(caseIndex: number): { deficit: number; predicted: number } {
  const file = "three-way-join.yaml";
  const parsed = parseScenario(readFileSync(new URL(`../../scenarios/${file}`, import.meta.url), "utf8"), { file });
  if (!parsed.ok) throw new Error("does not parse");
  const { config } = parsed.scenario.cases[caseIndex]!;
  const record = simulateCase(config);
  const twin = runTwin(config);
  const incident = record.incidents[0]!;
  const { target } = config.faults[0]!;
  if (target?.kind !== "taskManager") throw new Error("expected a TaskManager");
  const joiner = config.vertices.find((vertex) => vertex.type === "join")!;
  const shares = keyGroupShares(joiner.parallelism, joiner.maxParallelism, 0);
  const slots = config.cluster.slotsPerTaskManager;
  let k = 0;
  for (let i = 0; i < slots; i++) k += shares[target.taskManager * slots + i]!;
  const s = slots / config.vertices[0]!.parallelism;
  return {
    deficit: deficitRatio(
      record.plane.bins.emitted,
      twin.timeline.emitted,
      incident.startNs + 1e9,
      incident.recoveredNs,
    ),
    predicted: 1 - (1 - k) * (1 - s) ** 3,
  };
}

test("partners 10 ms apart: the deficit from one second after the fault is 1 − (1−k)(1−s)³ within 2 %", () => {
  const { deficit, predicted } = measured(0);
  expect(Math.abs(deficit / predicted - 1)).toBeLessThan(0.02);
});

test("partners 2 s apart: the state still holds partners of the dead sources, so the deficit is smaller at first", () => {
  const { deficit, predicted } = measured(1);
  expect(deficit).toBeLessThan(predicted);
  expect(deficit).toBeGreaterThan(0.8 * predicted);
});
