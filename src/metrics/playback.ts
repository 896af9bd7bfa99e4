/** The playable failover: changes of task states, the JobManager's queue and the markers, as columns. */
import type { RunRecord } from "../model/simulate.js";
import { TASK_STATE } from "../model/task-table.js";
import type { Playback } from "./result.js";

/** Result format: 0 down, 1 deploying or opening, 2 running, 3 cancelling. */
const STATE_CODE: Readonly<Record<number, number>> = {
  [TASK_STATE.down]: 0,
  [TASK_STATE.opening]: 1,
  [TASK_STATE.running]: 2,
  [TASK_STATE.canceling]: 3,
};

export function playbackOf(record: RunRecord): Playback {
  const { topology, config, taskChanges, queueLengths, channelsDown } = record;
  const n = taskChanges.length;
  const column = (value: (i: number) => number): Int32Array => Int32Array.from({ length: n }, (_, i) => value(i));
  return {
    taskTimeMs: Float64Array.from(taskChanges, (change) => change.timeNs / 1e6),
    taskSlot: column((i) => topology.taskSlot[taskChanges[i]!.task]!),
    taskVertex: column((i) => topology.taskVertex[taskChanges[i]!.task]!),
    taskState: Uint8Array.from(taskChanges, (change) => STATE_CODE[change.state]!),
    taskAttempt: column((i) => taskChanges[i]!.attempt),
    queueTimeMs: Float64Array.from(queueLengths, (sample) => sample.timeNs / 1e6),
    queueLength: Int32Array.from(queueLengths, (sample) => sample.length),
    channelTimeMs: Float64Array.from(channelsDown, (sample) => sample.timeNs / 1e6),
    channelsDown: Int32Array.from(channelsDown, (sample) => sample.channels),
    markers: mergeMarkers(record.markers),
    slots: topology.slots,
    slotsPerTaskManager: config.cluster.slotsPerTaskManager,
    taskManagersPerMachine: config.cluster.taskManagersPerMachine,
    vertices: config.vertices.map((vertex) => vertex.id),
  };
}

/**
 * By time; one marker where the same step is taken for many tasks at one instant, and only the first news of an
 * incident: what is detected later belongs to the same failure.
 */
function mergeMarkers(markers: RunRecord["markers"]): Playback["markers"] {
  const merged: { timeMs: number; name: string; incident: number }[] = [];
  const lastMs = new Map<string, number>();
  for (const { timeNs, name, incident } of [...markers].sort((a, b) => a.timeNs - b.timeNs)) {
    const timeMs = timeNs / 1e6;
    const last = lastMs.get(`${incident}/${name}`);
    if (last !== undefined && (name === "detected" || timeMs - last < 1)) continue;
    lastMs.set(`${incident}/${name}`, timeMs);
    merged.push({ timeMs, name, incident });
  }
  return merged;
}
