/**
 * Compiles `src/` to `dist/`, only what changed, and takes along what the browser loads. Plain JavaScript, for it runs
 * before anything is compiled. As a program: `npm run build`.
 */
import { spawnSync } from "node:child_process";
import { cpSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/**
 * @param {{ quiet?: boolean }} options quiet: what the compiler says is not shown, else it goes to stderr
 * @returns {boolean} whether it compiled without an error
 */
export function build({ quiet = false } = {}) {
  const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  const run = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], { cwd: root, encoding: "utf8" });
  if (run.status !== 0 && !quiet) process.stderr.write(`${run.stdout ?? ""}${run.stderr ?? ""}`);
  const client = { recursive: true, filter: (/** @type {string} */ file) => !/\.(test\.ts|json)$/.test(file) };
  cpSync(join(root, "src", "report", "client"), join(root, "dist", "report", "client"), client);
  return run.status === 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url) && !build()) process.exitCode = 1;
