import { expect, test } from "vitest";
import { assignment, parseVariation, parseVaryValues, varyLabel } from "./vary.js";

function values(text: string): readonly unknown[] {
  const read = parseVariation(`P=${text}`);
  if (!read.ok) throw new Error(read.problem.message);
  expect(read.value.path).toBe("P");
  return read.value.values;
}
const refused = (text: string): string => {
  const read = parseVariation(text);
  return read.ok ? "read" : read.problem.message;
};

test("lists, with units, quotes and mappings", () => {
  expect(values("500,1000, 4000")).toEqual([500, 1000, 4000]);
  expect(values("5s,500ms")).toEqual(["5s", "500ms"]);
  expect(values('"a, b",c')).toEqual(["a, b", "c"]);
  expect(values("{ lognormal: { median: 14s, sigma: 0.2 } },14s")).toEqual([
    { lognormal: { median: "14s", sigma: 0.2 } },
    "14s",
  ]);
  expect(values("true,false,off")).toEqual([true, false, "off"]);
});

test("ranges are exact and reach their end only if the step meets it", () => {
  expect(values("0..5:1")).toEqual([0, 1, 2, 3, 4, 5]);
  expect(values("0..3")).toEqual([0, 1, 2, 3]);
  expect(values("1s..2s:0.25s")).toEqual(["1s", "1.25s", "1.5s", "1.75s", "2s"]);
  expect(values("0.1..0.5:0.1")).toEqual([0.1, 0.2, 0.3, 0.4, 0.5]);
  expect(values("1..6:2")).toEqual([1, 3, 5]);
  expect(values("1%..3%:1%,10%")).toEqual(["1%", "2%", "3%", "10%"]);
});

test("log ranges are whole where both ends are, and end exactly", () => {
  expect(values("log(500..16000,6)")).toEqual([500, 1000, 2000, 4000, 8000, 16000]);
  expect(values("log(1s..100s,3)")).toEqual(["1s", "10s", "100s"]);
  expect(values("log(1..3,9)")).toEqual([1, 2, 3]);
});

test("what cannot be meant is refused", () => {
  expect(refused("500,1000")).toMatch(/cannot read/);
  expect(refused("P=")).toMatch(/no value/);
  expect(refused("P=1,,2")).toMatch(/empty value/);
  expect(refused("P=5..1:1")).toMatch(/ends before/);
  expect(refused("P=1..5:0")).toMatch(/not above zero/);
  expect(refused("P=1s..5s")).toMatch(/no step/);
  expect(refused("P=1s..5min:1s")).toMatch(/mixes units/);
  expect(refused("P=0..99999999:1")).toMatch(/at most/);
  expect(refused("P=log(0..10,3)")).toMatch(/above zero/);
  expect(refused("P=log(1..10,1)")).toMatch(/at least 2/);
  expect(refused("P=7,7")).toMatch(/twice/);
});

test("a sweep block may hold lists, text and lists of text", () => {
  const read = (value: unknown): unknown => {
    const parsed = parseVaryValues(value);
    return parsed.ok ? parsed.value : parsed.problem.message;
  };
  expect(read([0, 1, "2..4:1"])).toEqual([0, 1, 2, 3, 4]);
  expect(read("1s,2s")).toEqual(["1s", "2s"]);
  expect(read(7)).toEqual([7]);
  expect(read([])).toMatch(/no value/);
});

test("a value is set as JSON, which YAML reads back", () => {
  expect(assignment("costs.containerStart", { lognormal: { median: "3s", sigma: 0.2 } })).toBe(
    'costs.containerStart={"lognormal":{"median":"3s","sigma":0.2}}',
  );
  expect(varyLabel({ a: 1 })).toBe('{"a":1}');
  expect(varyLabel(true)).toBe("true");
});
