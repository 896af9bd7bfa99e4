/**
 * A tornado for each case: how far the metric moves when one cost is a fifth lower or higher. The widest bars on top,
 * one scale for all cases, the case's colour; a hollow bar is the lower value, a filled one the higher.
 */
import { type ChartDefinition, type ChartInput, frame, PLOT_WIDTH, type Spec } from "../chart.js";
import { metricTitle, percent } from "../format.js";
import type { SensitivityRow } from "../input.js";
import { caseStyles, type Mode } from "../palette.js";
import { SURFACES } from "../theme.js";
import { brief } from "../thin.js";
import { withUnit } from "./sweep-lines.js";

const ROW_PX = 17;
/** Bars in a case at most; what moves the metric less than this share of the largest bar is not drawn. */
const MOST_BARS = 12;
const SMALLEST_SHARE = 0.005;

export const sensitivity: ChartDefinition = {
  id: "sensitivity",
  heading: "Which assumptions the answer rests on",
  scope: "all",
  build(input: ChartInput): Spec | null {
    const all = scaled(input.sensitivity ?? []);
    const parts = [...new Set(all.map((row) => row.metric))].flatMap((metric, nth) => {
      const part = tornadoes(
        all.filter((row) => row.metric === metric),
        nth,
        input.mode,
      );
      return part === null ? [] : [part];
    });
    if (parts.length === 0) return null;
    const framing = {
      title: (parts[0] as Tornadoes).title,
      subtitle:
        "Each cost a fifth lower (hollow) and a fifth higher (filled), one at a time; line: as it is. " +
        "In brackets the grade of the evidence: P published, S read in source, D derived, I assumed, – set by the scenario.",
      alt: `Sensitivity. ${parts.map(({ title }) => title).join(". ")}.`,
    };
    return frame(input.mode, framing, { spacing: 16, vconcat: parts.flatMap(({ panels }) => panels) });
  },
};

interface Tornadoes {
  readonly title: string;
  readonly panels: readonly Spec[];
}

/** One metric: a panel per case on one scale; null if no cost moves it. */
function tornadoes(rows: readonly SensitivityRow[], nth: number, mode: Mode): Tornadoes | null {
  const { metric } = rows[0] as SensitivityRow;
  const largest = Math.max(...rows.map(size));
  const shown = rows.filter((row) => size(row) > 0 && size(row) >= SMALLEST_SHARE * largest);
  if (shown.length === 0) return null;
  const styles = caseStyles(rows);
  const cases = styles.filter((style) => shown.some((row) => row.case === style.case));
  const { unit } = rows[0] as SensitivityRow;
  const name = metricTitle(metric);
  const edges = shown.flatMap((row) => [row.lower, row.higher, row.base]);
  const span = Math.max(...edges) - Math.min(...edges);
  const domain = [Math.min(...edges) - 0.06 * span, Math.max(...edges) + 0.28 * span];
  const bars = (style: (typeof cases)[number]): SensitivityRow[] =>
    shown
      .filter((row) => row.case === style.case)
      .sort((a, b) => size(b) - size(a))
      .slice(0, MOST_BARS);
  const phrases = cases.map((style) => phrase(bars(style)[0] as SensitivityRow));
  return {
    title: `${name}: ${phrases[0]}${phrases.length > 1 ? `; ${phrases.at(-1)}` : ""}`,
    panels: cases.map((style, index) =>
      panel({
        title: style.case,
        nth,
        colour: style.colour,
        rows: bars(style),
        domain,
        axisTitle: index === cases.length - 1 ? `${name}${unit === "" ? "" : ` (${unit})`}` : null,
        mode,
      }),
    ),
  };
}

interface Panel {
  readonly title: string;
  /** Of the metrics. */
  readonly nth: number;
  readonly colour: string;
  readonly rows: readonly SensitivityRow[];
  readonly domain: readonly number[];
  readonly axisTitle: string | null;
  readonly mode: Mode;
}

function panel({ title, nth, colour, rows, domain, axisTitle, mode }: Panel): Spec {
  const labelled = rows.map((row) => ({ ...row, label: `${row.cost} (${row.grade})` }));
  const label = (row: SensitivityRow): string => `${row.cost} (${row.grade})`;
  const values = (which: "lower" | "higher"): Spec[] =>
    labelled.map((row) => ({
      label: row.label,
      from: brief(row.base),
      to: brief(row[which]),
      text: `${withUnit(row.lower, row.unit)} – ${withUnit(row.higher, row.unit)}`,
      end: brief(Math.max(row.lower, row.higher, row.base)),
      share: percent(row.criticalPathShare),
      value: row.value,
    }));
  const y = {
    field: "label",
    type: "nominal",
    sort: rows.map(label),
    title: null,
    axis: { labelLimit: 250, ticks: false, domain: false },
    scale: { paddingInner: 0.3, paddingOuter: 0.15 },
  };
  const x = (field: string): Spec => ({
    field,
    type: "quantitative",
    title: axisTitle,
    scale: { domain, nice: false, zero: false },
  });
  const tooltip = [
    { field: "label", type: "nominal", title: "cost" },
    { field: "value", type: "nominal" },
    { field: "from", type: "quantitative", title: "as it is" },
    { field: "to", type: "quantitative", title: "changed" },
    { field: "share", type: "nominal", title: "share of the critical path" },
  ];
  const bar = (which: "lower" | "higher", fill: Spec): Spec => ({
    data: { values: values(which) },
    mark: { type: "bar", stroke: colour, strokeWidth: 1.2, ...fill },
    encoding: { y, x: x("from"), x2: { field: "to" }, tooltip },
  });
  return {
    name: `case${nth}:${title}`,
    width: PLOT_WIDTH,
    height: ROW_PX * rows.length + 6,
    title: { text: title, anchor: "start", frame: "group", fontSize: 12, offset: 4 },
    layer: [
      bar("lower", { fill: SURFACES[mode].background }),
      bar("higher", { fill: colour }),
      {
        data: { values: values("higher").slice(0, 1) },
        mark: { type: "rule", color: SURFACES[mode].text, strokeWidth: 1.2 },
        encoding: { x: x("from") },
      },
      {
        data: { values: values("higher") },
        mark: { type: "text", align: "left", dx: 6 },
        encoding: { y, x: x("end"), text: { field: "text", type: "nominal" } },
      },
    ],
  };
}

/** Milliseconds read better as seconds. */
function scaled(rows: readonly SensitivityRow[]): SensitivityRow[] {
  return rows.map((row) =>
    row.unit === "ms"
      ? { ...row, unit: "s", base: row.base / 1000, lower: row.lower / 1000, higher: row.higher / 1000 }
      : row,
  );
}

function size(row: SensitivityRow): number {
  return Math.max(Math.abs(row.lower - row.base), Math.abs(row.higher - row.base));
}

/** `global restart rests on restartDelay: 38.6 s to 42.2 s`. */
function phrase(row: SensitivityRow): string {
  const [low, high] = [Math.min(row.lower, row.higher, row.base), Math.max(row.lower, row.higher, row.base)];
  return `${row.case} rests on ${row.cost}, ${withUnit(low, row.unit)} to ${withUnit(high, row.unit)}`;
}
