/** A metric over two varied parameters: a cell per pair, one picture per case, on one colour scale. */
import { type ChartDefinition, type ChartInput, frame, PLOT_WIDTH, type Spec } from "../chart.js";
import type { SweepRow } from "../input.js";
import { type Mode, STEPS } from "../palette.js";
import { brief } from "../thin.js";
import { boundNote, inSeconds, meanText, parameterNames } from "./sweep-lines.js";

const MOST_LABELLED_CELLS = 120;
/** The title of the vertical axis fits in. */
const LEAST_HEIGHT = 130;

export const sweepHeatmap: ChartDefinition = {
  id: "sweep-heatmap",
  heading: "What two parameters do together",
  scope: "all",
  build(input: ChartInput): Spec | null {
    const sweep = inSeconds(input.sweep ?? []);
    const names = parameterNames(sweep);
    const [across, down] = names;
    if (across === undefined || down === undefined || names.length !== 2) return null;
    const metrics = [...new Set(sweep.map((row) => row.metric))];
    const at = (row: SweepRow): string =>
      `${meanText(row)} (${row.case}, ${across} ${row.parameters[across]}, ${down} ${row.parameters[down]})`;
    const phrases = metrics.map((metric) => {
      const rows = sweep.filter((row) => row.metric === metric);
      return `${metric} ranges from ${at(extreme(rows, -1))} to ${at(extreme(rows, 1))}`;
    });
    const maps = metrics.map((metric, index) =>
      mapsOf(
        index,
        sweep.filter((row) => row.metric === metric),
        across,
        down,
        input.mode,
      ),
    );
    return frame(
      input.mode,
      {
        title: phrases[0] as string,
        subtitle: `Mean over ${Math.max(...sweep.map((row) => row.seeds))} seeds per cell.${boundNote(sweep)}`,
        alt: `Heat map over ${across} and ${down}. ${phrases.join(". ")}.`,
      },
      maps.length === 1
        ? (maps[0] as Spec)
        : { vconcat: maps, spacing: 30, resolve: { scale: { color: "independent" } } },
    );
  },
};

/** One metric: a picture per case, on one colour scale. */
function mapsOf(nth: number, rows: readonly SweepRow[], across: string, down: string, mode: Mode): Spec {
  const { metric, unit } = rows[0] as SweepRow;
  const cases = [...new Set(rows.map((row) => row.case))];
  const [most, least] = [extreme(rows, 1), extreme(rows, -1)];
  const columns = Math.min(2, cases.length);
  const width = columns === 1 ? PLOT_WIDTH : (PLOT_WIDTH - 20) / 2 + 10;
  const levels = (name: string): (string | number)[] => {
    const found = [...new Set(rows.map((row) => row.parameters[name] as string | number))];
    return found.every((level) => typeof level === "number") ? found.sort((a, b) => a - b) : found;
  };
  const labelled = levels(across).length * levels(down).length <= MOST_LABELLED_CELLS;
  const span = most.mean - least.mean || 1;
  const shown = unit === "" ? metric : `${metric} (${unit})`;
  const ink = mode === "light" ? ["#ffffff", "#10151b"] : ["#10151b", "#ffffff"];
  const valuesOf = (name: string) =>
    rows
      .filter((row) => row.case === name)
      .map((row) => ({
        across: row.parameters[across],
        down: row.parameters[down],
        mean: brief(row.mean),
        low: brief(row.low),
        high: brief(row.high),
        label: meanText(row),
        deep: (row.mean - least.mean) / span > 0.45,
      }));
  const cells = {
    mark: { type: "rect" },
    encoding: {
      color: {
        field: "mean",
        type: "quantitative",
        title: shown,
        scale: { range: STEPS[mode], domain: [least.mean, most.mean] },
        legend: { orient: "bottom", gradientLength: 220 },
      },
      tooltip: [
        { field: "across", type: "nominal", title: across },
        { field: "down", type: "nominal", title: down },
        { field: "mean", type: "quantitative", title: `${metric}, mean${unit === "" ? "" : ` (${unit})`}` },
        { field: "low", type: "quantitative", title: "95 % from" },
        { field: "high", type: "quantitative", title: "to" },
      ],
    },
  };
  const labels = {
    mark: { type: "text", fontSize: 9.5 },
    encoding: {
      text: { field: "label", type: "nominal" },
      color: { condition: { test: "datum.deep", value: ink[0] }, value: ink[1] },
    },
  };
  return {
    columns,
    spacing: 18,
    resolve: { scale: { color: "shared" } },
    concat: cases.map((name, index) => ({
      // Names are unique in the whole picture; the page finds the case behind the colon.
      name: `case${nth}:${name}`,
      width,
      height: Math.min(300, Math.max(LEAST_HEIGHT, levels(down).length * 36)),
      title: { text: name, fontSize: 10.5, frame: "group", offset: 4, fontWeight: "normal" },
      data: { values: valuesOf(name) },
      encoding: {
        x: { field: "across", type: "ordinal", sort: levels(across), title: across, axis: { labelAngle: 0 } },
        y: {
          field: "down",
          type: "ordinal",
          sort: [...levels(down)].reverse(),
          title: index % columns === 0 ? down : null,
          axis: { titleLimit: LEAST_HEIGHT },
        },
      },
      layer: labelled ? [cells, labels] : [cells],
    })),
  };
}

function extreme(rows: readonly SweepRow[], sign: number): SweepRow {
  return rows.reduce((a, b) => (sign * (b.mean - a.mean) > 0 ? b : a));
}
