/** A CSV file written in pieces, so that a million rows need no memory. Columns and cells are the caller's. */
import { closeSync, openSync, writeSync } from "node:fs";
import type { Column, TableCell } from "../../experiment/store/table-file.js";
import { toCsv } from "../../report/files/csv.js";

const ROWS_AT_ONCE = 2_000;

export class CsvFile {
  readonly #descriptor: number;
  readonly #columns: readonly string[];
  #rows: (readonly TableCell[])[] = [];
  #hasHeader = false;

  constructor(path: string, columns: readonly Column[]) {
    this.#descriptor = openSync(path, "w");
    this.#columns = columns.map(({ name }) => name);
  }

  add(row: readonly TableCell[]): void {
    this.#rows.push(row);
    if (this.#rows.length >= ROWS_AT_ONCE) this.#flush();
  }

  finish(): void {
    try {
      this.#flush();
    } finally {
      closeSync(this.#descriptor);
    }
  }

  #flush(): void {
    const text = toCsv(this.#columns, this.#rows);
    this.#rows = [];
    if (this.#hasHeader) {
      writeSync(this.#descriptor, text.slice(text.indexOf("\n") + 1));
      return;
    }
    this.#hasHeader = true;
    writeSync(this.#descriptor, text === "" ? `${this.#columns.join(",")}\n` : text);
  }
}
