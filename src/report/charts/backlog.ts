/** Records waiting in log and network over virtual time, all cases in one picture, with the end of each catch-up. */
import {
  type ChartDefinition,
  type ChartInput,
  caseColour,
  caseDash,
  frame,
  logTicks,
  onlySet,
  PLOT_WIDTH,
  SI_LABELS,
  type Spec,
  stylesOf,
  timeAxis,
} from "../chart.js";
import { faultMs, firstSeedTimelines, windowMs } from "../findings.js";
import { compact, duration, measuredDuration } from "../format.js";
import type { ResultSet, TimelineColumns } from "../input.js";
import { type Mode, TWIN_COLOUR } from "../palette.js";
import { textWidth } from "../render/text-width.js";
import { SURFACES } from "../theme.js";
import { binsBetween, brief, joinBins, joinFactor } from "../thin.js";

const POINTS = 400;
const HEIGHT = 280;

export const backlog: ChartDefinition = {
  id: "backlog",
  heading: "Backlog and catch-up",
  scope: "set",
  build(input: ChartInput): Spec | null {
    const set = onlySet(input);
    const lines = firstSeedTimelines(set);
    if (lines.length === 0) return null;
    const { fromMs, toMs } = windowMs(set);
    const styles = stylesOf(input.sets);
    const values = lines.flatMap((line) => rows(line, fromMs, toMs));
    if (!values.some((row) => (row.backlog ?? 0) > 0)) return null;
    const ends = catchUps(set, lines);
    const peaks = lines.map((line) => ({ line, peak: peakOf(line) }));
    const high = peaks.reduce((a, b) => (b.peak > a.peak ? b : a));
    const phrase = (line: TimelineColumns, peak: number): string => {
      const run = set.summary.cases.find((entry) => entry.case === line.case && entry.seed === line.seed);
      const end = run === undefined ? "" : `, worked off ${measuredDuration(run.catchUpMs)} after the fault`;
      return `${line.case}: backlog peaks at ${compact(peak)} records${end}`;
    };
    const x = timeAxis(fromMs, toMs);
    const y = {
      field: "backlog",
      type: "quantitative",
      title: "records waiting (log)",
      scale: { type: "log", domain: yDomain(values), nice: false },
      axis: { labelExpr: SI_LABELS, values: logTicks(...yDomain(values)) },
    };
    const twin = twinRows(lines[0] as TimelineColumns, fromMs, toMs);
    return frame(
      input.mode,
      {
        title: phrase(high.line, high.peak),
        subtitle:
          `${set.scenario}, seed ${high.line.seed}. Produced and not yet processed by their consumer: in the log, in ` +
          "queues, on wires, in gates. Grey: the fault-free run of the first case. Points: caught up.",
        alt: `Backlog over time. ${peaks.map(({ line, peak }) => phrase(line, peak)).join(". ")}.`,
      },
      {
        width: PLOT_WIDTH,
        height: HEIGHT,
        layer: [
          {
            data: { values: twin },
            mark: { type: "line", color: TWIN_COLOUR[input.mode], strokeWidth: 1.3, clip: true },
            encoding: { x, y },
          },
          {
            data: { values },
            mark: { type: "line", clip: true },
            encoding: {
              x,
              y,
              color: caseColour(styles),
              strokeDash: caseDash(styles),
              tooltip: [
                { field: "case", type: "nominal" },
                { field: "seconds", type: "quantitative", title: "virtual time (s)" },
                { field: "backlog", type: "quantitative", title: "waiting (records)", format: ",.0f" },
                { field: "log", type: "quantitative", title: "of these in the log (records)", format: ",.0f" },
              ],
            },
          },
          ...endLayers(ends, x, y, input.mode, styles, (toMs - fromMs) / 1000, fromMs / 1000),
        ],
      },
    );
  },
};

interface End {
  readonly case: string;
  readonly seconds: number;
  readonly backlog: number;
  readonly label: string;
}

