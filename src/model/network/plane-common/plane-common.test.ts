import { describe, expect, it } from "vitest";
import { GapTracker } from "./gap-tracker.js";
import { BinnedLatency, bucketOf, bucketValue, LatencyHistogram } from "./latency-histogram.js";
import { loopOf } from "./pinning.js";
import { BIN_NS, TimelineBins } from "./timeline-bins.js";

describe("GapTracker", () => {
  it("takes the longest silence after the fault, clipped there and at the end", () => {
    const gaps = new GapTracker(Int32Array.of(7, 8, 9), 1000);
    for (const t of [100, 900, 1300, 1400]) gaps.output(0, t);
    gaps.output(1, 5000);
    gaps.finish(6000);
    expect([...gaps.gapNs]).toEqual([4600, 4000, 5000]);
    expect([...gaps.gapStartNs]).toEqual([1400, 1000, 1000]);
  });
});

describe("LatencyHistogram", () => {
  it("keeps every value within 0.4 %, in order", () => {
    let previous = -1;
    for (let ns = 1; ns < 2 ** 52; ns = Math.ceil(ns * 1.003)) {
      const bucket = bucketOf(ns);
      expect(bucket).toBeGreaterThanOrEqual(previous);
      previous = bucket;
      expect(Math.abs(bucketValue(bucket) / ns - 1)).toBeLessThan(0.004);
    }
  });

  it("gives quantiles by rank", () => {
    const histogram = new LatencyHistogram();
    for (let i = 1; i <= 1000; i++) histogram.add(i * 1e6);
    expect(histogram.quantile(0.5) / 500e6).toBeCloseTo(1, 2);
    expect(histogram.quantile(0.99) / 990e6).toBeCloseTo(1, 2);
    expect(histogram.quantile(1)).toBeLessThanOrEqual(1000e6);
    expect(histogram.maxNs).toBe(1000e6);
  });

  it("separates bins, also for samples that come late", () => {
    const binned = new BinnedLatency(50, BIN_NS);
    binned.add(0, 100);
    binned.add(3 * BIN_NS, 300);
    binned.add(10, 100);
    binned.add(49 * BIN_NS, 500);
    binned.finish();
    expect(binned.p50Ns[0]).toBe(100);
    expect(binned.p99Ns[3]! / 300).toBeCloseTo(1, 2);
    expect(binned.p50Ns[49]! / 500).toBeCloseTo(1, 2);
    expect(binned.p50Ns[1]).toBeNaN();
  });
});

describe("BinnedLatency", () => {
  it("gives each of many bins the quantiles of its own samples, also with rows used again", () => {
    const bins = 3 * BinnedLatency.OPEN;
    const binned = new BinnedLatency(bins, BIN_NS);
    const alone = Array.from({ length: bins }, () => new LatencyHistogram());
    for (let i = 0; i < 20_000; i++) {
      // Five decades, and always some samples that come a few bins late.
      const bin = Math.max(0, Math.floor((i * bins) / 20_000) - (i % 7));
      const latencyNs = 10 ** (3 + ((i * 7919) % 5000) / 1000);
      binned.add(bin * BIN_NS, latencyNs, 1 + (i % 3));
      alone[bin]!.add(latencyNs, 1 + (i % 3));
    }
    binned.finish();
    for (const [bin, histogram] of alone.entries()) {
      if (histogram.total === 0) continue;
      for (const [column, q] of [
        [binned.p50Ns, 0.5],
        [binned.p99Ns, 0.99],
      ] as const) {
        expect(column[bin]).toBe(bucketValue(bucketOf(column[bin]!)));
        expect(Math.min(column[bin]!, histogram.maxNs)).toBe(histogram.quantile(q));
      }
    }
    expect(alone.filter(({ total }) => total > 0).length).toBeGreaterThan(80);
  });
});

describe("TimelineBins", () => {
  it("counts inside the run only", () => {
    const timeline = new TimelineBins(250_000_000);
    timeline.add(timeline.emitted, -1);
    timeline.add(timeline.emitted, 0);
    timeline.add(timeline.emitted, 299_999_999, 2);
    timeline.add(timeline.emitted, 300_000_000);
    expect([...timeline.emitted]).toEqual([1, 0, 2]);
  });
});

describe("loopOf", () => {
  it("spreads peers evenly over the loops", () => {
    const counts = new Int32Array(4);
    for (let peer = 0; peer < 1000; peer++) counts[loopOf(17, peer, 0, 4, true)]!++;
    expect([...counts]).toEqual([250, 250, 250, 250]);
    expect(loopOf(17, 3, 1, 4, true)).not.toBe(loopOf(17, 3, 0, 4, true));
    expect(loopOf(17, 3, 1, 4, false)).toBe(loopOf(17, 3, 0, 4, false));
  });
});
