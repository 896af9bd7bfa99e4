/** The chart of `results/bench/`: Outgap's kernel beside other simulation engines, and what the model costs per size. */
import { frame, type Spec } from "./chart.js";
import type { Mode } from "./palette.js";

/** Of `kernel.json`. */
export interface KernelFigures {
  readonly works: readonly {
    readonly work: string;
    readonly engines: readonly {
      readonly engine: string;
      readonly minNs: number;
      readonly medianNs: number;
      readonly maxNs: number;
    }[];
  }[];
}

/** Of `model.json`. */
export interface ModelFigures {
  readonly works: readonly {
    readonly work: string;
    readonly slots: number;
    readonly nsPerQuantum: { readonly min: number; readonly median: number; readonly max: number };
  }[];
}

const WIDTH = 520;
const HOLD = /^hold, ([\d,]+) pending$/;

/** Null where there is nothing to show. */
export function speedChart(kernel: KernelFigures | null, model: ModelFigures | null, mode: Mode): Spec | null {
  const holds = holdRows(kernel);
  const sizes = sizeRows(model);
  if (holds.length === 0 && sizes.length === 0) return null;
  const title = [finding(holds), sizeFinding(sizes)].filter((text) => text !== "").join("; ");
  const panels = [...(holds.length > 0 ? [holdPanel(holds)] : []), ...(sizes.length > 0 ? [sizePanel(sizes)] : [])];
  return frame(
    mode,
    {
      title,
      subtitle: "Median, with the least and the most of all samples. Lower is faster.",
      alt: `Nanoseconds per event of simulation engines, and per quantum of Outgap's model. ${title}.`,
    },
    { spacing: 22, resolve: { scale: { x: "independent", y: "independent" } }, vconcat: panels },
  );
}

interface HoldRow {
  readonly engine: string;
  readonly pending: number;
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

function holdRows(kernel: KernelFigures | null): HoldRow[] {
  return (kernel?.works ?? []).flatMap(({ work, engines }) => {
    const pending = HOLD.exec(work)?.[1];
    if (pending === undefined) return [];
    return engines.map(({ engine, minNs, medianNs, maxNs }) => ({
      engine,
      pending: Number(pending.replaceAll(",", "")),
      min: round(minNs),
      median: round(medianNs),
      max: round(maxNs),
    }));
  });
}

interface SizeRow {
  readonly slots: number;
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

function sizeRows(model: ModelFigures | null): SizeRow[] {
  return (model?.works ?? [])
    .filter(({ work }) => work.startsWith("healthy,"))
    .map(({ slots, nsPerQuantum: { min, median, max } }) => ({
      slots,
      min: round(min),
      median: round(median),
      max: round(max),
    }));
}

function round(ns: number): number {
  return Math.round(ns * 10) / 10;
}

function holdPanel(rows: readonly HoldRow[]): Spec {
  const x = { field: "pending", type: "quantitative", scale: { type: "log" }, title: "pending events" };
  const y = (field: string): Spec => ({
    field,
    type: "quantitative",
    scale: { type: "log" },
    title: "ns per event (pop one, push one)",
    axis: { tickCount: 5 },
  });
  const color = { field: "engine", type: "nominal", title: null, sort: null };
  return {
    width: WIDTH,
    height: 190,
    data: { values: rows },
    layer: [
      { mark: { type: "rule", opacity: 0.5 }, encoding: { x, y: y("min"), y2: { field: "max" }, color } },
      {
        mark: { type: "line", point: { size: 45 } },
        encoding: {
          x: { ...x, axis: { grid: false, values: [...new Set(rows.map((row) => row.pending))], format: "~s" } },
          y: y("median"),
          color,
          tooltip: tooltip("engine", "pending"),
        },
      },
    ],
  };
}

function sizePanel(rows: readonly SizeRow[]): Spec {
  const y = { field: "slots", type: "ordinal", title: "slots", axis: { format: ",d" } };
  const x = {
    field: "median",
    type: "quantitative",
    title: "ns per quantum of the healthy join",
    scale: { zero: true },
  };
  return {
    width: WIDTH,
    height: { step: 26 },
    data: { values: rows },
    layer: [
      {
        mark: { type: "bar", opacity: 0.75, height: 14 },
        encoding: { x, y, color: { value: "#2f6f9f" }, tooltip: tooltip("slots") },
      },
      {
        mark: { type: "rule", strokeWidth: 1.5 },
        encoding: { x: { ...x, field: "min" }, x2: { field: "max" }, y, color: { value: "#8a929b" } },
      },
    ],
  };
}

function tooltip(...first: string[]): Spec[] {
  return [...first, "min", "median", "max"].map((field) => ({ field }));
}

/** How many times faster than the best other engine, over all sizes. */
function finding(rows: readonly HoldRow[]): string {
  const ratios: number[] = [];
  for (const own of rows.filter(({ engine }) => engine === "Outgap")) {
    const others = rows.filter(({ engine, pending }) => engine !== "Outgap" && pending === own.pending);
    if (others.length > 0) ratios.push(Math.min(...others.map(({ median }) => median)) / own.median);
  }
  if (ratios.length === 0) return "";
  const [least, most] = [Math.min(...ratios), Math.max(...ratios)].map((ratio) => ratio.toFixed(1));
  return `An event costs ${least === most ? least : `${least} to ${most}`} times less than in the fastest other engine`;
}

function sizeFinding(rows: readonly SizeRow[]): string {
  const [first, last] = [rows[0], rows.at(-1)];
  if (first === undefined || last === undefined) return "";
  const size = (slots: number): string => slots.toLocaleString("en");
  return `a quantum takes ${first.median.toFixed(0)} ns at ${size(first.slots)} slots, ${last.median.toFixed(0)} ns at ${size(last.slots)}`;
}
