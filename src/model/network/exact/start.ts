/**
 * The job that is already running at t=0: logs read up to now, join states filled as after one window. Records from
 * before t=0 are in no ledger; partners that come later find them in the state.
 */
import type { Emitter } from "../../task/exact/emitter.js";
import type { JoinState } from "../../task/exact/join-state.js";
import type { PlaneContext } from "../data-plane.js";
import type { Arrivals } from "./arrivals.js";
import type { Routes } from "./routes.js";
import { FATE } from "./source-log.js";
import { TUPLE } from "./tuples.js";

/** Arrivals before t=0 are put into the states in steps of this length: finer than a flush. */
const STEP_NS = 10_000_000;

export function fillStates(
  context: PlaneContext,
  routes: Routes,
  arrivals: Arrivals,
  emitter: Emitter,
  states: readonly (JoinState | null)[],
  retire: () => void,
): void {
  const { topology } = context;
  const sources = routes.sourceTasks.length;
  const done = new Int32Array(sources);
  // What the first attempt may read again after a failure before its first commit.
  const keepNs = context.config.costs.offsetCommitIntervalNs;
  while (arrivals.horizonNs < -1) {
    const upTo = Math.min(-1, arrivals.horizonNs + STEP_NS);
    arrivals.generate(upTo);
    for (let s = 0; s < sources; s++) {
      const log = arrivals.logs[s]!;
      const task = routes.sourceTasks[s]!;
      const join = arrivals.joinOf(s);
      const route = join < 0 ? null : routes.joins[join]!;
      const input = routes.inputOfSource[topology.taskVertex[task]!]!;
      const laneOfJoin =
        route === null ? -1 : topology.outEdges[topology.taskVertex[task]!]!.indexOf(route.paths[input]![0]!);
      for (; done[s]! < log.end; done[s]!++) {
        const offset = done[s]!;
        const row = offset & log.mask;
        for (let k = 0; k < log.width; k++) log.fate[row * log.width + k] = FATE.delivered;
        if (route === null) continue;
        const subtask = emitter.consumerOnPath(route.paths[input]!, topology.taskSubtask[task]!, s, offset);
        const state = states[topology.taskBase[route.vertex]! + subtask]!;
        const tuple = state.arrive(routes.streamBase[s]! + laneOfJoin, offset, upTo + 1);
        if (tuple >= 0) {
          const table = arrivals.tuples[join]!;
          table.status[tuple & table.mask] = TUPLE.emitted;
        }
      }
      log.position = log.end;
      log.committed = Math.max(log.committed, log.firstAt(upTo - keepNs));
    }
    for (const state of states) state?.expire(upTo + 1);
    retire();
  }
}
