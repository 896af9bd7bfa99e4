/**
 * Golden stories: a dozen failovers of a job of two slots, thread by thread, in `golden/`. They are read by people and
 * compared to the letter; `npx vitest run src/failover/golden.test.ts -u` writes them anew.
 */
import { describe, expect, test } from "vitest";
import { runTiny, type Tiny, unaccounted, violationsOf } from "../faults/testing/tiny.js";
import { Story } from "./testing/story.js";

/** Two slots, so that every channel of a failover fits on a page; constant costs, so that times can be added up. */
const SMALL = [
  "cluster.taskManagers=2",
  "job.vertices.left.parallelism=2",
  "job.vertices.right.parallelism=2",
  "job.vertices.joiner.parallelism=2",
  "costs.taskCancel=30ms",
];
const fail = (at: string, vertex: string, subtask: number): string =>
  `at: ${at}, kind: fail-task, target: { vertex: ${vertex}, subtask: ${subtask} }`;
const kill = (at: string): string => `at: ${at}, kind: kill-task-manager, target: { taskManager: 1 }`;
const hang = (at: string, lasts: string): string =>
  `at: ${at}, kind: hang-task, target: { vertex: joiner, subtask: 0 }, for: ${lasts}`;
const cut = (from: string, to: string, lasts: string): string =>
  `at: 2900ms, kind: partition, target: { from: [${from}], to: [${to}], oneWay: true }, for: ${lasts}`;

const STORIES: Record<string, Tiny> = {
  "01 a source fails": { faults: [fail("3s", "left", 1)] },
  "02 a joiner fails": { faults: [fail("3s", "joiner", 1)] },
  "03 a TaskManager is killed": { faults: [kill("3s")] },
  "04 a TaskManager is killed and one is in reserve": {
    faults: [kill("3s")],
    sets: ["cluster.reservedTaskManagers=1"],
  },
  "05 a machine loses power and nobody sees it": { faults: ["at: 3s, kind: power-loss, target: { machine: 1 }"] },
  "06 the update comes before the drain": { faults: [hang("2900ms", "2s"), fail("3s", "left", 1)] },
  "07 a channel never drains and its task fails itself": {
    faults: [hang("2900ms", "6s"), fail("3s", "left", 1)],
    options: "fallbackTimer: 1s",
  },
  "08 a stale close comes after the new request": { faults: [cut("1", "0", "3s"), kill("3s")] },
  "09 the new attempt dies while its consumers reconnect": {
    faults: [fail("3s", "left", 1), fail("3500ms", "left", 1)],
    sets: ["costs.partitionRequestServe=200ms"],
  },
  "10 a cut-off TaskManager is replaced and lives on": {
    faults: ["at: 3s, kind: partition, target: { from: [1], to: rest }, for: 4s"],
  },
  "11 too many failovers escalate to the whole job": {
    faults: [fail("3s", "left", 1), fail("3700ms", "left", 1)],
    options: "escalateAfterFailovers: 1",
  },
  "12 global restart": { strategy: "global-restart", faults: [kill("3s")] },
  "13 region restart of one slice": {
    strategy: "region-restart",
    pointwise: true,
    faults: [fail("3s", "parser", 1)],
  },
  "14 approximate local recovery of a joiner": { strategy: "approximate-local", faults: [fail("3s", "joiner", 1)] },
  "15 nothing is restarted": { strategy: "none", faults: [fail("3s", "left", 1)], duration: "5s" },
};

describe("golden stories", () => {
  test.each(Object.entries(STORIES))("%s", async (name, tiny) => {
    const story = new Story();
    const sets = tiny.pointwise ? ["costs.taskCancel=30ms"] : SMALL;
    const record = runTiny({ ...tiny, sets: [...sets, ...(tiny.sets ?? [])] }, { probe: story.probe });
    expect(violationsOf(record)).toEqual([]);
    expect(unaccounted(record)).toBe(0);
    await expect(`${name}\n\n${story.tell(record)}`).toMatchFileSnapshot(`golden/${name.replaceAll(" ", "-")}.txt`);
  });
});
