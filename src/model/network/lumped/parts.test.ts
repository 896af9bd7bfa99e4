import { describe, expect, it } from "vitest";
import { poissonQuantile } from "../../../kernel/poisson.js";
import { keyGroupShares } from "../../topology/key-groups.js";
import type { TopologyEdge } from "../../topology/topology.js";
import { poissonTable } from "./arrivals.js";
import { ABSENT, HELD } from "./cell-columns.js";
import { combinations } from "./delay-atoms.js";
import { MatchCells } from "./match-cells.js";
import { QuantumPool, WORDS } from "./quanta.js";
import { Rereads } from "./rereads.js";
import { joinJob } from "./testing/job.js";
import { buildTurnTable } from "./turn-table.js";

describe("turn table", () => {
  const edge = (consumers: number, shares: Float64Array): TopologyEdge => ({
    index: 0,
    from: 0,
    to: 1,
    partitioning: "hash",
    producers: consumers,
    consumers,
    allToAll: true,
    shares,
  });
  const vertex = { ...joinJob({ slots: 100 }).vertices[2]!, parallelism: 100, maxParallelism: 256 };

  it("gives every consumer as many turns as it has key groups, evenly spread", () => {
    const turns = buildTurnTable(edge(100, keyGroupShares(100, 256, 0)), vertex, 0, 7);
    expect(turns.length).toBe(256);
    const places = new Map<number, number[]>();
    turns.forEach((consumer, at) => {
      places.set(consumer, [...(places.get(consumer) ?? []), at]);
    });
    expect(places.size).toBe(100);
    for (const at of places.values()) {
      expect([2, 3]).toContain(at.length);
      const even = turns.length / at.length;
      for (let i = 1; i < at.length; i++) expect(Math.abs(at[i]! - at[i - 1]! - even)).toBeLessThan(even * 0.25);
    }
  });

  it("follows skewed shares", () => {
    const shares = keyGroupShares(100, 256, 0.8);
    const turns = buildTurnTable(edge(100, shares), vertex, 0.8, 0);
    const counts = new Float64Array(100);
    for (const consumer of turns) counts[consumer] = counts[consumer]! + 1;
    for (const [consumer, count] of counts.entries())
      expect(Math.abs(count - shares[consumer]! * turns.length)).toBeLessThanOrEqual(1);
  });
});

describe("arrival table", () => {
  it.each([0.3, 20, 500, 70_000])("is the Poisson quantile at mean %d", (mean) => {
    const table = poissonTable(mean);
    for (let i = 0; i < 65_536; i += 4099) expect(table[i]).toBe(poissonQuantile(mean, (i + 0.5) / 65_536));
  });
});

describe("delay combinations", () => {
  it.each([2, 3])("weigh 1 for %d inputs, equally often with each first, and keep the mean delay", (inputs) => {
    const join = joinJob({ slots: 8, inputs }).vertices[inputs]!;
    const combos = combinations(join, inputs, 100e6);
    expect(combos.count).toBeLessThanOrEqual(64);
    expect(combos.weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 9);
    const first = new Float64Array(inputs);
    let mean = 0;
    for (let k = 0; k < combos.count; k++) {
      const v0 = combos.earliest[k]!;
      first[v0] = first[v0]! + combos.weights[k]!;
      const other = (v0 + 1) % inputs;
      mean += combos.weights[k]! * (combos.offsets[other * combos.count + k]! - combos.offsets[v0 * combos.count + k]!);
    }
    for (const share of first) expect(share).toBeCloseTo(1 / inputs, 9);
    expect(Math.abs(mean / 20 - 1)).toBeLessThan(inputs === 2 ? 0.03 : 0.15);
  });
});

describe("rereads", () => {
  it("cut anywhere, count the same originals", () => {
    const rereads = new Rereads(1);
    rereads.open(0);
    rereads.add(0, 100, 137, 11);
    rereads.add(0, 137, 190, 0);
    rereads.add(0, 190, 200, 10);
    const whole = rereads.originalsIn(0, 90, 230);
    expect(whole).toBe(10 + 11 + 0 + 10 + 30);
    for (let cut = 90; cut <= 230; cut++)
      expect(rereads.originalsIn(0, 90, cut) + rereads.originalsIn(0, cut, 230)).toBe(whole);
  });
});

describe("quantum pool", () => {
  it("grows without losing contents, and reuses what is released", () => {
    const pool = new QuantumPool();
    const taken = Array.from({ length: 5000 }, () => pool.take());
    taken.forEach((q, i) => {
      pool.words[q * WORDS] = i;
    });
    expect(new Set(taken).size).toBe(5000);
    taken.forEach((q, i) => {
      expect(pool.words[q * WORDS]).toBe(i);
    });
    for (const q of taken) pool.release(q);
    expect(pool.inUse).toBe(0);
    for (let i = 0; i < 5000; i++) expect(pool.take()).toBeLessThan(5000);
  });
});

describe("cells of matches", () => {
  it.each([2, 3])("lose all that waits when it expires, and nothing is passed over, with %d inputs", (inputs) => {
    const bins = 12;
    const combos = combinations(joinJob({ slots: 8, inputs }).vertices[inputs]!, inputs, 1e9);
    const cells = new MatchCells(inputs, combos, -combos.maxOffset - 1, bins);
    let missed = 0;
    const counter = {
      missed(_cause: number, _later: number, count: number): void {
        missed += count;
      },
      missedWithDead(): void {},
    };
    for (let anchor = 0; anchor < bins; anchor++)
      for (let k = 0; k < combos.count; k++) cells.add(anchor, k, 0, 7 + ((anchor * 5 + k * 3) % 11));
    const held = (v: number, bin: number): number => {
      let count = 0;
      for (let k = 0; k < combos.count; k++) {
        const base = cells.base(bin - combos.offsets[v * combos.count + k]!, k);
        if (base < 0) continue;
        for (let state = 0; state < cells.states; state++)
          if (state !== cells.full && cells.digit[v * cells.states + state] === HELD)
            count += cells.counts[base + state * cells.step]!;
      }
      return count;
    };
    for (let step = 0; step < 400; step++) {
      const v = step % inputs;
      const bin = (step * 7) % bins;
      cells.arrive(v, bin, step % 3 === 0 ? 1 : 0.4);
      for (let k = 0; k < combos.count; k++)
        for (let u = 0; u < inputs; u++) {
          const anchor = bin - combos.offsets[v * combos.count + k]!;
          if (u !== v) cells.wait(u, anchor + combos.offsets[u * combos.count + k]!, -cells.emittedOf[k]!);
        }
      if (step % 5 === 1) cells.miss((v + 1) % inputs, (bin + 3) % bins, 0.3, ABSENT, 0, 0, counter);
      if (step % 4 !== 3) continue;
      const waits = held(v, bin);
      const before = missed;
      cells.miss(v, bin, 1, HELD, 0, 0, counter);
      expect(missed - before).toBe(waits);
      expect(held(v, bin)).toBe(0);
    }
    expect(missed).toBeGreaterThan(0);
  });
});
