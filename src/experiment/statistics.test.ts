import { expect, test } from "vitest";
import type { Measured } from "../metrics/result.js";
import { interval } from "./statistics.js";

const cut = (atLeastMs: number): Measured => ({ censored: true, atLeastMs });

test("the 95 % interval leaves out 2.5 % on each side, and nothing of a few values", () => {
  const hundred = Array.from({ length: 100 }, (_, index) => (index * 37) % 100);
  expect(interval(hundred)).toEqual([2, 97]);
  expect(interval([7, 3, 5])).toEqual([3, 7]);
  expect(() => interval([])).toThrow(RangeError);
});

test("a value that the end of the run cut off lies beyond an equal one that it did not", () => {
  expect(interval([cut(5), 5, 1])).toEqual([1, cut(5)]);
  expect(interval([cut(9), 30])).toEqual([cut(9), 30]);
});
