/** Everything that the lumped plane checks about itself, broken on purpose, and a record leaked at each of its hops. */
import { expect, it } from "vitest";
import { PLANE_CHECKS } from "../plane-checks.js";
import { createLumpedPlane } from "./index.js";
import type { PlaneParts } from "./plane-parts.js";
import { COUNT_0, WORDS } from "./quanta.js";
import { drive } from "./testing/drive.js";
import { joinJob } from "./testing/job.js";

/** Runs a healthy job, or one that its sources overload, and spoils something in the middle. */
function broken(spoil: (parts: PlaneParts) => void, ratePerSource = 1000, linkLatencyNs = 100_000): string[] {
  let spoilt = false;
  const config = joinJob({ slots: 8, durationNs: 4e9, ratePerSource });
  const { result } = drive(
    { ...config, cluster: { ...config.cluster, linkLatencyNs } },
    createLumpedPlane,
    [],
    (plane, sim) => {
      const kind = sim.defineKind("spoil", 255, () => {
        spoil(plane as unknown as PlaneParts);
        spoilt = true;
      });
      sim.schedule(2e9 + 30e6, kind, 0);
    },
  );
  expect(spoilt).toBe(true);
  for (const { name, count, first } of result.violations) {
    expect(PLANE_CHECKS.filter(({ planes }) => planes.includes("quanta")).map((check) => check.name)).toContain(name);
    expect(count).toBeGreaterThan(0);
    expect(first.length).toBeGreaterThan(10);
  }
  return result.violations.map(({ name }) => name);
}

it("a record counted as delivered that was not", () => {
  expect(
    broken(({ ledger }) => {
      (ledger as { delivered: number }).delivered++;
    }),
  ).toEqual(["record-ledger"]);
});

it("a match counted as emitted that was not", () => {
  expect(
    broken(({ books }) => {
      const { emittedIn } = books[0]!;
      emittedIn[5] = emittedIn[5]! + 1;
    }),
  ).toEqual(["match-ledger"]);
});

it("a record that was sent and reached no hop", () => {
  expect(
    broken(({ sources }) => {
      (sources as { sent: number }).sent++;
    }),
  ).toEqual(["hop-wire"]);
});

it("a record that vanishes on the wire or at a client loop", () => {
  // A long way, so that something is on it.
  const names = broken(
    ({ state }) => {
      const { words, next } = state.pool;
      const heads = [
        ...state.arrivalTop.subarray(0, state.taskManagers),
        ...state.stagedHead.subarray(0, state.taskManagers * state.lanes),
      ];
      const onTheWay: number[] = [];
      state.later.each((q) => void onTheWay.push(q));
      for (const head of heads) for (let q = head; q >= 0; q = next[q]!) onTheWay.push(q);
      for (const q of onTheWay) {
        if (words[q * WORDS + COUNT_0] === 0) continue;
        words[q * WORDS + COUNT_0]!--;
        return;
      }
      throw new Error("nothing is on the way");
    },
    1000,
    300e6,
  );
  expect(names).toContain("hop-wire");
  expect(names).not.toContain("hop-gate");
  expect(names).toContain("record-ledger");
});

it("a record that vanishes in a gate", () => {
  // Overloaded, so that something waits there.
  const names = broken(({ state }) => {
    let gone = false;
    const { words } = state.gates;
    state.gates.each((entry) => {
      if (gone || words[entry * WORDS + COUNT_0] === 0) return;
      words[entry * WORDS + COUNT_0]!--;
      gone = true;
    });
    if (!gone) throw new Error("nothing waits in a gate");
  }, 40_000);
  expect(names).toContain("hop-gate");
  expect(names).not.toContain("hop-wire");
  expect(names).toContain("record-ledger");
});

it("a record that a sender counts as held and does not hold", () => {
  expect(
    broken(({ state, sources }) => {
      state.held[0] = state.held[0]! + 1;
      (sources as { sent: number }).sent++;
    }),
  ).toEqual(["hop-subpartition"]);
});

it("members of matches whose record is nowhere under way", () => {
  const names = broken(({ books }) => {
    // Members of a bin in the middle are put back to where they were before their records arrived.
    const book = books[0] as unknown as {
      classes: { cells: { counts: Int32Array; base(bin: number, k: number): number } }[];
    };
    const { cells } = book.classes[0]!;
    const base = cells.base(8, 0);
    cells.counts[base] = cells.counts[base]! + 500;
  });
  expect(names).toContain("matches-follow-records");
  expect(names).toContain("match-ledger");
});

it("a pending match that waits for no record", () => {
  const names = broken(({ books }) => {
    const book = books[0] as unknown as { settleAtEnd(...args: unknown[]): number };
    const settle = book.settleAtEnd;
    book.settleAtEnd = (...args) => {
      settle.apply(book, args);
      const { cells } = (
        books[0] as unknown as { classes: { cells: { counts: Int32Array; base(bin: number, k: number): number } }[] }
      ).classes[0]!;
      const base = cells.base(8, 0);
      cells.counts[base] = cells.counts[base]! + 3;
      return 0;
    };
  });
  expect(names).toContain("pending-matches");
  expect(names).not.toContain("matches-follow-records");
});
