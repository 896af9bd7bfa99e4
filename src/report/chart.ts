/**
 * What a chart is: an id, and a pure function from results to a Vega-Lite specification, or null where there is
 * nothing to show. One file per chart in `charts/`, and a line in its registry.
 */

import { wrap } from "./format.js";
import type { ResultSet, SweepRow } from "./input.js";
import { type CaseStyle, caseStyles, type Mode } from "./palette.js";
import { chartConfig } from "./theme.js";

/** A Vega-Lite 6 specification as plain JSON; the tests validate it against Vega-Lite's own schema. */
export type Spec = { readonly [key: string]: unknown };

export interface ChartInput {
  readonly sets: readonly ResultSet[];
  readonly sweep: readonly SweepRow[];
  readonly mode: Mode;
}

export interface ChartDefinition {
  readonly id: string;
  /** What a reader learns from it, for the catalogue and as a heading. */
  readonly heading: string;
  /** `set`: one chart per scenario, built from `sets[0]`; `all`: one for everything given. */
  readonly scope: "set" | "all";
  build(input: ChartInput): Spec | null;
}

/** Width of the plotting area of every chart, in pixels. */
export const PLOT_WIDTH = 640;

export interface Framing {
  /** The finding, computed from the data. */
  readonly title: string;
  readonly subtitle: string;
  /** The chart in words, for those who cannot see it. */
  readonly alt: string;
}

/** Adds to a chart's body what all have in common. */
export function frame(mode: Mode, framing: Framing, body: Spec): Spec {
  return {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    description: framing.alt,
    title: { text: wrap(framing.title, 78), subtitle: wrap(framing.subtitle, 108) },
    ...body,
    config: chartConfig(mode),
  };
}

/** The only set of a chart of scope `set`. */
export function onlySet(input: ChartInput): ResultSet {
  const set = input.sets[0];
  if (set === undefined) throw new RangeError("a chart needs at least one result set");
  return set;
}

/** Styles over all sets, so that a case keeps its look when several scenarios stand side by side. */
export function stylesOf(sets: readonly ResultSet[]): CaseStyle[] {
  return caseStyles(sets.flatMap((set) => set.summary.cases));
}

/** Colour scale by case, with the legend in the order of the scenario. */
export function caseColour(styles: readonly CaseStyle[], legend = true): Spec {
  return {
    field: "case",
    type: "nominal",
    title: null,
    scale: { domain: styles.map((style) => style.case), range: styles.map((style) => style.colour) },
    ...(legend ? { legend: { orient: "top", direction: "horizontal", columns: 2 } } : { legend: null }),
  };
}

export function caseDash(styles: readonly CaseStyle[]): Spec {
  return {
    field: "case",
    type: "nominal",
    title: null,
    scale: { domain: styles.map((style) => style.case), range: styles.map((style) => style.dash) },
    legend: { orient: "top", direction: "horizontal", columns: 2 },
  };
}

export function caseShape(styles: readonly CaseStyle[]): Spec {
  return {
    field: "case",
    type: "nominal",
    title: null,
    scale: { domain: styles.map((style) => style.case), range: styles.map((style) => style.shape) },
    legend: { orient: "top", direction: "horizontal", columns: 2 },
  };
}
