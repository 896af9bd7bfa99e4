/**
 * Both resolutions run the same scenarios, healthy and through failovers, and agree within the bounds of `model.md` §2
 * for small samples: losses within 5 % or 200 records, recovery within one flush timeout.
 */
import { describe, expect, test } from "vitest";
import type { CaseSummary } from "../metrics/result.js";
import { brokenInvariants, MATCH_MISS_CAUSES, RECORD_LOSS_CAUSES } from "../metrics/result.js";
import { runCase, runTwin } from "./run-case.js";
import { type SmallJoin, smallJoin } from "./testing/small-join.js";

const FLUSH_TIMEOUT_MS = 100;
const RESOLUTION_MS = 100;

function both(options: SmallJoin): { exact: CaseSummary; lumped: CaseSummary } {
  const run = (resolution: string): CaseSummary => {
    const config = smallJoin({ ...options, resolution });
    return runCase(config, { caseName: "case", twin: runTwin(config), trace: false }).summary;
  };
  return { exact: run("exact"), lumped: run("100ms") };
}

function within(a: number, b: number, ratio: number, least: number): boolean {
  return Math.abs(a - b) <= Math.max(least, ratio * Math.max(a, b));
}

const KILL = "[{ at: 10s, kind: kill-task-manager, target: { taskManager: 1 } }]";
const FAIL_JOINER = "[{ at: 10s, kind: fail-task, target: { vertex: joiner, subtask: 3 } }]";

describe.each([8, 40])("%d slots", (slots) => {
  test("healthy: counts, latency", () => {
    const { exact, lumped } = both({ slots, faults: "[]", duration: "20s" });
    for (const count of ["produced", "delivered"] as const) {
      expect(within(exact.records[count], lumped.records[count], 0.005, 0), count).toBe(true);
    }
    expect(within(exact.matches.emitted, lumped.matches.emitted, 0.005, 0)).toBe(true);
    expect(Math.abs(exact.latencyMs.p50 - lumped.latencyMs.p50)).toBeLessThan(30);
    expect(Math.abs(exact.latencyMs.p99 - lumped.latencyMs.p99)).toBeLessThan(30);
    expect(brokenInvariants(exact)).toEqual([]);
    expect(brokenInvariants(lumped)).toEqual([]);
  });

  test.each([
    ["single-task", KILL],
    ["single-task", FAIL_JOINER],
    ["global-restart", KILL],
  ])("%s through %s: recovery, losses, output", (strategy, faults) => {
    const { exact, lumped } = both({ slots, strategy, faults, reserved: 1, duration: "24s" });
    expect(Math.abs((exact.recoveryTimeMs as number) - (lumped.recoveryTimeMs as number))).toBeLessThanOrEqual(
      FLUSH_TIMEOUT_MS,
    );
    expect(exact.tasksRestarted).toBe(lumped.tasksRestarted);
    const differences: string[] = [];
    for (const cause of RECORD_LOSS_CAUSES) {
      if (!within(exact.records.lost[cause], lumped.records.lost[cause], 0.05, 200))
        differences.push(`${cause} ${exact.records.lost[cause]} ${lumped.records.lost[cause]}`);
    }
    for (const cause of MATCH_MISS_CAUSES) {
      if (!within(exact.matches.missed[cause], lumped.matches.missed[cause], 0.05, 200))
        differences.push(`missed ${cause} ${exact.matches.missed[cause]} ${lumped.matches.missed[cause]}`);
    }
    if (!within(exact.matches.emitted, lumped.matches.emitted, 0.01, 0))
      differences.push(`emitted ${exact.matches.emitted} ${lumped.matches.emitted}`);
    const gaps = Math.abs(exact.outputGapMs.max - lumped.outputGapMs.max);
    if (gaps > 2 * RESOLUTION_MS) differences.push(`longest gap ${exact.outputGapMs.max} ${lumped.outputGapMs.max}`);
    expect(differences).toEqual([]);
    expect(brokenInvariants(exact)).toEqual([]);
    expect(brokenInvariants(lumped)).toEqual([]);
  });
});
