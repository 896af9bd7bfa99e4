import { describe, expect, it } from "vitest";
import type { PlaneResult } from "../data-plane.js";
import { HOPS } from "./checks.js";
import { createExactPlane } from "./index.js";
import { Driver, type DriverOptions } from "./testing/driver.js";
import { config, constant, hash, joinJob, MS, SECOND, vertex } from "./testing/small-job.js";

function lostTotal(result: PlaneResult): number {
  return Object.values(result.records.lost).reduce((sum, n) => sum + n, 0);
}

function missedTotal(result: PlaneResult): number {
  return Object.values(result.matches.missed).reduce((sum, n) => sum + n, 0);
}

function balances(result: PlaneResult): void {
  expect(result.violations).toEqual([]);
  const { records, matches } = result;
  expect(records.produced).toBe(records.delivered + lostTotal(result) + records.inFlight);
  expect(matches.expected).toBe(matches.emitted + missedTotal(result) + matches.pending);
}

function killRun(options: DriverOptions & { seed?: string; durationNs?: number } = {}, task = -1): PlaneResult {
  const driver = new Driver(
    joinJob(8, 500, { durationNs: options.durationNs ?? 14 * SECOND, seed: options.seed ?? "1" }),
    createExactPlane,
    { measureFromNs: 3 * SECOND, ...options },
  );
  driver.at(3 * SECOND, () => (task < 0 ? driver.killTaskManager(1) : driver.failTask(task)));
  return driver.run();
}

describe("exact plane, healthy", () => {
  const result = new Driver(joinJob(8, 500, { durationNs: 8 * SECOND }), createExactPlane).run();

  it("delivers every record and emits every match whose partners meet", () => {
    balances(result);
    expect(lostTotal(result)).toBe(0);
    expect(result.records.duplicated).toBe(0);
    expect(Math.abs(result.records.produced / (8 * 16 * 500) - 1)).toBeLessThan(4 / Math.sqrt(8 * 16 * 500));
    // 0.9 of the records of the slower input have a partner; only partners a whole window late are missed.
    expect(Math.abs(result.matches.expected / (8 * 8 * 500 * 0.9) - 1)).toBeLessThan(0.03);
    expect(missedTotal(result)).toBe(result.matches.missed.late);
    expect(result.matches.missed.late / result.matches.expected).toBeLessThan(0.001);
  });

  it("takes as latency the flush wait of the last partner", () => {
    // A uniform wait of 0–100 ms for the flusher, less where a full segment leaves at once.
    expect(result.latencyNs.p50).toBeGreaterThan(35 * MS);
    expect(result.latencyNs.p50).toBeLessThan(60 * MS);
    expect(result.latencyNs.p99).toBeLessThan(110 * MS);
    expect(result.gapNs.every((gap) => gap < 100 * MS)).toBe(true);
  });

  it("counts the timeline as the ledgers do", () => {
    const sum = (bins: Float64Array): number => bins.reduce((total, n) => total + n, 0);
    expect(sum(result.bins.produced)).toBe(result.records.produced);
    expect(sum(result.bins.emitted)).toBe(result.matches.emitted);
    expect(sum(result.bins.delivered)).toBe(result.records.delivered);
    const last = result.bins.backlogLog.length - 1;
    expect(result.bins.backlogLog[last]! + result.bins.backlogNetwork[last]!).toBe(result.records.inFlight);
  });
});

