/** The benchmark itself, small: all installed engines do the same work; seconds are never judged. */
import { describe, expect, it } from "vitest";
import { agree, runKernelBench } from "./kernel-bench.js";

describe("kernel benchmark", () => {
  it("reaches the same simulated times on every installed engine, and reports each", async () => {
    const result = await runKernelBench({ rounds: 1, sizes: [300, 5_000], operationsPerSample: 20_000 });
    expect(result.engines.length + result.missing.length).toBe(3);
    expect(result.works.map((work) => work.work)).toEqual([
      "hold, 300 pending",
      "hold, 5,000 pending",
      "closed network",
    ]);
    for (const work of result.works) {
      expect(work.sameSimulatedTimes, work.work).toBe(true);
      expect(work.engines.map((figures) => figures.engine)).toEqual(result.engines.map((engine) => engine.name));
      // A count, the same on every machine: about 10 for a queue in its stride.
      expect(work.queueStepsPerOperation).toBeGreaterThan(1);
      expect(work.queueStepsPerOperation).toBeLessThan(16);
      for (const figures of work.engines) {
        expect(figures.minNs).toBeGreaterThan(0);
        expect(figures.minNs).toBeLessThanOrEqual(figures.medianNs);
        expect(figures.medianNs).toBeLessThanOrEqual(figures.maxNs);
      }
    }
    expect(result.table.length).toBe(1 + 3 * result.engines.length);
  });

  it("notices a different simulated time", () => {
    expect(
      agree([
        [1, 2, 3],
        [1, 2],
      ]),
    ).toBe(true);
    expect(
      agree([
        [1, 2, 3],
        [1, 4],
      ]),
    ).toBe(false);
  });
});
