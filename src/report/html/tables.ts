/** The tables of the report as HTML: results with intervals, expectations, assumptions, parameters. */
import type { CaseSummary } from "../../metrics/result.js";
import { parallelismOf, publishedFor } from "../charts/recovery-by-parallelism.js";
import { type Outcome, outcomes } from "../findings.js";
import { causeWords, compact, count, duration, figures, lowerBound, percent, words } from "../format.js";
import type { ExpectOutcome, ParameterRow, ResultSet } from "../input.js";
import { meanInterval } from "../stats.js";
import { assumptionShares } from "./answers.js";
import { escapeHtml } from "./escape.js";

interface Metric {
  readonly name: string;
  readonly title: string;
  readonly value: (run: CaseSummary) => number;
  readonly format: (value: number) => string;
  readonly censored?: (run: CaseSummary) => boolean;
  /** Lower is better; `null` where neither is. */
  readonly better: "lower" | null;
}

const METRICS: readonly Metric[] = [
  {
    name: "Recovery time",
    title: "First fault until every newest attempt runs and has every input channel registered",
    value: (run) => lowerBound(run.recoveryTimeMs),
    censored: (run) => typeof run.recoveryTimeMs !== "number",
    format: duration,
    better: "lower",
  },
  {
    name: "Job outage",
    title: "Summed time in which the whole job emitted at most 1 % of what it emits without the fault",
    value: (run) => lowerBound(run.jobOutageMs),
    censored: (run) => typeof run.jobOutageMs !== "number",
    format: duration,
    better: "lower",
  },
  {
    name: "Output missing until recovery",
    title: "1 − output ÷ output without the fault, from the fault to recovery",
    value: (run) => run.outputDeficitRatio,
    format: percent,
    better: "lower",
  },
  {
    name: "Sink subtasks affected",
    title: "Sink subtasks silent for longer than any is without the fault",
    value: (run) => run.outputGapMs.affected.count,
    format: count,
    better: "lower",
  },
  {
    name: "Longest silence of a sink subtask",
    title: "Largest output gap after the fault",
    value: (run) => run.outputGapMs.max,
    format: duration,
    better: "lower",
  },
  {
    name: "Caught up after",
    title: "First fault until the backlog is what it is without the fault",
    value: (run) => lowerBound(run.catchUpMs),
    censored: (run) => typeof run.catchUpMs !== "number",
    format: duration,
    better: "lower",
  },
  {
    name: "Records lost",
    title: "Input records no copy of which was processed and kept",
    value: (run) => run.records.lostTotal,
    format: count,
    better: "lower",
  },
  {
    name: "Matches missed",
    title: "Pairs that were never emitted",
    value: (run) => run.matches.missedTotal,
    format: count,
    better: "lower",
  },
  {
    name: "Matches emitted again",
    title: "Repeats of a match that had been emitted",
    value: (run) => run.matches.duplicated,
    format: count,
    better: "lower",
  },
  {
    name: "Latency, 99th percentile",
    title: "Of the matches emitted after the fault",
    value: (run) => run.latencyMs.p99,
    format: duration,
    better: "lower",
  },
  {
    name: "Tasks restarted",
    title: "New attempts deployed",
    value: (run) => run.tasksRestarted,
    format: count,
    better: "lower",
  },
];

interface ResultCell {
  readonly text: string;
  /** The 95 % interval as HTML; empty where it has no width. */
  readonly range: string;
  readonly mean: number;
}

function cell(metric: Metric, runs: readonly CaseSummary[]): ResultCell {
  const interval = meanInterval(runs.map(metric.value));
  const cut = metric.censored !== undefined && runs.some(metric.censored);
  const mean = `${cut ? "≥ " : ""}${metric.format(interval.mean)}`;
  const [low, high] = [metric.format(Math.max(0, interval.low)), metric.format(interval.high)];
  const range = low === high ? "" : `<span class="interval">${escapeHtml(`${low} … ${high}`)}</span>`;
  return { text: mean, range, mean: interval.mean };
}

