import { describe, expect, it } from "vitest";
import { smallScenario } from "../experiment/testing/small-scenario.js";
import { syntheticResult } from "../experiment/testing/synthetic-result.js";
import type { RunResult, TraceEvent } from "../metrics/result.js";
import { type ImportedSlice, importTrace } from "./testing/perfetto-import.js";
import { micros, traceChunks, trackNames } from "./trace.js";

const imported = (run: RunResult) => importTrace([...traceChunks(run)].join(""));
const run = syntheticResult("global restart", { parallelism: 8, durationMs: 120_000, trace: true });
const idOf = (slice: ImportedSlice): number => slice.args.id as number;

/** Every event is a slice of its own times and every cause an arrow, as the viewer reads them. */
function expectWhole(of: RunResult): ReturnType<typeof imported> {
  const found = imported(of);
  const trace = of.trace ?? [];
  expect(found.errors).toEqual([]);
  expect(found.slices.map(idOf).sort((a, b) => a - b)).toEqual(trace.map((event) => event.id).sort((a, b) => a - b));
  const events = new Map(trace.map((event) => [event.id, event]));
  for (const slice of found.slices) {
    const event = events.get(idOf(slice)) as TraceEvent;
    // Drawn later only by the few nanoseconds of what has no length before it, and never shorter than one.
    expect(slice.startNs).toBeGreaterThanOrEqual(event.startNs);
    expect(slice.startNs - event.startNs).toBeLessThan(1000);
    expect(slice.endNs).toBe(Math.max(event.endNs, slice.startNs + 1));
  }
  const caused = trace.filter((event) => events.has(event.cause)).map((event) => `${event.cause} → ${event.id}`);
  expect(found.arrows.map(({ from, to }) => `${idOf(from)} → ${idOf(to)}`).sort()).toEqual(caused.sort());
  return found;
}

describe("trace.json", () => {
  it("has a slice per event, an arrow from each cause, counters and the end, as Perfetto reads it", () => {
    const { counters, instants, slices } = expectWhole(run);
    const ofCase = (name: string) => counters.get(`global restart, seed ${run.summary.seed}/${name} value`) ?? [];
    const peak = Math.max(...ofCase("backlog in the log (records)").map((sample) => sample.value));
    expect(peak).toBe(run.timeline.backlogLogRecords.reduce((most, value) => Math.max(most, value), 0));
    expect(ofCase("discarded (records per bin)").length).toBeGreaterThan(0);
    expect(counters.size).toBe(5);
    expect(instants).toEqual(["end of the run"]);
    const deploy = run.trace?.find((event) => event.phase === "deploy") as TraceEvent;
    expect(slices.find((slice) => slice.name === deploy.label)).toMatchObject({
      startNs: deploy.startNs,
      endNs: deploy.endNs,
    });
  });

  it("of a simulated failover has every step of every thread", async () => {
    const [{ parseScenario }, { runScenario }] = await Promise.all([
      import("../scenario/index.js"),
      import("../experiment/run-scenario.js"),
    ]);
    const parsed = parseScenario(smallScenario({ durationS: 40 }), { file: "small.yaml" });
    if (!parsed.ok) throw new Error("the small scenario does not parse");
    const runs = await runScenario(parsed.scenario, { workers: 0, trace: true });
    expect(runs).toHaveLength(2);
    for (const each of runs) {
      const { slices } = expectWhole(each);
      const processes = new Set(slices.map((slice) => slice.process));
      for (const process of ["JobManager", "ResourceManager", "TaskManager 0 on machine 0", "joiner tasks"]) {
        expect(processes).toContain(process);
      }
      expect(new Set(slices.map((slice) => slice.thread))).toContain("netty-server");
    }
  }, 60_000);

  it("draws what has no length before what it causes at the same instant, and what crosses on a lane of its own", () => {
    const event = (id: number, startNs: number, endNs: number, cause = -1, thread = "TaskManager 3 main") => ({
      ...{ id, cause, startNs, endNs, thread },
      ...{ kind: "step", phase: null, label: `step ${id}` },
    });
    const crossing: RunResult = {
      ...run,
      trace: [
        event(1, 0, 100),
        event(2, 10, 50, 1), // within 1
        event(3, 60, 160), // crosses 1
        event(4, 70, 70, 3), // of no length
        event(5, 70, 90, 4), // at once after it
        event(6, 70, 70, 4, "JobManager main"), // elsewhere, before its cause is drawn to end
        event(7, 200, 200),
        event(8, 200, 200, 7),
        event(9, 200, 300, 8),
        event(10, 300, 300, 9),
      ],
    };
    const { slices } = expectWhole(crossing);
    const lane = (id: number): string => slices.find((slice) => idOf(slice) === id)?.thread as string;
    expect([1, 2, 4, 5, 7, 8, 9, 10].map(lane)).toEqual(Array(8).fill("main"));
    expect(lane(3)).toBe("main (2)");
  });

  it("is empty without --trace", () => {
    expect([...traceChunks({ ...run, trace: null })]).toEqual([]);
  });

  it("finds process and thread in a thread's name", () => {
    expect(trackNames("TaskManager 17 netty-server", 4)).toEqual({
      process: "TaskManager 17 on machine 4",
      thread: "netty-server",
    });
    expect(trackNames("JobManager main")).toEqual({ process: "JobManager", thread: "main" });
    expect(trackNames("JobManager NIC")).toEqual({ process: "JobManager", thread: "NIC" });
    expect(trackNames("joiner (3) task")).toEqual({ process: "joiner tasks", thread: "joiner (3) task" });
    // Vertices may have names that mean something else.
    expect(trackNames("log (0) task")).toEqual({ process: "log tasks", thread: "log (0) task" });
    expect(trackNames("JobManager (1) task")).toEqual({ process: "JobManager tasks", thread: "JobManager (1) task" });
    expect(trackNames("network")).toEqual({ process: "network", thread: "main" });
  });

  it("writes times that keep every nanosecond when a reader cuts off below it", () => {
    for (let ns = 0; ns < 200_000; ns += 7) expect(Math.trunc(Number(micros(ns)) * 1000)).toBe(ns);
    for (const ns of [81_440_812_965_001, 360_000_000_000_999, 60_000_000_000_000]) {
      expect(Math.trunc(Number(micros(ns)) * 1000)).toBe(ns);
    }
  });
});
