/**
 * What a chart is: an id, and a pure function from results to a Vega-Lite specification, or null where there is
 * nothing to show. One file per chart in `charts/`, and a line in its registry.
 */

import { wrap } from "./format.js";
import type { ResultSet, StudyRows } from "./input.js";
import { type CaseStyle, caseStyles, type Mode } from "./palette.js";
import { chartConfig } from "./theme.js";

/** A Vega-Lite 6 specification as plain JSON; the tests validate it against Vega-Lite's own schema. */
export type Spec = { readonly [key: string]: unknown };

export interface ChartInput extends StudyRows {
  readonly sets: readonly ResultSet[];
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

/** The specification as a file: readable, with one line per row of data. */
export function specText(spec: Spec): string {
  const rows: string[] = [];
  const marked = JSON.stringify(
    spec,
    (name, value) => {
      if (name !== "values" || !Array.isArray(value) || typeof value[0] !== "object") return value;
      return value.map((row) => `\u0001${rows.push(JSON.stringify(row)) - 1}\u0001`);
    },
    1,
  );
  return `${marked.replace(/"\\u0001(\d+)\\u0001"/g, (_, index) => rows[Number(index)] as string)}\n`;
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

const LEGEND = { orient: "top", direction: "horizontal", columns: 2 };

function byCase(styles: readonly CaseStyle[], range: readonly unknown[], legend: Spec): Spec {
  return {
    field: "case",
    type: "nominal",
    title: null,
    scale: { domain: styles.map((style) => style.case), range },
    legend: { ...LEGEND, ...legend },
  };
}

/** Colour by case; lines and points have different legend symbols. */
export function caseColour(styles: readonly CaseStyle[], symbol: "stroke" | "point" = "stroke"): Spec {
  const colours = styles.map((style) => style.colour);
  return byCase(styles, colours, symbol === "stroke" ? { symbolType: "stroke" } : {});
}

export function caseDash(styles: readonly CaseStyle[]): Spec {
  const dashes = styles.map((style) => style.dash);
  return byCase(styles, dashes, { symbolType: "stroke" });
}

export function caseShape(styles: readonly CaseStyle[]): Spec {
  const shapes = styles.map((style) => style.shape);
  return byCase(styles, shapes, {});
}

/** Virtual time over the window; of charts that stand in a column only the last is labelled. */
export function timeAxis(fromMs: number, toMs: number, isLast = true): Spec {
  return {
    field: "seconds",
    type: "quantitative",
    scale: { domain: [fromMs / 1000, toMs / 1000], nice: false },
    title: isLast ? "virtual time (s)" : null,
    axis: { labels: isLast, grid: false },
  };
}

/** Axis labels such as 0, 500, 20k, 3M, each with its own prefix. */
export const SI_LABELS = "format(datum.value, '~s')";

/** Ticks of a log axis: powers of ten, with 2 and 5 between them where there are few decades. */
export function logTicks(low: number, high: number): number[] {
  const steps = Math.log10(high / low) < 4 ? [1, 2, 5] : [1];
  const ticks: number[] = [];
  for (let exponent = Math.floor(Math.log10(low)); exponent <= Math.log10(high); exponent++) {
    for (const step of steps) {
      const tick = Number((step * 10 ** exponent).toPrecision(3));
      if (tick >= low && tick <= high) ticks.push(tick);
    }
  }
  return ticks;
}
