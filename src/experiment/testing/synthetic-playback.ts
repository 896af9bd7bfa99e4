/** The task states and control events of a made-up result. Part of `synthetic-result.ts`. */
import type { PhaseName, PhaseSpan, Playback, TraceEvent } from "../../metrics/result.js";

export interface SyntheticFailover {
  readonly slots: number;
  readonly slotsPerTaskManager: number;
  readonly deadTaskManager: number;
  /** Every task restarts, not only those of the dead TaskManager. */
  readonly global: boolean;
  readonly faultAtMs: number;
  readonly phases: readonly PhaseSpan[];
}

export function makePlayback(failover: SyntheticFailover, random: () => number): Playback {
  const { slots, slotsPerTaskManager, deadTaskManager, faultAtMs, phases } = failover;
  const rows: [timeMs: number, slot: number, vertex: number, state: number, attempt: number][] = [];
  const endOf = (phase: PhaseName): number => phases.find((span) => span.phase === phase)?.endMs ?? faultAtMs;
  for (let slot = 0; slot < slots; slot++) {
    const hit = Math.floor(slot / slotsPerTaskManager) === deadTaskManager;
    if (!hit && !failover.global) continue;
    for (let vertex = 0; vertex < 3; vertex++) {
      const downMs = hit ? faultAtMs : faultAtMs + 50 + 2_000 * random();
      rows.push([downMs, slot, vertex, 0, 0]);
      rows.push([endOf("deploy") - 10 * random(), slot, vertex, 1, 1]);
      rows.push([endOf("open") - 5 * random(), slot, vertex, 3, 1]);
      rows.push([endOf("connect") - 5 * random(), slot, vertex, 2, 1]);
    }
  }
  rows.sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]);
  const steps = Array.from({ length: 60 }, (_, index) => index);
  return {
    taskTimeMs: Float64Array.from(rows, (row) => row[0]),
    taskSlot: Int32Array.from(rows, (row) => row[1]),
    taskVertex: Int32Array.from(rows, (row) => row[2]),
    taskState: Uint8Array.from(rows, (row) => row[3]),
    taskAttempt: Int32Array.from(rows, (row) => row[4]),
    queueTimeMs: Float64Array.from(steps, (step) => faultAtMs + step * 250),
    queueLength: Int32Array.from(steps, (step) =>
      Math.round((failover.global ? 3 * slots : 12) * Math.sin((step / 60) * Math.PI)),
    ),
    channelTimeMs: Float64Array.of(faultAtMs, endOf("open"), endOf("connect")),
    channelsDown: Int32Array.of(failover.global ? 2 * slots * slots : 4 * slots * slotsPerTaskManager, slots, 0),
    markers: [
      { timeMs: faultAtMs, name: `fault: kill-task-manager ${deadTaskManager}`, incident: 0 },
      { timeMs: endOf("detect"), name: "detected", incident: 0 },
      { timeMs: endOf("deploy"), name: "redeploy", incident: 0 },
      { timeMs: endOf("connect"), name: "recovered", incident: 0 },
    ],
    slots,
    slotsPerTaskManager,
    taskManagersPerMachine: 1,
    vertices: ["feature", "log", "joiner"],
  };
}

export function makeTrace(phases: readonly PhaseSpan[], faultAtMs: number): TraceEvent[] {
  const fault: TraceEvent = {
    id: 0,
    cause: -1,
    startNs: faultAtMs * 1e6,
    endNs: faultAtMs * 1e6,
    thread: "chaos",
    kind: "kill-task-manager",
    phase: null,
    label: "kill TM 2",
  };
  const hops = phases.map(
    (span, index): TraceEvent => ({
      id: index + 1,
      cause: index,
      startNs: Math.round(span.startMs * 1e6),
      endNs: Math.round(span.endMs * 1e6),
      thread: span.thread,
      kind: `${span.phase}-done`,
      phase: span.phase,
      label: `${span.phase} ends`,
    }),
  );
  return [fault, ...hops];
}
