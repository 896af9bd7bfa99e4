/** What all tables of the page have in common: a frame that scrolls by itself, a header row, cells of one case. */
import { escapeHtml } from "./escape.js";

export interface HtmlTable {
  /** For those who cannot see it. */
  readonly label: string;
  /** HTML; none if empty. */
  readonly caption?: string;
  readonly className?: string;
  /** Cells of the header as HTML, see `head`. */
  readonly head: readonly string[];
  /** Rows as HTML, see `row`. */
  readonly rows: readonly string[];
}

export function tableHtml({ label, caption = "", className = "", head, rows }: HtmlTable): string {
  const shownCaption = caption === "" ? "" : `<caption>${caption}</caption>`;
  return (
    `<div class="scroll" tabindex="0" role="region" aria-label="${escapeHtml(label)}">` +
    `<table${attribute("class", className)}>${shownCaption}<thead><tr>${head.join("")}</tr></thead>` +
    `<tbody>${rows.join("\n")}</tbody></table></div>`
  );
}

export interface CellOptions {
  readonly className?: string;
  /** Hidden with this case. */
  readonly case?: string;
}

/** The header of a column. */
export function head(name: string, { className = "", case: of = "" }: CellOptions = {}): string {
  return `<th scope="col"${attribute("class", className)}${attribute("data-case", of)}>${escapeHtml(name)}</th>`;
}

/** @param html as it stands in the cell */
export function cell(html: string, { className = "", case: of = "" }: CellOptions = {}): string {
  return `<td${attribute("class", className)}${attribute("data-case", of)}>${html}</td>`;
}

export interface RowOptions extends CellOptions {
  /** What the row's name means, on hovering. */
  readonly title?: string;
}

/** A row that has its name in front. */
export function row(
  name: string,
  cells: readonly string[],
  { title = "", className = "", case: of = "" }: RowOptions = {},
): string {
  const first = `<th scope="row"${attribute("title", title)}>${escapeHtml(name)}</th>`;
  return `<tr${attribute("class", className)}${attribute("data-case", of)}>${first}${cells.join("")}</tr>`;
}

export function details(summary: string, html: string): string {
  return `<details><summary>${escapeHtml(summary)}</summary>${html}</details>`;
}

function attribute(name: string, value: string): string {
  return value === "" ? "" : ` ${name}="${escapeHtml(value)}"`;
}
