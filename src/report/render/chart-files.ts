/**
 * The files of `charts/`: for each chart its specification, SVG and PNG on a light ground, and the SVG on a dark one.
 * Owns their names; whoever calls writes them.
 */
import { type ChartInput, specText } from "../chart.js";
import { CHARTS } from "../charts/index.js";

export interface ChartFile {
  readonly name: string;
  readonly content: string | Uint8Array;
}

/**
 * @param scope `set` for one result folder; `all` for several side by side, or a sweep
 * @yields one file after the other, in the order of the catalogue
 */
export async function* chartFiles(
  input: Omit<ChartInput, "mode">,
  scopes: readonly ("set" | "all")[],
): AsyncGenerator<ChartFile> {
  const [{ renderSvg }, { renderPng }] = await Promise.all([import("./svg.js"), import("./png.js")]);
  for (const chart of CHARTS) {
    if (!scopes.includes(chart.scope)) continue;
    const light = chart.build({ ...input, mode: "light" });
    const dark = chart.build({ ...input, mode: "dark" });
    if (light === null || dark === null) continue;
    const svg = await renderSvg(light);
    yield { name: `${chart.id}.vl.json`, content: specText(light) };
    yield { name: `${chart.id}.svg`, content: `${svg}\n` };
    yield { name: `${chart.id}.png`, content: renderPng(svg) };
    yield { name: `${chart.id}.dark.svg`, content: `${await renderSvg(dark)}\n` };
  }
}
