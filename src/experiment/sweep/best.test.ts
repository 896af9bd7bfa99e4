import { expect, test } from "vitest";
import type { Measured } from "../../metrics/result.js";
import { parseConstraint, parseMeasure } from "../../scenario/index.js";
import { best, keeps } from "./best.js";
import { spread } from "./spread.js";

const candidate = (name: string, recovery: readonly Measured[], lost: readonly number[]) => ({
  name,
  spreads: new Map([
    ["recoveryTimeMs", spread(recovery)],
    ["records.lostTotal", spread(lost)],
  ]),
});
const measure = (text: string) => {
  const read = parseMeasure(text);
  if (!read.ok) throw new Error(read.problem.message);
  return read.value;
};
const bound = (text: string) => {
  const read = parseConstraint(text);
  if (!read.ok) throw new Error(read.problem.message);
  return read.value;
};

const slow = candidate("slow", [40_000, 41_000, 42_000], [10, 11, 12]);
const fast = candidate("fast", [4_000, 5_000, 6_000], [500, 510, 520]);
const middle = candidate("middle", [8_000, 9_000, 12_000], [50, 51, 52]);
const least = { goal: "minimise", ...measure("lostTotal") } as const;

test("the best is the least of the objective among those that keep the constraints", () => {
  expect(best([slow, fast, middle], least, [])?.name).toBe("slow");
  expect(best([slow, fast, middle], least, [bound("recoveryTimeMs.max < 20s")])?.name).toBe("middle");
  expect(best([slow, fast, middle], least, [bound("recoveryTimeMs.p99 < 10s")])?.name).toBe("fast");
  expect(best([slow, fast, middle], least, [bound("recoveryTimeMs < 1s")])).toBeNull();
  expect(best([slow, fast, middle], { ...least, goal: "maximise" }, [])?.name).toBe("fast");
});

test("the first of equal ones wins", () => {
  expect(
    best(
      [
        { ...slow, name: "a" },
        { ...slow, name: "b" },
      ],
      least,
      [],
    )?.name,
  ).toBe("a");
});

test("bounds compare as they are written", () => {
  expect(keeps(fast, bound("recoveryTimeMs.max <= 6s"))).toBe(true);
  expect(keeps(fast, bound("recoveryTimeMs.max < 6s"))).toBe(false);
  expect(keeps(fast, bound("recoveryTimeMs.min >= 4s"))).toBe(true);
  expect(keeps(fast, bound("recoveryTimeMs.min > 4s"))).toBe(false);
});

test("what is only known from below keeps no upper bound and wins no minimum", () => {
  const cut = candidate("cut", [1_000, { censored: true, atLeastMs: 2_000 }], [1, 1]);
  expect(keeps(cut, bound("recoveryTimeMs.p99 < 10s"))).toBe(false);
  expect(keeps(cut, bound("recoveryTimeMs.max > 1s"))).toBe(true);
  const quickest = { goal: "minimise", ...measure("recoveryTimeMs") } as const;
  expect(best([slow, cut], quickest, [])?.name).toBe("slow");
});
