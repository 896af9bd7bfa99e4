/**
 * The explorer of the report: an overview with a brush, and panels of output, latency, backlog and discards over the
 * brushed time. Owns the two specifications; the page fills their data at the resolution that fits the brush.
 */
import type { Spec } from "../chart.js";
import type { CaseStyle, Mode } from "../palette.js";
import { TWIN_COLOUR } from "../palette.js";
import { chartConfig } from "../theme.js";

/** The vertical axes of overview and panels are equally wide, so that equal times stand below each other. */
const Y_AXIS = { minExtent: 44, maxExtent: 44 };

export const TWIN_NAME = "without the fault";
const PAGE_FONT = "system-ui, sans-serif";

function scales(styles: readonly CaseStyle[], mode: Mode): { readonly color: Spec; readonly strokeDash: Spec } {
  const domain = [...styles.map((style) => style.case), TWIN_NAME];
  return {
    color: {
      field: "case",
      type: "nominal",
      legend: null,
      scale: { domain, range: [...styles.map((style) => style.colour), TWIN_COLOUR[mode]] },
    },
    strokeDash: {
      field: "case",
      type: "nominal",
      legend: null,
      scale: { domain, range: [...styles.map((style) => style.dash), [1, 0]] },
    },
  };
}

export function overviewSpec(
  styles: readonly CaseStyle[],
  mode: Mode,
  window: { fromMs: number; toMs: number },
  endMs: number,
): Spec {
  const x = {
    field: "t",
    type: "quantitative",
    title: "virtual time (s); drag to choose a window",
    scale: { domain: [0, endMs / 1000], nice: false },
    axis: { grid: false },
  };
  return {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    description: "Output over the whole run, with a brush that sets the time window of the panels below.",
    width: 600,
    height: 64,
    data: { name: "overview", values: [] },
    params: [{ name: "playhead", value: -1 }],
    layer: [
      {
        params: [
          {
            name: "brush",
            select: {
              type: "interval",
              encodings: ["x"],
              mark: { fill: "#0072b2", fillOpacity: 0.1, stroke: TWIN_COLOUR[mode] },
            },
            value: { x: [window.fromMs / 1000, window.toMs / 1000] },
          },
        ],
        mark: { type: "line", strokeWidth: 1.2, interpolate: "step-after" },
        encoding: {
          x,
          y: {
            field: "output",
            type: "quantitative",
            title: "matches/s",
            axis: { ...Y_AXIS, format: "~s", tickCount: 2, grid: false },
          },
          ...scales(styles, mode),
        },
      },
      {
        data: { values: [{}] },
        mark: { type: "rule", strokeWidth: 1.5, clip: true, x: { expr: "scale('x', playhead)" }, opacity: 0.8 },
        encoding: { opacity: { condition: { test: "playhead >= 0", value: 0.9 }, value: 0 } },
      },
    ],
    config: chartConfig(mode, PAGE_FONT),
  };
}

interface Panel {
  readonly field: string;
  readonly title: string;
  readonly tooltip: string;
  readonly format: string;
  readonly log: boolean;
  readonly height: number;
}

const PANELS: readonly Panel[] = [
  {
    field: "output",
    title: "output (matches/s)",
    tooltip: "output (matches/s)",
    format: ",.0f",
    log: false,
    height: 150,
  },
  {
    field: "p99",
    title: "latency p99 (s, log)",
    tooltip: "latency, 99th percentile (s)",
    format: ".3~f",
    log: true,
    height: 110,
  },
  {
    field: "backlog",
    title: "backlog (records, log)",
    tooltip: "waiting in log and network (records)",
    format: ",.0f",
    log: true,
    height: 110,
  },
  {
    field: "discarded",
    title: "discarded (records/s)",
    tooltip: "discarded at the sender (records/s)",
    format: ",.0f",
    log: false,
    height: 80,
  },
];

export function detailSpec(styles: readonly CaseStyle[], mode: Mode): Spec {
  return {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    description: "Output, latency, backlog and discards of every case over the chosen time window.",
    data: { name: "detail", values: [] },
    params: [
      { name: "from", value: 0 },
      { name: "to", value: 1 },
    ],
    spacing: 8,
    vconcat: PANELS.map((panel, index) => ({
      width: 600,
      height: panel.height,
      layer: [
        {
          mark: { type: "line", clip: true, interpolate: panel.log ? "linear" : "step-after", tooltip: true },
          encoding: {
            x: {
              field: "t",
              type: "quantitative",
              scale: { domainMin: { expr: "from" }, domainMax: { expr: "to" }, nice: false, zero: false },
              title: index === PANELS.length - 1 ? "virtual time (s)" : null,
              axis: { grid: true, labels: index === PANELS.length - 1 },
            },
            y: {
              field: panel.field,
              type: "quantitative",
              title: panel.title,
              scale: panel.log ? { type: "log", nice: true } : { zero: panel.field === "discarded" },
              axis: { ...Y_AXIS, format: panel.field === "p99" ? "~g" : "~s", tickCount: 4, grid: !panel.log },
            },
            ...scales(styles, mode),
            tooltip: [
              { field: "case", type: "nominal" },
              { field: "t", type: "quantitative", title: "virtual time (s)", format: ".1f" },
              { field: panel.field, type: "quantitative", title: panel.tooltip, format: panel.format },
            ],
          },
        },
      ],
    })),
    config: chartConfig(mode, PAGE_FONT),
  };
}