describe("exact plane, a TaskManager killed", () => {
  const result = killRun();

  it("balances both ledgers, term by term", () => balances(result));

  it("loses what model.md §5 says, in its size", () => {
    const { lost } = result.records;
    // Half of the records of 8 live sources, 1000 records/s on live subtasks' way to dead joiners, for 5 s.
    const towardsDead = 8 * 500 * 0.5;
    expect(lost.discardedAtSender).toBeGreaterThan(towardsDead * 4.9);
    expect(lost.discardedAtSender).toBeLessThan(towardsDead * 5.1);
    // Half a flush interval waits at the senders on average.
    expect(lost.queuedAtSender).toBeGreaterThan(towardsDead * 0.03);
    expect(lost.queuedAtSender).toBeLessThan(towardsDead * 0.08);
    expect(lost.lostInFlight).toBeLessThan(towardsDead * 0.01);
    expect(lost.stateLost).toBeGreaterThan(0);
    // Sources read again from the committed offset: nothing is passed over, and what stood twice counts once.
    expect(lost.skippedAtSource).toBe(0);
    expect(result.records.duplicated).toBeGreaterThan(0);
  });

  it("silences the dead joiners for the outage, and nobody else", () => {
    const dead = [...result.gapNs].filter((gap) => gap > 4.9 * SECOND);
    expect(dead.length).toBe(4);
    expect([...result.gapNs].filter((gap) => gap < 0.3 * SECOND).length).toBe(4);
  });

  it("draws the same arrivals with and without the fault", () => {
    const twin = new Driver(joinJob(8, 500, { durationNs: 14 * SECOND, seed: "1" }), createExactPlane).run();
    expect(twin.exogenousHash).toBe(result.exogenousHash);
    expect(twin.matches.expected).toBe(result.matches.expected);
    expect(twin.records.produced).toBe(result.records.produced);
    expect(killRun({ seed: "2" }).exogenousHash).not.toBe(result.exogenousHash);
  });

  it("gives the same result twice", () => {
    expect(JSON.stringify(killRun())).toBe(JSON.stringify(result));
  });
});

describe("exact plane, one task failed", () => {
  it("of the join: its state and gate are lost, its TaskManager's sources live", () => {
    const result = killRun({}, 16 + 2);
    balances(result);
    expect(result.records.lost.unflushedOutput).toBe(0);
    // 1000 records/s for 3 s: one in ten has no partner, and the first of two waits 1 s for the other on average.
    const unmatched = 1000 * (0.1 * 3 + 0.45 * (1 - Math.exp(-3)));
    expect(Math.abs(result.records.lost.stateLost / unmatched - 1)).toBeLessThan(0.12);
    expect([...result.gapNs].filter((gap) => gap > 4.9 * SECOND).length).toBe(1);
  });

  it("a source that resumes at the log's end passes over what it missed", () => {
    const model = joinJob(8, 500, { durationNs: 10 * SECOND });
    const latest = config({
      ...model,
      vertices: model.vertices.map((v) => ({ ...v, resume: "latest" as const })),
      durationNs: 10 * SECOND,
    });
    const driver = new Driver(latest, createExactPlane);
    driver.at(3 * SECOND, () => driver.failTask(3));
    const result = driver.run();
    balances(result);
    expect(Math.abs(result.records.lost.skippedAtSource / 2500 - 1)).toBeLessThan(0.08);
    expect(result.records.duplicated).toBe(0);
    // Half a flush interval of its output was still in its queues.
    expect(result.records.lost.unflushedOutput).toBeGreaterThan(0);
    expect(result.records.lost.unflushedOutput).toBeLessThan(50);
  });
});

