/** Where the recovery time went: the critical path of each case on one scale, and the same as shares. */
import { PHASES, type PhaseName } from "../../metrics/result.js";
import { type ChartDefinition, type ChartInput, frame, onlySet, PLOT_WIDTH, type Spec } from "../chart.js";
import { duration } from "../format.js";
import type { PhaseRow, ResultSet } from "../input.js";
import { type Mode, PUBLISHED_COLOUR, phaseColour } from "../palette.js";
import { publishedOf } from "../published.js";
import { textWidth } from "../render/text-width.js";
import { SURFACES } from "../theme.js";
import { brief6 } from "../thin.js";

/** The axis goes on behind the longest bar, for its label. */
const ROOM = 1.17;
const ROW_PX = 30;

interface Span {
  readonly case: string;
  readonly phase: PhaseName;
  readonly startMs: number;
  readonly endMs: number;
  readonly thread: string;
}

export const phases: ChartDefinition = {
  id: "phases",
  heading: "Where the recovery time went",
  scope: "set",
  build(input: ChartInput): Spec | null {
    const set = onlySet(input);
    const cases = pathsOf(set);
    if (cases.length === 0) return null;
    const biggest = ({ spans }: Path): PhaseName =>
      PHASES.reduce((a, b) => (timeIn(spans, b) > timeIn(spans, a) ? b : a));
    const longest = cases.reduce((a, b) => (b.totalMs > a.totalMs ? b : a));
    const shortest = cases.reduce((a, b) => (b.totalMs < a.totalMs ? b : a));
    const phrase = (path: Path): string =>
      `${path.name}: ${duration(path.totalMs)}, of which ${biggest(path)} ${duration(timeIn(path.spans, biggest(path)))}`;
    const published = cases.flatMap(({ name }) => {
      const found = publishedOf(set, name);
      return found === null ? [] : [{ case: name, at: found.seconds, source: found.source }];
    });
    return frame(
      input.mode,
      {
        title: shortest === longest ? phrase(longest) : `${phrase(longest)}; ${phrase(shortest)}`,
        subtitle:
          `${set.scenario}, seed ${set.summary.cases[0]?.seed}, longest incident. Critical path from the fault to the ` +
          "last channel registered; above in seconds on one scale, below as shares of each recovery." +
          (published.length > 0 ? " Diamond: the published recovery." : ""),
        alt: `Phases of recovery. ${cases
          .map(
            ({ name, totalMs, spans }) =>
              `${name}, ${duration(totalMs)}: ${PHASES.filter((phase) => timeIn(spans, phase) > 0)
                .map((phase) => `${phase} ${duration(timeIn(spans, phase))}`)
                .join(", ")}.`,
          )
          .join(" ")}`,
      },
      {
        spacing: 20,
        vconcat: [gantt(cases, published, input.mode), shares(cases)],
        resolve: { scale: { color: "shared" } },
      },
    );
  },
};

interface Path {
  readonly name: string;
  readonly startMs: number;
  readonly totalMs: number;
  readonly spans: readonly Span[];
}

/** The path of the longest incident of each case's first run. */
function pathsOf(set: ResultSet): Path[] {
  const names = [...new Set(set.summary.cases.map((run) => run.case))];
  return names.flatMap((name) => {
    const seed = set.summary.cases.find((run) => run.case === name)?.seed;
    const incidents = new Map<number, PhaseRow[]>();
    for (const row of set.phases) {
      if (row.case !== name || row.seed !== seed) continue;
      incidents.set(row.incident, [...(incidents.get(row.incident) ?? []), row]);
    }
    const paths = [...incidents.values()].map((rows): Path => {
      const sorted = [...rows].sort((a, b) => a.startMs - b.startMs || a.endMs - b.endMs);
      const startMs = (sorted[0] as PhaseRow).startMs;
      return { name, startMs, totalMs: Math.max(...sorted.map((row) => row.endMs)) - startMs, spans: merged(sorted) };
    });
    return paths.length === 0 ? [] : [paths.reduce((a, b) => (b.totalMs > a.totalMs ? b : a))];
  });
}

/** Joins neighbours of one phase, on whatever threads. */
function merged(rows: readonly PhaseRow[]): Span[] {
  const spans: Span[] = [];
  for (const row of rows) {
    const last = spans.at(-1);
    if (last !== undefined && last.phase === row.phase) {
      const thread = last.thread.includes(row.thread) ? last.thread : `${last.thread}, ${row.thread}`;
      spans[spans.length - 1] = {
        ...last,
        endMs: Math.max(last.endMs, row.endMs),
        thread: thread.length > 120 ? `${last.thread.slice(0, 110)} …` : thread,
      };
    } else spans.push({ case: row.case, phase: row.phase, startMs: row.startMs, endMs: row.endMs, thread: row.thread });
  }
  return spans;
}

function timeIn(spans: readonly Span[], phase: PhaseName): number {
  return spans.reduce((sum, span) => sum + (span.phase === phase ? span.endMs - span.startMs : 0), 0);
}

function colour(cases: readonly Path[]): Spec {
  const used = PHASES.filter((phase) => cases.some(({ spans }) => timeIn(spans, phase) > 0));
  return {
    field: "phase",
    type: "nominal",
    title: null,
    scale: { domain: used, range: used.map(phaseColour) },
    legend: { orient: "top", direction: "horizontal", symbolType: "square" },
  };
}

