/**
 * `npm run notebooks`: runs the notebooks whole, each in its own kernel, and writes them with their outputs.
 *
 *   npm run notebooks                    the full study, in place (about half an hour)
 *   npm run notebooks -- --quick         eight slots and five seeds, into outgap-results/notebooks (a minute)
 *   npm run notebooks -- reserved        only those whose name contains this
 *   npm run notebooks -- --out DIR       write there instead
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "../src/cli/build.mjs";

const folder = dirname(fileURLToPath(import.meta.url));
const root = dirname(folder);

/** A Python that has Jupyter's client; Debian's own may not be the first on the path. */
function findPython() {
  const has = (python) => spawnSync(python, ["-c", "import jupyter_client, nbformat"]).status === 0;
  return ["python3", "/usr/bin/python3"].find(has);
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean" },
    full: { type: "boolean" },
    out: { type: "string" },
    "no-build": { type: "boolean" },
  },
});
const quick = values.quick === true;
const python = findPython();
if (python === undefined) {
  console.error(
    "No Python with jupyter_client and nbformat. On Debian: apt-get install python3-jupyter-client python3-nbformat",
  );
  process.exit(2);
}
if (values["no-build"] !== true && !build()) process.exit(1);
// On its first call npm's wrapper puts the binary beside itself; the kernel then needs no wrapper that outlives it.
if (spawnSync(join(root, "node_modules", ".bin", "deno"), ["--version"]).status !== 0) {
  console.error("Deno does not start; it comes with npm ci");
  process.exit(2);
}
const out = resolve(values.out ?? (quick ? join(root, "outgap-results", "notebooks") : folder));
mkdirSync(out, { recursive: true });
const env = {
  ...process.env,
  JUPYTER_PATH: [join(folder, "jupyter"), process.env.JUPYTER_PATH].filter(Boolean).join(delimiter),
  PATH: [join(root, "node_modules", "deno"), join(root, "node_modules", ".bin"), process.env.PATH].join(delimiter),
  ...(quick ? { OUTGAP_NOTEBOOK_QUICK: "1" } : {}),
};
const names = readdirSync(folder).filter((name) => name.endsWith(".ipynb"));
const chosen = names.filter((name) => positionals.length === 0 || positionals.some((part) => name.includes(part)));
if (chosen.length === 0) {
  console.error(`No such notebook; there are ${names.join(", ")}`);
  process.exit(2);
}
let failed = false;
for (const name of chosen.sort()) {
  const startedMs = Date.now();
  const { status } = spawnSync(python, [join(folder, "execute.py"), join(folder, name), join(out, name)], {
    cwd: folder,
    env,
    stdio: "inherit",
  });
  failed ||= status !== 0;
  console.log(
    `${status === 0 ? "done" : "FAILED"}  ${join(out, name)}  ${Math.round((Date.now() - startedMs) / 1000)} s`,
  );
}
process.exitCode = failed ? 1 : 0;
