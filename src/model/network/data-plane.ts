/**
 * The narrow door between the control plane (JobManager, RPC, heartbeats, channel protocol: kernel events) and the
 * data plane (sources, buffers or quanta, Netty loops, links, task threads, state, ledgers).
 *
 * The channel protocol (`network/protocol.ts`) decides WHEN a step of a thread happens and moves the state machines
 * of `model.md` §4.2; the plane knows WHAT is in every queue at that instant and moves, delivers or loses it.
 *
 * Time: before any call below the protocol has called `advanceTo(now)`, or the plane does so itself: everything of
 * the data plane that happens strictly before `now` has happened, what happens at `now` comes after the call.
 * A lazy plane advances only the entities that the call touches.
 */

import type { RandomStreams } from "../../kernel/random.js";
import type { Simulation } from "../../kernel/simulation.js";
import type { Defects } from "../cluster/strategy-port.js";
import type { ModelConfig } from "../config.js";
import type { MatchMissCause, RecordLossCause } from "../loss-causes.js";
import type { TaskTable } from "../task-table.js";
import type { Topology } from "../topology/topology.js";

/**
 * How an attempt ends. `killed`: with its process, whose kernel closes the connections. `silent`: with its machine, and
 * its peers see nothing: senders go on until their credits are used up, then hold, until closeView or registerView.
 * `canceled`, `failed`: its TaskManager lives on.
 */
export type AttemptEnd = "killed" | "silent" | "canceled" | "failed";

/** What a plane needs to be built. */
export interface PlaneContext {
  readonly config: ModelConfig;
  readonly topology: Topology;
  readonly sim: Simulation;
  readonly streams: RandomStreams;
  readonly tasks: TaskTable;
  /** Grows as containers start; indices of TaskManagers are never reused. */
  taskManagerAlive(taskManager: number): boolean;
  /** Gaps and latency are measured from here: the first fault (of the case, also in its twin), else the warm-up's end. */
  readonly measureFromNs: number;
  /** What a deliberately broken strategy of the tests breaks in the plane. */
  readonly defects?: Pick<Defects, "keepsHalfRecord" | "leaksCredit">;
  /** First kernel entity number the plane may use; numbers below belong to the control plane. */
  readonly entityBase: number;
}

/** What the plane reports to the control plane. */
export interface PlaneListener {
  /** Ends are job-wide task ids. The consumer's task thread has met the UnavailableEvent of this channel; the half record is dropped (D2, D3). */
  unavailableConsumed(edge: number, producer: number, consumer: number): void;
}

export interface DataPlane {
  advanceTo(nowNs: number): void;

  // --- threads: FIFO servers that data and control messages share; each returns the completion time in ns ---
  /** A control message of `costNs` joins the server event loop to which the connection (peer, edge) is pinned. */
  serveOnServerLoop(taskManager: number, peer: number, edge: number, readyNs: number, costNs: number): number;
  serveOnClientLoop(taskManager: number, peer: number, edge: number, readyNs: number, costNs: number): number;
  /** A mail runs in the task's thread: after the record being processed, before the next one. */
  runMail(task: number, readyNs: number, costNs: number): number;

  // --- attempts ---
  /**
   * The attempt is RUNNING now, its partitions are registered, its input channels have no view yet. A source goes on
   * from its committed offset (`resume: committed`: what was read since then is read again) or from the log's end.
   */
  attemptStarted(task: number): void;
  /** The attempt is gone: its queues, state and unsent output are lost, each record counted under its cause. */
  attemptEnded(task: number, how: AttemptEnd): void;

  // --- channels, one by one (single-task recovery); both ends are job-wide task ids, not subtasks ---
  /**
   * The fault touches every channel of `task`: from now on they are simulated one by one until `settled`. Called at
   * the fault, before `attemptEnded`, and only when other subtasks of the same vertex survive.
   */
  touch(task: number): void;
  /** U1: the producer's Netty thread learns that the consumer of this channel is gone: discard from now on, or hold. */
  closeView(edge: number, producer: number, consumer: number, policy: "discard" | "hold"): void;
  /** U4: the producer's Netty thread registers the view of the consumer's newest attempt; data flows again. */
  registerView(edge: number, producer: number, consumer: number): void;
  /** D1: UnavailableEvent joins the tail of the channel's received buffers; `unavailableConsumed` follows. */
  appendUnavailable(edge: number, producer: number, consumer: number, stuck: boolean): void;

  // --- all channels of a task at once, where every subtask at both ends of the edge restarts ---
  /** The consumer's attempt ended and its senders hold what they have for it (vanilla Flink: nothing is discarded). */
  closeAllViews(consumer: number): void;
  /** All producers of the consumer have registered its views, save those of channels that are dealt with one by one. */
  registerAllViews(consumer: number, isApart?: (edge: number, producer: number) => boolean): void;

  // --- faults that act on data; a plane without a verb cannot run the faults that need it (`planes.ts`) ---
  /** The thread of the task's newest attempt works at this speed: 1 normal, 0.1 ten times slower, 0 hung (its queue is kept). A new attempt starts at 1. */
  setTaskSpeed?(task: number, speed: number): void;
  /** One Netty event loop works at this speed; 0: it serves nobody, and `serveOn…Loop` returns Infinity: ask again when it goes on. */
  setLoopSpeed?(taskManager: number, side: "server" | "client", loop: number, speed: number): void;
  /** Down: what is sent in this direction arrives when the link is up again (TCP retransmits; nothing is lost while the connection lives). */
  setLinkState?(fromTaskManager: number, toTaskManager: number, state: "up" | "down"): void;

  // --- looking ---
  /** Matches emitted before `now`, counted exactly; absent where output is only known per bin. */
  emittedSoFar?(): number;
  /** Records produced, read, delivered … so far; exact at `nowNs` after `advanceTo`. */
  finish(endNs: number): PlaneResult;
}

/** What a plane has measured when the run ends. Bins are 100 ms from t=0. */
export interface PlaneResult {
  readonly records: {
    produced: number;
    delivered: number;
    duplicated: number;
    inFlight: number;
    lost: Record<RecordLossCause, number>;
  };
  readonly matches: {
    expected: number;
    emitted: number;
    duplicated: number;
    pending: number;
    missed: Record<MatchMissCause, number>;
  };
  readonly bins: {
    produced: Float64Array;
    delivered: Float64Array;
    discarded: Float64Array;
    emitted: Float64Array;
    backlogLog: Float64Array;
    backlogNetwork: Float64Array;
    latencyP50Ns: Float64Array;
    latencyP99Ns: Float64Array;
  };
  /** Per sink subtask, in task order: the longest silence that overlaps the time after the first fault, clipped there and at the end. */
  readonly sinkTasks: Int32Array;
  readonly gapNs: Float64Array;
  readonly gapStartNs: Float64Array;
  /** Latency of the matches emitted after the first fault (after warm-up if there is none): histogram quantiles. */
  readonly latencyNs: { p50: number; p99: number; p999: number; max: number };
  /** Logical events handled: emit, server done, client done, task arrival, service done, flush visits. */
  readonly logicalEvents: number;
  /** Hash over the exogenous draws consumed: arrivals per source, keys, demands; equal in all cases of a seed. */
  readonly exogenousHash: string;
  /** Broken invariants noticed by the plane: name → count and the first place. */
  readonly violations: readonly { name: string; count: number; first: string }[];
  /** Sources that a full channel or pool stalled: task, from when (ns). */
  readonly stalls: readonly { task: number; atNs: number }[];
}
