/** The assets of the page as the tests read them: from `node_modules` and `client/`, which is bundled as the build does it. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { clientBundle } from "../client/bundle.mjs";
import type { ReportAssets } from "../html/page.js";

const at = (path: string): string => readFileSync(fileURLToPath(new URL(path, import.meta.url)), "utf8");

export function testAssets(): ReportAssets {
  return {
    libraries: ["vega", "vega-lite", "vega-embed"].map((name) =>
      at(`../../../node_modules/${name}/build/${name}.min.js`),
    ),
    ...clientBundle(),
  };
}
