/** Output over virtual time, one row per case on its own scale, with the fault-free twin and the protocol steps. */
import {
  type ChartDefinition,
  type ChartInput,
  frame,
  onlySet,
  PLOT_WIDTH,
  type Spec,
  stylesOf,
  timeAxis,
} from "../chart.js";
import { contrast, cutPhrase, firstSeedTimelines, markersOf, outcomes, stepOf, windowMs } from "../findings.js";
import { duration } from "../format.js";
import type { PlaybackMarker, ResultSet, TimelineColumns } from "../input.js";
import { type CaseStyle, type Mode, TWIN_COLOUR } from "../palette.js";
import { textWidth } from "../render/text-width.js";
import { SURFACES } from "../theme.js";
import { binsBetween, brief6, joinBins, joinFactor } from "../thin.js";

const POINTS = 400;
const ROW_HEIGHT = 118;
const LABEL_STEP_PX = 12;
const MOST_LABELS = 12;
const STEPS = new Set(["fault", "detected", "redeploy", "recovered"]);

export const outputOverTime: ChartDefinition = {
  id: "output-over-time",
  heading: "Output over time",
  scope: "set",
  build(input: ChartInput): Spec | null {
    const set = onlySet(input);
    const lines = firstSeedTimelines(set);
    if (lines.length === 0) return null;
    const { fromMs, toMs } = windowMs(set);
    const styles = stylesOf(input.sets);
    const list = outcomes(set);
    return frame(
      input.mode,
      {
        title: contrast(list, (entry) => `${entry.case}: ${cutPhrase(entry)}`),
        subtitle:
          `${set.scenario}, seed ${lines[0]?.seed}. Matches emitted per second of virtual time; grey: the same run ` +
          "without the fault. Each row has its own scale; one that does not start at 0 says so.",
        alt: `Output over time. ${list.map((entry) => `${entry.case}: ${cutPhrase(entry)}.`).join(" ")}`,
      },
      {
        spacing: 14,
        resolve: { scale: { x: "shared" } },
        vconcat: lines.map((line, row) =>
          caseRow(set, line, styles.find((style) => style.case === line.case) as CaseStyle, {
            mode: input.mode,
            fromMs,
            toMs,
            last: row === lines.length - 1,
            phrase: cutPhrase(list.find((entry) => entry.case === line.case) as (typeof list)[number]),
          }),
        ),
      },
    );
  },
};

interface RowOptions {
  readonly mode: Mode;
  readonly fromMs: number;
  readonly toMs: number;
  readonly last: boolean;
  readonly phrase: string;
}

function caseRow(set: ResultSet, line: TimelineColumns, style: CaseStyle, options: RowOptions): Spec {
  const { mode, fromMs, toMs } = options;
  const values = rows(line, fromMs, toMs);
  const [bottom, top] = yDomain(values);
  const surface = SURFACES[mode];
  const markers = firstSteps(markersOf(set, line.case)).filter(
    (marker) => marker.timeMs >= fromMs && marker.timeMs <= toMs,
  );
  const labelled = placeLabels(markers, fromMs, toMs);
  const x = timeAxis(fromMs, toMs, options.last);
  const y = (field: string): Spec => ({
    field,
    type: "quantitative",
    title: "matches/s",
    scale: { domain: [bottom, top], nice: false, zero: bottom === 0 },
    axis: { format: "~s", tickCount: 4 },
  });
  return {
    name: `case:${line.case}`,
    width: PLOT_WIDTH,
    height: ROW_HEIGHT,
    title: {
      text: `${line.case}: ${options.phrase}${bottom > 0 ? " (axis does not start at 0)" : ""}`,
      fontSize: 11.5,
      fontWeight: "bold",
      color: surface.text,
      frame: "group",
      offset: 6,
    },
    data: { values },
    layer: [
      {
        mark: { type: "line", color: TWIN_COLOUR[mode], strokeWidth: 1.4, interpolate: "step-after", clip: true },
        encoding: { x, y: y("twin") },
      },
      {
        mark: {
          type: "area",
          color: style.colour,
          opacity: 0.16,
          interpolate: "step-after",
          clip: true,
        },
        encoding: { x, y: y("output"), y2: { datum: bottom } },
      },
      {
        mark: { type: "line", color: style.colour, interpolate: "step-after", clip: true },
        encoding: {
          x,
          y: y("output"),
          tooltip: [
            { field: "seconds", type: "quantitative", title: "virtual time (s)" },
            { field: "output", type: "quantitative", title: "output (matches/s)", format: ",.0f" },
            { field: "twin", type: "quantitative", title: "without fault (matches/s)", format: ",.0f" },
          ],
        },
      },
      ...labelled.flatMap((marker, index) => [
        {
          name: `rule:${line.case}:${index}`,
          data: { values: [marker] },
          mark: { type: "rule", strokeDash: [3, 3], color: surface.muted },
          encoding: { x, y: { value: marker.offset }, y2: { value: ROW_HEIGHT } },
        },
        {
          name: `text:${line.case}:${index}`,
          data: { values: [marker] },
          mark: {
            type: "text",
            align: marker.right ? "right" : "left",
            baseline: "top",
            dx: marker.right ? -3 : 3,
            y: marker.offset,
            fontSize: 9.5,
            color: surface.text,
          },
          encoding: { x, text: { field: "label", type: "nominal" } },
        },
      ]),
    ],
  };
}

