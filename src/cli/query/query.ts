/** `outgap query`: one question to the results, answered as a table, CSV or JSON. */
import Table from "cli-table3";
import { type Answer, AskError, ask } from "../../experiment/store/ask.js";
import { type Cell, toCsv } from "../../report/files/csv.js";
import { EXIT, fileError, UsageError } from "../exit.js";
import { writeOut } from "../streams.js";

export interface QueryArguments {
  readonly dir: string;
  readonly sql: string;
  readonly json: boolean;
  readonly csv: boolean;
}

const MOST_ROWS = 1_000;

export async function query(argv: QueryArguments): Promise<number> {
  let answer: Answer;
  try {
    answer = await ask(argv.dir, argv.sql);
  } catch (error) {
    if (error instanceof AskError) throw new UsageError(error.message);
    throw fileError(argv.dir, error);
  }
  await writeOut(argv.json ? jsonText(answer) : argv.csv ? csvText(answer) : tableText(answer));
  return EXIT.done;
}

function jsonText({ columns, rows }: Answer): string {
  const objects = rows.map((row) => Object.fromEntries(columns.map((name, at) => [name, row[at]])));
  return `${JSON.stringify(objects, null, 1)}\n`;
}

function csvText({ columns, rows }: Answer): string {
  const cell = (value: unknown): Cell =>
    value === null || typeof value === "number" || typeof value === "boolean" ? value : plain(value);
  const text = toCsv(
    columns,
    rows.map((row) => row.map(cell)),
  );
  return text === "" ? `${columns.join(",")}\n` : text;
}

function tableText({ columns, rows }: Answer): string {
  const shown = rows.slice(0, MOST_ROWS);
  const numeric = columns.map((_, at) => shown.length > 0 && shown.every((row) => typeof row[at] === "number"));
  const table = new Table({
    head: [...columns],
    style: { head: [], border: [], compact: true },
    colAligns: numeric.map((isNumber) => (isNumber ? "right" : "left")),
  });
  for (const row of shown) table.push(row.map((value) => (value === null ? "" : plain(value))));
  const rest = rows.length - shown.length;
  return `${table.toString()}\n${rest > 0 ? `… and ${rest} more rows; --csv prints all\n` : ""}`;
}

function plain(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
