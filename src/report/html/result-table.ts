/** The table of results: a row per measure, a column per case, with intervals over the seeds and published values. */
import type { CaseSummary } from "../../metrics/result.js";
import { type Outcome, outcomes } from "../findings.js";
import { causeWords, compact, count, duration, lowerBound, percent } from "../format.js";
import type { ResultSet } from "../input.js";
import { publishedOf } from "../published.js";
import { meanInterval } from "../stats.js";
import { escapeHtml } from "./escape.js";
import { cell, details, head, row, tableHtml } from "./table.js";

interface Measure {
  readonly name: string;
  readonly title: string;
  readonly value: (run: CaseSummary) => number;
  readonly format: (value: number) => string;
  readonly censored?: (run: CaseSummary) => boolean;
}

/** Of all of them less is better. */
const MEASURES: readonly Measure[] = [
  {
    name: "Recovery time",
    title: "First fault until every newest attempt runs and has every input channel registered",
    value: (run) => lowerBound(run.recoveryTimeMs),
    censored: (run) => typeof run.recoveryTimeMs !== "number",
    format: duration,
  },
  {
    name: "Job outage",
    title: "Summed time in which the whole job emitted at most 1 % of what it emits without the fault",
    value: (run) => lowerBound(run.jobOutageMs),
    censored: (run) => typeof run.jobOutageMs !== "number",
    format: duration,
  },
  {
    name: "Output missing until recovery",
    title: "1 − output ÷ output without the fault, from the fault to recovery",
    value: (run) => run.outputDeficitRatio,
    format: percent,
  },
  {
    name: "Sink subtasks affected",
    title: "Sink subtasks silent for longer than any is without the fault",
    value: (run) => run.outputGapMs.affected.count,
    format: count,
  },
  {
    name: "Longest silence of a sink subtask",
    title: "Largest output gap after the fault",
    value: (run) => run.outputGapMs.max,
    format: duration,
  },
  {
    name: "Caught up after",
    title: "First fault until the backlog is what it is without the fault",
    value: (run) => lowerBound(run.catchUpMs),
    censored: (run) => typeof run.catchUpMs !== "number",
    format: duration,
  },
  {
    name: "Records lost",
    title: "Input records no copy of which was processed and kept",
    value: (run) => run.records.lostTotal,
    format: count,
  },
  {
    name: "Matches missed",
    title: "Pairs that were never emitted",
    value: (run) => run.matches.missedTotal,
    format: count,
  },
  {
    name: "Matches emitted again",
    title: "Repeats of a match that had been emitted",
    value: (run) => run.matches.duplicated,
    format: count,
  },
  {
    name: "Latency, 99th percentile",
    title: "Of the matches emitted after the fault",
    value: (run) => run.latencyMs.p99,
    format: duration,
  },
  {
    name: "Tasks restarted",
    title: "New attempts deployed",
    value: (run) => run.tasksRestarted,
    format: count,
  },
];

interface ResultCell {
  readonly text: string;
  /** The 95 % interval as HTML; empty where it has no width. */
  readonly range: string;
  readonly mean: number;
}

function resultCell(measure: Measure, runs: readonly CaseSummary[]): ResultCell {
  const interval = meanInterval(runs.map(measure.value));
  const isCut = measure.censored !== undefined && runs.some(measure.censored);
  const text = `${isCut ? "≥ " : ""}${measure.format(interval.mean)}`;
  const [low, high] = [measure.format(Math.max(0, interval.low)), measure.format(interval.high)];
  const range = low === high ? "" : `<span class="interval">${escapeHtml(`${low} … ${high}`)}</span>`;
  return { text, range, mean: interval.mean };
}

/** The published recovery time stands beside the simulated one. */
export function resultTable(set: ResultSet): string {
  const list = outcomes(set);
  const seeds = Math.max(1, ...list.map((entry) => entry.seeds));
  const rows = MEASURES.flatMap((measure) => {
    const cells = list.map((entry) => resultCell(measure, entry.runs));
    const least = Math.min(...cells.map((entry) => entry.mean));
    const differ = cells.some((entry) => entry.mean !== least);
    const columns = list.map((entry, index) => {
      const { text, range, mean } = cells[index] as ResultCell;
      const isBest = differ && mean === least;
      const tag = isBest ? '<span class="tag">best</span>' : "";
      return cell(`${text}${tag}${range}`, { className: isBest ? "best" : "", case: entry.case });
    });
    const shown = [row(measure.name, columns, { title: measure.title })];
    if (measure.name === "Recovery time") shown.push(...publishedRow(set, list));
    return shown;
  });
  const caption =
    seeds === 1
      ? "One seed per case: no interval. Run with --seeds for intervals."
      : `Mean over ${seeds} seeds; small print: 95 % interval of the mean.`;
  return tableHtml({
    label: "Results per case",
    caption,
    className: "results",
    head: [head("Measure"), ...list.map(caseHead)],
    rows,
  });
}

function publishedRow(set: ResultSet, list: readonly Outcome[]): string[] {
  const published = list.map((entry) => publishedCell(set, entry));
  if (published.every((text) => text === "–")) return [];
  const cells = published.map((text, index) => cell(text, { case: (list[index] as Outcome).case }));
  const title = "As measured by the source that the scenario names";
  return [row("Recovery time, published", cells, { title, className: "published" })];
}

function caseHead(entry: Outcome): string {
  return (
    `<th scope="col" data-case="${escapeHtml(entry.case)}">${escapeHtml(entry.case)}` +
    `<span class="strategy">${escapeHtml(entry.strategy)}</span></th>`
  );
}

function publishedCell(set: ResultSet, entry: Outcome): string {
  const found = publishedOf(set, entry.case);
  if (found === null) return "–";
  return `<abbr title="${escapeHtml(found.source)}">${duration(found.seconds * 1000)}</abbr>`;
}

/** Losses of both ledgers in figures, beside the chart. */
export function lossTable(set: ResultSet): string {
  const list = outcomes(set);
  const causes = [...new Set(set.losses.map((entry) => `${entry.ledger}/${entry.cause}`))];
  const rows = causes.map((key) => {
    const [ledger, cause] = key.split("/") as [string, (typeof set.losses)[number]["cause"]];
    const cells = list.map((entry) => {
      const values = set.losses
        .filter((loss) => loss.case === entry.case && loss.ledger === ledger && loss.cause === cause)
        .map((loss) => loss.count);
      return cell(compact(meanInterval(values).mean), { className: "number", case: entry.case });
    });
    return row(`${ledger}: ${causeWords(cause)}`, cells);
  });
  const columns = list.map((entry) => head(entry.case, { className: "number", case: entry.case }));
  return details(
    "Losses in figures",
    tableHtml({ label: "Losses", head: [head("Ledger and cause"), ...columns], rows }),
  );
}
