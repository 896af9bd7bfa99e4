/**
 * Makes one script of the compiled command line and the packages that it loads in every run, with their licences, and
 * V8's code cache for it. Plain JavaScript, like the rest of the build.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..");
const dist = join(root, "dist");
const folder = join(dist, "bundle");
const script = join(folder, "program.cjs");

/** What stays outside: ES modules only, native code, or large and seldom needed; and the modules that bring such along. */
const OUTSIDE = /^(@duckdb\/node-api|bullmq|ioredis|piscina|vega|vega-lite|@resvg\/resvg-js|\.\/(svg|png)\.js)$/;
const DYNAMIC_IMPORT = /\bimport\("([^"]+)"\)/g;

/** Unit by unit: regular expressions that know code points take two escaped halves for one. */
const NOT_ASCII = /[\u0080-\uffff]/g;

const FOUND = Symbol("resolved");
const WHEN_CALLED = "when-called";

const slashes = (/** @type {string} */ path) => path.split(sep).join("/");

/** @type {import("esbuild").Plugin} */
const asModules = {
  name: "outgap",
  setup({ onLoad, onResolve, resolve }) {
    onResolve({ filter: OUTSIDE }, ({ importer, path }) => {
      throw new Error(`${importer} has ${path} as a part of it, where it is to be imported with import("${path}")`);
    });
    // Regular expressions over all of Unicode, which take longer to build than a scenario to read; for `--help` only.
    onResolve({ filter: /^string-width$/ }, async ({ kind, path, pluginData, resolveDir }) => {
      if (kind !== "import-statement" || pluginData === FOUND) return undefined;
      const found = await resolve(path, { kind, resolveDir, pluginData: FOUND });
      return { path: slashes(relative(root, found.path)), namespace: WHEN_CALLED };
    });
    onLoad({ filter: /./, namespace: WHEN_CALLED }, ({ path }) => {
      const real = `require(${JSON.stringify(join(root, path))}).default`;
      return { contents: `let real; export default (...args) => (real ??= ${real})(...args);`, resolveDir: root };
    });
    // Where a module is, it is in the bundle too: worker threads and files are looked for beside it. A script with a
    // code cache cannot import(): what is outside is asked of whoever has loaded it.
    onLoad({ filter: /\.m?js$/ }, ({ path }) => {
      if (!path.startsWith(dist + sep)) return undefined;
      const fromBundle = (/** @type {string} */ to) => JSON.stringify(slashes(relative(folder, to)));
      const contents = readFileSync(path, "utf8")
        .replaceAll("import.meta.url", `new URL(${fromBundle(path)}, bundleUrl).href`)
        .replace(DYNAMIC_IMPORT, (all, /** @type {string} */ to) => {
          if (!OUTSIDE.test(to)) return all;
          return `importOutside(${to.startsWith(".") ? fromBundle(join(dirname(path), to)) : JSON.stringify(to)})`;
        });
      return { contents, loader: "js" };
    });
  },
};

/** Bundles what the compiler has written to `dist/`. Does nothing if that is what is there, with its code cache. */
export async function makeBundle() {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: [join(dist, "cli", "program.js")],
    outfile: script,
    bundle: true,
    format: "cjs",
    platform: "node",
    target: "node20.19",
    plugins: [asModules],
    define: { "import.meta.url": "bundleUrl" },
    supported: { "dynamic-import": false },
    banner: { js: "(function (module, exports, require, bundleUrl, importOutside) {" },
    footer: { js: "})" },
    // Not minified: a stack is part of every report of an internal error.
    charset: "ascii",
    legalComments: "none",
    write: false,
    metafile: true,
    logLevel: "silent",
  });
  // esbuild escapes what is in strings; what is left stands in regular expressions and comments, which read it the same.
  const text = (outputFiles[0]?.text ?? "").replace(NOT_ASCII, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
  if (text === textOf(script) && warmUp("check")) return;
  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(folder)) rmSync(join(folder, file));
  writeFileSync(
    join(folder, "LICENSES.txt"),
    licences(Object.keys(metafile.inputs).filter((path) => !path.startsWith(WHEN_CALLED))),
  );
  // Whole or not at all: others may be running it.
  writeFileSync(`${script}.new`, text);
  renameSync(`${script}.new`, script);
  warmUp("write");
}

/**
 * Runs a small scenario in a process of its own, so that what it has compiled is known. A build without it is complete.
 * @param {"check" | "write"} what
 */
function warmUp(what) {
  const scratch = mkdtempSync(join(tmpdir(), "outgap-build-"));
  const scenario = join(root, "scenarios", "tiny-join.yaml");
  const args = ["run", scenario, "--no-charts", "--out", join(scratch, "result")];
  const program = fileURLToPath(new URL("warm-up.mjs", import.meta.url));
  const { status } = spawnSync(process.execPath, [program, folder, what, ...args], { stdio: "ignore", env: {} });
  rmSync(scratch, { recursive: true, force: true });
  return status === 0;
}

/** @param {string} path */
function textOf(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

/**
 * The licences of the packages that are in the bundle.
 * @param {readonly string[]} inputs
 */
function licences(inputs) {
  const packages = inputs.map((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]).filter(Boolean);
  const parts = [...new Set(packages)].sort().map((path) => {
    const at = join(root, /** @type {string} */ (path));
    const { name, version, license } = JSON.parse(readFileSync(join(at, "package.json"), "utf8"));
    const file = readdirSync(at).find((each) => /^licen[cs]e/i.test(each));
    return `${name} ${version}${license === undefined ? "" : ` (${license})`}\n\n${file === undefined ? "" : readFileSync(join(at, file), "utf8").trim()}\n`;
  });
  return parts.join(`\n${"-".repeat(80)}\n\n`);
}
