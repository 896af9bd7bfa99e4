import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  formatBandwidth,
  formatBytes,
  formatDuration,
  formatRate,
  parseExact,
  parseQuantity,
  plainDecimal,
} from "./units.js";

const value = (text: unknown, ...rest: Parameters<typeof parseQuantity> extends [unknown, ...infer R] ? R : never) => {
  const parsed = parseQuantity(text, ...rest);
  return parsed.ok ? parsed.value : parsed.problem;
};

describe("reading quantities", () => {
  test.each([
    ["10s", 10e9],
    ["14.1s", 14_100_000_000],
    ["0.537us", 537],
    ["47µs", 47_000],
    ["100 ms", 100e6],
    ["5min", 300e9],
    ["2h", 7200e9],
    ["1d", 86_400e9],
    ["1e3ns", 1000],
    ["0s", 0],
  ])("duration %s", (text, ns) => expect(value(text, "duration")).toBe(ns));

  test.each([
    ["1kB", 1000],
    ["1KB", 1000],
    ["32KiB", 32_768],
    ["1mb", 1_048_576],
    ["4GiB", 4 * 1024 ** 3],
    ["90B", 90],
  ])("bytes %s", (text, bytes) => expect(value(text, "bytes")).toBe(bytes));

  test.each([
    ["64mb", 64 * 1024 ** 2],
    ["64MB", 64 * 1024 ** 2],
    ["64 m", 64 * 1024 ** 2],
    ["1g", 1024 ** 3],
    ["32kb", 32_768],
    ["100b", 100],
  ])("Flink's sizes are binary: %s", (text, bytes) => expect(value(text, "bytes", "flink")).toBe(bytes));

  test("rates, bandwidths, ratios", () => {
    expect(value("5000/s", "rate")).toBe(5000);
    expect(value("120/min", "rate")).toBe(2);
    expect(value("2/ms", "rate")).toBe(2000);
    expect(value("10Gbit/s", "bandwidth")).toBe(1e10);
    expect(value("1MB/s", "bandwidth")).toBe(8e6);
    expect(value("0.1%", "ratio")).toBe(0.001);
    expect(value(0.25, "ratio")).toBe(0.25);
    expect(value("0.25", "ratio")).toBe(0.25);
  });

  test("fractions of a nanosecond are kept only where asked", () => {
    expect(parseExact("0.5ns", "duration")).toEqual({ ok: true, value: 0.5 });
    expect(value("0.5ns", "duration")).toBe(1);
    expect(value("0.4ns", "duration")).toMatchObject({ expected: "at least 1ns, or 0s" });
  });

  test("a bare number is refused with a suggestion", () => {
    expect(value(10, "duration")).toMatchObject({ message: "the bare number 10 has no unit", nearest: "10s" });
    expect(value("10", "duration")).toMatchObject({ nearest: "10s" });
    expect(value(5000, "rate")).toMatchObject({ nearest: "5000/s" });
    expect(value(1000, "bytes")).toMatchObject({ nearest: "1000B" });
    expect(value(100, "duration", "flink", "ms")).toMatchObject({ nearest: "100ms" });
  });

  test("a wrong unit gets the nearest one", () => {
    expect(value("10sec", "duration")).toMatchObject({ nearest: "10s" });
    expect(value("10S", "duration")).toMatchObject({ nearest: "10s" });
    expect(value("10mins", "duration")).toMatchObject({ nearest: "10min" });
    expect(value("32kib", "bytes")).toMatchObject({ nearest: "32KiB" });
    expect(value("1Gbits", "bandwidth")).toMatchObject({ nearest: "1Gbit/s" });
  });

  test.each([["-5s"], ["abc"], [""], ["s"], ["1e400s"], ["200d"], [null], [{}], [[1]], [true], [Number.NaN]])(
    "refuses %j as a duration",
    (input) => expect(parseQuantity(input, "duration").ok).toBe(false),
  );
});

describe("what is written reads back", () => {
  const ns = fc.oneof(
    fc.nat({ max: Number.MAX_SAFE_INTEGER }),
    fc.nat({ max: 1e6 }),
    fc.nat({ max: 1e6 }).map((s) => s * 1e6),
  );
  test("durations, exactly", () => {
    fc.assert(
      fc.property(ns, (n) => {
        expect(value(formatDuration(n), "duration")).toBe(n);
      }),
    );
  });
  test("sizes, exactly, in both styles", () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 50 }), (n) => {
        expect(value(formatBytes(n), "bytes")).toBe(n);
        expect(value(formatBytes(n).toLowerCase(), "bytes", "flink")).toBe(n);
      }),
    );
  });
  test("rates and bandwidths", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1e15, noNaN: true }), fc.nat({ max: 2 ** 50 }), (rate, bits) => {
        expect(value(formatRate(rate), "rate")).toBe(rate);
        expect(value(formatBandwidth(bits), "bandwidth")).toBe(bits);
      }),
    );
  });
  test("plain decimals are the same number, without an exponent", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (x) => {
        expect(plainDecimal(x)).not.toContain("e");
        expect(Number(plainDecimal(x))).toBe(x === 0 ? 0 : x);
      }),
    );
  });
  test("no text makes it throw", () => {
    fc.assert(
      fc.property(
        fc.anything(),
        fc.constantFrom("duration", "bytes", "rate", "bandwidth", "ratio" as const),
        (x, dimension) => {
          const parsed = parseQuantity(x, dimension as "duration");
          if (parsed.ok) expect(parsed.value).toBeGreaterThanOrEqual(0);
          else expect(parsed.problem.message).not.toBe("");
        },
      ),
    );
  });
});
