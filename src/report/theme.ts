/** The Vega-Lite `config` of every chart, light and dark. Colours that carry meaning are in `palette.ts`. */
import type { Mode } from "./palette.js";

export interface Surface {
  readonly background: string;
  readonly text: string;
  readonly muted: string;
  readonly grid: string;
}

export const SURFACES: Readonly<Record<Mode, Surface>> = {
  light: { background: "#ffffff", text: "#1b1f24", muted: "#57606a", grid: "#e3e7eb" },
  dark: { background: "#14181d", text: "#e6e9ed", muted: "#a3acb8", grid: "#2b323b" },
};

/** The font that `render/` ships; a page may pass its own. */
export const STATIC_FONT = "DejaVu Sans";

export function chartConfig(mode: Mode, font = STATIC_FONT): Record<string, unknown> {
  const { background, text, muted, grid } = SURFACES[mode];
  return {
    background,
    font,
    padding: 14,
    view: { stroke: null },
    title: {
      color: text,
      subtitleColor: muted,
      fontSize: 15,
      fontWeight: "bold",
      subtitleFontSize: 11,
      anchor: "start",
      offset: 12,
      subtitlePadding: 6,
      lineHeight: 19,
      subtitleLineHeight: 14,
    },
    axis: {
      labelColor: muted,
      titleColor: text,
      gridColor: grid,
      domainColor: muted,
      tickColor: muted,
      labelFontSize: 11,
      titleFontSize: 11,
      titleFontWeight: "normal",
      titlePadding: 8,
      labelOverlap: true,
    },
    legend: {
      labelColor: text,
      titleColor: muted,
      labelFontSize: 11,
      titleFontSize: 11,
      titleFontWeight: "normal",
      labelLimit: 260,
      symbolStrokeWidth: 2.5,
      symbolSize: 110,
    },
    header: { labelColor: text, titleColor: muted, labelFontSize: 11 },
    text: { color: text, fontSize: 10 },
    rule: { color: muted },
    line: { strokeWidth: 1.8 },
  };
}
