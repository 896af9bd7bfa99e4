/**
 * Approximate local recovery with data: what restarts, what its senders keep and when that stops them, and that both
 * data planes agree on it.
 */
import { describe, expect, test } from "vitest";
import type { CaseSummary } from "../metrics/result.js";
import { brokenInvariants, MATCH_MISS_CAUSES, RECORD_LOSS_CAUSES } from "../metrics/result.js";
import { runCase, runTwin, simulateCase } from "../scenario/run-case.js";
import { smallJoin } from "../scenario/testing/small-join.js";

const FAULTS = {
  "a joiner fails": "[{ at: 10s, kind: fail-task, target: { vertex: joiner, subtask: 3 } }]",
  "a source fails": "[{ at: 10s, kind: fail-task, target: { vertex: s0, subtask: 3 } }]",
  "a TaskManager is killed": "[{ at: 10s, kind: kill-task-manager, target: { taskManager: 1 } }]",
};
const TEN_BUFFERS = "engine.config.taskmanager.network.memory.max-buffers-per-channel=10";
const config = (slots: number, faults: string, resolution: string, sets: readonly string[] = []) =>
  smallJoin({ slots, strategy: "approximate-local", faults, resolution, reserved: 1, sets: [TEN_BUFFERS, ...sets] });

describe("both planes agree", () => {
  const summary = (slots: number, faults: string, resolution: string): CaseSummary => {
    const made = config(slots, faults, resolution);
    return runCase(made, { caseName: "case", twin: runTwin(made), trace: false }).summary;
  };
  const close = (a: number, b: number, ratio: number, least: number): boolean =>
    Math.abs(a - b) <= Math.max(least, ratio * Math.max(a, b));

  test.each(Object.entries(FAULTS).flatMap(([name, faults]) => [8, 20].map((slots) => [slots, name, faults] as const)))(
    "%d slots, %s: recovery, losses, output",
    (slots, name, faults) => {
      const exact = summary(slots, faults, "exact");
      const lumped = summary(slots, faults, "100ms");
      const expected = { "a joiner fails": 1, "a source fails": 1 + slots, "a TaskManager is killed": 8 + slots }[name];
      expect([exact.tasksRestarted, lumped.tasksRestarted]).toEqual([expected, expected]);
      expect(Math.abs((exact.recoveryTimeMs as number) - (lumped.recoveryTimeMs as number))).toBeLessThanOrEqual(100);
      const differences: string[] = [];
      for (const cause of RECORD_LOSS_CAUSES) {
        if (!close(exact.records.lost[cause], lumped.records.lost[cause], 0.05, 200))
          differences.push(`${cause} ${exact.records.lost[cause]} ${lumped.records.lost[cause]}`);
      }
      for (const cause of MATCH_MISS_CAUSES) {
        if (!close(exact.matches.missed[cause], lumped.matches.missed[cause], 0.05, 200))
          differences.push(`missed ${cause} ${exact.matches.missed[cause]} ${lumped.matches.missed[cause]}`);
      }
      if (!close(exact.matches.emitted, lumped.matches.emitted, 0.01, 0))
        differences.push(`emitted ${exact.matches.emitted} ${lumped.matches.emitted}`);
      if (Math.abs(exact.outputGapMs.max - lumped.outputGapMs.max) > 200)
        differences.push(`longest gap ${exact.outputGapMs.max} ${lumped.outputGapMs.max}`);
      expect(differences).toEqual([]);
      expect([...brokenInvariants(exact), ...brokenInvariants(lumped)]).toEqual([]);
      // Nothing is thrown away at the senders: what was for the dead task comes late.
      for (const { records } of [exact, lumped])
        expect(records.lost.discardedAtSender + records.lost.queuedAtSender).toBe(0);
    },
  );
});

test.each(["exact", "100ms"])(
  "resolution %s: a failed joiner stops every source once ten buffers are held for it, and with them all output",
  (resolution) => {
    const record = simulateCase(
      config(8, FAULTS["a joiner fails"], resolution, ["engine.config.restart-strategy.fixed-delay.delay=8s"]),
    );
    expect(record.plane.stalls.map(({ task }) => task).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 16 }, (_, source) => source),
    );
    // A channel carries an eighth of 500 records of 1 kB and its four bytes of length.
    const predictedNs = ((10 * 32_768) / ((500 * 1004) / 8)) * 1e9;
    for (const { atNs } of record.plane.stalls) expect(Math.abs(atNs - 10e9 - predictedNs)).toBeLessThan(0.5e9);
    const { emitted } = record.plane.bins;
    const inSecond = (second: number): number =>
      emitted.subarray(second * 10, second * 10 + 10).reduce((sum, each) => sum + each, 0);
    // Until then seven eighths of it: what is for the seven others.
    for (const second of [12, 13, 14]) expect(Math.abs(inSecond(second) / inSecond(8) - 7 / 8)).toBeLessThan(0.09);
    expect(inSecond(17)).toBe(0);
    expect(inSecond(21)).toBeGreaterThan(inSecond(8));
  },
);

test("all joiners restart: the pools of the sources that live on are used up before any channel has its ten buffers, in both planes", () => {
  const mean = (resolution: string): number => {
    const { plane } = simulateCase(config(8, FAULTS["a TaskManager is killed"], resolution));
    // Until the joiners are back: after that the backlog presses on them for about as long as is reported.
    const stalls = plane.stalls.filter(({ atNs }) => atNs < 12e9);
    const living = [0, 1, 2, 3].flatMap((subtask) => [subtask, 8 + subtask]);
    expect(stalls.map(({ task }) => task).sort((a, b) => a - b)).toEqual(living.sort((a, b) => a - b));
    return stalls.reduce((sum, { atNs }) => sum + atNs, 0) / stalls.length;
  };
  // 2 · 8 + 8 segments of 32 records are 1.6 s of 500 records per second, less what is half full.
  const [exact, lumped] = [mean("exact"), mean("100ms")];
  expect(exact).toBeLessThan(11.6e9);
  expect(Math.abs(exact - lumped)).toBeLessThan(0.5e9);
});