describe("checks of the exact plane", () => {
  it.each(HOPS)("name the hop where a record leaks: %s", (hop) => {
    const driver = new Driver(joinJob(8, 500, { durationNs: 3 * SECOND }), createExactPlane, {
      leak: { hop, at: 1000 },
    });
    const names = driver.run().violations.map((violation) => violation.name);
    expect(names).toContain(`hop-${hop}`);
    expect(names.filter((name) => name.startsWith("hop-"))).toEqual([`hop-${hop}`]);
    expect(names.some((name) => name === "record-ledger" || name === "match-ledger" || hop === "state")).toBe(true);
  });

  it("catch a half record that is kept across attempts", () => {
    const model = joinJob(8, 2000, {
      durationNs: 6 * SECOND,
      engine: { segmentBytes: 2500 },
      strategy: { clearHalfRecord: false },
    });
    const driver = new Driver(model, createExactPlane, { restartNs: 500 * MS });
    driver.at(2 * SECOND, () => driver.killTaskManager(0));
    const { violations } = driver.run();
    expect(violations.map((violation) => violation.name)).toContain("two-attempts");
    const cleared = new Driver(
      joinJob(8, 2000, { durationNs: 6 * SECOND, engine: { segmentBytes: 2500 } }),
      createExactPlane,
      { restartNs: 500 * MS },
    );
    cleared.at(2 * SECOND, () => cleared.killTaskManager(0));
    const result = cleared.run();
    balances(result);
  });

  it("find a half record among those of a dead producer", () => {
    const model = joinJob(8, 2000, { durationNs: 4 * SECOND, engine: { segmentBytes: 2500 } });
    const latest = config({
      ...model,
      vertices: model.vertices.map((v) => ({ ...v, resume: "latest" as const })),
      durationNs: 4 * SECOND,
      engine: { segmentBytes: 2500 },
    });
    const driver = new Driver(latest, createExactPlane, { restartNs: Number.POSITIVE_INFINITY });
    driver.at(2 * SECOND, () => driver.failTask(0));
    const result = driver.run();
    balances(result);
    expect(result.records.lost.partialRecords).toBeGreaterThan(0);
    expect(result.records.lost.partialRecords).toBeLessThanOrEqual(8);
    expect(driver.consumed.length).toBe(8);
  });
});

describe("an UnavailableEvent", () => {
  it("is never consumed by a stuck channel, and consumed once by the others", () => {
    const driver = new Driver(joinJob(4, 200, { durationNs: 3 * SECOND }), createExactPlane, {
      restartNs: Number.POSITIVE_INFINITY,
    });
    driver.at(1 * SECOND, () => {
      driver.plane.attemptEnded(0, "failed");
      driver.plane.appendUnavailable(0, 0, 8, true);
      driver.plane.appendUnavailable(0, 0, 9, false);
    });
    balances(driver.run());
    expect(driver.consumed).toEqual(["0:0>9"]);
  });
});

describe("graphs", () => {
  it("refuse joins without real partners", () => {
    const sources = [vertex("a", "source", 2, { ratePerSecond: 10 }), vertex("b", "source", 2, { ratePerSecond: 10 })];
    const join = vertex("j", "join", 2, { windowNs: SECOND, matchProbability: 1, sink: true });
    const twice = config({ vertices: [...sources, join], edges: [hash(0, 2), hash(0, 2)] });
    expect(() => new Driver(twice, createExactPlane)).toThrow("feeds two inputs");
    const inner = { ...join, id: "i", sink: false };
    const nested = config({
      vertices: [...sources, inner, vertex("c", "source", 2, { ratePerSecond: 10 }), join],
      edges: [hash(0, 2), hash(1, 2), hash(2, 4), hash(3, 4)],
    });
    expect(() => new Driver(nested, createExactPlane)).toThrow("comes from i");
  });

  it("pass a filter's survivors on, and expect only those", () => {
    const model = config({
      durationNs: 5 * SECOND,
      vertices: [
        vertex("s", "source", 4, { ratePerSecond: 4000 }),
        vertex("f", "operator", 8, { selectivity: 0.25, serviceTime: constant(20_000) }),
        vertex("o", "sink", 8, { sink: true, serviceTime: constant(20_000) }),
      ],
      edges: [{ ...hash(0, 1), partitioning: "rebalance" }, hash(1, 2)],
    });
    const result = new Driver(model, createExactPlane).run();
    balances(result);
    expect(Math.abs(result.matches.expected / 5000 - 1)).toBeLessThan(0.06);
    expect(result.records.produced).toBe(result.records.delivered + result.records.inFlight);
  });
});
