/** What the report page carries beside its data: the browser's scripts and style, from this package and Vega's. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CLIENT_MODULES } from "../../report/html/bundle.js";
import type { ReportAssets } from "../../report/html/page.js";
import { packageRoot } from "../package-info.js";

/** Beside the compiled code and beside the sources alike. */
const CLIENT = fileURLToPath(new URL("../../report/client/", import.meta.url));
/** In the order in which a page has to load them. */
const LIBRARIES = ["vega", "vega-lite", "vega-embed"] as const;

export function reportAssets(): ReportAssets {
  return {
    libraries: LIBRARIES.map(minified),
    client: CLIENT_MODULES.map((name) => ({ name, source: readFileSync(join(CLIENT, name), "utf8") })),
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
