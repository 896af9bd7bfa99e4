/** The state of every task at a virtual time, played from the changes of one run. Forward is cheap, back starts over. */
import { decodeIntegers } from "../files/integers.ts";

export const STATE_NAMES = ["down", "deploying", "running", "cancelling"];
export const RUNNING = 2;

/** @param {any} encoded */
export function openPlayback(encoded) {
  const times = Float64Array.from(decodeIntegers(encoded.taskTimeUs), (time) => time / 1000);
  const slots = Int32Array.from(decodeIntegers(encoded.taskSlot));
  const vertices = Int32Array.from(decodeIntegers(encoded.taskVertex));
  const states = Uint8Array.from(decodeIntegers(encoded.taskState));
  const attempts = Int32Array.from(decodeIntegers(encoded.taskAttempt));
  const queueTimes = Float64Array.from(decodeIntegers(encoded.queueTimeUs), (time) => time / 1000);
  const queueLengths = Int32Array.from(decodeIntegers(encoded.queueLength));
  const channelTimes = Float64Array.from(decodeIntegers(encoded.channelTimeUs ?? ""), (time) => time / 1000);
  const channelsDown = Int32Array.from(decodeIntegers(encoded.channelsDown ?? ""));
  const perSlot = encoded.vertices.length;
  const slotCount = Math.max(encoded.slots, 1 + slots.reduce((most, slot) => Math.max(most, slot), -1));
  const total = slotCount * perSlot;
  const state = new Uint8Array(total);
  const attempt = new Int32Array(total);
  const counts = [0, 0, 0, 0];
  let next = 0;
  let nowMs = 0;

  const reset = () => {
    state.fill(RUNNING);
    attempt.fill(0);
    counts.fill(0);
    counts[RUNNING] = total;
    next = 0;
  };
  reset();

  return {
    slots: slotCount,
    perSlot,
    vertices: encoded.vertices,
    slotsPerTaskManager: encoded.slotsPerTaskManager,
    taskManagersPerMachine: encoded.taskManagersPerMachine,
    markers: encoded.markers,
    queueTimes,
    queueLengths,
    channelTimes,
    channelsDown,
    state,
    attempt,
    counts,
    times,
    /**
     * Goes to a time.
     * @param {number} ms
     * @param {(slot: number) => void} touched called for each slot that changed, perhaps more than once
     * @returns {boolean} true if every slot must be drawn again
     */
    seek(ms, touched) {
      const back = ms < nowMs;
      if (back) reset();
      nowMs = ms;
      while (next < times.length && times[next] <= ms) {
        const index = slots[next] * perSlot + vertices[next];
        counts[state[index]]--;
        state[index] = states[next];
        attempt[index] = attempts[next];
        counts[state[index]]++;
        if (!back) touched(slots[next]);
        next++;
      }
      return back;
    },
    /** Time of the change before or after a time, or null. @param {number} ms @param {1 | -1} direction */
    changeNear(ms, direction) {
      let low = 0;
      let high = times.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (direction > 0 ? times[middle] <= ms : times[middle] < ms) low = middle + 1;
        else high = middle;
      }
      const at = direction > 0 ? low : low - 1;
      return at >= 0 && at < times.length ? times[at] : null;
    },
    /** Length of the JobManager's queue at a time. @param {number} ms */
    queueAt: (ms) => sampleAt(queueTimes, queueLengths, ms),
    /** Channels without a registered view at a time. @param {number} ms */
    channelsAt: (ms) => sampleAt(channelTimes, channelsDown, ms),
  };
}

/** The last sample up to a time; 0 before the first. @param {Float64Array} times @param {Int32Array} values @param {number} ms */
function sampleAt(times, values, ms) {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= ms) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? 0 : values[low - 1];
}
