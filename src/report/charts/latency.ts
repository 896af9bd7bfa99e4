/** Latency of the matches over virtual time: the band from the median to the 99th percentile, per case. */
import {
  type ChartDefinition,
  type ChartInput,
  frame,
  logTicks,
  onlySet,
  PLOT_WIDTH,
  type Spec,
  stylesOf,
  timeAxis,
} from "../chart.js";
import { firstSeedTimelines, windowMs } from "../findings.js";
import { duration } from "../format.js";
import type { TimelineColumns } from "../input.js";
import { type CaseStyle, TWIN_COLOUR } from "../palette.js";
import { binsBetween, brief, joinBins, joinFactor } from "../thin.js";

const POINTS = 400;

export const latency: ChartDefinition = {
  id: "latency",
  heading: "Latency over time",
  scope: "set",
  build(input: ChartInput): Spec | null {
    const set = onlySet(input);
    const lines = firstSeedTimelines(set);
    const { fromMs, toMs } = windowMs(set);
    const data = lines.map((line) => ({ line, values: rows(line, fromMs, toMs) }));
    const all = data.flatMap(({ values }) => values.flatMap((row) => [row.p50, row.p99, row.twinP50, row.twinP99]));
    const seen = all.filter((value): value is number => value !== null && value > 0);
    if (seen.length === 0) return null;
    const domain = [Math.min(...seen) * 0.8, Math.max(...seen) * 1.3];
    const styles = stylesOf(input.sets);
    const peaks = lines.map((line) => ({ case: line.case, peakMs: peak(line, fromMs, toMs) }));
    const high = peaks.reduce((a, b) => (b.peakMs > a.peakMs ? b : a));
    const low = peaks.reduce((a, b) => (b.peakMs < a.peakMs ? b : a));
    const phrase = (entry: (typeof peaks)[number]): string =>
      `${entry.case}: the 99th percentile peaks at ${duration(entry.peakMs)}`;
    return frame(
      input.mode,
      {
        title: high.case === low.case ? phrase(high) : `${phrase(high)}; ${low.case}: at ${duration(low.peakMs)}`,
        subtitle:
          `${set.scenario}, seed ${lines[0]?.seed}. Emission minus event time of the later record of a match: median ` +
          "(line) to 99th percentile (top of the band); dashed: without the fault. No band: no output.",
        alt: `Latency over time as quantile bands. ${peaks.map(phrase).join(". ")}.`,
      },
      {
        spacing: 12,
        resolve: { scale: { x: "shared" } },
        vconcat: data.map(({ line, values }, row) =>
          caseRow(
            line,
            values,
            styles.find((style) => style.case === line.case) as CaseStyle,
            domain,
            timeAxis(fromMs, toMs, row === data.length - 1),
            TWIN_COLOUR[input.mode],
          ),
        ),
      },
    );
  },
};

function caseRow(
  line: TimelineColumns,
  values: readonly Spec[],
  style: CaseStyle,
  yDomain: readonly number[],
  x: Spec,
  twinColour: string,
): Spec {
  const y = (field: string): Spec => ({
    field,
    type: "quantitative",
    title: "latency (s, log)",
    scale: { type: "log", domain: yDomain, nice: false },
    axis: { format: "~g", values: decades(yDomain) },
  });
  return {
    name: `case:${line.case}`,
    width: PLOT_WIDTH,
    height: 96,
    title: { text: line.case, fontSize: 11.5, frame: "group", offset: 5 },
    data: { values },
    layer: [
      {
        mark: { type: "line", color: twinColour, strokeDash: [4, 3], strokeWidth: 1.2, clip: true },
        encoding: { x, y: y("twinP99") },
      },
      {
        mark: { type: "area", color: style.colour, opacity: 0.28, clip: true },
        encoding: { x, y: y("p99"), y2: { field: "p50" } },
      },
      {
        mark: { type: "line", color: style.colour, clip: true },
        encoding: {
          x,
          y: y("p50"),
          tooltip: [
            { field: "seconds", type: "quantitative", title: "virtual time (s)" },
            { field: "p50", type: "quantitative", title: "median (s)", format: ".3~f" },
            { field: "p99", type: "quantitative", title: "99th percentile (s)", format: ".3~f" },
            { field: "twinP99", type: "quantitative", title: "99th percentile without fault (s)", format: ".3~f" },
          ],
        },
      },
    ],
  };
}

/** Powers of ten within the domain; the rows are low. */
function decades(domain: readonly number[]): number[] {
  return logTicks(domain[0] as number, domain[1] as number).filter((tick) => Number.isInteger(Math.log10(tick)));
}

interface Row {
  readonly [key: string]: unknown;
  readonly seconds: number;
  readonly p50: number | null;
  readonly p99: number | null;
  readonly twinP50: number | null;
  readonly twinP99: number | null;
}

function rows(line: TimelineColumns, fromMs: number, toMs: number): Row[] {
  const [from, to] = binsBetween(line, fromMs, toMs);
  const factor = joinFactor(to - from, POINTS);
  const join = (column: Float64Array, how: "mean" | "max"): (number | null)[] =>
    joinBins(column, from, to, factor, how).map((ms) => brief(ms / 1000));
  const [p50, p99] = [join(line.latencyP50Ms, "mean"), join(line.latencyP99Ms, "max")];
  const [twinP50, twinP99] = [join(line.twinLatencyP50Ms, "mean"), join(line.twinLatencyP99Ms, "max")];
  return p50.map((value, index) => ({
    seconds: ((from + index * factor) * line.binMs) / 1000,
    p50: value,
    p99: p99[index] ?? null,
    twinP50: twinP50[index] ?? null,
    twinP99: twinP99[index] ?? null,
  }));
}

function peak(line: TimelineColumns, fromMs: number, toMs: number): number {
  const [from, to] = binsBetween(line, fromMs, toMs);
  return line.latencyP99Ms.slice(from, to).reduce((most, value) => (value > most ? value : most), 0);
}
