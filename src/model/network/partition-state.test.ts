/** What it takes a consumer to learn that a partition is not there yet: the JobManager's main thread pays per channel. */
import { expect, test } from "vitest";
import { runTiny, type Tiny, unaccounted, violationsOf } from "../../faults/testing/tiny.js";
import type { RunRecord } from "../simulate.js";

/** Both ends restart; the producer's TaskManager is slow, so the consumer asks before its partition is there. */
const early = (sets: readonly string[] = []): RunRecord => {
  const tiny: Tiny = {
    strategy: "global-restart",
    faults: [
      "at: 2s, kind: slow-machine, target: { machine: 1 }, factor: 4, for: 8s",
      "at: 3s, kind: fail-task, target: { vertex: joiner, subtask: 1 }",
    ],
    sets: ["costs.taskCancel=1ms", "costs.taskOpen=200ms", ...sets],
  };
  const record = runTiny(tiny);
  expect(violationsOf(record)).toEqual([]);
  expect(unaccounted(record)).toBe(0);
  expect(record.openAtEnd).toEqual({ tasks: 0, channels: 0 });
  return record;
};
const stepsOf = ({ log }: RunRecord, kind: string): { startNs: number; endNs: number; entity: number }[] =>
  Array.from({ length: log.length }, (_, step) => step)
    .filter((step) => log.kindNames[log.kind[step]!] === kind)
    .map((step) => ({ startNs: log.startNs[step]!, endNs: log.endNs[step]!, entity: log.entity[step]! }));

test("the JobManager is asked for every channel that was not found, and the back-off begins after its answer", () => {
  const record = early();
  const asks = stepsOf(record, "partition-state");
  // Joiners 0, 2 and 3 each look for left 1 and right 1, one producer per edge and batch.
  expect(asks.length).toBeGreaterThanOrEqual(6);
  expect(new Set(asks.map(({ entity }) => entity))).toEqual(new Set([8, 10, 11]));
  for (const { startNs, endNs } of asks) expect(endNs - startNs).toBe(20_000);
  const backOffs = stepsOf(record, "partition-request-backoff");
  expect(backOffs).toHaveLength(asks.length);
  for (const ask of asks) expect(backOffs.some((each) => each.startNs === ask.endNs + 100_000)).toBe(true);
});

test("a main thread that takes its time delays the next request", () => {
  const quick = early(["costs.partitionStateCheck=0ms"]);
  const slow = early(["costs.partitionStateCheck=150ms"]);
  const second = (record: RunRecord): number =>
    stepsOf(record, "partition-request-backoff")
      .map(({ startNs }) => startNs)
      .sort((a, b) => a - b)[5]!;
  // Six questions in a row: the sixth has waited for five others.
  expect(second(slow) - second(quick)).toBeGreaterThan(5 * 150e6);
});

test("an answer that does not come in time counts as: still on its way", () => {
  const record = early(["costs.partitionStateCheck=250ms"]);
  const timeouts = stepsOf(record, "ask-timeout");
  expect(timeouts.length).toBeGreaterThan(0);
  for (const { startNs, endNs } of timeouts) expect(endNs - startNs).toBe(1e9);
});
