import { describe, expect, it } from "vitest";
import { createLumpedEventPlane } from "./event-plane.js";
import { createLumpedPlane } from "./index.js";
import { drive, type Kill } from "./testing/drive.js";
import { joinJob } from "./testing/job.js";

const kill = (mode: Kill["mode"], atNs: number): Kill => ({
  atNs,
  taskManager: 1,
  mode,
  noticeNs: 13_000_000,
  outageNs: 2_345_678_901,
  connectNs: 320_000_000,
});

describe("windowed and event-by-event planes give the same bits", () => {
  it.each([
    { slots: 8, kills: [] as Kill[] },
    { slots: 8, kills: [kill("discard", 2_950_000_000)] },
    { slots: 8, kills: [kill("hold", 3_000_000_000)] },
    { slots: 40, kills: [kill("discard", 3_012_345_678), { ...kill("discard", 4_100_000_000), taskManager: 4 }] },
    { slots: 40, kills: [kill("global", 3_012_345_678)] },
    { slots: 100, kills: [kill("discard", 2_512_345_678)] },
    { slots: 100, kills: [kill("global", 2_512_345_678)] },
    // Step by step every source that has rows is visited the slow way, in windows those that only hold are not.
    { slots: 16, kills: [kill("hold", 2_512_345_678)] },
  ])("$slots slots, $kills", ({ slots, kills }) => {
    const config = joinJob({ slots, durationNs: 9e9, ratePerSource: 2000 });
    const windowed = drive(config, createLumpedPlane, kills);
    const events = drive(config, createLumpedEventPlane, kills);
    expect(events.sim.eventsHandled).toBeGreaterThan(windowed.sim.eventsHandled + windowed.result.logicalEvents / 4);
    expect(events.result).toEqual(windowed.result);
    expect(events.consumed).toBe(windowed.consumed);
    expect(windowed.result.violations).toEqual([]);
  });
});
