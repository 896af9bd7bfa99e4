/**
 * How long sink subtasks were silent, all seeds together: the share with a longer silence (the complement of the
 * ECDF, so that 4 of 4,000 can be seen) and a histogram, both over log time.
 */
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
} from "../chart.js";
import { affectedPhrase, contrast, type Outcome, outcomes } from "../findings.js";
import { duration } from "../format.js";
import type { CaseStyle } from "../palette.js";
import { quantileSorted } from "../stats.js";
import { brief } from "../thin.js";

const CURVE_POINTS = 160;
const BINS_PER_DECADE = 8;
/** Silences below this are one flush of the network, and log time has no zero. */
const SHORTEST_MS = 1;

export const outputGap: ChartDefinition = {
  id: "output-gap",
  heading: "Who was silent, and for how long",
  scope: "set",
  build(input: ChartInput): Spec | null {
    const set = onlySet(input);
    if (set.gaps.length === 0) return null;
    const styles = stylesOf(input.sets);
    const list = outcomes(set);
    const sorted = new Map(
      list.map((entry) => [
        entry.case,
        Float64Array.from(
          set.gaps.filter((row) => row.case === entry.case),
          (row) => Math.max(SHORTEST_MS, row.gapMs),
        ).sort(),
      ]),
    );
    const phrase = (entry: Outcome): string =>
      entry.affected === 0
        ? `${entry.case}: no sink subtask silent for longer than without the fault`
        : `${entry.case}: ${affectedPhrase(entry)} silent, for up to ${duration(entry.affectedGapMaxMs)}`;
    const seeds = Math.max(1, ...list.map((entry) => entry.seeds));
    return frame(
      input.mode,
      {
        title: contrast(list, phrase),
        subtitle:
          `${set.scenario}, ${seeds === 1 ? "one seed" : `${seeds} seeds pooled`}. The longest silence of each sink ` +
          "subtask after the fault. Above: share with a longer silence; below: how many subtasks per case.",
        alt: `Distribution of output gaps. ${list.map(phrase).join(". ")}.`,
      },
      {
        spacing: 18,
        resolve: { scale: { x: "shared", color: "shared" } },
        vconcat: [curves(sorted, styles), ...histograms(sorted, styles)],
      },
    );
  },
};

const X_TITLE = "longest silence of a sink subtask (s, log)";

function xOf(sorted: ReadonlyMap<string, Float64Array>): [number, number] {
  const all = [...sorted.values()].filter((values) => values.length > 0);
  const least = Math.min(...all.map((values) => values[0] as number));
  const most = Math.max(...all.map((values) => values.at(-1) as number));
  const edge = (ms: number, round: (value: number) => number): number =>
    10 ** (round(Math.log10(ms) * BINS_PER_DECADE) / BINS_PER_DECADE) / 1000;
  return [edge(least * 0.9, Math.floor), edge(most * 1.1, Math.ceil)];
}

function curves(sorted: ReadonlyMap<string, Float64Array>, styles: readonly CaseStyle[]): Spec {
  const values = [...sorted].flatMap(([name, gaps]) => curve(name, gaps));
  const least = Math.min(...[...sorted.values()].map((gaps) => 1 / Math.max(1, gaps.length)));
  return {
    width: PLOT_WIDTH,
    height: 190,
    data: { values },
    mark: { type: "line", interpolate: "step-after", clip: true },
    encoding: {
      x: {
        field: "seconds",
        type: "quantitative",
        scale: { type: "log", domain: xOf(sorted), nice: false },
        title: null,
        axis: { labelExpr: "format(datum.value, '~g')", values: ticksOf(sorted) },
      },
      y: {
        field: "share",
        type: "quantitative",
        scale: { type: "log", domain: [least / 1.5, 1.15], nice: false },
        title: "share silent for longer (log)",
        axis: { labelExpr: "format(datum.value, '~%')", values: [0.0001, 0.001, 0.01, 0.1, 1] },
      },
      color: caseColour(styles),
      strokeDash: caseDash(styles),
      tooltip: [
        { field: "case", type: "nominal" },
        { field: "seconds", type: "quantitative", title: "silence (s)", format: ".3~f" },
        { field: "share", type: "quantitative", title: "share silent for longer", format: ".3~%" },
      ],
    },
  };
}

