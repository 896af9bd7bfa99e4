/** Recovery time against parallelism: the simulated means with their intervals beside the published points. */
import {
  type ChartDefinition,
  type ChartInput,
  caseColour,
  caseShape,
  frame,
  PLOT_WIDTH,
  type Spec,
  stylesOf,
} from "../chart.js";
import { outcomes } from "../findings.js";
import { count, duration, lowerBound } from "../format.js";
import type { ResultSet, SweepRow } from "../input.js";
import { caseStyles, PUBLISHED_COLOUR } from "../palette.js";
import { type Published, parallelismOf, publishedFor } from "../published.js";
import { meanInterval } from "../stats.js";
import { brief } from "../thin.js";
import { isBound } from "./sweep-lines.js";

interface Point {
  readonly case: string;
  readonly parallelism: number;
  readonly scenario: string;
  readonly seconds: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly seeds: number;
  /** `≥ 290 s` where the end of a run cut a recovery off: then `seconds` is a lower bound. */
  readonly bound: string | null;
}

export const recoveryByParallelism: ChartDefinition = {
  id: "recovery-by-parallelism",
  heading: "Recovery time against parallelism",
  scope: "all",
  build(input: ChartInput): Spec | null {
    const sweep = input.sweep ?? [];
    const points = [...input.sets.flatMap(pointsOf), ...sweepPoints(sweep)];
    const published = publishedFor(input.sets, sweptFamilies(sweep));
    const sizes = [...new Set(points.map((point) => point.parallelism))].sort((a, b) => a - b);
    if (sizes.length < 2 && published.length === 0) return null;
    const styles = input.sets.length > 0 ? stylesOf(input.sets) : caseStyles(sweep);
    const seconds = [...points.map((point) => point.high ?? 0), ...published.map((point) => point.seconds)];
    const x = {
      field: "parallelism",
      type: "quantitative",
      title: "parallelism (slots, log)",
      scale: { type: "log", domain: xDomain([...sizes, ...published.map((point) => point.parallelism)]), nice: false },
      axis: {
        values: [...new Set([...sizes, ...published.map((point) => point.parallelism)])],
        labelExpr: "format(datum.value, ',d')",
        grid: false,
      },
    };
    const fastest = Math.min(...points.map((point) => point.seconds ?? Number.POSITIVE_INFINITY));
    const y = { field: "seconds", type: "quantitative", ...secondsAxis(fastest, Math.max(...seconds)) };
    const y2 = { ...y, field: "low" };
    const colour = caseColour(styles, "point");
    const cut = points.filter(({ bound }) => bound !== null);
    return frame(
      input.mode,
      {
        title: titleOf(points, published),
        subtitle:
          `${[...new Set(points.map((point) => point.scenario))].join(", ")}. First fault to the last task running and its last ` +
          `channel registered; mean, bar: 95 % interval over seeds. Rings: published.${
            cut.length > 0 ? " ≥: not recovered when the run ended." : ""
          }`,
        alt: `Recovery time against parallelism. ${points
          .map((p) => `${p.case} at ${count(p.parallelism)}: ${p.bound ?? duration((p.seconds ?? Number.NaN) * 1000)}.`)
          .join(" ")} Published: ${published
          .map((p) => `${p.case} at ${count(p.parallelism)}: ${duration(p.seconds * 1000)}.`)
          .join(" ")}`,
      },
      {
        width: PLOT_WIDTH,
        height: 320,
        layer: [
          // Below the simulated points, which show whether they are inside a ring.
          ...publishedLayers(published, x, y, PUBLISHED_COLOUR[input.mode], colour),
          {
            data: { values: points },
            mark: { type: "line" },
            encoding: { x, y, color: colour },
          },
          {
            data: { values: points.filter((point) => point.seeds > 1 && point.bound === null) },
            mark: { type: "rule", strokeWidth: 3, opacity: 0.55 },
            encoding: { x, y: y2, y2: { field: "high" }, color: colour },
          },
          {
            data: { values: points },
            mark: { type: "point", filled: true, size: 75, opacity: 1 },
            encoding: {
              x,
              y,
              color: colour,
              shape: caseShape(styles),
              tooltip: [
                { field: "scenario", type: "nominal" },
                { field: "case", type: "nominal" },
                { field: "parallelism", type: "quantitative", format: ",d" },
                { field: "seconds", type: "quantitative", title: "recovery, mean (s)", format: ".2f" },
                { field: "low", type: "quantitative", title: "95 % from (s)", format: ".2f" },
                { field: "high", type: "quantitative", title: "to (s)", format: ".2f" },
                { field: "seeds", type: "quantitative" },
              ],
            },
          },
          ...(cut.length === 0
            ? []
            : [
                {
                  data: { values: cut },
                  mark: { type: "text", align: "right", dx: -9, dy: -3, fontSize: 10.5 },
                  encoding: { x, y, color: colour, text: { field: "bound", type: "nominal" } },
                },
              ]),
        ],
      },
    );
  },
};

