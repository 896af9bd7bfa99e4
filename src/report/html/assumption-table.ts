/** What the answer rests on: costs by their share of a recovery, and every cost parameter, with grade and source. */
import { percent, words } from "../format.js";
import type { ParameterRow, ResultSet } from "../input.js";
import { assumptionShares } from "./answers.js";
import { escapeHtml } from "./escape.js";
import { cell, details, head, row, tableHtml } from "./table.js";

const GRADES: Readonly<Record<string, string>> = {
  P: "published figure",
  S: "read in the source of Apache Flink",
  A: "the article's own text",
  D: "derived by arithmetic",
  I: "assumption",
  "–": "set by the scenario",
};

/** What counts towards a recovery without being a cost of the catalogue. */
const SETTING = "a setting of the scenario or of its engine preset";

function gradeCell(grade: string): string {
  const meaning = [...grade].map((letter) => GRADES[letter]).filter((text) => text !== undefined);
  return cell(`<abbr title="${escapeHtml(meaning.join("; "))}">${escapeHtml(grade)}</abbr>`);
}

export function gradeLegend(): string {
  return Object.entries(GRADES)
    .map(([letter, meaning]) => `<b>${letter}</b> ${escapeHtml(meaning)}`)
    .join(" · ");
}

/** The costs that recovery rests on, by weight. */
export function assumptionTable(set: ResultSet, parameters: readonly ParameterRow[]): string {
  const rows = assumptionShares(set).map((entry) => {
    const source = parameters.find((parameter) => parameter.name === entry.cost)?.source ?? SETTING;
    const width = Math.max(0, Math.min(100, entry.share * 100)).toFixed(1);
    return row(words(entry.cost), [
      cell(escapeHtml(entry.value)),
      gradeCell(entry.grade),
      cell(`<span class="share" style="--share:${width}%">${percent(entry.share)}</span>`),
      cell(escapeHtml(entry.case)),
      cell(escapeHtml(source), { className: "prose" }),
    ]);
  });
  if (rows.length === 0) return "<p>No cost was drawn on a critical path.</p>";
  const columns = ["Cost", "Value", "Grade", "Share", "of the recovery of", "Source"];
  return tableHtml({ label: "Assumptions", head: columns.map((name) => head(name)), rows });
}

export function parameterTable(parameters: readonly ParameterRow[]): string {
  if (parameters.length === 0) return "";
  const rows = parameters.map((entry) =>
    row(entry.name, [
      cell(escapeHtml(entry.value)),
      gradeCell(entry.grade),
      cell(escapeHtml(entry.doc ?? ""), { className: "prose" }),
      cell(escapeHtml(entry.source), { className: "prose" }),
    ]),
  );
  const columns = ["Parameter", "Value", "Grade", "What it is", "Source"];
  return details(
    `All ${parameters.length} cost parameters with grade and source`,
    tableHtml({ label: "Parameters", head: columns.map((name) => head(name)), rows }),
  );
}
