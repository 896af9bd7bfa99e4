/** No memory per event: the heap after ten million events is the heap before them. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { PRIORITY } from "./priorities.js";
import { RandomStreams } from "./random.js";
import { Simulation } from "./simulation.js";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Live bytes: objects and what typed arrays hold. */
function liveBytes(): number {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

it("does not grow over 10 million events with cancellations", () => {
  const simulation = new Simulation();
  const draws = new RandomStreams("allocation").family("delays");
  const entities = 20_000;
  const timeouts = new Float64Array(entities);
  let until = 0;
  const work = simulation.defineKind("work", PRIORITY.completion, (entity) => {
    const n = simulation.eventsHandled;
    // A timeout that is always cancelled in time, as protocols have them.
    simulation.cancel(timeouts[entity]!);
    timeouts[entity] = simulation.schedule(simulation.nowNs + 30_000_000, timeout, entity);
    simulation.schedule(simulation.nowNs + Math.floor(draws.uniform(entity, n) * 2e6), work, entity, n & 0xff);
    if (n >= until) simulation.stop();
  });
  const timeout = simulation.defineKind("timeout", PRIORITY.timer, () => {
    throw new Error("a timeout that was cancelled came through");
  });
  for (let entity = 0; entity < entities; entity++) simulation.schedule(entity, work, entity);
  until = 1_000_000;
  simulation.run(Number.POSITIVE_INFINITY);
  const before = liveBytes();
  const capacity = simulation.recordCapacity;
  until = 11_000_000;
  simulation.run(Number.POSITIVE_INFINITY);
  expect(simulation.eventsHandled).toBe(11_000_000);
  expect(simulation.recordCapacity).toBe(capacity);
  // 10 million events at one byte each would be 10 MB.
  expect(liveBytes() - before).toBeLessThan(500_000);
});
