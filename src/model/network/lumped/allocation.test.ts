/**
 * What a quantum costs in counts, which are the same on every machine: hops and services, and no memory. Seconds are
 * never judged.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import type { Simulation } from "../../../kernel/simulation.js";
import type { DataPlane } from "../data-plane.js";
import { createLumpedPlane } from "./index.js";
import type { LumpedPlane } from "./plane.js";
import { drive } from "./testing/drive.js";
import { joinJob } from "./testing/job.js";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Calls `look` at the given virtual times, after everything else of the instant. */
function lookAt(timesNs: readonly number[], look: (plane: LumpedPlane, index: number) => void) {
  return (plane: DataPlane, sim: Simulation): void => {
    const kind = sim.defineKind("look", 255, (_e, index) => look(plane as LumpedPlane, index));
    timesNs.forEach((timeNs, index) => {
      sim.schedule(timeNs, kind, 0, index);
    });
  };
}

const events = ({ sources, receivers }: LumpedPlane): number =>
  sources.visits + 2 * sources.quanta + receivers.arrivals + 2 * receivers.completions;

describe("a healthy job", () => {
  it("sends one quantum per source and interval, and every one takes each hop once", () => {
    const seen: number[][] = [];
    const config = joinJob({ slots: 100, durationNs: 12e9, ratePerSource: 1000 });
    const counts = ({ sources, receivers, state }: LumpedPlane): number[] => [
      sources.visits,
      sources.quanta,
      receivers.arrivals,
      receivers.completions,
      state.pool.inUse,
    ];
    const { plane, result } = drive(
      config,
      createLumpedPlane,
      [],
      lookAt([1.99e9, 11.99e9], (one) => seen.push(counts(one))),
    );
    const [before, after] = seen as [number[], number[]];
    const difference = after.map((count, i) => count - before[i]!);
    const intervals = 200 * 100;
    expect(difference[0]).toBe(intervals);
    expect(difference[1]).toBe(intervals);
    // One consumer in 25 is on the source's own TaskManager: no client loop there. In turns, so nearly exactly.
    expect(Math.abs(difference[2]! / intervals - 0.96)).toBeLessThan(0.005);
    expect(Math.abs(difference[3]! / intervals - 1)).toBeLessThan(0.005);
    // What is on the way, not what has ever been.
    expect(after[4]).toBeLessThan(400);
    expect(result.logicalEvents).toBe(events(plane as LumpedPlane));
  });

  it("allocates next to nothing: bytes per quantum, and live bytes after ten million events", () => {
    const slots = 1000;
    const perSecond = 2 * slots * 10;
    const config = joinJob({
      slots,
      durationNs: 130e9,
      ratePerSource: 200,
      delay: { kind: "exponential", meanNs: 2e9 },
    });
    // The state is full after its window of 30 s; ten million events are about 86 s.
    // Of three seconds the one with least garbage: in another, code may be running that is being compiled anew.
    const seconds = [40.55e9, 60.55e9, 80.55e9];
    const times = [40e9, ...seconds.flatMap((from) => [from, from + 1e9]), 129.5e9];
    const live: number[] = [];
    const handled: number[] = [];
    let before = 0;
    let garbage = Number.POSITIVE_INFINITY;
    drive(
      config,
      createLumpedPlane,
      [],
      lookAt(times, (plane, index) => {
        const inside = index > 0 && index < times.length - 1;
        if (inside && index % 2 === 1) {
          collect();
          before = process.memoryUsage().heapUsed;
        } else if (inside) garbage = Math.min(garbage, process.memoryUsage().heapUsed - before);
        else {
          collect();
          const { heapUsed, arrayBuffers } = process.memoryUsage();
          live.push(heapUsed + arrayBuffers);
          handled.push(events(plane));
        }
      }),
    );
    expect(handled[1]! - handled[0]!).toBeGreaterThan(10_000_000);
    // 10 million events at one byte each would be 10 MB.
    expect(live[1]! - live[0]!).toBeLessThan(1_000_000);
    // What the books of ten bins allocate, spread over their quanta.
    expect(garbage / perSecond).toBeLessThan(10);
  });
});
