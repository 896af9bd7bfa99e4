/** What the same seed promises (`interface.md`), on both data planes. */
import { describe, expect, test } from "vitest";
import { brokenInvariants } from "../metrics/result.js";
import { traceDigest } from "../metrics/trace-digest.js";
import type { ModelConfig } from "../model/config.js";
import { runCase, runTwin, simulateCase } from "./run-case.js";
import { smallJoin } from "./testing/small-join.js";

const RESOLUTIONS = ["exact", "100ms"] as const;
const STRATEGIES = ["none", "global-restart", "single-task"] as const;

function summaryOf(config: ModelConfig): ReturnType<typeof runCase>["summary"] {
  return runCase(config, { caseName: "case", twin: runTwin(config), trace: false }).summary;
}

describe.each(RESOLUTIONS)("resolution %s", (resolution) => {
  test("exogenous streams and expected matches are equal in all strategies and in other clusters", () => {
    const base = summaryOf(smallJoin({ resolution }));
    const others = [
      ...STRATEGIES.map((strategy) => smallJoin({ resolution, strategy })),
      smallJoin({ resolution, reserved: 1 }),
      smallJoin({ resolution, sets: ["costs.taskOpen=900ms", "engine.config.heartbeat.timeout=20s"] }),
    ];
    for (const config of others) {
      const other = summaryOf(config);
      expect(other.exogenousDigest).toBe(base.exogenousDigest);
      expect(other.matches.expected).toBe(base.matches.expected);
      expect(other.records.produced).toBe(base.records.produced);
    }
    expect(summaryOf(smallJoin({ resolution, seed: 2 })).exogenousDigest).not.toBe(base.exogenousDigest);
  });

  test("cases that differ only in strategy have equal traces up to the fault", () => {
    const faultNs = 10e9;
    const digests = STRATEGIES.map((strategy) => {
      const record = simulateCase(smallJoin({ resolution, strategy }));
      const bins = record.plane.bins.emitted.subarray(0, faultNs / 1e8);
      return `${traceDigest(record.log, faultNs)} ${Array.from(bins).join(" ")}`;
    });
    expect(new Set(digests).size).toBe(1);
  });

  test("two runs are equal to the last digit, and one nanosecond of one cost moves the digest", () => {
    const config = smallJoin({ resolution });
    const first = runCase(config, { caseName: "case", twin: runTwin(config), trace: true });
    const second = runCase(config, { caseName: "case", twin: runTwin(config), trace: true });
    expect(second).toEqual(first);
    // Each of them is paid by somebody in this run; the last by data only.
    const costs = ["taskOpen", "containerExitNotice", "rpcLatency", "partitionRequest", "nettyMessage"] as const;
    const digests = new Set([first.summary.digest]);
    for (const cost of costs) {
      const before = config.costs[cost];
      if (before.kind !== "constant") throw new Error("expected a constant");
      for (const byNs of [1, -1]) {
        const after = { kind: "constant", valueNs: before.valueNs + byNs } as const;
        digests.add(summaryOf({ ...config, costs: { ...config.costs, [cost]: after } }).digest);
      }
    }
    expect(digests.size).toBe(1 + 2 * costs.length);
  });

  test.each(STRATEGIES)("both ledgers balance under %s, and no invariant is broken", (strategy) => {
    for (const faults of [
      "[{ at: 10s, kind: kill-task-manager, target: { taskManager: 1 } }]",
      "[{ at: 10s, kind: power-loss, target: { machine: 0 } }]",
      "[{ at: 10s, kind: fail-task, target: { vertex: joiner, subtask: 3 } }]",
      "[{ at: 10s, kind: fail-task, target: { vertex: s0, subtask: 3 } }]",
    ]) {
      const summary = summaryOf(smallJoin({ resolution, strategy, faults, reserved: 1 }));
      const { records, matches } = summary;
      expect(records.produced, faults).toBe(records.delivered + records.lostTotal + records.inFlight);
      expect(matches.expected, faults).toBe(matches.emitted + matches.missedTotal + matches.pending);
      expect(brokenInvariants(summary), faults).toEqual([]);
    }
  });
});
