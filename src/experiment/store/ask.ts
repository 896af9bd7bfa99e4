/**
 * Results asked in SQL: DuckDB over the Parquet files of one or many sweeps, through a few views. DuckDB is an optional
 * package, loaded when asked for. Owns the views.
 */
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import type { Json } from "@duckdb/node-api";

/** What the user has to see to: told without a stack. */
export class AskError extends Error {
  override readonly name = "AskError";
}

export interface Answer {
  readonly columns: readonly string[];
  /** Cells as JSON: numbers, text, truth values, null; DuckDB's wide integers and times as text. */
  readonly rows: readonly (readonly Json[])[];
}

export interface View {
  readonly name: string;
  readonly doc: string;
}

/** `runs`, `means` and `paired` have the column `sweep` and one column per varied value. */
export const VIEWS: readonly View[] = [
  { name: "runs", doc: "a row per run: values of the setting, case, seed, end state, every metric, digest" },
  { name: "means", doc: "a row per setting, case and metric: n, mean with its 95 % interval, median, quantiles" },
  { name: "paired", doc: "a row per setting, case and metric: mean difference from the baseline case, seed by seed" },
  { name: "sweeps", doc: "a row per sweep: runs, settings, cases, seeds" },
];

const TABLES = ["runs", "means", "paired"] as const;

/**
 * Runs one query over the sweeps in `folder` and below.
 * @throws AskError if DuckDB is missing, there is no sweep, or the query is wrong
 */
export async function ask(folder: string, sql: string): Promise<Answer> {
  const files = parquetFiles(folder);
  if (files.length === 0) {
    throw new AskError(`${folder}: no results of a sweep here (data/sweep=…/runs.parquet); outgap sweep writes them`);
  }
  const { DuckDBInstance } = await duckdb();
  const instance = await DuckDBInstance.create(":memory:", { threads: "2" });
  const connection = await instance.connect();
  try {
    for (const statement of viewStatements(files)) await connection.run(statement);
    const reader = await connection.runAndReadAll(sql);
    return { columns: reader.columnNames(), rows: reader.getRowsJson() };
  } catch (error) {
    throw new AskError(error instanceof Error ? error.message : String(error));
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function duckdb(): Promise<typeof import("@duckdb/node-api")> {
  try {
    return await import("@duckdb/node-api");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new AskError("query needs a package that is not installed: npm install @duckdb/node-api@1.5.5-r.5");
  }
}

/**
 * Every table of every sweep below a folder, a sweep that lies there twice (merged beside its shards) once. Finished
 * runs and hidden folders are not searched.
 */
function parquetFiles(folder: string): string[] {
  const found = new Map<string, string>();
  const visit = (path: string, isSweep: boolean): void => {
    for (const entry of readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const inside = join(path, entry.name);
      if (
        entry.isDirectory() &&
        entry.name !== "runs" &&
        entry.name !== "node_modules" &&
        !entry.name.startsWith(".")
      ) {
        visit(inside, entry.name.startsWith("sweep="));
      } else if (isSweep && entry.isFile() && entry.name.endsWith(".parquet")) {
        const name = `${basename(path)}/${entry.name}`;
        if (!found.has(name)) found.set(name, inside);
      }
    }
  };
  visit(folder, false);
  return [...found.values()];
}

function viewStatements(files: readonly string[]): string[] {
  const views = TABLES.map((table) => {
    const own = files
      .filter((file) => file.endsWith(`/${table}.parquet`))
      .map((file) => `'${file.replaceAll("'", "''")}'`);
    return `CREATE VIEW ${table} AS SELECT * FROM read_parquet([${own.join(", ")}], union_by_name = true, hive_partitioning = true)`;
  });
  return [
    ...views,
    `CREATE VIEW sweeps AS SELECT sweep, count(*)::INTEGER AS runs, count(DISTINCT point)::INTEGER AS settings,
       count(DISTINCT "case")::INTEGER AS cases, count(DISTINCT seed)::INTEGER AS seeds FROM runs GROUP BY sweep ORDER BY sweep`,
  ];
}
