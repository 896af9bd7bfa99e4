/** The memory of a run's end: where each segment of each pool is, and whether each pool adds up. */
import { FLAG, STAGE } from "./pools.js";
import type { World } from "./world.js";

/**
 * By channel: segments whose last slice has not been released. Those of an older attempt of the producer belong to no
 * pool any more.
 *
 * @param attempt newest attempt per task
 */
export function segmentsUnderWay({ buffers, channels }: World, attempt: Int32Array): ReadonlyMap<number, number> {
  const result = new Map<number, number>();
  for (let b = 0; b < buffers.used; b++) {
    const ch = buffers.channel[b]!;
    const stage = buffers.stage[b]!;
    if ((buffers.flags[b]! & FLAG.lastOfSegment) === 0 || buffers.writer[b] !== attempt[channels.producer[ch]!])
      continue;
    const local = (buffers.flags[b]! & FLAG.local) !== 0;
    if (stage === STAGE.serverLoop || (local && stage === STAGE.processing)) result.set(ch, (result.get(ch) ?? 0) + 1);
  }
  return result;
}

/** Pools in which free and used segments are not as many as there are. */
export function poolProblems({ outputs, channels }: World): string[] {
  const problems: string[] = [];
  for (let o = 0; o < outputs.count; o++) {
    let held = 0;
    const first = outputs.channelBase[o]!;
    for (let ch = first; ch < first + outputs.channels[o]!; ch++) held += channels.segments[ch]!;
    if (held + outputs.poolFree[o]! !== outputs.poolSize[o]!) {
      problems.push(
        `output ${o} of task ${outputs.task[o]}: ${outputs.poolFree[o]} free and ${held} in use of ${outputs.poolSize[o]}`,
      );
    }
  }
  return problems;
}
