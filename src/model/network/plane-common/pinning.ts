/** To which event loop of a TaskManager a connection is pinned, and at which phase free-running timers tick. */
import type { RandomStreams } from "../../../kernel/random.js";

/**
 * Event loop, 0 … loops−1, of `taskManager` that serves its connection with `peer`. Netty hands loops out in turn as
 * connections open; a hash of the ends spreads them as evenly and does not depend on the order.
 * With `connectionPerEdge` (≤1.14) each edge has a connection of its own.
 */
export function loopOf(
  taskManager: number,
  peer: number,
  edge: number,
  loops: number,
  connectionPerEdge: boolean,
): number {
  // Consecutive peers land on consecutive loops, as they do when a task connects to its producers one by one.
  const own = Math.imul(taskManager + 1, 0x9e3779b1) >>> 16;
  return (own + peer + (connectionPerEdge ? edge : 0)) % loops;
}

/** Event-loop threads of a TaskManager; Flink's default is its number of slots. */
export function loopCount(configured: number, slotsPerTaskManager: number): number {
  return configured > 0 ? configured : slotsPerTaskManager;
}

/** First tick in [0, periodNs) of the free-running OutputFlusher of (task, out-edge). */
export function flushPhaseNs(streams: RandomStreams, task: number, edge: number, periodNs: number): number {
  return Math.floor(streams.family("flush-phase").uniform53(task, edge) * periodNs);
}

/** First tick in [0, periodNs) of a source subtask's offset commit. */
export function commitPhaseNs(streams: RandomStreams, task: number, periodNs: number): number {
  return Math.floor(streams.family("commit-phase").uniform53(task, 0) * periodNs);
}
