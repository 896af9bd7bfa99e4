/**
 * Compiles `src/` to `dist/`, only what changed, makes what the browser loads and the bundle of the command line.
 * Plain JavaScript, for it runs before anything is compiled. As a program: `npm run build`.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { clientBundle } from "../report/client/bundle.mjs";
import { makeBundle } from "./bundle/make.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/**
 * @param {{ quiet?: boolean }} options quiet: what the compiler says is not shown, else it goes to stderr
 * @returns {Promise<boolean>} whether it compiled without an error
 */
export async function build({ quiet = false } = {}) {
  const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  const run = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], { cwd: root, encoding: "utf8" });
  if (run.status !== 0 && !quiet) process.stderr.write(`${run.stdout ?? ""}${run.stderr ?? ""}`);
  const client = join(root, "dist", "report", "client");
  const { script, style } = clientBundle();
  rmSync(client, { recursive: true, force: true });
  mkdirSync(client, { recursive: true });
  writeFileSync(join(client, "client.js"), script);
  writeFileSync(join(client, "style.css"), style);
  await makeBundle();
  return run.status === 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url) && !(await build())) process.exitCode = 1;
