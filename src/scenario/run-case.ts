/**
 * The composition root: puts strategy, faults and data plane into the model, runs one case or its fault-free twin, and
 * takes the measures. Pure: same config, same result, in a browser too.
 */
import { strategyNamed } from "../failover/registry.js";
import { scheduleFaults } from "../faults/registry.js";
import { INVARIANTS } from "../invariants/registry.js";
import { playbackOf } from "../metrics/playback.js";
import type { RunResult } from "../metrics/result.js";
import { gapsOf, summarise, type TwinResult, timelineOf, twinResult } from "../metrics/summarise.js";
import { traceEvents } from "../metrics/trace-events.js";
import type { ModelConfig } from "../model/config.js";
import { createNullPlane } from "../model/network/null-plane.js";
import { createPlane } from "../model/network/planes.js";
import { type RunRecord, simulate } from "../model/simulate.js";
import { describeCost } from "./describe-cost.js";
import { watchedInvariants } from "./names.js";

const PROBES = INVARIANTS.map((invariant) => invariant.probe);

export type { TwinResult } from "../metrics/summarise.js";

export interface RunCaseOptions {
  readonly caseName: string;
  readonly twin: TwinResult;
  readonly trace: boolean;
  /** Called about once per second of virtual time. */
  readonly onProgress?: (virtualNs: number, events: number) => void;
}

/** Gaps and latency are measured from the first fault that the scenario sets a time for; without one from the warm-up's end. */
export function measureFromNs(config: ModelConfig): number {
  let first = Number.POSITIVE_INFINITY;
  for (const fault of config.faults) if (fault.kind !== "mtbf") first = Math.min(first, fault.atNs);
  return Number.isFinite(first) ? first : config.warmupNs;
}

/** The whole record of one run, for tests and studies that look deeper than the summary. */
export function simulateCase(config: ModelConfig, onProgress?: (virtualNs: number, events: number) => void): RunRecord {
  const strategy = strategyNamed(config.strategy.name);
  if (strategy === undefined) throw new Error(`no strategy ${config.strategy.name}`);
  return simulate(
    config,
    { strategy, createPlane, scheduleFaults, probes: PROBES },
    { measureFromNs: measureFromNs(config), ...(onProgress ? { onProgress } : {}) },
  );
}

/** The control plane alone: when what recovers, and nothing about records. @returns a record whose `plane` is empty */
export function simulateControlPlane(config: ModelConfig): RunRecord {
  const strategy = strategyNamed(config.strategy.name);
  if (strategy === undefined) throw new Error(`no strategy ${config.strategy.name}`);
  return simulate(
    config,
    { strategy, createPlane: createNullPlane, scheduleFaults, probes: PROBES },
    { measureFromNs: measureFromNs(config) },
  );
}

/** The same job without its faults: what a case is compared with. */
export function runTwin(config: ModelConfig, onProgress?: (virtualNs: number, events: number) => void): TwinResult {
  const strategy = strategyNamed("none")!;
  const fromNs = measureFromNs(config);
  const record = simulate(
    { ...config, faults: [] },
    { strategy, createPlane, scheduleFaults },
    { measureFromNs: fromNs, ...(onProgress ? { onProgress } : {}) },
  );
  return twinResult(record);
}

export function runCase(config: ModelConfig, options: RunCaseOptions): RunResult {
  const record = simulateCase(config, options.onProgress);
  return resultOf(record, options);
}

export function resultOf(record: RunRecord, options: RunCaseOptions): RunResult {
  const { config, topology } = record;
  const taskName = (task: number): string => {
    const vertex = config.vertices[topology.taskVertex[task] ?? -1];
    return vertex === undefined ? String(task) : `${vertex.id} (${topology.taskSubtask[task]!})`;
  };
  return {
    summary: summarise(record, {
      caseName: options.caseName,
      strategy: config.strategy.name,
      twin: options.twin,
      describeCost: (cost) => describeCost(cost, config),
      watched: watchedInvariants(config.resolutionNs),
    }),
    timeline: timelineOf(record),
    twinTimeline: options.twin.timeline,
    gaps: gapsOf(record, options.twin),
    playback: playbackOf(record),
    trace: options.trace ? traceEvents(record.log, taskName, (kind) => TASK_STEPS.has(kind)) : null,
  };
}

/** Steps whose entity is a task. */
const TASK_STEPS = new Set([
  "task-failed",
  "task-lost",
  "cancel-task",
  "cancel-acknowledged",
  "task-terminal",
  "reset-task",
  "request-slot",
  "submit-task",
  "task-running",
  "update-rpc",
  "update-rpc-wire",
  "task-create",
  "task-open",
  "task-cancel",
  "state-report-wire",
  "failure-report",
  "rpc-wire",
  "descriptors-sent",
  "partition-requests",
  "partition-request-served",
  "partition-request-backoff",
  "fallback-timer",
]);
