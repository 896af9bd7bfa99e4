import { describe, expect, it } from "vitest";
import { createLumpedPlane } from "./index.js";
import { drive, type Kill } from "./testing/drive.js";
import { type JobOptions, joinJob } from "./testing/job.js";

const kill = (mode: Kill["mode"], atNs: number, taskManager = 1): Kill => ({
  atNs,
  taskManager,
  mode,
  noticeNs: 20e6,
  outageNs: 2.5e9,
  connectNs: 300e6,
});

describe("lumped plane", () => {
  it("loses nothing while nothing fails", () => {
    const { result } = drive(joinJob({ slots: 40, durationNs: 10e9, ratePerSource: 1000 }), createLumpedPlane, []);
    expect(result.violations).toEqual([]);
    expect(Object.values(result.records.lost).every((count) => count === 0)).toBe(true);
    expect(Object.values(result.matches.missed).every((count) => count === 0)).toBe(true);
    expect(result.records.duplicated).toBe(0);
    expect(result.records.inFlight).toBeLessThan(result.records.produced * 0.02);
  });

  const jobs: [string, JobOptions, Kill[]][] = [
    ["discard", { slots: 40 }, [kill("discard", 3e9)]],
    ["hold", { slots: 40 }, [kill("hold", 3e9)]],
    ["global", { slots: 40 }, [kill("global", 3e9)]],
    ["skipping", { slots: 12, resume: "latest" }, [kill("discard", 3e9)]],
    ["three inputs", { slots: 12, inputs: 3 }, [kill("discard", 3e9)]],
    ["pointwise", { slots: 12, partitioning: "forward" }, [kill("discard", 3e9)]],
    ["a second loss while the first recovers", { slots: 40 }, [kill("discard", 3e9), kill("hold", 4.1e9, 5)]],
    ["the same TaskManagers' consumers twice", { slots: 12 }, [kill("discard", 2.2e9), kill("discard", 6.5e9, 2)]],
  ];
  it.each(jobs)("balances both ledgers: %s", (_name, options, kills) => {
    const { result } = drive(joinJob({ durationNs: 12e9, ratePerSource: 1000, ...options }), createLumpedPlane, kills);
    expect(result.violations).toEqual([]);
    const { records, matches } = result;
    const sum = (counts: object): number =>
      Object.values(counts).reduce((total: number, count: number) => total + count, 0);
    for (const count of [
      ...Object.values(records.lost),
      ...Object.values(matches.missed),
      records.inFlight,
      matches.pending,
    ]) {
      expect(Number.isInteger(count) && count >= 0).toBe(true);
    }
    expect(records.delivered + sum(records.lost) + records.inFlight).toBe(records.produced);
    expect(matches.emitted + sum(matches.missed) + matches.pending).toBe(matches.expected);
  });

  it("draws the same exogenous input whatever fails", () => {
    const config = joinJob({ slots: 12, durationNs: 6e9, ratePerSource: 1000 });
    const quiet = drive(config, createLumpedPlane, []).result;
    const failing = drive(config, createLumpedPlane, [kill("global", 2e9)]).result;
    expect(failing.exogenousHash).toBe(quiet.exogenousHash);
    expect(failing.matches.expected).toBe(quiet.matches.expected);
    expect(drive({ ...config, seed: "2" }, createLumpedPlane, []).result.exogenousHash).not.toBe(quiet.exogenousHash);
  });

  it("names the hop at which a record was leaked", () => {
    const { result } = drive(
      joinJob({ slots: 8, durationNs: 4e9, ratePerSource: 1000 }),
      createLumpedPlane,
      [],
      (plane, sim) => {
        const leak = sim.defineKind("leak", 255, () => {
          (plane as unknown as { sources: { sent: number } }).sources.sent++;
        });
        sim.schedule(2e9, leak, 0);
      },
    );
    expect(result.violations.map((violation) => violation.name)).toEqual(["hop-wire"]);
  });

  it("refuses what it cannot lump", () => {
    const config = joinJob({ slots: 8 });
    const broadcast = {
      ...config,
      edges: config.edges.map((edge) => ({ ...edge, partitioning: "broadcast" as const })),
    };
    expect(() => drive(broadcast, createLumpedPlane, [])).toThrow(/needs resolution: exact/);
  });
});
