/**
 * RFC 4180 in both directions: `csv-stringify` writes, a small parser reads back what it wrote (quoted fields,
 * doubled quotes, either line end). NaN and null are empty cells, booleans `true` and `false`. Tables in which nothing
 * can need a quote, as most rows of a run are, are joined here: a tenth of the time.
 */
import { stringify } from "csv-stringify/sync";

export type Cell = string | number | boolean | null;

/** What no rule of CSV would quote. */
const PLAIN = /^[A-Za-z0-9 ._-]+$/;

export function toCsv(columns: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return joined(columns, rows) ?? quoted(columns, rows);
}

/** Null if a cell may need quotes, or a row has not one cell for each column. */
function joined(columns: readonly string[], rows: readonly (readonly Cell[])[]): string | null {
  const plain = new Set<Cell>();
  const isPlain = (cell: string): boolean => {
    if (plain.has(cell)) return true;
    if (!PLAIN.test(cell)) return false;
    plain.add(cell);
    return true;
  };
  if (columns.length < 2 || rows.length === 0 || !columns.every(isPlain)) return null;
  let text = `${columns.join(",")}\n`;
  for (const row of rows) {
    if (row.length !== columns.length) return null;
    for (let at = 0; at < row.length; at++) {
      const cell = row[at] as Cell;
      if (at > 0) text += ",";
      if (typeof cell === "string" ? !isPlain(cell) : cell === undefined) return null;
      if (cell !== null && !Number.isNaN(cell)) text += cell;
    }
    text += "\n";
  }
  return text;
}

function quoted(columns: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return stringify(rows as Cell[][], {
    header: true,
    columns: [...columns],
    cast: {
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
