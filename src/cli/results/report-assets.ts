/** What the report page carries beside its data: the browser's scripts and style, from this package and Vega's. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { ReportAssets } from "../../report/html/page.js";
import { packageRoot } from "../package-info.js";

/** What the build has made of `report/client/`. */
const CLIENT = join(packageRoot, "dist", "report", "client");
/** In the order in which a page has to load them. */
const LIBRARIES = ["vega", "vega-lite", "vega-embed"] as const;

export function reportAssets(): ReportAssets {
  return {
    libraries: LIBRARIES.map(minified),
    script: readFileSync(join(CLIENT, "client.js"), "utf8"),
    style: readFileSync(join(CLIENT, "style.css"), "utf8"),
  };
}

/** The browser build of a package. It is no export of it, so it is looked for where the package is installed. */
function minified(name: string): string {
  const folders = createRequire(join(packageRoot, "package.json")).resolve.paths(name) ?? [];
  for (const folder of folders) {
    try {
      return readFileSync(join(folder, name, "build", `${name}.min.js`), "utf8");
    } catch {
      // Not installed here: the next folder up.
    }
  }
  throw new Error(`${name} is not installed beside ${dirname(packageRoot)}; run npm ci`);
}