/** Of the steps that are marked, the first of each incident; a restart in several batches redeploys more than once. */
function firstSteps(markers: readonly PlaybackMarker[]): PlaybackMarker[] {
  const isFirst = (marker: PlaybackMarker, index: number): boolean =>
    markers.findIndex((other) => other.incident === marker.incident && stepOf(other) === stepOf(marker)) === index;
  return markers.filter((marker, index) => STEPS.has(stepOf(marker)) && isFirst(marker, index));
}

interface PlacedLabel {
  readonly seconds: number;
  readonly label: string;
  /** Distance from the top; a label steps down below one that it would cover, and its rule starts at it. */
  readonly offset: number;
  readonly right: boolean;
}

function placeLabels(markers: readonly PlaybackMarker[], fromMs: number, toMs: number): PlacedLabel[] {
  const perPixel = (toMs - fromMs) / PLOT_WIDTH;
  const endsAtPx: number[] = [];
  return markers.slice(0, MOST_LABELS).map((marker) => {
    // The steps of an incident count from its own fault.
    const fault = markers.find((other) => stepOf(other) === "fault" && other.incident === marker.incident);
    const label =
      stepOf(marker) === "fault" || fault === undefined
        ? `${stepOf(marker)} ${duration(marker.timeMs)}`
        : `${marker.name} +${duration(marker.timeMs - fault.timeMs)}`;
    const atPx = (marker.timeMs - fromMs) / perPixel;
    const widthPx = textWidth(label, 9.5) + 8;
    const right = atPx + widthPx > PLOT_WIDTH;
    const startPx = right ? atPx - widthPx : atPx - 2;
    let level = endsAtPx.findIndex((end, index) => end < startPx && endsAtPx.slice(index).every((e) => e < startPx));
    if (level < 0) level = endsAtPx.length;
    if (level > 3) level = 0;
    endsAtPx.length = level;
    endsAtPx.push(startPx + widthPx);
    return { seconds: marker.timeMs / 1000, label, offset: 4 + level * LABEL_STEP_PX, right };
  });
}

interface Row {
  readonly seconds: number;
  readonly output: number | null;
  readonly twin: number | null;
}

function rows(line: TimelineColumns, fromMs: number, toMs: number): Row[] {
  const [from, to] = binsBetween(line, fromMs, toMs);
  const factor = joinFactor(to - from, POINTS);
  const perSecond = 1000 / line.binMs;
  const output = joinBins(line.emitted, from, to, factor, "mean");
  const twin = joinBins(line.twinEmitted, from, to, factor, "mean");
  return output.map((value, index) => ({
    seconds: ((from + index * factor) * line.binMs) / 1000,
    output: brief6(value * perSecond),
    twin: brief6((twin[index] as number) * perSecond),
  }));
}

/** From 0 where output falls below half; else the range of the values, with room above for the labels. */
function yDomain(values: readonly Row[]): [number, number] {
  const numbers = values.flatMap((row) => [row.output, row.twin]).filter((value) => value !== null);
  const largest = Math.max(...numbers, 0);
  const smallest = Math.min(...numbers, largest);
  if (smallest < 0.5 * largest || largest === 0) return [0, Math.max(1, largest * 1.45)];
  const span = Math.max(largest - smallest, largest * 1e-4);
  return [smallest - 0.08 * span, largest + 0.85 * span];
}