const caseAxis = (cases: readonly Path[]): Spec => ({
  field: "case",
  type: "nominal",
  sort: cases.map(({ name }) => name),
  title: null,
  axis: { labelLimit: 230, ticks: false, domain: false },
  scale: { paddingInner: 0.22, paddingOuter: 0.1 },
});

/** A bar from `from` to `to` for each phase of each case, and its label where there is room for one. */
const barsWithLabels = (cases: readonly Path[], x: Spec, measures: readonly Spec[]): Spec[] => [
  {
    mark: { type: "bar" },
    encoding: {
      x,
      x2: { field: "to" },
      color: colour(cases),
      tooltip: [{ field: "case", type: "nominal" }, { field: "phase", type: "nominal" }, ...measures],
    },
  },
  {
    mark: { type: "text", align: "left", dx: 4, color: "#10151b", fontSize: 10 },
    encoding: { x, text: { field: "label", type: "nominal" } },
  },
];

interface PublishedMark {
  readonly case: string;
  readonly at: number;
  readonly source: string;
}

function gantt(cases: readonly Path[], published: readonly PublishedMark[], mode: Mode): Spec {
  const mostMs = Math.max(...cases.map(({ totalMs }) => totalMs), ...published.map(({ at }) => 1000 * at));
  const values = cases.flatMap(({ name, startMs, spans }) =>
    spans.map((span) => ({
      case: name,
      phase: span.phase,
      from: brief6((span.startMs - startMs) / 1000),
      to: brief6((span.endMs - startMs) / 1000),
      seconds: brief6((span.endMs - span.startMs) / 1000),
      thread: span.thread,
      ...labelFor([span.phase], (span.endMs - span.startMs) / mostMs / ROOM),
    })),
  );
  const x = {
    field: "from",
    type: "quantitative",
    title: "seconds after the fault",
    scale: { domain: [0, (mostMs / 1000) * ROOM], nice: false },
  };
  return {
    width: PLOT_WIDTH,
    height: cases.length * ROW_PX,
    data: { values },
    encoding: { y: caseAxis(cases) },
    layer: [
      ...barsWithLabels(cases, x, [
        { field: "from", type: "quantitative", title: "from (s after the fault)", format: ".3f" },
        { field: "seconds", type: "quantitative", title: "length (s)", format: ".3f" },
        { field: "thread", type: "nominal", title: "on" },
      ]),
      {
        data: {
          values: cases.map(({ name, totalMs }) => ({ case: name, at: totalMs / 1000, label: duration(totalMs) })),
        },
        mark: { type: "text", align: "left", dx: published.length > 0 ? 12 : 5, fontWeight: "bold", fontSize: 10.5 },
        encoding: { x: { ...x, field: "at" }, text: { field: "label", type: "nominal" } },
      },
      ...(published.length === 0
        ? []
        : [
            {
              data: { values: published },
              mark: {
                type: "point",
                shape: "diamond",
                filled: true,
                size: 75,
                opacity: 1,
                stroke: SURFACES[mode].background,
                strokeWidth: 1,
                fill: PUBLISHED_COLOUR[mode],
              },
              encoding: {
                x: { ...x, field: "at" },
                tooltip: [
                  { field: "case", type: "nominal" },
                  { field: "at", type: "quantitative", title: "published (s)" },
                  { field: "source", type: "nominal" },
                ],
              },
            },
          ]),
    ],
  };
}

function shares(cases: readonly Path[]): Spec {
  const values = cases.flatMap(({ name, totalMs, spans }) => {
    let at = 0;
    return PHASES.filter((phase) => timeIn(spans, phase) > 0).map((phase) => {
      const ms = timeIn(spans, phase);
      const share = totalMs === 0 ? 0 : ms / totalMs;
      const from = at;
      at += share;
      const text = `${phase} ${duration(ms)}`;
      return {
        case: name,
        phase,
        from: brief6(from),
        to: brief6(at),
        share: brief6(share),
        seconds: brief6(ms / 1000),
        ...labelFor([text, duration(ms)], share),
      };
    });
  });
  const x = {
    field: "from",
    type: "quantitative",
    title: "share of the recovery time",
    scale: { domain: [0, 1], nice: false },
    axis: { format: "~%", tickCount: 5 },
  };
  return {
    width: PLOT_WIDTH,
    height: cases.length * ROW_PX,
    data: { values },
    encoding: { y: caseAxis(cases) },
    layer: [
      ...barsWithLabels(cases, x, [
        { field: "seconds", type: "quantitative", title: "time (s)", format: ".3f" },
        { field: "share", type: "quantitative", title: "share", format: ".1%" },
      ]),
    ],
  };
}

/** The first text that fits into a bar of this share of the plot, and the width that the plot needs for it. */
function labelFor(texts: readonly string[], share: number): { readonly label: string; readonly needs: number } {
  for (const label of texts) {
    const needs = Math.ceil((textWidth(label, 10) + 8) / Math.max(share, 1e-6));
    if (needs <= PLOT_WIDTH) return { label, needs };
  }
  return { label: "", needs: 0 };
}
