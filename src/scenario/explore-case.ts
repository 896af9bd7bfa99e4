/**
 * One run of the swarm test: simulates a case and keeps what matters there: broken invariants (a crash is one), which
 * cells of the state tables were used, and when protocol steps happened, so that the next faults can fall beside them.
 */
import { strategyNamed } from "../failover/registry.js";
import { scheduleFaults } from "../faults/registry.js";
import { INVARIANTS } from "../invariants/registry.js";
import type { FailoverStrategy } from "../model/cluster/strategy-port.js";
import type { ModelConfig } from "../model/config.js";
import { CHANNEL_EVENTS, CHANNEL_NAMES, CHANNEL_TABLE } from "../model/network/input-channel.js";
import { createPlane } from "../model/network/planes.js";
import { SUBPARTITION_EVENTS, SUBPARTITION_NAMES } from "../model/network/subpartition.js";
import { simulate } from "../model/simulate.js";
import { measureFromNs } from "./run-case.js";

export interface BrokenInvariant {
  readonly name: string;
  readonly first: string;
}

export interface ExploredCase {
  readonly broken: readonly BrokenInvariant[];
  readonly coverage: readonly (readonly [cell: string, times: number])[];
  /** Ends of the control plane's steps after the first fault, heartbeats left out, ascending, in ns. */
  readonly stepsNs: readonly number[];
  readonly events: number;
  /** Everything runs at the end, and the backlog is not what a fault left behind. */
  readonly wellAtEnd: boolean;
}

/** Cells of the two state tables that can be reached, as `coverage` names them. */
export const STATE_TABLE_CELLS: readonly string[] = [
  ...SUBPARTITION_NAMES.flatMap((state) => SUBPARTITION_EVENTS.map((event) => `subpartition: ${state} × ${event}`)),
  ...CHANNEL_TABLE.flatMap((row, state) =>
    row.flatMap((cell, event) =>
      cell === null ? [] : [`channel: ${CHANNEL_NAMES[state]} × ${CHANNEL_EVENTS[event]}`],
    ),
  ),
];

/** Cells that no run may reach; reaching one breaks the invariant `possible-transitions`. */
export const IMPOSSIBLE_CELLS: readonly string[] = CHANNEL_TABLE.flatMap((row, state) =>
  row.flatMap((cell, event) => (cell === null ? [`channel: ${CHANNEL_NAMES[state]} × ${CHANNEL_EVENTS[event]}`] : [])),
);

/** @param strategy a deliberately broken one, for tests; else the case's own */
export function exploreCase(config: ModelConfig, strategy?: FailoverStrategy): ExploredCase {
  const chosen = strategy ?? strategyNamed(config.strategy.name);
  if (chosen === undefined) throw new Error(`no strategy ${config.strategy.name}`);
  const probes = INVARIANTS.map((invariant) => invariant.probe);
  try {
    const record = simulate(
      config,
      { strategy: chosen, createPlane, scheduleFaults, probes },
      { measureFromNs: measureFromNs(config) },
    );
    const { log } = record;
    const firstNs = record.incidents[0]?.startNs ?? config.durationNs;
    const stepsNs: number[] = [];
    for (let step = 0; step < log.length; step++) {
      if (log.endNs[step]! >= firstNs && !log.kindNames[log.kind[step]!]!.startsWith("heartbeat"))
        stepsNs.push(log.endNs[step]!);
    }
    const broken = [...record.violations, ...record.plane.violations].map(({ name, first }) => ({ name, first }));
    if (record.endState === "deadlocked" && config.strategy.name !== "none")
      broken.push({ name: "deadlocked", first: "no output and no recovery step pending" });
    const { backlogLog, backlogNetwork } = record.plane.bins;
    const last = backlogLog.length - 1;
    const firstBin = Math.max(0, Math.floor(firstNs / 1e8) - 1);
    const backlog = (bin: number): number => backlogLog[bin]! + backlogNetwork[bin]!;
    return {
      broken,
      coverage: [...record.coverage],
      stepsNs: stepsNs.sort((a, b) => a - b),
      events: record.events,
      wellAtEnd:
        record.openAtEnd.tasks + record.openAtEnd.channels === 0 &&
        (last < 0 || backlog(last) <= 2 * backlog(firstBin) + 20),
    };
  } catch (error) {
    const place =
      error instanceof Error ? `${error.message} ${(error.stack ?? "").split("\n")[1]?.trim() ?? ""}` : String(error);
    return { broken: [{ name: "crash", first: place }], coverage: [], stepsNs: [], events: 0, wellAtEnd: false };
  }
}