/** Share of subtasks whose silence is longer than `seconds`, at evenly spaced ranks of log share. */
function curve(name: string, gaps: Float64Array): Spec[] {
  const n = gaps.length;
  if (n === 0) return [];
  const shares = new Set<number>([n]);
  for (let point = 0; point <= CURVE_POINTS; point++) {
    shares.add(Math.max(1, Math.round(n ** (1 - point / CURVE_POINTS))));
    shares.add(Math.max(1, Math.round(n * (1 - point / CURVE_POINTS))));
  }
  const points = [...shares]
    .sort((a, b) => b - a)
    .map((longer) => ({
      case: name,
      // The (n − longer + 1)-th value is exceeded or met by `longer` subtasks.
      seconds: brief(quantileSorted(gaps, (n - longer + 1) / n) / 1000),
      share: brief(longer / n),
    }));
  return points.map((point, index) => ({ ...point, share: points[index + 1]?.share ?? point.share }));
}

function histograms(sorted: ReadonlyMap<string, Float64Array>, styles: readonly CaseStyle[]): Spec[] {
  const [from, to] = xOf(sorted);
  const most = Math.max(...[...sorted.values()].map((gaps) => gaps.length));
  const names = [...sorted.keys()];
  return names.map((name, row) => {
    const bins = new Map<number, number>();
    for (const gap of sorted.get(name) as Float64Array) {
      const bin = Math.floor(Math.log10(gap) * BINS_PER_DECADE + 1e-9);
      bins.set(bin, (bins.get(bin) ?? 0) + 1);
    }
    const style = styles.find((entry) => entry.case === name) as CaseStyle;
    return {
      name: `case:${name}`,
      width: PLOT_WIDTH,
      height: 46,
      title: {
        text: `${name}: sink subtasks by silence (log)`,
        fontSize: 10.5,
        frame: "group",
        offset: 3,
        fontWeight: "normal",
      },
      data: {
        values: [...bins]
          .sort((a, b) => a[0] - b[0])
          .map(([bin, subtasks]) => ({
            low: brief(10 ** (bin / BINS_PER_DECADE) / 1000),
            high: brief(10 ** ((bin + 1) / BINS_PER_DECADE) / 1000),
            subtasks,
          })),
      },
      mark: { type: "rect", color: style.colour, stroke: null },
      encoding: {
        x: {
          field: "low",
          type: "quantitative",
          scale: { type: "log", domain: [from, to], nice: false },
          title: row === names.length - 1 ? X_TITLE : null,
          axis: { labelExpr: "format(datum.value, '~g')", labels: row === names.length - 1, values: ticksOf(sorted) },
        },
        x2: { field: "high" },
        y2: { datum: 0 },
        y: {
          field: "subtasks",
          type: "quantitative",
          scale: { type: "symlog", domain: [0, most] },
          title: null,
          axis: { values: countTicks(most), labelExpr: SI_LABELS },
        },
        tooltip: [
          { field: "low", type: "quantitative", title: "silence from (s)" },
          { field: "high", type: "quantitative", title: "to (s)" },
          { field: "subtasks", type: "quantitative", title: "sink subtasks", format: ",d" },
        ],
      },
    };
  });
}

function ticksOf(sorted: ReadonlyMap<string, Float64Array>): number[] {
  return logTicks(...xOf(sorted));
}

function countTicks(most: number): number[] {
  const ticks = [0];
  for (let tick = most > 5_000 ? 100 : 10; tick <= most; tick *= most > 5_000 ? 100 : 10) ticks.push(tick);
  return ticks;
}
