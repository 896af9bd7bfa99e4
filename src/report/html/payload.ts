/** The data of the page: charts in both modes, series for the explorer, playbacks; gzipped and in base64. */
import { gzipSync } from "node:zlib";
import { type ChartDefinition, type ChartInput, type Spec, stylesOf } from "../chart.js";
import { CHARTS } from "../charts/index.js";
import { type EncodedPlayback, encodePlayback } from "../files/playback-file.js";
import { firstSeedTimelines, windowMs } from "../findings.js";
import type { ReportInput, StudyReport, TimelineColumns } from "../input.js";
import { type CaseStyle, caseStyles } from "../palette.js";
import { detailSpec, overviewSpec } from "./explorer.js";

/** A chart as the page shows it: its words as HTML, its picture without them. */
export interface PageChart {
  readonly id: string;
  readonly heading: string;
  readonly title: string;
  readonly subtitle: string;
  readonly alt: string;
  readonly light: Spec;
  readonly dark: Spec;
}

export interface PageSeries {
  readonly case: string;
  readonly binMs: number;
  readonly output: readonly (number | null)[];
  readonly twin: readonly (number | null)[];
  readonly p99: readonly (number | null)[];
  readonly twinP99: readonly (number | null)[];
  readonly log: readonly (number | null)[];
  readonly network: readonly (number | null)[];
  readonly twinBacklog: readonly (number | null)[];
  readonly discarded: readonly (number | null)[];
}

export interface PageSet {
  readonly name: string;
  readonly cases: readonly CaseStyle[];
  readonly window: { readonly fromMs: number; readonly toMs: number };
  readonly endMs: number;
  readonly charts: readonly PageChart[];
  readonly series: readonly PageSeries[];
  readonly playbacks: readonly EncodedPlayback[];
  readonly overview: { readonly light: Spec; readonly dark: Spec } | null;
  readonly detail: { readonly light: Spec; readonly dark: Spec } | null;
}

export interface PageStudy {
  readonly cases: readonly CaseStyle[];
  readonly charts: readonly PageChart[];
}

export interface Payload {
  readonly all: readonly PageChart[];
  readonly sets: readonly PageSet[];
  readonly studies: readonly PageStudy[];
}

interface Framed {
  readonly title: { readonly text: readonly string[]; readonly subtitle: readonly string[] };
  readonly description: string;
}

function pageChart(chart: ChartDefinition, input: Omit<ChartInput, "mode">): PageChart | null {
  const light = chart.build({ ...input, mode: "light" });
  const dark = chart.build({ ...input, mode: "dark" });
  if (light === null || dark === null) return null;
  const { title, description } = light as unknown as Framed;
  return {
    id: chart.id,
    heading: chart.heading,
    title: title.text.join(" "),
    subtitle: title.subtitle.join(" "),
    alt: description,
    light: withoutTitle(light),
    dark: withoutTitle(dark),
  };
}

/** The page sets titles as text, in its own font, so that they wrap and can be read aloud. */
function withoutTitle(spec: Spec): Spec {
  const { title: _, ...rest } = spec;
  return { ...rest, config: { ...(rest.config as Spec), font: "system-ui, sans-serif", padding: 4 } };
}

/** Charts of one scope that have something to show. */
function pageCharts(scope: "set" | "all", input: Omit<ChartInput, "mode">): PageChart[] {
  return CHARTS.filter((chart) => chart.scope === scope)
    .map((chart) => pageChart(chart, input))
    .filter((chart) => chart !== null);
}

export function payloadOf(input: ReportInput): Payload {
  const styles = stylesOf(input.sets);
  return {
    all: input.sets.length === 0 ? [] : pageCharts("all", { sets: input.sets }),
    sets: input.sets.map((set) => {
      const lines = firstSeedTimelines(set);
      const own = styles.filter((style) => set.summary.cases.some((run) => run.case === style.case));
      const window = windowMs(set);
      const endMs = Math.max(0, ...lines.map((line) => line.bins * line.binMs));
      const both = (build: (mode: "light" | "dark") => Spec): { light: Spec; dark: Spec } | null =>
        lines.length === 0 ? null : { light: build("light"), dark: build("dark") };
      return {
        name: set.scenario,
        cases: own,
        window,
        endMs,
        charts: pageCharts("set", { sets: [set] }),
        series: lines.map(seriesOf),
        playbacks: set.playbacks.map(encodePlayback),
        overview: both((mode) => overviewSpec(own, mode, window, endMs)),
        detail: both((mode) => detailSpec(own, mode)),
      };
    }),
    studies: input.studies.map(pageStudy),
  };
}

function pageStudy({ charts }: StudyReport): PageStudy {
  const rows = [...(charts.sweep ?? []), ...(charts.sensitivity ?? []), ...(charts.seeds ?? [])];
  return { cases: caseStyles(rows), charts: pageCharts("all", { ...charts, sets: [] }) };
}

function seriesOf(line: TimelineColumns): PageSeries {
  const column = (values: Float64Array, factor = 1): (number | null)[] =>
    Array.from(values, (value) => (Number.isFinite(value) ? Number((value * factor).toPrecision(6)) : null));
  const perSecond = 1000 / line.binMs;
  return {
    case: line.case,
    binMs: line.binMs,
    output: column(line.emitted, perSecond),
    twin: column(line.twinEmitted, perSecond),
    p99: column(line.latencyP99Ms, 0.001),
    twinP99: column(line.twinLatencyP99Ms, 0.001),
    log: column(line.backlogLogRecords),
    network: column(line.backlogNetworkRecords),
    twinBacklog: column(line.twinBacklogRecords),
    discarded: column(line.discarded, perSecond),
  };
}

/** Gzipped JSON in base64: a tenth of the text of data, a third of that of scripts, and read by every browser since 2023. */
export function pack(value: unknown): string {
  return gzipSync(JSON.stringify(value), { level: 9 }).toString("base64");
}
