/** What the scenario expects, met or missed; those with a published value first in sight, the others folded away. */
import { count, duration, figures, metricTitle, percent } from "../format.js";
import type { ExpectOutcome, ResultSet } from "../input.js";
import { escapeHtml } from "./escape.js";
import { cell, details, head, tableHtml } from "./table.js";

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
  const isTold = (entry: ExpectOutcome): boolean => entry.published !== undefined || !entry.ok;
  const told = expected.filter(isTold);
  const rest = expected.filter((entry) => !isTold(entry));
  const folded = rest.length === 0 ? "" : details(`${rest.length} more, all met`, tableOf(rest));
  const shown = told.length === 0 ? "" : tableOf(told);
  return `<p>${met} of ${expected.length} expectations met, on the median over the seeds.</p>${shown}${folded}`;
}

function tableOf(entries: readonly ExpectOutcome[]): string {
  const rows = entries.map((entry) => {
    const texts = [
      entry.case,
      metricTitle(entry.metric),
      wanted(entry),
      metricValue(entry.metric, entry.measured),
      entry.source ?? "",
    ].map((text) => cell(escapeHtml(text)));
    const verdict = cell(entry.ok ? "✓ met" : "✗ missed", { className: entry.ok ? "met" : "missed" });
    return `<tr data-case="${escapeHtml(entry.case)}">${verdict}${texts.join("")}</tr>`;
  });
  const columns = ["Result", "Case", "Measure", "Expected", "Simulated", "Source"];
  return tableHtml({ label: "Expectations", head: columns.map((name) => head(name)), rows });
}
