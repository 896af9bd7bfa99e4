/**
 * A table as one Parquet file, row group by row group, so that ten million rows need the memory of one group. Appears
 * whole or not at all; equal rows give equal bytes. Owns no column.
 */
import { mkdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { type ColumnSource, fileWriter, ParquetWriter, schemaFromColumnData } from "hyparquet-writer";

export type ColumnType = "STRING" | "DOUBLE" | "INT32" | "BOOLEAN";
export interface Column {
  readonly name: string;
  readonly type: ColumnType;
}
export type TableCell = string | number | boolean | null;

/** Rows of a group: a scan of DuckDB works through groups in parallel. */
const GROUP_ROWS = 100_000;

export class TableFile {
  readonly #path: string;
  readonly #temporary: string;
  readonly #columns: readonly Column[];
  readonly #writer: ParquetWriter;
  #groups: TableCell[][];
  #rows = 0;

  constructor(path: string, columns: readonly Column[]) {
    this.#path = path;
    this.#columns = columns;
    this.#temporary = join(dirname(path), `.${basename(path)}-${process.pid}.tmp`);
    mkdirSync(dirname(path), { recursive: true });
    this.#groups = columns.map(() => []);
    const schema = schemaFromColumnData({ columnData: this.#sources() });
    this.#writer = new ParquetWriter({ writer: fileWriter(this.#temporary), schema, createdBy: "outgap" });
  }

  /** One cell per column, in their order. */
  add(row: readonly TableCell[]): void {
    if (row.length !== this.#columns.length)
      throw new RangeError(`${row.length} cells for ${this.#columns.length} columns`);
    for (let at = 0; at < row.length; at++) (this.#groups[at] as TableCell[]).push(row[at] as TableCell);
    if (++this.#rows % GROUP_ROWS === 0) this.#flush();
  }

  /** Writes what is left and puts the file in place. */
  finish(): void {
    try {
      this.#flush();
      this.#writer.finish();
      renameSync(this.#temporary, this.#path);
    } catch (error) {
      this.discard();
      throw error;
    }
  }

  discard(): void {
    rmSync(this.#temporary, { force: true });
  }

  #flush(): void {
    if ((this.#groups[0] ?? []).length === 0) return;
    try {
      this.#writer.write({ columnData: this.#sources(), rowGroupSize: GROUP_ROWS });
    } catch (error) {
      this.discard();
      throw error;
    }
    this.#groups = this.#columns.map(() => []);
  }

  #sources(): ColumnSource[] {
    return this.#columns.map(({ name, type }, at) => ({
      name,
      type,
      nullable: true,
      data: this.#groups[at] as TableCell[],
    }));
  }
}
