/** Recovery time over many seeds: a tick per run, the median, the interval that holds 95 % of the runs, and what was published. */
import { type ChartDefinition, type ChartInput, frame, logTicks, PLOT_WIDTH, type Spec } from "../chart.js";
import { duration } from "../format.js";
import type { SeedRow } from "../input.js";
import { caseStyles, PUBLISHED_COLOUR } from "../palette.js";
import { median, quantileSorted } from "../stats.js";
import { SURFACES } from "../theme.js";
import { brief } from "../thin.js";

const ROW_PX = 46;

interface Spread {
  readonly case: string;
  readonly low: number;
  readonly middle: number;
  readonly high: number;
  readonly runs: number;
  readonly published: number | null;
}

export const recoverySpread: ChartDefinition = {
  id: "recovery-spread",
  heading: "Recovery time over many seeds",
  scope: "all",
  build({ seeds = [], mode }: ChartInput): Spec | null {
    const rows = seeds.filter((row) => row.recoveryMs > 0);
    if (rows.length === 0) return null;
    const styles = caseStyles(rows);
    const spreads = styles.map((style) => spreadOf(rows.filter((row) => row.case === style.case)));
    const all = [...rows.map((row) => row.recoveryMs), ...spreads.flatMap(({ published }) => published ?? [])];
    const domain = [(Math.min(...all) * 0.85) / 1000, (Math.max(...all) * 1.18) / 1000] as const;
    const x = (field: string): Spec => ({
      field,
      type: "quantitative",
      title: "recovery time (s, log)",
      scale: { type: "log", domain, nice: false },
      axis: { values: logTicks(domain[0], domain[1]), format: "~g" },
    });
    const y = {
      field: "case",
      type: "nominal",
      title: null,
      sort: styles.map((style) => style.case),
      axis: { labelLimit: 230, ticks: false, domain: false },
    };
    const color = {
      field: "case",
      type: "nominal",
      legend: null,
      scale: { domain: styles.map((style) => style.case), range: styles.map((style) => style.colour) },
    };
    const phrases = spreads.map(phrase);
    const cut = rows.filter((row) => row.isCut).length;
    const marks = spreads.map((each) => ({ ...inSeconds(each), label: label(each) }));
    const published = marks.filter((each) => each.published !== null);
    const { text } = SURFACES[mode];
    return frame(
      mode,
      {
        title: `${phrases[0]}${phrases.length > 1 ? `; ${phrases.at(-1)}` : ""}`,
        subtitle:
          `${rows[0]?.scenario}, ${spreads[0]?.runs} seeds. A tick per run; bar: 95 % of the runs; ring: their median` +
          `${published.length > 0 ? "; diamond: published" : ""}.` +
          (cut > 0 ? ` ${cut} runs ended before they had recovered and stand at their end.` : ""),
        alt: `Recovery time over many seeds. ${phrases.join(". ")}.`,
      },
      {
        width: PLOT_WIDTH,
        height: ROW_PX * styles.length,
        layer: [
          {
            data: { values: marks },
            mark: { type: "bar", height: 16, opacity: 0.22 },
            encoding: { x: x("low"), x2: { field: "high" }, y, color },
          },
          {
            data: { values: rows.map((row) => ({ case: row.case, seed: row.seed, at: brief(row.recoveryMs / 1000) })) },
            mark: { type: "tick", thickness: 1.2, size: 16, opacity: 0.75 },
            encoding: {
              x: x("at"),
              y,
              color,
              tooltip: [
                { field: "case", type: "nominal" },
                { field: "seed", type: "nominal" },
                { field: "at", type: "quantitative", title: "recovery (s)" },
              ],
            },
          },
          {
            data: { values: marks },
            mark: { type: "point", filled: true, fill: SURFACES[mode].background, stroke: text, size: 60, opacity: 1 },
            encoding: { x: x("middle"), y },
          },
          {
            data: { values: marks },
            mark: { type: "text", dy: -16, fontSize: 9.5 },
            encoding: { x: x("middle"), y, text: { field: "label", type: "nominal" } },
          },
          ...(published.length === 0
            ? []
            : [
                {
                  data: { values: published },
                  mark: { type: "point", shape: "diamond", filled: true, size: 75, yOffset: 15, opacity: 1 },
                  encoding: {
                    x: x("published"),
                    y,
                    color: { value: PUBLISHED_COLOUR[mode] },
                    tooltip: [
                      { field: "case", type: "nominal" },
                      { field: "published", type: "quantitative", title: "published (s)" },
                    ],
                  },
                },
              ]),
        ],
      },
    );
  },
};

function spreadOf(rows: readonly SeedRow[]): Spread {
  const sorted = rows.map((row) => row.recoveryMs).sort((a, b) => a - b);
  return {
    case: (rows[0] as SeedRow).case,
    low: quantileSorted(sorted, 0.025),
    middle: median(sorted),
    high: quantileSorted(sorted, 0.975),
    runs: sorted.length,
    published: rows[0]?.publishedMs ?? null,
  };
}

function inSeconds({ case: name, low, middle, high, published }: Spread) {
  const seconds = (ms: number): number | null => brief(ms / 1000);
  return {
    case: name,
    low: seconds(low),
    middle: seconds(middle),
    high: seconds(high),
    published: published === null ? null : seconds(published),
  };
}

function label({ middle, published }: Spread): string {
  return `${duration(middle)}${published === null ? "" : ` · published ${duration(published)}`}`;
}

function phrase({ case: name, low, middle, high, published }: Spread): string {
  const beside = published === null ? "" : ` (published ${duration(published)})`;
  return `${name}: ${duration(middle)}${beside}, 95 % of runs ${duration(low)} to ${duration(high)}`;
}
