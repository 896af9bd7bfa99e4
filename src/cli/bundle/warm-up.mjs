/**
 * `node warm-up.mjs FOLDER check`: exit 0 if V8 takes the code cache of the bundle in this folder.
 * `node warm-up.mjs FOLDER write ARGS`: is `outgap ARGS` from the bundle, then writes the code cache with all that it had
 * to compile.
 */
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { CODE_CACHE, codeCacheFile, loadBundle } from "../../../dist/cli/bundle/load.js";

const [folder = "", what, ...args] = process.argv.slice(2);
const bundle = loadBundle(folder);
if (bundle === null) throw new Error(`there is no bundle in ${folder}`);
if (what === "check") {
  process.exitCode = bundle.script.cachedDataRejected === false ? 0 : 1;
} else {
  // Else V8 forgets what ran once, which is most of a start.
  setFlagsFromString("--no-flush-bytecode");
  await bundle.program.start(args);
  // V8 takes a cache only under the flags under which it was written.
  setFlagsFromString("--flush-bytecode");
  const file = join(folder, CODE_CACHE);
  writeFileSync(`${file}.new`, codeCacheFile(bundle.source, bundle.script.createCachedData()));
  renameSync(`${file}.new`, file);
}
