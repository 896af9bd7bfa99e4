import fc from "fast-check";
import { expect, test } from "vitest";
import { levenshtein, nearestName } from "./nearest.js";

test("distances", () => {
  expect(levenshtein("kitten", "sitting")).toBe(3);
  expect(levenshtein("", "abc")).toBe(3);
  expect(levenshtein("abc", "abc")).toBe(0);
});
test("it is a metric", () => {
  const word = fc.string({ maxLength: 8 });
  fc.assert(
    fc.property(word, word, word, (a, b, c) => {
      expect(levenshtein(a, b)).toBe(levenshtein(b, a));
      expect(levenshtein(a, b) === 0).toBe(a === b);
      expect(levenshtein(a, c)).toBeLessThanOrEqual(levenshtein(a, b) + levenshtein(b, c));
    }),
  );
});
test("the nearest name, or none", () => {
  expect(nearestName("paralelism", ["parallelism", "maxParallelism"])).toBe("parallelism");
  expect(nearestName("TaskManagers", ["taskManagers"])).toBe("taskManagers");
  expect(nearestName("zzz", ["parallelism", "rate"])).toBeNull();
  expect(nearestName("x".repeat(1e6), ["parallelism"])).toBeNull();
});
