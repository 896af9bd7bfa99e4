import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Column, type TableCell, TableFile } from "./table-file.js";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "outgap-table-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const COLUMNS: readonly Column[] = [
  { name: "case", type: "STRING" },
  { name: "seed", type: "INT32" },
  { name: "recoveryTimeMs", type: "DOUBLE" },
  { name: "censored", type: "BOOLEAN" },
];

function write(name: string, rows: Iterable<readonly TableCell[]>): string {
  const path = join(folder, name);
  const table = new TableFile(path, COLUMNS);
  for (const row of rows) table.add(row);
  table.finish();
  return path;
}

async function ask(sql: string): Promise<unknown[]> {
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  const rows = (await connection.runAndReadAll(sql)).getRowObjectsJson();
  connection.closeSync();
  instance.closeSync();
  return rows;
}

test("what is written is what DuckDB reads, nulls and quotes included", async () => {
  const rows = [
    ["global restart", 1, 40_123.25, false],
    ['single-task, "reserved"', 2, null, true],
    ["", null, -0.1, null],
  ] as const;
  const path = write("a.parquet", rows);
  const read = await ask(`SELECT * FROM '${path}'`);
  expect(read).toEqual(rows.map((row) => Object.fromEntries(COLUMNS.map(({ name }, at) => [name, row[at]]))));
  expect(readdirSync(folder)).toEqual(["a.parquet"]);
});

function* many(count: number): Generator<readonly TableCell[]> {
  for (let i = 0; i < count; i++) yield [i % 2 === 0 ? "a" : "b", i, (i * 7919) % 100_003, i % 10 === 0];
}

test("several row groups, the same bytes twice", async () => {
  const path = write("a.parquet", many(250_001));
  expect(readFileSync(write("b.parquet", many(250_001))).equals(readFileSync(path))).toBe(true);
  const read = await ask(
    `SELECT count(*)::INT AS n, max(seed) AS last, sum(CAST(censored AS INT))::INT AS cut FROM '${path}'`,
  );
  expect(read).toEqual([{ n: 250_001, last: 250_000, cut: 25_001 }]);
});

test("a table without rows is a table", async () => {
  expect(await ask(`SELECT count(*)::INT AS n FROM '${write("a.parquet", [])}'`)).toEqual([{ n: 0 }]);
});

test("a row of another width is refused, and a discarded table leaves nothing", () => {
  const table = new TableFile(join(folder, "a.parquet"), COLUMNS);
  expect(() => table.add(["a", 1])).toThrow(RangeError);
  table.discard();
  expect(readdirSync(folder)).toEqual([]);
});
