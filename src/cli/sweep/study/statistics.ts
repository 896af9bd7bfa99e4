/** Whether intervals cover a mean that is known, and whether ten million rows are comfortable. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { ask } from "../../../experiment/store/ask.js";
import { TableFile } from "../../../experiment/store/table-file.js";
import { meanInterval } from "../../../experiment/sweep/spread.js";
import { parseCsv } from "../../../report/files/csv.js";
import { type Finding, outgap } from "./study.js";

/** Everything that varies in a single-task recovery is made constant, so that it is linear in the container's start. */
const CONSTANT = ["resolution=100ms", "costs.containerExitNotice=800ms"].concat([
  "costs.nodeManagerHeartbeat=500ms",
  "costs.applicationMasterHeartbeat=500ms",
]);
const REPETITIONS = 1_000;
const SEEDS = 5;

/** Recovery with a start of U(2 s, 4 s) has the mean of the recovery with a start of exactly 3 s. */
export async function coverage(cwd: string): Promise<Finding> {
  const args = ["sweep", "tiny-join.yaml", "--case", "single-task", "--quiet", "--no-charts"];
  const sets = CONSTANT.flatMap((set) => ["--set", set]);
  const recoveries = async (out: string, start: string, seeds: number): Promise<number[]> => {
    await outgap(
      cwd,
      ...args,
      ...sets,
      "--set",
      `costs.containerStart=${start}`,
      "--seeds",
      String(seeds),
      "--out",
      out,
    );
    const { header, rows } = parseCsv(readFileSync(join(cwd, out, "runs.csv"), "utf8"));
    const column = header.indexOf("recoveryTimeMs");
    return rows.map((row) => Number(row[column]));
  };
  const known = await recoveries("known", "3s", 20);
  const truth = known[0] as number;
  if (known.some((value) => Math.abs(value - truth) > 1)) throw new Error("the answer is not known: it varies");
  const values = await recoveries("covered", "{ uniform: { low: 2s, high: 4s } }", REPETITIONS * SEEDS);
  let covered = 0;
  for (let repetition = 0; repetition < REPETITIONS; repetition++) {
    const { low, high } = meanInterval(values.slice(repetition * SEEDS, (repetition + 1) * SEEDS));
    if ((low as number) <= truth && truth <= (high as number)) covered++;
  }
  const share = covered / REPETITIONS;
  return {
    what: `95 % intervals of ${SEEDS} seeds that hold the known mean, ${REPETITIONS} repetitions`,
    measured: `${(100 * share).toFixed(1)} %`,
    wanted: "95 ± 2 %",
    ok: share >= 0.93 && share <= 0.97,
  };
}

export async function tenMillionRows(cwd: string): Promise<Finding> {
  const rows = 10_000_000;
  const path = join(cwd, "ten-million", "sweep=large", "runs.parquet");
  const startMs = performance.now();
  const columns = [
    { name: "point", type: "INT32" },
    { name: "case", type: "STRING" },
    { name: "seed", type: "INT32" },
    { name: "recoveryTimeMs", type: "DOUBLE" },
    { name: "records_lostTotal", type: "DOUBLE" },
  ] as const;
  const table = new TableFile(path, columns);
  for (let row = 0; row < rows; row++) {
    const spread = (row * 2_654_435_761) % 4_294_967_296;
    table.add([
      row % 1000,
      row % 2 === 0 ? "global restart" : "single-task",
      row >> 1,
      5_000 + spread / 1e6,
      spread % 1e6,
    ]);
  }
  table.finish();
  for (const name of ["means", "paired"]) {
    const empty = new TableFile(join(cwd, "ten-million", "sweep=large", `${name}.parquet`), columns);
    empty.finish();
  }
  const writtenMs = performance.now();
  const sql =
    'SELECT "case", count(*)::INTEGER, quantile_cont(recoveryTimeMs, 0.99) FROM runs GROUP BY ALL ORDER BY ALL';
  const answer = await ask(join(cwd, "ten-million"), sql);
  const askedS = (performance.now() - writtenMs) / 1000;
  const whole = answer.rows.reduce((sum, row) => sum + Number(row[1]), 0) === rows;
  const written = `${((writtenMs - startMs) / 1000).toFixed(1)} s, ${Math.round(statSync(path).size / 1e6)} MB`;
  return {
    what: "ten million rows: written as Parquet, then a p99 by case",
    measured: `${written}; asked in ${askedS.toFixed(2)} s`,
    wanted: "all rows, asked in ≤ 5 s",
    ok: whole && askedS <= 5,
  };
}
