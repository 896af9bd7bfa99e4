/**
 * The closed lists of names that a scenario may use. A name here can be parsed and explained; which strategies and
 * fault kinds the simulator runs is for their registries to say.
 */

import { INVARIANTS } from "../invariants/registry.js";
import { PLANE_CHECKS, planeChecks } from "../model/network/plane-checks.js";

export const STRATEGIES = [
  {
    name: "none",
    options: [],
    doc: "Nothing is redeployed; vanilla data plane (consumers of a dead producer fail, senders hold). The control.",
  },
  { name: "global-restart", options: [], doc: "Every task restarts (Flink `full`). Output stops until all run again." },
  {
    name: "region-restart",
    options: [],
    doc: "The pipelined region of the failed task and all its consumer regions restart; all-to-all edges make that the whole job.",
  },
  {
    name: "individual-restart",
    options: [],
    doc: "The failed task alone (Flink ≤1.9 legacy); refuses jobs with edges.",
  },
  {
    name: "approximate-local",
    options: [],
    doc: "The failed task and everything downstream restart (FLIP-135 as merged in 1.12); senders hold their data.",
  },
  {
    name: "single-task",
    options: [
      "fallbackTimer",
      "onReservesExhausted",
      "escalateAfterFailovers",
      "escalateWindow",
      "peerReports",
      "discardAtSender",
      "clearHalfRecord",
      "cacheUpdate",
    ],
    doc: "Only the failed tasks restart; senders discard, receivers drop the half record (ByteDance).",
  },
] as const satisfies readonly { name: string; options: readonly string[]; doc: string }[];

export const STRATEGY_NAMES: readonly string[] = STRATEGIES.map((s) => s.name);

export const ALLOWANCES = ["overload", "network-memory"] as const;
export type Allowance = (typeof ALLOWANCES)[number];

/** Watched from outside in every run, then by the data planes themselves (`plane-checks.ts` says by which). */
export const INVARIANT_NAMES: readonly string[] = [...INVARIANTS, ...PLANE_CHECKS].map(({ name }) => name);

/** Names of what is watched in a run at this resolution. */
export function watchedInvariants(resolutionNs: number): string[] {
  return [...INVARIANTS.map(({ name }) => name), ...planeChecks(resolutionNs)];
}

export const END_STATES = ["completed", "deadlocked", "job-failed", "check-failed"] as const;
