/** The walk back along a hand-built trace: what waited behind heartbeats. */
import { expect, test } from "vitest";
import { CausalLog, costIndex, THREAD, threadId } from "../model/causal-log.js";
import { PHASE } from "../model/phases.js";
import { costShares, criticalPath } from "./critical-path.js";

const MAIN = threadId(THREAD.jobManager, 0);
const WORLD = threadId(THREAD.world, 0);

function trace(): { log: CausalLog; heartbeat: (startNs: number, endNs: number, previous: number) => number } {
  const log = new CausalLog();
  const kind = log.kindId("heartbeat");
  return {
    log,
    heartbeat: (startNs, endNs, previous) =>
      log.add(kind, PHASE.none, MAIN, 0, startNs, endNs, -1, previous, costIndex("heartbeatMessage"), endNs - startNs),
  };
}

test("a message behind one heartbeat in a long queue charges that heartbeat alone, and goes on to the queue", () => {
  const { log, heartbeat } = trace();
  const operation = costIndex("taskOperation");
  const fault = log.add(log.kindId("fault"), PHASE.detect, WORLD, 0, 100, 100, -1, -1);
  const cancel = log.add(log.kindId("cancel"), PHASE.cancel, MAIN, 0, 100, 1100, fault, -1, operation, 1000);
  const beat = heartbeat(1100, 1110, cancel);
  const last = log.add(log.kindId("cancel"), PHASE.cancel, MAIN, 1, 1110, 2110, fault, beat, operation, 1000);
  const hops = criticalPath(log, last, 100);
  expect(hops.map(({ kind, startNs, endNs }) => [kind, startNs, endNs])).toEqual([
    ["cancel", 100, 1100],
    ["served-before", 1100, 1110],
    ["cancel", 1110, 2110],
  ]);
  expect([...costShares(hops)].sort()).toEqual([
    ["heartbeatMessage", 10],
    ["taskOperation", 2000],
  ]);
});

test("a message that came while heartbeats were served alone waits for the rest of them", () => {
  const { log, heartbeat } = trace();
  const first = heartbeat(90, 110, -1);
  const second = heartbeat(110, 130, first);
  const fault = log.add(log.kindId("fault"), PHASE.detect, WORLD, 0, 100, 100, -1, -1);
  const last = log.add(log.kindId("cancel"), PHASE.cancel, MAIN, 0, 130, 230, fault, second);
  const hops = criticalPath(log, last, 100);
  expect(hops.map(({ startNs, endNs }) => [startNs, endNs])).toEqual([
    [100, 130],
    [130, 230],
  ]);
  expect(costShares(hops).get("heartbeatMessage")).toBe(30);
});
