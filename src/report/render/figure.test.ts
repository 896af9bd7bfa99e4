import { expect, test } from "vitest";
import { syntheticSet } from "../testing/fixture.js";
import { CHART_IDS, chart, renderPng, renderSvg, styled } from "./figure.js";

const set = syntheticSet(40);

test("a chart by its id, drawn", async () => {
  expect(CHART_IDS).toContain("phases");
  const spec = chart("phases", set);
  expect(chart("phases", [set], { mode: "dark" })).not.toEqual(spec);
  expect(await renderSvg(spec)).toMatch(/^<svg [\s\S]*<\/svg>$/);
  expect([...(await renderPng(spec, 1)).slice(0, 4)]).toEqual([0x89, 0x50, 0x4e, 0x47]);
});

test("says which charts there are, and what a result has nothing for", () => {
  expect(() => chart("phase", set)).toThrow(/no chart "phase"; there are .*phases/);
  expect(() => chart("sweep-lines", set)).toThrow(/nothing that it could show/);
});

test("a chart of one's own gets Outgap's look and keeps its own wishes", async () => {
  const spec = styled({ data: { values: [{ x: 1 }] }, mark: "point", config: { background: "#ff0000" } });
  expect(spec).toMatchObject({ config: { background: "#ff0000", font: "DejaVu Sans" } });
  expect(await renderSvg(spec)).toContain("#ff0000");
});
