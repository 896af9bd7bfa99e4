/**
 * The browser's part of a report as one script and one style sheet, minified: every report carries them. Plain
 * JavaScript, for the build runs it before anything is compiled. The same bytes wherever esbuild's version is the same.
 */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const folder = dirname(fileURLToPath(import.meta.url));

/** @returns {{ script: string, style: string }} */
export function clientBundle() {
  const { outputFiles } = buildSync({
    absWorkingDir: folder,
    entryPoints: { client: "main.js", style: "style.css" },
    outdir: "out",
    bundle: true,
    minify: true,
    format: "iife",
    target: "es2023",
    charset: "utf8",
    // Else line breaks in strings become line breaks of the script.
    supported: { "template-literal": false },
    write: false,
    logLevel: "silent",
  });
  const text = (/** @type {string} */ end) => outputFiles.find(({ path }) => path.endsWith(end))?.text.trimEnd() ?? "";
  return { script: text(".js"), style: text(".css") };
}
