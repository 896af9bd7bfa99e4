/**
 * A data plane without data, for the control plane alone: Netty loops and task threads are FIFO servers, channels are
 * always drained one millisecond after the UnavailableEvent. Recovery times are those of the other planes to within a
 * flush timeout, at a fraction of their work. Counts the calls it gets, for tests.
 */
import { PRIORITY } from "../../kernel/priorities.js";
import { TASK_STATE } from "../task-table.js";
import type { DataPlane, PlaneContext, PlaneListener, PlaneResult } from "./data-plane.js";

const DRAIN_NS = 1_000_000;

export interface NullPlane extends DataPlane {
  readonly calls: string[];
}

export function createNullPlane(
  context: PlaneContext,
  listener: PlaneListener,
  options: { drainNs?: number } = {},
): NullPlane {
  const { sim, config } = context;
  const loops = config.cluster.slotsPerTaskManager;
  const freeNs = new Map<number, number>();
  const serve = (server: number, readyNs: number, costNs: number): number => {
    const doneNs = Math.max(readyNs, freeNs.get(server) ?? 0) + costNs;
    freeNs.set(server, doneNs);
    return doneNs;
  };
  const calls: string[] = [];
  const drained = sim.defineKind("null-plane-drained", PRIORITY.completion, (edge, producer, consumer, attempt) => {
    if (context.tasks.attempt[consumer] === attempt && context.tasks.state[consumer] === TASK_STATE.running)
      listener.unavailableConsumed(edge, producer, consumer);
  });
  return {
    calls,
    advanceTo: () => {},
    serveOnServerLoop: (tm, peer, edge, readyNs, costNs) => serve(tm * 128 + ((peer + edge) % loops), readyNs, costNs),
    serveOnClientLoop: (tm, peer, edge, readyNs, costNs) =>
      serve(tm * 128 + 64 + ((peer + edge) % loops), readyNs, costNs),
    runMail: (task, readyNs, costNs) => serve(-1 - task, readyNs, costNs),
    attemptStarted: (task) => void calls.push(`started ${task}`),
    attemptEnded: (task, how) => void calls.push(`${how} ${task}`),
    touch: () => {},
    closeView: (edge, producer, consumer, policy) => void calls.push(`${policy} ${edge} ${producer} ${consumer}`),
    registerView: (edge, producer, consumer) => void calls.push(`view ${edge} ${producer} ${consumer}`),
    appendUnavailable: (edge, producer, consumer, stuck) => {
      if (!stuck)
        sim.schedule(
          sim.nowNs + (options.drainNs ?? DRAIN_NS),
          drained,
          edge,
          producer,
          consumer,
          context.tasks.attempt[consumer]!,
        );
    },
    closeAllViews: () => {},
    registerAllViews: (consumer) => void calls.push(`all views ${consumer}`),
    finish: (endNs) => emptyResult(endNs),
  };
}

function emptyResult(endNs: number): PlaneResult {
  const column = (): Float64Array => new Float64Array(Math.ceil(endNs / 1e8));
  return {
    records: {
      produced: 0,
      delivered: 0,
      duplicated: 0,
      inFlight: 0,
      lost: {
        discardedAtSender: 0,
        queuedAtSender: 0,
        lostInFlight: 0,
        partialRecords: 0,
        stateLost: 0,
        unflushedOutput: 0,
        skippedAtSource: 0,
      },
    },
    matches: {
      expected: 0,
      emitted: 0,
      duplicated: 0,
      pending: 0,
      missed: { inputLost: 0, stateLost: 0, late: 0, outputLost: 0 },
    },
    bins: {
      produced: column(),
      delivered: column(),
      discarded: column(),
      emitted: column(),
      backlogLog: column(),
      backlogNetwork: column(),
      latencyP50Ns: column(),
      latencyP99Ns: column(),
    },
    sinkTasks: new Int32Array(0),
    gapNs: new Float64Array(0),
    gapStartNs: new Float64Array(0),
    latencyNs: { p50: 0, p99: 0, p999: 0, max: 0 },
    logicalEvents: 0,
    exogenousHash: "",
    violations: [],
    stalls: [],
  };
}