/** Rows are metrics, columns cases; the published recovery time stands beside the simulated one. */
export function resultTable(set: ResultSet): string {
  const list = outcomes(set);
  const seeds = Math.max(1, ...list.map((entry) => entry.seeds));
  const head = list.map((entry) => `<th scope="col" data-case="${escapeHtml(entry.case)}">${caseName(entry)}</th>`);
  const body = METRICS.map((metric) => {
    const cells = list.map((entry) => cell(metric, entry.runs));
    const least = Math.min(...cells.map((entry) => entry.mean));
    const differ = cells.some((entry) => entry.mean !== least);
    const columns = list.map((entry, index) => {
      const { text, range, mean } = cells[index] as ResultCell;
      const best = metric.better === "lower" && differ && mean === least;
      return `<td data-case="${escapeHtml(entry.case)}"${best ? ' class="best"' : ""}>${text}${best ? '<span class="tag">best</span>' : ""}${range}</td>`;
    });
    const rows = [row(metric.name, metric.title, columns)];
    if (metric.name === "Recovery time") {
      const published = list.map((entry) => publishedCell(set, entry));
      if (published.some((text) => text !== "–")) {
        rows.push(
          row(
            "Recovery time, published",
            "As measured by the source that the scenario names",
            published.map((text, index) => `<td data-case="${escapeHtml((list[index] as Outcome).case)}">${text}</td>`),
            "published",
          ),
        );
      }
    }
    return rows.join("\n");
  });
  const caption =
    seeds === 1
      ? "One seed per case: no interval. Run with --seeds for intervals."
      : `Mean over ${seeds} seeds; small print: 95 % interval of the mean.`;
  return (
    `<div class="scroll" tabindex="0" role="region" aria-label="Results per case"><table class="results"><caption>${caption}</caption>` +
    `<thead><tr><th scope="col">Measure</th>${head.join("")}</tr></thead><tbody>${body.join("\n")}</tbody></table></div>`
  );
}

function row(name: string, title: string, cells: readonly string[], className = ""): string {
  const attribute = className === "" ? "" : ` class="${className}"`;
  return `<tr${attribute}><th scope="row" title="${escapeHtml(title)}">${escapeHtml(name)}</th>${cells.join("")}</tr>`;
}

function caseName(entry: Outcome): string {
  return `${escapeHtml(entry.case)}<span class="strategy">${escapeHtml(entry.strategy)}</span>`;
}

function publishedCell(set: ResultSet, entry: Outcome): string {
  const parallelism = parallelismOf(set);
  const found = publishedFor([set]).find((point) => point.case === entry.case && point.parallelism === parallelism);
  if (found === undefined) return "–";
  return `<abbr title="${escapeHtml(found.source)}">${duration(found.seconds * 1000)}</abbr>`;
}

/** Values by the unit that the metric's name carries. */
export function metricValue(metric: string, value: ExpectOutcome["measured"] | undefined): string {
  if (value === null || value === undefined) return "–";
  if (typeof value === "string") return value;
  if (typeof value !== "number") return `≥ ${duration(value.atLeastMs)}`;
  if (/Ms(\.|$)/.test(metric)) return duration(value);
  if (/Ratio$/.test(metric)) return percent(value);
  return Number.isInteger(value) ? count(value) : figures(value);
}

function wanted(entry: ExpectOutcome): string {
  if (entry.published !== undefined) {
    const tolerance = entry.within === undefined ? "" : ` ± ${metricValue(entry.metric, entry.within)}`;
    return `published ${metricValue(entry.metric, entry.published)}${tolerance}`;
  }
  if (entry.atMost !== undefined) return `at most ${metricValue(entry.metric, entry.atMost)}`;
  if (entry.atLeast !== undefined) return `at least ${metricValue(entry.metric, entry.atLeast)}`;
  return entry.equals === undefined ? "" : `exactly ${metricValue(entry.metric, entry.equals)}`;
}

