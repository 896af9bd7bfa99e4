/** The rare-event trace spelled out for people and viewers, with `--trace` only. */
import { type CausalLog, THREAD, threadCategory } from "../model/causal-log.js";
import { PHASE } from "../model/phases.js";
import { PHASES, type TraceEvent } from "./result.js";
import { threadName } from "./thread-names.js";

/** More steps than this are cut off; the last event says so. */
export const TRACE_LIMIT = 400_000;

export function traceEvents(
  log: CausalLog,
  taskName: (task: number) => string,
  isTask: (kind: string) => boolean,
): TraceEvent[] {
  const events: TraceEvent[] = [];
  const steps = Math.min(log.length, TRACE_LIMIT);
  for (let id = 0; id < steps; id++) {
    const kind = log.kindNames[log.kind[id]!]!;
    const thread = log.thread[id]!;
    const phase = log.phase[id]!;
    const entity = log.entity[id]!;
    events.push({
      id,
      cause: log.cause[id]!,
      startNs: log.startNs[id]!,
      endNs: log.endNs[id]!,
      thread: threadName(thread, taskName),
      kind,
      phase: phase === PHASE.none ? null : PHASES[phase]!,
      label:
        isTask(kind) || threadCategory(thread) === THREAD.task ? `${kind}: ${taskName(entity)}` : `${kind} ${entity}`,
    });
  }
  if (log.length > TRACE_LIMIT) {
    const last = events[events.length - 1]!;
    events.push({
      id: steps,
      cause: -1,
      startNs: last.endNs,
      endNs: last.endNs,
      thread: "world",
      kind: "truncated",
      phase: null,
      label: `${log.length - TRACE_LIMIT} further steps are not in this file`,
    });
  }
  return events;
}