function endLayers(
  ends: readonly End[],
  x: Spec,
  y: Spec,
  mode: Mode,
  styles: ReturnType<typeof stylesOf>,
  spanSeconds: number,
  fromSeconds: number,
): Spec[] {
  if (ends.length === 0) return [];
  const placed: { px: number; level: number }[] = [];
  const labels = [...ends]
    .sort((a, b) => a.seconds - b.seconds)
    .map((end) => {
      const px = ((end.seconds - fromSeconds) / spanSeconds) * PLOT_WIDTH;
      const width = textWidth(end.label, 9.5);
      let level = 0;
      while (placed.some((other) => other.level === level && Math.abs(other.px - px) < width + 8)) level++;
      placed.push({ px, level });
      return { ...end, dy: 14 + 12 * level, right: px + width > PLOT_WIDTH };
    });
  return [
    {
      data: { values: ends },
      mark: { type: "point", filled: true, size: 70, opacity: 1, stroke: SURFACES[mode].background, strokeWidth: 1 },
      encoding: { x, y, color: caseColour(styles) },
    },
    ...labels.map((end) => ({
      data: { values: [end] },
      mark: { type: "text", dy: end.dy, fontSize: 9.5, align: end.right ? "right" : "left" },
      encoding: { x, y, text: { field: "label", type: "nominal" } },
    })),
  ];
}

function catchUps(set: ResultSet, lines: readonly TimelineColumns[]): End[] {
  return lines.flatMap((line) => {
    const run = set.summary.cases.find((entry) => entry.case === line.case && entry.seed === line.seed);
    if (run === undefined || typeof run.catchUpMs !== "number" || run.catchUpMs === 0) return [];
    const atMs = faultMs(run) + run.catchUpMs;
    const bin = Math.min(line.bins - 1, Math.floor(atMs / line.binMs));
    const waiting = (line.backlogLogRecords[bin] ?? 0) + (line.backlogNetworkRecords[bin] ?? 0);
    if (!(waiting > 0)) return [];
    return [{ case: line.case, seconds: atMs / 1000, backlog: waiting, label: `+${duration(run.catchUpMs)}` }];
  });
}

interface Row {
  readonly case: string;
  readonly seconds: number;
  readonly backlog: number | null;
  readonly log: number | null;
}

const positive = (value: number): number | null => (value > 0 ? brief(value) : null);

function rows(line: TimelineColumns, fromMs: number, toMs: number): Row[] {
  const [from, to] = binsBetween(line, fromMs, toMs);
  const factor = joinFactor(to - from, POINTS);
  const log = joinBins(line.backlogLogRecords, from, to, factor, "mean");
  const network = joinBins(line.backlogNetworkRecords, from, to, factor, "mean");
  return log.map((value, index) => ({
    case: line.case,
    seconds: ((from + index * factor) * line.binMs) / 1000,
    backlog: positive(value + (network[index] as number)),
    log: brief(value),
  }));
}

function twinRows(line: TimelineColumns, fromMs: number, toMs: number): Omit<Row, "log" | "case">[] {
  const [from, to] = binsBetween(line, fromMs, toMs);
  const factor = joinFactor(to - from, POINTS / 2);
  return joinBins(line.twinBacklogRecords, from, to, factor, "mean").map((value, index) => ({
    seconds: ((from + index * factor) * line.binMs) / 1000,
    backlog: positive(value),
  }));
}

function peakOf(line: TimelineColumns): number {
  let peak = 0;
  for (let bin = 0; bin < line.bins; bin++) {
    peak = Math.max(peak, (line.backlogLogRecords[bin] ?? 0) + (line.backlogNetworkRecords[bin] ?? 0));
  }
  return peak;
}

function yDomain(values: readonly Row[]): [number, number] {
  const seen = values.map((row) => row.backlog).filter((value): value is number => value !== null);
  return [Math.min(...seen) * 0.6, Math.max(...seen) * 1.5];
}
