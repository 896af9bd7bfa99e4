/** A metric over one varied parameter: a line per case with the 95 % band over seeds. */
import { type ChartDefinition, type ChartInput, caseColour, caseDash, frame, PLOT_WIDTH, type Spec } from "../chart.js";
import { duration, figures, metricTitle } from "../format.js";
import type { SweepRow } from "../input.js";
import { caseStyles } from "../palette.js";
import { brief } from "../thin.js";

export const sweepLines: ChartDefinition = {
  id: "sweep-lines",
  heading: "What one parameter does",
  scope: "all",
  build(input: ChartInput): Spec | null {
    const rows = inSeconds(input.sweep ?? []);
    const names = parameterNames(rows);
    const parameter = names.at(0);
    if (parameter === undefined || names.length > 1) return null;
    const metrics = [...new Set(rows.map((row) => row.metric))];
    const styles = caseStyles(rows);
    const numeric = rows.every((row) => typeof row.parameters[parameter] === "number");
    const values = (metric: string): Spec[] =>
      rows
        .filter((row) => row.metric === metric)
        .map((row) => ({
          case: row.case,
          value: row.parameters[parameter],
          mean: brief(row.mean),
          low: brief(row.low),
          high: brief(row.high),
          seeds: row.seeds,
          ...(isBound(row) ? { bound: "≥" } : {}),
        }));
    const title = finding(rows, metrics[0] as string, parameter);
    const seeds = Math.max(...rows.map((row) => row.seeds));
    return frame(
      input.mode,
      {
        title,
        subtitle: `Mean over ${seeds === 1 ? "one seed" : `${seeds} seeds`}; band: 95 % interval of the mean.${boundNote(rows)}`,
        alt: `${metrics.join(", ")} against ${parameter}. ${title}.`,
      },
      {
        spacing: 18,
        resolve: { scale: { x: "shared", color: "shared" } },
        vconcat: metrics.map((metric, index) => {
          const unit = rows.find((row) => row.metric === metric)?.unit ?? "";
          const x = {
            field: "value",
            type: numeric ? "quantitative" : "ordinal",
            title: index === metrics.length - 1 ? parameter : null,
            ...(numeric ? { scale: { zero: false, nice: false } } : { sort: null }),
            axis: { grid: false, labelAngle: 0 },
          };
          const y = (field: string): Spec => ({
            field,
            type: "quantitative",
            title: unit === "" ? metric : `${metric} (${unit})`,
            scale: { zero: true },
          });
          return {
            width: PLOT_WIDTH,
            height: 200,
            data: { values: values(metric) },
            layer: [
              {
                mark: { type: "errorband", opacity: 0.2 },
                encoding: { x, y: y("low"), y2: { field: "high" }, color: caseColour(styles) },
              },
              {
                mark: { type: "line", point: { size: 40 } },
                encoding: {
                  x,
                  y: y("mean"),
                  color: caseColour(styles),
                  strokeDash: caseDash(styles),
                  tooltip: [
                    { field: "case", type: "nominal" },
                    { field: "value", type: numeric ? "quantitative" : "nominal", title: parameter },
                    { field: "mean", type: "quantitative", title: `${metric}, mean${unit === "" ? "" : ` (${unit})`}` },
                    { field: "low", type: "quantitative", title: "95 % from" },
                    { field: "high", type: "quantitative", title: "to" },
                    { field: "seeds", type: "quantitative" },
                  ],
                },
              },
              ...(rows.some((row) => row.metric === metric && isBound(row))
                ? [
                    {
                      transform: [{ filter: "datum.bound === '≥'" }],
                      mark: { type: "text", dy: -12, fontSize: 11 },
                      encoding: {
                        x,
                        y: y("mean"),
                        color: caseColour(styles),
                        text: { field: "bound", type: "nominal" },
                      },
                    },
                  ]
                : []),
            ],
          };
        }),
      },
    );
  },
};

/** Milliseconds read better as seconds: `recoveryTimeMs` becomes `recovery time (s)`. */
export function inSeconds(rows: readonly SweepRow[]): SweepRow[] {
  return rows.map((row) => {
    const metric = metricTitle(row.metric);
    if (row.unit !== "ms") return { ...row, metric };
    return { ...row, metric, unit: "s", mean: row.mean / 1000, low: row.low / 1000, high: row.high / 1000 };
  });
}

export function parameterNames(rows: readonly SweepRow[]): string[] {
  return [...new Set(rows.flatMap((row) => Object.keys(row.parameters)))];
}

export function withUnit(value: number, unit: string): string {
  return unit === "s" ? duration(value * 1000) : `${figures(value)}${unit === "" ? "" : ` ${unit}`}`;
}

/** Whether the mean is only known from below. */
export function isBound(row: SweepRow): boolean {
  return (row.censored ?? 0) > 0;
}

/** `≥ 127 s` where runs were cut off. */
export function meanText(row: SweepRow): string {
  return `${isBound(row) ? "≥ " : ""}${withUnit(row.mean, row.unit)}`;
}

/** For a subtitle, where it is needed. */
export function boundNote(rows: readonly SweepRow[]): string {
  return rows.some(isBound) ? " ≥: runs ended before it was known, so the mean is a lower bound." : "";
}

/** The case that changes most over the parameter, and by how much. */
function finding(rows: readonly SweepRow[], metric: string, parameter: string): string {
  const cases = [...new Set(rows.map((row) => row.case))];
  const changes = cases.flatMap((name) => {
    const own = rows.filter((row) => row.case === name && row.metric === metric);
    const [first, last] = [own[0], own.at(-1)];
    return first === undefined || last === undefined
      ? []
      : [{ name, first, last, size: Math.abs(last.mean - first.mean) }];
  });
  const most = changes.reduce((a, b) => (b.size > a.size ? b : a));
  const { first, last } = most;
  return (
    `${most.name}: ${metric} goes from ${meanText(first)} to ${meanText(last)} as ` +
    `${parameter} goes from ${first.parameters[parameter]} to ${last.parameters[parameter]}`
  );
}