function publishedLayers(published: readonly Published[], x: Spec, y: Spec, ink: string, colour: Spec): Spec[] {
  if (published.length === 0) return [];
  const tooltip = [
    { field: "case", type: "nominal" },
    { field: "seconds", type: "quantitative", title: "published (s)" },
    { field: "source", type: "nominal" },
  ];
  const labelled = published.map((point) => ({ ...point, label: `published ${duration(point.seconds * 1000)}` }));
  return [
    {
      data: { values: published },
      mark: { type: "point", shape: "circle", size: 290, filled: false, strokeWidth: 2.4, opacity: 1 },
      encoding: { x, y, color: colour, tooltip },
    },
    {
      data: { values: labelled },
      mark: { type: "text", align: "center", dy: -16, fontSize: 9.5, color: ink },
      encoding: { x, y, text: { field: "label", type: "nominal" } },
    },
  ];
}

function pointsOf(set: ResultSet): Point[] {
  const parallelism = parallelismOf(set);
  if (parallelism === 0) return [];
  return outcomes(set).map((entry) => {
    const seconds = meanInterval(entry.runs.map((run) => lowerBound(run.recoveryTimeMs) / 1000));
    return {
      case: entry.case,
      parallelism,
      scenario: set.scenario,
      seconds: brief(seconds.mean),
      low: brief(Math.max(0, seconds.low)),
      high: brief(seconds.high),
      seeds: seconds.n,
      bound: entry.runs.some((run) => typeof run.recoveryTimeMs !== "number")
        ? `≥ ${duration(seconds.mean * 1000)}`
        : null,
    };
  });
}

/** Names that a scenario gives its number of slots. */
const PARALLELISM = ["P", "parallelism"];

/** A sweep over the number of slots alone. */
function sweptSlots(sweep: readonly SweepRow[]): SweepRow[] {
  const rows = sweep.filter((row) => row.metric === "recoveryTimeMs");
  return rows.filter((row) => {
    const names = Object.keys(row.parameters);
    return names.length === 1 && PARALLELISM.includes(names[0] as string);
  });
}

function sweepPoints(sweep: readonly SweepRow[]): Point[] {
  return sweptSlots(sweep).flatMap((row): Point[] => {
    const parallelism = Object.values(row.parameters)[0];
    if (typeof parallelism !== "number") return [];
    const seconds = (ms: number): number => brief(Math.max(0, ms) / 1000) ?? 0;
    const { mean, low, high, seeds } = row;
    const scenario = row.scenario ?? "sweep";
    return [
      {
        case: row.case,
        parallelism,
        scenario,
        seconds: seconds(mean),
        low: seconds(low),
        high: seconds(high),
        seeds,
        bound: isBound(row) ? `≥ ${duration(mean)}` : null,
      },
    ];
  });
}

function sweptFamilies(sweep: readonly SweepRow[]): string[] {
  return [...new Set(sweptSlots(sweep).flatMap((row) => row.scenario ?? []))];
}

/** Beyond this ratio of the slowest to the fastest recovery an axis from 0 would lay the fast ones on top of each other. */
const LINEAR_RATIO = 30;

function secondsAxis(fastest: number, slowest: number): Spec {
  if (!(slowest > LINEAR_RATIO * fastest && fastest > 0))
    return { title: "recovery time (s)", scale: { domain: [0, slowest * 1.14], nice: false } };
  const domain = [fastest / 2, slowest * 1.6] as const;
  const decades = [0.01, 0.1, 1, 10, 100, 1_000, 10_000].flatMap((ten) => [ten, 2 * ten, 5 * ten]);
  return {
    title: "recovery time (s, log)",
    scale: { type: "log", domain, nice: false, clamp: true },
    axis: { values: decades.filter((tick) => tick >= domain[0] && tick <= domain[1]), format: "~g" },
  };
}

function xDomain(values: readonly number[]): [number, number] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return low === high ? [low / 2, high * 2] : [low * (low / high) ** 0.2, high * (high / low) ** 0.2];
}

function titleOf(points: readonly Point[], published: readonly Published[]): string {
  const largest = Math.max(...points.map((point) => point.parallelism));
  const atLargest = points.filter((point) => point.parallelism === largest && point.seconds !== null);
  if (atLargest.length === 0) return "No recovery to show";
  const bySeconds = (a: Point, b: Point): number => (a.seconds ?? 0) - (b.seconds ?? 0);
  const slowest = [...atLargest].sort(bySeconds).at(-1) as Point;
  const fastest = [...atLargest].sort(bySeconds)[0] as Point;
  const phrase = (point: Point): string => {
    const other = published.find((entry) => entry.case === point.case && entry.parallelism === point.parallelism);
    const beside = other === undefined ? "" : ` (published ${duration(other.seconds * 1000)})`;
    return `${point.case} takes ${point.bound ?? duration((point.seconds ?? 0) * 1000)}${beside}`;
  };
  const both = slowest === fastest ? phrase(slowest) : `${phrase(slowest)}, ${phrase(fastest)}`;
  return `At ${count(largest)} slots ${both}`;
}
