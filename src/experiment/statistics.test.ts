import { expect, test } from "vitest";
import type { Measured } from "../metrics/result.js";
import { interval, median } from "./statistics.js";

const cut = (atLeastMs: number): Measured => ({ censored: true, atLeastMs });

test("the median of odd and even numbers of values, in any order", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(() => median([])).toThrow(RangeError);
});

test("a value that the end of the run cut off lies beyond an equal one that it did not", () => {
  expect(median([5, cut(5), 1])).toBe(5);
  expect(median([5, cut(5), cut(9)])).toEqual(cut(5));
  expect(median([1, cut(300)])).toEqual(cut(150.5));
});

test("the 95 % interval leaves out 2.5 % on each side, and nothing of a few values", () => {
  const hundred = Array.from({ length: 100 }, (_, index) => (index * 37) % 100);
  expect(interval(hundred)).toEqual([2, 97]);
  expect(interval([7, 3, 5])).toEqual([3, 7]);
});
