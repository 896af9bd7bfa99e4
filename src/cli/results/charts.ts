/**
 * Charts of one result folder, made from what is in it, so that `report` rebuilds what `run` made. Loads Vega only when
 * called. Owns the files under `charts/`.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readResultSet } from "./result-folder.js";

/** Writes `charts/NAME.vl.json`, `.svg` and `.png` into `folder`. */
export async function addCharts(folder: string): Promise<void> {
  const [{ CHARTS }, { renderSvg }, { renderPng }] = await Promise.all([
    import("../../report/charts/index.js"),
    import("../../report/render/svg.js"),
    import("../../report/render/png.js"),
  ]);
  const sets = [readResultSet(folder)];
  const target = join(folder, "charts");
  mkdirSync(target, { recursive: true });
  for (const chart of CHARTS) {
    if (chart.scope !== "set") continue;
    const spec = chart.build({ sets, sweep: [], mode: "light" });
    if (spec === null) continue;
    const svg = await renderSvg(spec);
    writeFileSync(join(target, `${chart.id}.vl.json`), `${JSON.stringify(spec, null, 1)}\n`);
    writeFileSync(join(target, `${chart.id}.svg`), `${svg}\n`);
    writeFileSync(join(target, `${chart.id}.png`), renderPng(svg));
  }
}
