/** The model benchmark, small: every piece of work is done, counts are what they must be; seconds are never judged. */
import { expect, it } from "vitest";
import { speedChart } from "../../report/speed.js";
import { runModelBench, spread } from "./model-bench.js";

it("measures the healthy and the stalled job and whole commands", async () => {
  const result = await runModelBench({ rounds: 1, shorter: 4, sizes: [40, 80] });
  expect(result.works.map(({ work, slots }) => [work, slots])).toEqual([
    ["healthy, 40 slots", 40],
    ["healthy, 80 slots", 80],
    ["20 MB/s a source, healthy", 40],
    ["the same, stalled", 40],
  ]);
  for (const { work, nsPerQuantum, logicalEventsPerQuantum } of result.works) {
    expect(nsPerQuantum.samples, work).toBeGreaterThan(0);
    expect(nsPerQuantum.min, work).toBeLessThanOrEqual(nsPerQuantum.median);
    // A flush visit, and for each quantum: emitted, server done, client done, arrived, served. A local one has no client loop.
    expect(logicalEventsPerQuantum, work).toBeLessThan(6.01);
    if (!work.includes("stalled")) expect(logicalEventsPerQuantum, work).toBeGreaterThan(5.5);
  }
  expect(result.commands.map(({ command }) => command)).toEqual(["outgap run tiny-join.yaml --no-charts"]);
  expect(result.stalledToHealthy.samples).toBe(1);
  expect(result.stalledToHealthy.min).toBeGreaterThan(0);
  expect(result.table.length).toBe(1 + result.works.length + 1 + 1);
  const chart = speedChart(null, result, "light");
  expect(JSON.stringify(chart)).toContain("a quantum takes");
});

it("finds the middle of samples", () => {
  expect(spread([3, 1, 2])).toEqual({ samples: 3, min: 1, median: 2, max: 3 });
  expect(spread([4, 1, 2, 3])).toMatchObject({ median: 2.5 });
  expect(() => spread([])).toThrow(RangeError);
});
