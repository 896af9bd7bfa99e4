/**
 * Charts by their name, and any Vega-Lite specification as SVG or PNG, for programs and notebooks. Loads Vega only when
 * something is drawn, so that whoever only simulates does not wait for it.
 */
import type { Spec } from "../chart.js";
import { CHARTS } from "../charts/index.js";
import type { ResultSet } from "../input.js";
import type { Mode } from "../palette.js";
import { chartConfig } from "../theme.js";

/** Ids of the charts that `chart` knows, in the order of the report. */
export const CHART_IDS: readonly string[] = CHARTS.map((each) => each.id);

export interface ChartOptions {
  readonly mode?: Mode;
}

/**
 * One of the report's charts as a Vega-Lite specification.
 * @param sets one result set; several for charts that compare scenarios
 * @throws RangeError if there is no such chart, or these results have nothing for it to show
 */
export function chart(id: string, sets: ResultSet | readonly ResultSet[], options: ChartOptions = {}): Spec {
  const definition = CHARTS.find((each) => each.id === id);
  if (definition === undefined)
    throw new RangeError(`no chart ${JSON.stringify(id)}; there are ${CHART_IDS.join(", ")}`);
  const list = "summary" in sets ? [sets] : sets;
  const spec = definition.build({ sets: list, mode: options.mode ?? "light" });
  if (spec === null) throw new RangeError(`chart ${id}: these results have nothing that it could show`);
  return spec;
}

/** A specification of one's own in Outgap's look: font, colours of axes and titles. What it configures itself stays. */
export function styled(spec: Spec, options: ChartOptions = {}): Spec {
  const config = { ...chartConfig(options.mode ?? "light"), ...(spec.config as object | undefined) };
  return { $schema: "https://vega.github.io/schema/vega-lite/v6.json", ...spec, config };
}

/** A Vega-Lite specification as SVG text; the same bytes for the same specification. */
export async function renderSvg(spec: Spec): Promise<string> {
  return (await import("./svg.js")).renderSvg(spec);
}

/** The same as PNG, with Outgap's own fonts; `scale` is pixels per SVG unit. */
export async function renderPng(spec: Spec, scale = 2): Promise<Uint8Array> {
  const [{ renderSvg: svg }, { renderPng: png }] = await Promise.all([import("./svg.js"), import("./png.js")]);
  return png(await svg(spec), scale);
}
