/**
 * Every cell of the two state tables of single-task recovery, each reached by a small scenario of its own on the exact
 * plane, with every invariant watched. What is asserted is the cell, soundness, and that the job recovers.
 */
import { describe, expect, test } from "vitest";
import { cells, runTiny, type Tiny, unaccounted, violationsOf } from "../faults/testing/tiny.js";
import { CHANNEL_EVENTS, CHANNEL_NAMES, CHANNEL_TABLE } from "../model/network/input-channel.js";
import { SUBPARTITION_EVENTS, SUBPARTITION_NAMES } from "../model/network/subpartition.js";

const failJoiner = (at: string, subtask = 1): string =>
  `at: ${at}, kind: fail-task, target: { vertex: joiner, subtask: ${subtask} }`;
const failLeft = (at: string, subtask = 2): string =>
  `at: ${at}, kind: fail-task, target: { vertex: left, subtask: ${subtask} }`;
const kill = (at: string, tm: number): string => `at: ${at}, kind: kill-task-manager, target: { taskManager: ${tm} }`;
const powerLoss = (at: string, machine: number): string =>
  `at: ${at}, kind: power-loss, target: { machine: ${machine} }`;
const hangJoiner = (at: string, lasts: string): string =>
  `at: ${at}, kind: hang-task, target: { vertex: joiner, subtask: 1 }, for: ${lasts}`;
const cut = (at: string, from: number, to: number, lasts: string): string =>
  `at: ${at}, kind: partition, target: { from: [${from}], to: [${to}], oneWay: true }, for: ${lasts}`;
const LONG_TIMER = "fallbackTimer: 9s";
const SLOW_SERVE = ["costs.partitionRequestServe=200ms"];

const SUBPARTITION_CASES: Record<string, Tiny> = {
  "AVAILABLE × close of the current view": { faults: [failJoiner("3s")] },
  // Nobody saw the consumer's machine go: its view still stands when the new attempt asks.
  "AVAILABLE × PartitionRequest of a newer attempt": { faults: [powerLoss("3s", 1)] },
  // The FIN of the killed consumer is held up until after the new attempt has asked.
  "AVAILABLE × stale close or older attempt": { faults: [cut("2900ms", 1, 0, "4s"), kill("3s", 1)] },
  // The task's channels are closed one by one, then its process dies with the connection.
  "UNAVAILABLE × close of the current view": { faults: [failJoiner("3s"), kill("3050ms", 1)] },
  "UNAVAILABLE × PartitionRequest of a newer attempt": { faults: [failJoiner("3s")] },
  // The held-up FIN of the first attempt arrives while the second attempt's view is closed.
  "UNAVAILABLE × stale close or older attempt": {
    faults: [cut("2900ms", 1, 0, "3500ms"), kill("3s", 1), failJoiner("9050ms")],
  },
};

const CHANNEL_CASES: Record<string, Tiny> = {
  "ACTIVE × onError": { faults: [failLeft("3s")] },
  "ACTIVE × update RPC": { faults: [powerLoss("3s", 2)] },
  // Both ends restart; the consumer asks the new producer before the JobManager's word of it arrives.
  "ACTIVE × older update RPC": { faults: [kill("3s", 1)], sets: ["costs.updateRpcWire=100ms"] },
  "DRAINING × onError": {
    faults: [hangJoiner("2900ms", "2s"), failLeft("3s"), kill("3100ms", 2)],
    options: LONG_TIMER,
  },
  "DRAINING × update RPC": { faults: [hangJoiner("2900ms", "2s"), failLeft("3s")] },
  "DRAINING × older update RPC": {
    faults: [failJoiner("3s"), failLeft("3s"), hangJoiner("3320ms", "3s"), failLeft("3350ms")],
    sets: ["costs.updateRpcWire=150ms"],
  },
  "DRAINING × UnavailableEvent consumed": { faults: [failLeft("3s")] },
  "DRAINING_CACHED × onError": {
    faults: [hangJoiner("2900ms", "5s"), failLeft("3s"), kill("3600ms", 2)],
    options: LONG_TIMER,
  },
  "DRAINING_CACHED × update RPC": {
    faults: [hangJoiner("2900ms", "5s"), failLeft("3s"), kill("3600ms", 2)],
    options: LONG_TIMER,
  },
  "DRAINING_CACHED × older update RPC": {
    faults: [
      hangJoiner("2900ms", "7s"),
      failLeft("3s"),
      failLeft("3400ms"),
      failLeft("3800ms"),
      failLeft("4200ms"),
      failLeft("4600ms"),
    ],
    sets: ["costs.updateRpcWire={ uniform: { low: 1ms, high: 3s } }"],
    options: LONG_TIMER,
    duration: "16s",
  },
  "DRAINING_CACHED × UnavailableEvent consumed": { faults: [hangJoiner("2900ms", "2s"), failLeft("3s")] },
  "DRAINING_CACHED × timer": { faults: [hangJoiner("2900ms", "5s"), failLeft("3s")], options: "fallbackTimer: 500ms" },
  "EMPTY × update RPC": { faults: [failLeft("3s")] },
  "EMPTY × older update RPC": {
    faults: [failJoiner("3s"), failLeft("3s"), failLeft("3400ms")],
    sets: ["costs.updateRpcWire=250ms", "costs.partitionRequestServe=40ms"],
  },
  "RECONNECTING × onError": { faults: [failLeft("3s"), failLeft("3500ms")], sets: SLOW_SERVE },
  "RECONNECTING × update RPC": { faults: [kill("3s", 1)] },
  "RECONNECTING × older update RPC": { faults: [failJoiner("3s"), failLeft("3s")], sets: SLOW_SERVE },
  "RECONNECTING × view registered": { faults: [failLeft("3s")] },
};

function reaches(machine: "channel" | "subpartition", cell: string, tiny: Tiny): void {
  const record = runTiny({ ...tiny, sets: [...(tiny.sets ?? []), "liveness=5s"] });
  expect(cells(record, machine)).toContain(cell);
  expect(violationsOf(record)).toEqual([]);
  expect(unaccounted(record)).toBe(0);
  expect(record.openAtEnd).toEqual({ tasks: 0, channels: 0 });
}

describe("subpartition", () => {
  test.each(Object.entries(SUBPARTITION_CASES))("%s", (cell, tiny) => reaches("subpartition", cell, tiny));
  test("no cell without a scenario", () => {
    const all = SUBPARTITION_NAMES.flatMap((state) => SUBPARTITION_EVENTS.map((event) => `${state} × ${event}`));
    expect(all.filter((cell) => !(cell in SUBPARTITION_CASES))).toEqual([]);
  });
});

describe("input channel", () => {
  test.each(Object.entries(CHANNEL_CASES))("%s", (cell, tiny) => reaches("channel", cell, tiny));
  test("no possible cell without a scenario", () => {
    const all = CHANNEL_TABLE.flatMap((row, state) =>
      row.flatMap((cell, event) => (cell === null ? [] : [`${CHANNEL_NAMES[state]} × ${CHANNEL_EVENTS[event]}`])),
    );
    expect(all.filter((cell) => !(cell in CHANNEL_CASES))).toEqual([]);
  });
});
