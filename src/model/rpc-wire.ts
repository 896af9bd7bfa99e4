/** A message between the JobManager and a TaskManager on the wire: its latency is drawn, and is one step of the trace. */
import { THREAD, threadId } from "./causal-log.js";
import type { ControlContext } from "./control-context.js";
import type { StepPhase } from "./phases.js";

/** Addresses of draws: they keep the messages of one kind apart from those of another. */
export const RPC_SALT = { slotOffer: 0, stateReport: 1, submit: 3, cancel: 4, partitionState: 8 } as const;

/**
 * @param entity whom the message is about: a task or a TaskManager
 * @returns when it arrives, and its step
 */
export function rpcWire(
  { draws, log }: ControlContext,
  salt: number,
  kind: number,
  phase: StepPhase,
  entity: number,
  leavesNs: number,
  cause: number,
): [arrivesNs: number, step: number] {
  const latencyNs = draws.draw("rpcLatency", entity, salt);
  const step = log.timed(kind, phase, threadId(THREAD.wire, 0), entity, leavesNs, cause, "rpcLatency", latencyNs);
  return [leavesNs + latencyNs, step];
}