export function expectationTable(set: ResultSet): string {
  const expected = set.summary.expect;
  if (expected.length === 0) return "<p>The scenario states no expectation.</p>";
  const met = expected.filter((entry) => entry.ok).length;
  const rows = expected.map(
    (entry) =>
      `<tr data-case="${escapeHtml(entry.case)}"><td class="${entry.ok ? "met" : "missed"}">${entry.ok ? "✓ met" : "✗ missed"}</td>` +
      `<td>${escapeHtml(entry.case)}</td><td>${escapeHtml(words(entry.metric.replace(/Ms(?=\.|$)/, "")).replaceAll(".", " "))}</td>` +
      `<td>${escapeHtml(wanted(entry))}</td><td>${escapeHtml(metricValue(entry.metric, entry.measured))}</td>` +
      `<td>${escapeHtml(entry.source ?? "")}</td></tr>`,
  );
  return (
    `<p>${met} of ${expected.length} expectations met, on the median over the seeds.</p>` +
    `<div class="scroll" tabindex="0" role="region" aria-label="Expectations"><table><thead><tr>` +
    `<th scope="col">Result</th><th scope="col">Case</th><th scope="col">Measure</th><th scope="col">Expected</th>` +
    `<th scope="col">Simulated</th><th scope="col">Source</th></tr></thead><tbody>${rows.join("\n")}</tbody></table></div>`
  );
}

const GRADES: Readonly<Record<string, string>> = {
  P: "published figure",
  S: "read in the source of Apache Flink",
  A: "the article's own text",
  D: "derived by arithmetic",
  I: "assumption",
};

function gradeCell(grade: string): string {
  const meaning = [...grade].map((letter) => GRADES[letter]).filter((text) => text !== undefined);
  return `<td><abbr title="${escapeHtml(meaning.join("; "))}">${escapeHtml(grade)}</abbr></td>`;
}

export function gradeLegend(): string {
  return Object.entries(GRADES)
    .map(([letter, meaning]) => `<b>${letter}</b> ${escapeHtml(meaning)}`)
    .join(" · ");
}

/** The costs that recovery rests on, by weight. */
export function assumptionTable(set: ResultSet, parameters: readonly ParameterRow[]): string {
  const rows = assumptionShares(set).map((entry) => {
    const source = parameters.find((parameter) => parameter.name === entry.cost)?.source ?? "";
    const width = Math.max(0, Math.min(100, entry.share * 100)).toFixed(1);
    return (
      `<tr><th scope="row">${escapeHtml(words(entry.cost))}</th><td>${escapeHtml(entry.value)}</td>${gradeCell(entry.grade)}` +
      `<td><span class="share" style="--share:${width}%">${percent(entry.share)}</span> ${escapeHtml(entry.case)}</td>` +
      `<td>${escapeHtml(source)}</td></tr>`
    );
  });
  if (rows.length === 0) return "<p>No cost was drawn on a critical path.</p>";
  return (
    `<div class="scroll" tabindex="0" role="region" aria-label="Assumptions"><table><thead><tr><th scope="col">Cost</th>` +
    `<th scope="col">Value</th><th scope="col">Grade</th><th scope="col">Largest share of a recovery</th>` +
    `<th scope="col">Source</th></tr></thead><tbody>${rows.join("\n")}</tbody></table></div>`
  );
}

export function parameterTable(parameters: readonly ParameterRow[]): string {
  if (parameters.length === 0) return "";
  const rows = parameters.map(
    (entry) =>
      `<tr><th scope="row"><code>${escapeHtml(entry.name)}</code></th><td>${escapeHtml(entry.value)}</td>${gradeCell(entry.grade)}` +
      `<td>${escapeHtml(entry.source)}</td></tr>`,
  );
  return (
    `<details><summary>All ${parameters.length} cost parameters with grade and source</summary>` +
    `<div class="scroll" tabindex="0" role="region" aria-label="Parameters"><table><thead><tr><th scope="col">Parameter</th>` +
    `<th scope="col">Value</th><th scope="col">Grade</th><th scope="col">Source</th></tr></thead>` +
    `<tbody>${rows.join("\n")}</tbody></table></div></details>`
  );
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
      return `<td data-case="${escapeHtml(entry.case)}">${compact(meanInterval(values).mean)}</td>`;
    });
    return row(`${ledger}: ${causeWords(cause)}`, "", cells);
  });
  const head = list.map(
    (entry) => `<th scope="col" data-case="${escapeHtml(entry.case)}">${escapeHtml(entry.case)}</th>`,
  );
  return (
    `<details><summary>Losses in figures</summary><div class="scroll" tabindex="0" role="region" aria-label="Losses"><table>` +
    `<thead><tr><th scope="col">Ledger and cause</th>${head.join("")}</tr></thead><tbody>${rows.join("\n")}</tbody></table></div></details>`
  );
}
