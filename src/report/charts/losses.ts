/** What was lost, and by which cause: both ledgers, one point per case, on a log scale that has a zero. */
import {
  MATCH_MISS_CAUSES,
  type MatchMissCause,
  RECORD_LOSS_CAUSES,
  type RecordLossCause,
} from "../../metrics/result.js";
import {
  type ChartDefinition,
  type ChartInput,
  caseColour,
  caseShape,
  frame,
  onlySet,
  PLOT_WIDTH,
  SI_LABELS,
  type Spec,
  stylesOf,
} from "../chart.js";
import { outcomes } from "../findings.js";
import { causeWords, compact, percent } from "../format.js";
import type { ResultSet } from "../input.js";
import type { CaseStyle } from "../palette.js";
import { median } from "../stats.js";

export const losses: ChartDefinition = {
  id: "losses",
  heading: "What was lost",
  scope: "set",
  build(input: ChartInput): Spec | null {
    const set = onlySet(input);
    if (set.losses.length === 0) return null;
    const styles = stylesOf(input.sets);
    const list = [...outcomes(set)].sort((a, b) => b.lostRecords - a.lostRecords);
    const most = list[0];
    const least = list.at(-1);
    const phrase = (entry: (typeof list)[number]): string =>
      entry.lostRecords === 0
        ? `${entry.case} loses no record`
        : `${entry.case} loses ${compact(entry.lostRecords)} records (${percent(entry.lostRatio)}), most of them ${causeWords(entry.topLoss)}`;
    const records = rowsOf(set, "records", RECORD_LOSS_CAUSES);
    const matches = rowsOf(set, "matches", MATCH_MISS_CAUSES);
    const seeds = Math.max(1, ...list.map((entry) => entry.seeds));
    return frame(
      input.mode,
      {
        title:
          most === undefined || least === undefined || most === least
            ? most === undefined
              ? set.scenario
              : phrase(most)
            : `${phrase(most)}; ${phrase(least)}`,
        subtitle:
          `${set.scenario}, ${seeds === 1 ? "one seed" : `medians over ${seeds} seeds`}. Each record and each match ` +
          "counts once, at the cause that took its last copy. Log scale with a zero.",
        alt: `Losses by cause. ${list.map(phrase).join(". ")}.`,
      },
      {
        spacing: 18,
        resolve: { scale: { color: "shared", shape: "shared" } },
        vconcat: [
          panel("input records lost", records, RECORD_LOSS_CAUSES, styles),
          panel("matches missed", matches, MATCH_MISS_CAUSES, styles),
        ],
      },
    );
  },
};

type Cause = RecordLossCause | MatchMissCause;

interface Row {
  readonly case: string;
  readonly cause: string;
  readonly count: number;
}

function rowsOf(set: ResultSet, ledger: "records" | "matches", causes: readonly Cause[]): Row[] {
  const names = [...new Set(set.summary.cases.map((run) => run.case))];
  return names.flatMap((name) =>
    causes.map((cause) => ({
      case: name,
      cause: causeWords(cause),
      count:
        median(
          set.losses
            .filter((row) => row.case === name && row.ledger === ledger && row.cause === cause)
            .map((row) => row.count),
        ) || 0,
    })),
  );
}

function panel(title: string, values: readonly Row[], causes: readonly Cause[], styles: readonly CaseStyle[]): Spec {
  const most = Math.max(10, ...values.map((row) => row.count));
  const ticks = [0, 1];
  for (let tick = 100; tick <= most * 10; tick *= 100) ticks.push(tick);
  return {
    width: PLOT_WIDTH,
    height: causes.length * 40,
    data: { values },
    encoding: {
      y: {
        field: "cause",
        type: "nominal",
        sort: causes.map(causeWords),
        title: null,
        axis: { grid: true, ticks: false, labelLimit: 200 },
      },
      yOffset: { field: "case", type: "nominal", sort: styles.map((style) => style.case), scale: { padding: 0.6 } },
      x: {
        field: "count",
        type: "quantitative",
        title: `${title} (log)`,
        scale: { type: "symlog", domain: [-0.4, most * 1.4], nice: false },
        axis: { values: ticks, labelExpr: SI_LABELS, domain: false },
      },
      color: caseColour(styles, "point"),
      shape: caseShape(styles),
      tooltip: [
        { field: "case", type: "nominal" },
        { field: "cause", type: "nominal" },
        { field: "count", type: "quantitative", title, format: ",.0f" },
      ],
    },
    mark: { type: "point", filled: true, size: 55, opacity: 1 },
  };
}
