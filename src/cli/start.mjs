/**
 * `npm start`: compiles, then runs the published comparison. `npm start -- ARGS` compiles, then is `outgap ARGS`.
 * Owns nothing else.
 */
import { fileURLToPath } from "node:url";
import { build } from "./build.mjs";

const PUBLISHED_COMPARISON = ["run", "scenarios/bytedance-join-1000.yaml", "scenarios/bytedance-join-4000.yaml"];

const program = new URL("../../dist/cli/main.js", import.meta.url);
const args = process.argv.slice(2);
if (await build()) {
  process.argv = [process.execPath, fileURLToPath(program), ...(args.length > 0 ? args : PUBLISHED_COMPARISON)];
  await import(program.href);
} else {
  process.stderr.write("outgap: it does not compile\n");
  process.exitCode = 3;
}
