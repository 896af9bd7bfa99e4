import { describe, expect, it } from "vitest";
import { syntheticResult } from "../experiment/testing/synthetic-result.js";
import type { RunResult, TraceEvent } from "../metrics/result.js";
import { traceChunks, trackNames } from "./trace.js";

interface Entry {
  readonly ph: string;
  readonly name: string;
  readonly ts: number;
  readonly dur: number;
  readonly pid: number;
  readonly tid: number;
  readonly id: number;
  readonly args: { readonly name: string; readonly value: number };
}

function parsed(run: RunResult): Entry[] {
  return (JSON.parse([...traceChunks(run)].join("")) as { traceEvents: Entry[] }).traceEvents;
}

const run = syntheticResult("global restart", { parallelism: 8, durationMs: 120_000, trace: true });

describe("trace.json", () => {
  it("has a slice per event, with its times in microseconds", () => {
    const slices = parsed(run).filter((entry) => entry.ph === "X");
    expect(slices).toHaveLength(run.trace?.length as number);
    const deploy = run.trace?.find((event) => event.phase === "deploy") as TraceEvent;
    const slice = slices.find((entry) => entry.name === deploy.label) as Entry;
    expect(slice.ts).toBeCloseTo(deploy.startNs / 1000, 3);
    expect(slice.dur).toBeCloseTo((deploy.endNs - deploy.startNs) / 1000, 3);
  });

  it("has an arrow from each cause to its effect, on tracks that are named", () => {
    const entries = parsed(run);
    const starts = entries.filter((entry) => entry.ph === "s");
    const ends = entries.filter((entry) => entry.ph === "f");
    const caused = (run.trace ?? []).filter((event) => event.cause >= 0);
    expect(starts.map((entry) => entry.id).sort()).toEqual(caused.map((event) => event.id).sort());
    expect(ends).toHaveLength(starts.length);
    for (const start of starts) {
      const end = ends.find((entry) => entry.id === start.id) as Entry;
      expect(end.ts).toBeGreaterThanOrEqual(start.ts);
      for (const arrow of [start, end]) {
        const holder = entries.find(
          (entry) =>
            entry.ph === "X" &&
            entry.pid === arrow.pid &&
            entry.tid === arrow.tid &&
            entry.ts <= arrow.ts &&
            arrow.ts <= entry.ts + entry.dur,
        );
        expect(holder).toBeDefined();
      }
    }
    const threads = new Set(entries.filter((entry) => entry.ph === "X").map((entry) => `${entry.pid}/${entry.tid}`));
    const named = entries.filter((entry) => entry.name === "thread_name").map((entry) => `${entry.pid}/${entry.tid}`);
    expect(new Set(named)).toEqual(threads);
  });

  it("counts backlog, discards and the JobManager's queue", () => {
    const counters = parsed(run).filter((entry) => entry.ph === "C");
    const peak = Math.max(
      ...counters.filter((entry) => entry.name.startsWith("backlog in the log")).map((entry) => entry.args.value),
    );
    expect(peak).toBe(run.timeline.backlogLogRecords.reduce((most, value) => Math.max(most, value), 0));
    expect(new Set(counters.map((entry) => entry.name)).size).toBe(5);
  });

  it("puts slices that cross each other on lanes of their own", () => {
    const event = (id: number, startNs: number, endNs: number): TraceEvent => ({
      id,
      cause: -1,
      startNs,
      endNs,
      thread: "TM 3 main",
      kind: "step",
      phase: null,
      label: `step ${id}`,
    });
    // 2 lies within 1; 3 crosses 1; 4 has no length; 5 follows.
    const crossing = {
      ...run,
      trace: [event(1, 0, 100), event(2, 10, 50), event(3, 60, 160), event(4, 70, 70), event(5, 200, 300)],
    };
    const slices = parsed(crossing).filter((entry) => entry.ph === "X");
    const lane = (id: number): number => slices.find((entry) => entry.name === `step ${id}`)?.tid as number;
    expect(lane(2)).toBe(lane(1));
    expect(lane(3)).not.toBe(lane(1));
    expect(lane(4)).toBe(lane(1));
    expect(lane(5)).toBe(lane(1));
    expect(slices.every((entry) => entry.dur > 0)).toBe(true);
  });

  it("is empty without --trace", () => {
    expect([...traceChunks({ ...run, trace: null })]).toEqual([]);
  });

  it("finds process and thread in a thread's name", () => {
    expect(trackNames("TM 17 netty-server 2")).toEqual({ process: "TaskManager 17", thread: "netty-server 2" });
    expect(trackNames("JobManager main")).toEqual({ process: "JobManager", thread: "main" });
    expect(trackNames("joiner (3) task")).toEqual({ process: "joiner tasks", thread: "joiner (3) task" });
    expect(trackNames("log")).toEqual({ process: "log", thread: "main" });
  });
});
