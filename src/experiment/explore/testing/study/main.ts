/**
 * `npm run study:swarm`: 100,000 runs of the shipped strategies, and hunts for every strategy that is broken on purpose.
 * Each piece is kept when it is done, under the fingerprint of the code, so that the study goes on where it was
 * interrupted. Writes `results/study/swarm.json` and `swarm.md` when all of it is there.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Piscina } from "piscina";
import { packageRoot } from "../../../../cli/package-info.js";
import { codeVersion } from "../../../../cli/sweep/code-version.js";
import { type Done, documentOf, pageOf } from "./document.js";
import { nameOf, type StudyPlan, type Unit, type UnitResult, unitsOf } from "./units.js";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "outgap" },
    runs: { type: "string", default: "100000" },
    hunts: { type: "string", default: "25" },
    longest: { type: "string", default: "5000" },
    workers: { type: "string", default: String(availableParallelism()) },
    out: { type: "string", default: join(packageRoot, "results", "study") },
  },
});
const plan: StudyPlan = {
  seed: values.seed,
  runs: Number(values.runs),
  hunts: Number(values.hunts),
  longest: Number(values.longest),
};
const code = codeVersion();
const pieces = join(packageRoot, "outgap-results", "study-swarm", `${plan.seed}-${code}`);
mkdirSync(pieces, { recursive: true });

function writeWhole(path: string, text: string): void {
  writeFileSync(`${path}.partial`, text);
  renameSync(`${path}.partial`, path);
}

const units = unitsOf(plan);
const results: (UnitResult | undefined)[] = units.map((unit) => {
  const file = join(pieces, `${nameOf(unit)}.json`);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as UnitResult) : undefined;
});
const pool = new Piscina({
  filename: new URL("./boot.mjs", import.meta.url).href,
  maxThreads: Number(values.workers),
  idleTimeout: 60_000,
  execArgv: [],
  recordTiming: false,
});
let left = results.filter((result) => result === undefined).length;
process.stderr.write(`${units.length} pieces, ${left} to do, ${values.workers} threads\n`);
let next = 0;
const work = async (): Promise<void> => {
  while (next < units.length) {
    const index = next++;
    if (results[index] !== undefined) continue;
    const unit: Unit = units[index]!;
    const result = (await pool.run(unit)) as UnitResult;
    results[index] = result;
    writeWhole(join(pieces, `${nameOf(unit)}.json`), JSON.stringify(result));
    const found = "findings" in result ? result.findings.length : 0;
    process.stderr.write(`${nameOf(unit)}${found > 0 ? `: ${found} FINDINGS` : ""}, ${--left} left\n`);
  }
};
await Promise.all(Array.from({ length: Number(values.workers) }, work));
await pool.destroy();
const document = documentOf(
  code,
  plan,
  units.map((unit, i): Done => ({ unit, result: results[i]! })),
);
mkdirSync(values.out, { recursive: true });
writeWhole(join(values.out, "swarm.json"), `${JSON.stringify(document, null, 2)}\n`);
writeWhole(join(values.out, "swarm.md"), pageOf(document));
const sound =
  document.shipped.findings.length +
    document.shipped.neverReached.length +
    document.shipped.impossibleReached.length ===
    0 && document.broken.every(({ found, hunts }) => found === hunts);
process.exitCode = sound ? 0 : 1;
