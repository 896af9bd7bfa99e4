/**
 * `npm run study:agreement -- [slots] [seeds] [part of a situation's name] [records per second and source]`: compares the
 * two resolutions, prints every measure with its bound, and writes results/study/agreement-<slots>.json and .csv as each
 * situation is done: rows of situations that do not run stay as they are there.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { stringify } from "csv-stringify/sync";
import { type Comparison, compareResolutions } from "../../experiment/studies/agreement.js";
import { SITUATIONS } from "../../experiment/studies/agreement-job.js";

const slots = Number(process.argv[2] ?? 8);
const seeds = Number(process.argv[3] ?? 20);
const filter = process.argv[4] ?? "";
/** Small jobs can afford rates at which loss counts are large; a job of hundreds of slots has many channels instead. */
const ratePerSource = Number(process.argv[5] ?? (slots >= 200 ? 25 : 500));

const short = (value: number): string => (Math.abs(value) >= 1000 ? value.toFixed(0) : value.toPrecision(4));

function print(rows: readonly Comparison[]): void {
  process.stdout.write(`\n${rows[0]?.situation}\n`);
  for (const row of rows) {
    if (row.exactMean === 0 && row.lumpedMean === 0) continue;
    process.stdout.write(
      `  ${row.verdict.padEnd(9)} ${row.measure.padEnd(24)} ${short(row.exactMean).padStart(10)} ${short(row.lumpedMean).padStart(10)} ` +
        `${short(row.difference).padStart(9)} ± ${short(row.standardError).padEnd(8)} z ${row.z.toFixed(1).padStart(6)}  (${row.bound})\n`,
    );
  }
}

/** Replaces the rows of one situation in the study's files. */
function write(rows: readonly Comparison[]): void {
  mkdirSync("results/study", { recursive: true });
  const file = `results/study/agreement-${slots}`;
  const before: Comparison[] = existsSync(`${file}.json`)
    ? (JSON.parse(readFileSync(`${file}.json`, "utf8")) as { rows: Comparison[] }).rows
    : [];
  const of = (name: string): readonly Comparison[] =>
    (rows[0]?.situation === name ? rows : before).filter((row) => row.situation === name);
  const all = SITUATIONS.flatMap(({ name }) => of(name));
  const number = (value: number): string => String(Number(value.toPrecision(6)));
  writeFileSync(`${file}.json`, `${JSON.stringify({ slots, ratePerSource, rows: all }, null, 1)}\n`);
  const table = all.map((row) => ({ ...row }) as Record<string, unknown>);
  writeFileSync(`${file}.csv`, stringify(table, { header: true, cast: { number } }));
}

const done: Comparison[] = [];
compareResolutions({
  slots,
  seeds,
  ratePerSource,
  situations: SITUATIONS.filter((situation) => situation.name.includes(filter)),
  onRun: (situation, seed, exact, lumped) => {
    process.stderr.write(`${situation}, seed ${seed}\n`);
    for (const [name, { plane }] of Object.entries({ exact, lumped }))
      for (const broken of plane.violations)
        process.stderr.write(`  ${name}: ${broken.name}: ${broken.count}, ${broken.first}\n`);
  },
  onSituation: (rows) => {
    print(rows);
    done.push(...rows);
    write(rows);
  },
});
const within = (verdict: Comparison["verdict"]): number => done.filter((row) => row.verdict === verdict).length;
process.stdout.write(
  `\n${within("within")} of ${done.length} within their bounds, ${within("undecided")} undecided, ${within("beyond")} beyond\n`,
);
