import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Ajv, type ValidateFunction } from "ajv";
import * as vega from "vega";
import { beforeAll, describe, expect, it } from "vitest";
import { type ChartInput, type Spec, specText } from "../chart.js";
import { outcomes } from "../findings.js";
import { duration } from "../format.js";
import type { Mode } from "../palette.js";
import { renderPng } from "../render/png.js";
import { compileSpec, renderSvg } from "../render/svg.js";
import { syntheticSeeds, syntheticSensitivity, syntheticSet, syntheticSweep } from "../testing/fixture.js";
import { CHARTS } from "./index.js";

const small = syntheticSet(40);
const sets = [syntheticSet(40, 1, "bytedance-join-40"), syntheticSet(80, 3, "bytedance-join-80")];

function inputFor(id: string, scope: "set" | "all", mode: Mode): ChartInput {
  const sweep = syntheticSweep(id === "sweep-heatmap" ? 2 : 1);
  return {
    sets: scope === "set" ? [sets[1] as (typeof sets)[number]] : sets,
    sweep,
    sensitivity: syntheticSensitivity(),
    seeds: syntheticSeeds(),
    mode,
  };
}

let validate: ValidateFunction;

beforeAll(() => {
  const entry = createRequire(import.meta.url).resolve("vega-lite");
  const schema = JSON.parse(readFileSync(join(dirname(entry), "vega-lite-schema.json"), "utf8"));
  validate = new Ajv({ strict: false, validateFormats: false, allowUnionTypes: true }).compile(schema);
}, 60_000);

/** Marks without a single item, by name. */
async function emptyMarks(spec: Spec): Promise<string[]> {
  const view = new vega.View(vega.parse(compileSpec(spec).vega), { renderer: "none" });
  await view.runAsync();
  const empty: string[] = [];
  let marks = 0;
  type Item = { items?: Item[]; marktype?: string; role?: string; name?: string };
  const walk = (item: Item): void => {
    if (item.marktype !== undefined && item.role === "mark") {
      marks++;
      if ((item.items ?? []).length === 0) empty.push(`${item.marktype} ${item.name ?? ""}`);
    }
    for (const child of item.items ?? []) walk(child);
  };
  walk((view.scenegraph() as unknown as { root: Item }).root);
  expect(marks).toBeGreaterThan(0);
  view.finalize();
  return empty;
}

describe.each(CHARTS.map((chart) => [chart.id, chart] as const))("chart %s", (id, chart) => {
  it.each(["light", "dark"] as const)("is valid, drawn and labelled (%s)", async (mode) => {
    const spec = chart.build(inputFor(id, chart.scope, mode));
    expect(spec).not.toBeNull();
    const text = specText(spec as Spec);
    const parsed = JSON.parse(text) as Spec;
    expect(parsed).toEqual(JSON.parse(JSON.stringify(spec)));
    validate(parsed);
    expect(validate.errors ?? []).toEqual([]);
    expect(compileSpec(parsed).warnings).toEqual([]);
    expect(await emptyMarks(parsed)).toEqual([]);
    expect(String((parsed as { description?: string }).description).length).toBeGreaterThan(40);

    const svg = await renderSvg(parsed);
    expect(await renderSvg(parsed)).toBe(svg);
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    expect(text.length).toBeLessThan(250_000);
    const png = renderPng(svg, 1);
    expect([...png.slice(0, 4)]).toEqual([0x89, 0x50, 0x4e, 0x47]);
    expect(Buffer.from(renderPng(svg, 1)).equals(Buffer.from(png))).toBe(true);
  });
});

describe("titles", () => {
  it("state the numbers of the data", () => {
    const title = (id: string): string => {
      const spec = CHARTS.find((chart) => chart.id === id)?.build({ sets: [small], sweep: [], mode: "light" });
      return ((spec as { title: { text: string[] } }).title.text ?? []).join(" ");
    };
    const list = outcomes(small);
    const slow = list[0] as (typeof list)[number];
    const fast = list[3] as (typeof list)[number];
    expect(title("output-over-time")).toContain(`global restart: no output for ${duration(slow.outageMs)}`);
    expect(title("output-over-time")).toContain(`missing for ${duration(fast.recoveryMs)}`);
    expect(title("output-gap")).toContain("all 40 sink subtasks");
    expect(title("output-gap")).toContain("4 of 40 sink subtasks");
    expect(title("phases")).toContain(duration(slow.recoveryMs));
    expect(title("recovery-by-parallelism")).toContain("At 40 slots");
  });

  it("speak of a run without a fault, too", async () => {
    const [run] = small.summary.cases;
    const calm = {
      ...(run as NonNullable<typeof run>),
      recoveryTimeMs: 0,
      catchUpMs: 0,
      jobOutageMs: 0,
      incidents: [],
      phases: [],
      assumptions: [],
    };
    const own = (row: { readonly case: string }): boolean => row.case === calm.case;
    const set = {
      ...small,
      summary: { ...small.summary, cases: [calm] },
      timelines: small.timelines.filter(own),
      gaps: small.gaps.filter(own),
      losses: small.losses.filter(own),
      phases: [],
      playbacks: [],
    };
    for (const chart of CHARTS) {
      const spec = chart.build({ sets: [set], sweep: [], mode: "light" });
      if (spec === null) continue;
      expect(await renderSvg(spec)).not.toMatch(/NaN|undefined|Infinity/);
    }
    const spec = CHARTS[0]?.build({ sets: [set], sweep: [], mode: "light" });
    expect(JSON.stringify(spec)).toContain("output never cut");
  });

  it("are not drawn for what is not there", () => {
    const empty = { ...small, timelines: [], gaps: [], losses: [], phases: [], playbacks: [] };
    for (const chart of CHARTS) {
      if (chart.id === "recovery-by-parallelism") continue;
      expect(chart.build({ sets: [empty], sweep: [], mode: "light" })).toBeNull();
    }
  });
});
