import { describe, expect, test } from "vitest";
import { FAULT_KINDS } from "./schema-faults.js";
import { refused, small, valid } from "./testing/small.js";
import { JOB_MANAGER } from "./to-model.js";

const LINE = "  - { at: 20s, kind: kill-task-manager, target: { taskManager: 1 } }";
const withFaults = (...lines: string[]) => small(LINE, lines.map((line) => `  - { ${line} }`).join("\n"));
const fault = (line: string) => valid(withFaults(line)).cases[0]?.config.faults[0];

const EVERY: [string, object][] = [
  ["at: 1s, kind: kill-task-manager, target: { random: 2 }", { target: { kind: "random", count: 2 } }],
  [
    "at: 1s, kind: power-loss, target: { machine: 1 }, for: 5s",
    { forNs: 5e9, target: { kind: "machine", machine: 1 } },
  ],
  ["at: 1s, kind: power-loss, target: { rack: 0 }", { forNs: null, target: { kind: "rack", rack: 0 } }],
  [
    "at: 1s, kind: fail-task, target: { vertex: joiner, subtask: 3 }",
    { target: { kind: "task", vertex: 2, subtask: 3 }, options: {} },
  ],
  ["at: 1s, kind: hang-task, target: { vertex: left, subtask: 0 }, for: 2s", { forNs: 2e9 }],
  ["at: 1s, kind: slow-task, target: { vertex: left, subtask: 0 }, factor: 10", { options: { factor: 10 } }],
  ["at: 1s, kind: slow-machine, target: { machine: 0 }, factor: 1.5, for: 1min", { options: { factor: 1.5 } }],
  [
    "at: 1s, kind: partition, target: { from: [0], to: rest }, for: 10s",
    { target: { kind: "sets", from: [0], to: [JOB_MANAGER, 1], oneWay: false } },
  ],
  [
    "at: 1s, kind: partition, target: { from: [1, 0, 0], to: [jobManager], oneWay: true }",
    { target: { kind: "sets", from: [0, 1], to: [JOB_MANAGER], oneWay: true } },
  ],
  [
    "at: 1s, kind: hang-io-thread, target: { taskManager: 0 }, side: client, thread: 3",
    { options: { client: 1, thread: 3 } },
  ],
  [
    "at: 1s, kind: kill-machines, target: { machine: 0 }, count: 2, silent: false",
    { target: { kind: "machine", machine: 0 }, options: { count: 2, silent: 0 } },
  ],
  ["at: 1s, kind: kill-machines, target: { random: 2 }", { options: { count: 1, silent: 1 } }],
  [
    "kind: mtbf, meanInterval: 10min, of: machine, burstShare: 51%",
    {
      atNs: 0,
      target: null,
      options: { meanIntervalNs: 600e9, machines: 1, burstShare: 0.51, burstSize: 3, burstWithinNs: 60e9 },
    },
  ],
];

describe("fault kinds", () => {
  test.each(EVERY)("%s", (line, wanted) => expect(fault(line)).toMatchObject(wanted));

  test("the table above has every kind", () => {
    const tested = EVERY.map(([line]) => /kind: ([\w-]+)/.exec(line)?.[1]);
    expect(FAULT_KINDS.filter((kind) => !tested.includes(kind))).toEqual([]);
  });

  test("all of them read back from the normalised form", () => {
    const scenario = valid(withFaults(...EVERY.map(([line]) => line)));
    expect(valid(scenario.normalisedYaml).cases).toEqual(scenario.cases);
  });

  test.each([
    ["at: 1s, kind: fail-task, target: { vertex: joinr, subtask: 3 }", 'unknown vertex "joinr"'],
    ["at: 1s, kind: fail-task, target: { vertex: joiner }", 'key "subtask" is missing'],
    ["at: 1s, kind: slow-task, target: { vertex: left, subtask: 0 }", 'key "factor" is missing'],
    ["at: 1s, kind: slow-machine, target: { machine: 0 }, factor: 0", "0 is out of range"],
    ["at: 1s, kind: partition, target: { from: rest, to: rest }", "both sides are `rest`"],
    ["at: 1s, kind: partition, target: { from: [0, 1], to: [1] }", "TaskManager 1 is on both sides"],
    ["at: 1s, kind: partition, target: { from: [jobManager], to: [jobManager] }", "the JobManager is on both sides"],
    ["at: 1s, kind: partition, target: { from: [], to: [1] }", "expected "],
    ["at: 1s, kind: kill-machines, target: { rack: 0 }, count: 2", "count belongs to a target { machine: first }"],
    ["at: 1s, kind: kill-task-manager, target: { taskManager: 1 }, for: 1s", 'unknown key "for"'],
    ["at: 1s, kind: power-loss, target: { machine: 1 }, for: 0s", '"0s" is out of range'],
    ["at: 1s, kind: mtbf", 'key "meanInterval" is missing'],
    ["kind: kill-task-manager, target: { taskManager: 1 }", 'key "at" is missing'],
    ["at: 1s", 'key "kind" is missing'],
  ])("%s is refused", (line, message) => expect(refused(withFaults(line)).join("\n")).toContain(message));
});
