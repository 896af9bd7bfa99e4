/**
 * The critical path of a recovery: walked back from the step that made the recovery condition true, along causes, and
 * behind each step that waited in a FIFO server to the step served before it. It consists of service times, delays and
 * wire times only, without a gap, so its hops add up to the recovery time exactly.
 */
import { type CausalLog, COST_LABELS, THREAD, threadCategory } from "../model/causal-log.js";
import { PHASE } from "../model/phases.js";
import { PHASES, type PhaseName, type PhaseSpan } from "./result.js";
import { threadName } from "./thread-names.js";

export interface Hop {
  readonly step: number;
  readonly kind: string;
  readonly phase: PhaseName;
  readonly thread: number;
  readonly startNs: number;
  readonly endNs: number;
  /** Costs that make up the hop, in ns; clipped like the hop at the fault. */
  readonly costs: readonly { readonly cost: string; readonly ns: number }[];
}

/**
 * Hops in order of time, from `startNs` (the fault) to the end of `lastStep`. From `cancelFromNs` on, when a restart
 * that cancels first has been decided, further reports of lost tasks belong to the wait for terminal states.
 */
export function criticalPath(
  log: CausalLog,
  lastStep: number,
  startNs: number,
  cancelFromNs = Number.POSITIVE_INFINITY,
): Hop[] {
  const hops: Hop[] = [];
  let step = lastStep;
  let inherited: PhaseName | null = null;
  let untilNs = step < 0 ? startNs : log.endNs[step]!;
  while (step >= 0 && untilNs > startNs) {
    const own = log.phase[step]!;
    // What is served ahead of a waiting message belongs to the phase that waits.
    let phase: PhaseName = inherited ?? (own === PHASE.none ? "detect" : PHASES[own]!);
    const fromNs = Math.max(log.startNs[step]!, startNs);
    if (phase === "detect" && fromNs >= cancelFromNs) phase = "cancel";
    if (untilNs > fromNs) {
      hops.push({
        step,
        kind: log.kindNames[log.kind[step]!]!,
        phase,
        thread: log.thread[step]!,
        startNs: fromNs,
        endNs: untilNs,
        costs: costsOf(log, step, untilNs - fromNs),
      });
    }
    untilNs = fromNs;
    const previous = log.previous[step]!;
    const cause = log.cause[step]!;
    if (previous >= 0 && !(exogenous(log, previous) && cause >= 0)) {
      // Before the decision the wait was for the decision.
      inherited = phase === "cancel" && log.startNs[previous]! < cancelFromNs ? null : phase;
      step = previous;
      continue;
    }
    // Heartbeats that were served ahead have no cause in the fault: their service is a hop, and the path goes on behind
    // them: to the message served before them while this one already waited, else to what posted this one.
    if (previous >= 0) {
      const readyNs = Math.max(log.endNs[cause]!, startNs);
      let ahead = previous;
      while (ahead >= 0 && exogenous(log, ahead)) ahead = log.previous[ahead]!;
      const behindAhead = ahead >= 0 && log.endNs[ahead]! > readyNs;
      const heartbeatsFromNs = behindAhead ? log.endNs[ahead]! : readyNs;
      if (untilNs > heartbeatsFromNs)
        hops.push({
          step: previous,
          kind: "served-before",
          phase,
          thread: log.thread[step]!,
          startNs: heartbeatsFromNs,
          endNs: untilNs,
          costs: [{ cost: "heartbeatMessage", ns: untilNs - heartbeatsFromNs }],
        });
      untilNs = heartbeatsFromNs;
      if (behindAhead) {
        inherited = phase === "cancel" && log.startNs[ahead]! < cancelFromNs ? null : phase;
        step = ahead;
        continue;
      }
    }
    inherited = null;
    step = cause;
  }
  return hops.reverse();
}

/** A message of the JobManager's main thread that nothing before it caused: a heartbeat. */
function exogenous(log: CausalLog, step: number): boolean {
  return log.cause[step]! < 0 && threadCategory(log.thread[step]!) === THREAD.jobManager;
}

function costsOf(log: CausalLog, step: number, lengthNs: number): { cost: string; ns: number }[] {
  const costs: { cost: string; ns: number }[] = [];
  const whole = log.endNs[step]! - log.startNs[step]!;
  for (const [label, ns] of [
    [log.costA[step]!, log.costANs[step]!],
    [log.costB[step]!, log.costBNs[step]!],
  ] as const) {
    if (label >= 0 && ns > 0)
      costs.push({ cost: COST_LABELS[label]!, ns: lengthNs < whole ? Math.min(ns, lengthNs) : ns });
  }
  return costs;
}

/** Neighbouring hops of one phase on one thread, merged; in ms of virtual time. */
export function phaseSpans(hops: readonly Hop[], name: (thread: number) => string = threadName): PhaseSpan[] {
  const spans: { phase: PhaseName; startNs: number; endNs: number; thread: number }[] = [];
  for (const hop of hops) {
    const last = spans.at(-1);
    if (last && last.phase === hop.phase && last.thread === hop.thread) last.endNs = hop.endNs;
    else spans.push({ phase: hop.phase, startNs: hop.startNs, endNs: hop.endNs, thread: hop.thread });
  }
  return spans.map((span) => ({
    phase: span.phase,
    startMs: span.startNs / 1e6,
    endMs: span.endNs / 1e6,
    thread: name(span.thread),
  }));
}

/** Nanoseconds of each cost on the path. */
export function costShares(hops: readonly Hop[]): Map<string, number> {
  const shares = new Map<string, number>();
  for (const hop of hops) for (const { cost, ns } of hop.costs) shares.set(cost, (shares.get(cost) ?? 0) + ns);
  return shares;
}
