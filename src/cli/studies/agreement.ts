/**
 * `npm run study:agreement -- [slots] [seeds] [filter]`: compares the two resolutions, prints every measure with its
 * bound, and writes results/study/agreement-<slots>.json and .csv (not with a filter).
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { stringify } from "csv-stringify/sync";
import { compareResolutions } from "../../experiment/studies/agreement.js";
import { SITUATIONS } from "../../experiment/studies/agreement-job.js";

const slots = Number(process.argv[2] ?? 8);
const seeds = Number(process.argv[3] ?? 20);
const filter = process.argv[4] ?? "";
/** Small jobs can afford rates at which loss counts are large; a job of hundreds of slots has many channels instead. */
const ratePerSource = Number(process.argv[5] ?? (slots >= 200 ? 100 : 500));
const durationSeconds = 20;

const rows = compareResolutions({
  slots,
  seeds,
  ratePerSource,
  durationSeconds,
  situations: SITUATIONS.filter((situation) => situation.name.includes(filter)),
  onRun: (situation, seed, exact, lumped) => {
    process.stderr.write(`${situation}, seed ${seed}\n`);
    for (const [name, record] of [
      ["exact", exact],
      ["100ms", lumped],
    ] as const)
      for (const { name: broken, count, first } of record.plane.violations)
        process.stderr.write(`  ${name}: ${broken}: ${count}, ${first}\n`);
  },
});
const short = (value: number): string => (Math.abs(value) >= 1000 ? value.toFixed(0) : value.toPrecision(4));
let situation = "";
for (const row of rows) {
  if (row.situation !== situation) process.stdout.write(`\n${row.situation}\n`);
  situation = row.situation;
  process.stdout.write(
    `  ${row.ok ? "ok  " : "FAIL"} ${row.measure.padEnd(24)} ${short(row.exactMean).padStart(10)} ${short(row.lumpedMean).padStart(10)} ` +
      `${short(row.difference).padStart(9)} ± ${short(row.standardError).padEnd(8)} z ${row.z.toFixed(1).padStart(6)}  (${row.bound})\n`,
  );
}
process.stdout.write(`\n${rows.filter((row) => row.ok).length} of ${rows.length} within their bounds\n`);
if (filter === "") {
  mkdirSync("results/study", { recursive: true });
  const file = `results/study/agreement-${slots}`;
  writeFileSync(`${file}.json`, `${JSON.stringify({ slots, seeds, ratePerSource, durationSeconds, rows }, null, 2)}\n`);
  writeFileSync(
    `${file}.csv`,
    stringify(rows as object[] as Record<string, unknown>[], { header: true, cast: { boolean: String } }),
  );
}
