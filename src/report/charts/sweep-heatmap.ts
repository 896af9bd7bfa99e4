/** A metric over two varied parameters: a cell per pair, one picture per case, on one colour scale. */
import { type ChartDefinition, type ChartInput, frame, PLOT_WIDTH, type Spec } from "../chart.js";
import type { SweepRow } from "../input.js";
import { STEPS } from "../palette.js";
import { brief } from "../thin.js";
import { inSeconds, parameterNames, withUnit } from "./sweep-lines.js";

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
    const metric = (sweep[0] as SweepRow).metric;
    const rows = sweep.filter((row) => row.metric === metric);
    const unit = (rows[0] as SweepRow).unit;
    const cases = [...new Set(rows.map((row) => row.case))];
    const [most, least] = [extreme(rows, 1), extreme(rows, -1)];
    const at = (row: SweepRow): string =>
      `${withUnit(row.mean, unit)} (${row.case}, ${across} ${row.parameters[across]}, ${down} ${row.parameters[down]})`;
    const title = `${metric} ranges from ${at(least)} to ${at(most)}`;
    const columns = Math.min(2, cases.length);
    const width = columns === 1 ? PLOT_WIDTH : (PLOT_WIDTH - 20) / 2 + 10;
    const levels = (name: string): (string | number)[] => {
      const found = [...new Set(rows.map((row) => row.parameters[name] as string | number))];
      return found.every((level) => typeof level === "number") ? found.sort((a, b) => a - b) : found;
    };
    const labelled = levels(across).length * levels(down).length <= MOST_LABELLED_CELLS;
    const span = most.mean - least.mean || 1;
    return frame(
      input.mode,
      {
        title,
        subtitle: `Mean over ${Math.max(...rows.map((row) => row.seeds))} seeds per cell.`,
        alt: `Heat map of ${metric} over ${across} and ${down}. ${title}.`,
      },
      {
        columns,
        spacing: 18,
        resolve: { scale: { color: "shared" } },
        concat: cases.map((name, index) => ({
          name: `case:${name}`,
          width,
          height: Math.min(300, Math.max(LEAST_HEIGHT, levels(down).length * 36)),
          title: { text: name, fontSize: 10.5, frame: "group", offset: 4, fontWeight: "normal" },
          data: {
            values: rows
              .filter((row) => row.case === name)
              .map((row) => ({
                across: row.parameters[across],
                down: row.parameters[down],
                mean: brief(row.mean),
                low: brief(row.low),
                high: brief(row.high),
                label: withUnit(row.mean, unit),
                deep: (row.mean - least.mean) / span > 0.45,
              })),
          },
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
          layer: [
            {
              mark: { type: "rect" },
              encoding: {
                color: {
                  field: "mean",
                  type: "quantitative",
                  title: unit === "" ? metric : `${metric} (${unit})`,
                  scale: { range: STEPS[input.mode], domain: [least.mean, most.mean] },
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
            },
            ...(labelled
              ? [
                  {
                    mark: { type: "text", fontSize: 9.5 },
                    encoding: {
                      text: { field: "label", type: "nominal" },
                      color: {
                        condition: { test: "datum.deep", value: input.mode === "light" ? "#ffffff" : "#10151b" },
                        value: input.mode === "light" ? "#10151b" : "#ffffff",
                      },
                    },
                  },
                ]
              : []),
          ],
        })),
      },
    );
  },
};

function extreme(rows: readonly SweepRow[], sign: number): SweepRow {
  return rows.reduce((a, b) => (sign * (b.mean - a.mean) > 0 ? b : a));
}
