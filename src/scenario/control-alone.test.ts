/**
 * Studies of recovery times run on the control plane alone: its times are those of both data planes to within a flush
 * timeout.
 */
import { describe, expect, test } from "vitest";
import type { RunRecord } from "../model/simulate.js";
import { simulateCase, simulateControlPlane } from "./run-case.js";
import { type SmallJoin, smallJoin } from "./testing/small-join.js";

const FLUSH_TIMEOUT_NS = 100e6;
const recoveryNs = ({ incidents }: RunRecord): number => incidents[0]!.recoveredNs - incidents[0]!.startNs;

const KILL = "[{ at: 10s, kind: kill-task-manager, target: { taskManager: 3 } }]";
const SITUATIONS: readonly [string, SmallJoin][] = [
  ["global restart", { strategy: "global-restart", faults: KILL }],
  ["global restart, reserved TM", { strategy: "global-restart", faults: KILL, reserved: 1 }],
  ["single-task", { faults: KILL }],
  ["single-task, reserved TM", { faults: KILL, reserved: 1 }],
  ["failed task", { faults: "[{ at: 10s, kind: fail-task, target: { vertex: joiner, subtask: 7 } }]" }],
  [
    "power loss",
    {
      faults: "[{ at: 10s, kind: power-loss, target: { machine: 3 } }]",
      reserved: 1,
      sets: ["engine.config.heartbeat.interval=1s", "engine.config.heartbeat.timeout=5s"],
    },
  ],
];

describe.each(SITUATIONS)("40 slots, %s", (_, options) => {
  test.each(["exact", "100ms"])("as with resolution %s", (resolution) => {
    const config = smallJoin({ slots: 40, duration: "20s", ...options, resolution });
    const alone = simulateControlPlane(config);
    const whole = simulateCase(config);
    expect(recoveryNs(alone)).toBeGreaterThan(0);
    expect(Math.abs(recoveryNs(alone) - recoveryNs(whole))).toBeLessThanOrEqual(FLUSH_TIMEOUT_NS);
    expect(alone.tasksRestarted).toBe(whole.tasksRestarted);
  });
});
