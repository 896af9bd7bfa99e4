/**
 * `npm run study:sweeps [-- PART...]`: what sweeps promise, measured whole on this machine, which should have nothing
 * else to do. Writes `results/bench/sweeps.json`, where parts that are not measured again stay; the tests do the same at
 * a size that fits CI.
 */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { packageRoot } from "../../package-info.js";
import { eventRate, LONG_RUNS, MANY_RUNS, manyRuns, SHORT_RUNS, speedUp } from "./speed.js";
import { coverage, tenMillionRows } from "./statistics.js";
import type { Finding } from "./study.js";
import { fullDisk, killedTwentyTimes, stormyQueue } from "./survival.js";

const PARTS: Readonly<Record<string, (cwd: string) => Promise<Finding | string>>> = {
  manyRuns: (cwd) => manyRuns(cwd),
  speedUp: (cwd) => speedUp(cwd, LONG_RUNS),
  speedUpOfManyRuns: (cwd) => speedUp(cwd, MANY_RUNS),
  speedUpOfShortRuns: (cwd) => speedUp(cwd, SHORT_RUNS),
  eventRate: (cwd) => eventRate(cwd),
  killedTwentyTimes,
  fullDisk,
  stormyQueue,
  coverage,
  tenMillionRows,
};

type Measured = Finding & { readonly machine: string };

const chosen = process.argv.slice(2);
const unknown = chosen.find((name) => PARTS[name] === undefined);
if (unknown !== undefined) {
  process.stderr.write(`no part ${unknown}, expected some of ${Object.keys(PARTS).join(", ")}\n`);
  process.exit(2);
}
const folder = join(packageRoot, "results", "bench");
const file = join(folder, "sweeps.json");
const before = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Record<string, Measured>) : {};
const machine = `${cpus()[0]?.model.trim() ?? "unknown"}, ${availableParallelism()} cores, Node ${process.version}`;
const cwd = mkdtempSync(join(tmpdir(), "outgap-study-"));
const after: Record<string, Measured> = {};
let isSound = true;
try {
  copyFileSync(join(packageRoot, "scenarios", "tiny-join.yaml"), join(cwd, "tiny-join.yaml"));
  for (const [name, part] of Object.entries(PARTS)) {
    if (before[name] !== undefined) after[name] = before[name];
    if (chosen.length > 0 && !chosen.includes(name)) continue;
    const finding = await part(cwd);
    if (typeof finding === "string") {
      process.stdout.write(`- not measured: ${finding}\n`);
      continue;
    }
    after[name] = { ...finding, machine };
    isSound &&= finding.ok;
    process.stdout.write(`${finding.ok ? "✓" : "✗"} ${finding.what}: ${finding.measured} (${finding.wanted})\n`);
  }
} finally {
  rmSync(cwd, { recursive: true, force: true });
}
mkdirSync(folder, { recursive: true });
writeFileSync(file, `${JSON.stringify(after, null, 2)}\n`);
process.exitCode = isSound ? 0 : 1;
