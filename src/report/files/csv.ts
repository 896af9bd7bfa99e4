/**
 * RFC 4180 in both directions: `csv-stringify` writes, a small parser reads back what it wrote (quoted fields,
 * doubled quotes, either line end). NaN and null are empty cells, booleans `true` and `false`.
 */
import { stringify } from "csv-stringify/sync";

export type Cell = string | number | boolean | null;

/** Rows one by one, so that none outlives its text. */
export function toCsv(columns: readonly string[], rows: Iterable<readonly Cell[]>): string {
  return stringify(rows as Cell[][], {
    header: true,
    columns: [...columns],
    // Looking for a lone carriage return in every number was a third of a sweep's garbage: only words are searched.
    quote_record_delimiter: false,
    cast: {
      string: (value) => (value.includes("\r") ? { value, quoted: true } : value),
      boolean: (value) => (value ? "true" : "false"),
      number: (value) => (Number.isNaN(value) ? "" : String(value)),
    },
  });
}

/** Splits a CSV text into its header and rows. Throws RangeError on an unclosed quote or a ragged row. */
export function parseCsv(text: string): { readonly header: readonly string[]; readonly rows: readonly string[][] } {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = text.startsWith("\uFEFF") ? 1 : 0;
  while (at < text.length) {
    if (text[at] === '"') {
      let field = "";
      for (;;) {
        const close = text.indexOf('"', at + 1);
        if (close < 0) throw new RangeError(`CSV: quote opened in row ${rows.length + 1} is never closed`);
        field += text.slice(at + 1, close);
        at = close + 1;
        if (text[at] !== '"') break;
        field += '"';
      }
      row.push(field);
    } else {
      let end = at;
      while (end < text.length && text[end] !== "," && text[end] !== "\n" && text[end] !== "\r") end++;
      row.push(text.slice(at, end));
      at = end;
    }
    if (text[at] === ",") {
      at++;
      if (at >= text.length || text[at] === "\n" || text[at] === "\r") row.push("");
      else continue;
    }
    if (text[at] === "\r") at++;
    if (text[at] === "\n") at++;
    rows.push(row);
    row = [];
  }
  const header = rows.shift() ?? [];
  const ragged = rows.findIndex((cells) => cells.length !== header.length);
  if (ragged >= 0) throw new RangeError(`CSV: row ${ragged + 2} has not the ${header.length} cells of the header`);
  return { header, rows };
}

/** Rows read by column name. `require` throws a RangeError that names the missing column. */
export class CsvTable {
  readonly file: string;
  readonly rows: readonly string[][];
  readonly #index: ReadonlyMap<string, number>;

  constructor(file: string, text: string) {
    const { header, rows } = parseCsv(text);
    this.file = file;
    this.rows = rows;
    this.#index = new Map(header.map((name, index) => [name, index]));
  }

  column(name: string): number {
    const index = this.#index.get(name);
    if (index === undefined) throw new RangeError(`${this.file}: no column ${JSON.stringify(name)}`);
    return index;
  }

  optional(name: string): number | null {
    return this.#index.get(name) ?? null;
  }
}

export function cellNumber(text: string): number {
  return text === "" ? Number.NaN : Number(text);
}
