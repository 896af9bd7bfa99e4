/** Every invariant that the plane watches, broken on purpose; and what its threads do with mails and silence. */
import { describe, expect, it } from "vitest";
import { createExactPlane } from "./index.js";
import { Driver, type DriverOptions } from "./testing/driver.js";
import { constant, joinJob, MS, SECOND } from "./testing/small-job.js";
import type { World } from "./world.js";

function driver(options: DriverOptions = {}): Driver {
  return new Driver(joinJob(8, 300, { durationNs: 4 * SECOND }), createExactPlane, options);
}

/** The plane's own columns, to be tampered with. */
function world(of: Driver): World {
  return (of.plane as unknown as { world: World }).world;
}

function names(of: Driver): string[] {
  return of.run().violations.map((violation) => violation.name);
}

describe("an invariant broken on purpose is named", () => {
  it("no event of a dead attempt", () => {
    const broken = driver();
    broken.at(1 * SECOND, () => {
      broken.sim.cancel = () => false;
      broken.killTaskManager(1);
    });
    expect(names(broken)).toContain("dead-attempt-event");
  });

  it("one live view", () => {
    const broken = driver();
    broken.at(1 * SECOND, () => broken.plane.registerView(0, 0, 16 + 5));
    expect(names(broken)).toContain("one-live-view");
  });

  it("order of views in a channel", () => {
    const broken = driver();
    broken.at(1 * SECOND, () => world(broken).channels.lastView.fill(7));
    expect(names(broken)).toContain("channel-order");
  });

  it("credits", () => {
    const broken = driver();
    broken.at(1 * SECOND, () => {
      world(broken).channels.credit[5]!++;
    });
    expect(names(broken)).toEqual(["credits-conserved"]);
  });

  it("buffers return to their pool", () => {
    const broken = driver();
    broken.at(1 * SECOND, () => {
      world(broken).outputs.poolFree[3]!--;
    });
    expect(names(broken)).toEqual(["buffers-returned"]);
  });

  it("the ledger of records", () => {
    const broken = driver();
    broken.at(1 * SECOND, () => {
      world(broken).ledger.delivered++;
    });
    expect(names(broken)).toEqual(["record-ledger"]);
  });

  it("the ledger of matches", () => {
    const broken = driver();
    broken.at(1 * SECOND, () => {
      world(broken).ledger.matchesExpected++;
    });
    expect(names(broken)).toEqual(["match-ledger"]);
  });

  it("records start on a boundary", () => {
    const broken = new Driver(
      joinJob(8, 2000, { durationNs: 2 * SECOND, engine: { segmentBytes: 2500 } }),
      createExactPlane,
    );
    broken.at(1 * SECOND, () => world(broken).channels.half.fill(-1));
    expect(names(broken)).toContain("record-boundary");
  });
});

describe("power loss", () => {
  const silent = driver();
  silent.at(1 * SECOND, () => silent.silence(1, 1.5 * SECOND));
  const result = silent.run();

  it("lets senders go on until their credits are used up, then hold", () => {
    expect(result.violations).toEqual([]);
    const { lost } = result.records;
    expect(lost.discardedAtSender + lost.queuedAtSender).toBe(0);
    // Two exclusive buffers per channel, one flush each, for 8 live sources × 4 dead joiners; dead sources read again.
    const perFlush = 8 * 300 * 0.5 * 0.1;
    expect(lost.lostInFlight).toBeGreaterThan(1.2 * perFlush);
    expect(lost.lostInFlight).toBeLessThan(3.5 * perFlush);
    // What was held arrives as soon as there is a view: the deepest latency is the outage's.
    expect(result.latencyNs.max).toBeGreaterThan(1.2 * SECOND);
  });
});

describe("mails", () => {
  it("of an idle thread run at once", () => {
    const job = new Driver(joinJob(4, 1, { durationNs: 2 * SECOND }), createExactPlane);
    job.at(1 * SECOND, () => {
      const idle = 8;
      expect(job.plane.runMail(idle, 1 * SECOND + 5, 100)).toBe(1 * SECOND + 105);
      expect(job.plane.runMail(idle, 1 * SECOND, 50)).toBeGreaterThanOrEqual(1 * SECOND + 150);
    });
    job.run();
  });

  it("of a busy source run after the record in hand and before the next", () => {
    const job = new Driver(joinJob(4, 9000, { durationNs: 2 * SECOND }), createExactPlane);
    let doneNs = 0;
    let before = 0;
    job.at(1 * SECOND, () => {
      before = world(job).arrivals.logs[0]!.position;
      doneNs = job.plane.runMail(0, 1 * SECOND, 20 * MS);
    });
    // 90 % busy: nearly always in the middle of a record of 100 µs.
    job.at(1 * SECOND + 20 * MS, () => expect(world(job).arrivals.logs[0]!.position - before).toBeLessThanOrEqual(1));
    const result = job.run();
    expect(doneNs).toBeGreaterThanOrEqual(1 * SECOND + 20 * MS);
    expect(doneNs).toBeLessThanOrEqual(1 * SECOND + 20 * MS + 100_000);
    expect(result.violations).toEqual([]);
  });

  it("of a busy join delay its matches, and lose none", () => {
    const run = (costNs: number) => {
      const job = new Driver(
        joinJob(4, 2000, { durationNs: 3 * SECOND }, { serviceTime: constant(150_000) }),
        createExactPlane,
      );
      job.at(1 * SECOND, () => {
        for (let task = 8; task < 12; task++) job.plane.runMail(task, 1 * SECOND, costNs);
      });
      return job.run();
    };
    const free = run(0);
    const delayed = run(200 * MS);
    expect(delayed.violations).toEqual([]);
    expect(delayed.matches.emitted + delayed.matches.pending).toBe(free.matches.emitted + free.matches.pending);
    expect(delayed.latencyNs.max).toBeGreaterThan(free.latencyNs.max + 100 * MS);
  });
});
