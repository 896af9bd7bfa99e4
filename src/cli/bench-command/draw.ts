/** Draws the figures in a folder of benchmark results: `speed.svg`, its dark form, `.png` and the specification. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { specText } from "../../report/chart.js";
import { renderPng, renderSvg } from "../../report/render/figure.js";
import { type KernelFigures, type ModelFigures, speedChart } from "../../report/speed.js";
import { fileError } from "../exit.js";

export async function drawSpeed(folder: string): Promise<void> {
  const kernel = read<KernelFigures>(folder, "kernel.json");
  const model = read<ModelFigures>(folder, "model.json");
  const [light, dark] = [speedChart(kernel, model, "light"), speedChart(kernel, model, "dark")];
  if (light === null || dark === null) return;
  const files: [string, string | Uint8Array][] = [
    ["speed.vl.json", specText(light)],
    ["speed.svg", `${await renderSvg(light)}\n`],
    ["speed.dark.svg", `${await renderSvg(dark)}\n`],
    ["speed.png", await renderPng(light)],
  ];
  for (const [name, content] of files) {
    try {
      writeFileSync(join(folder, name), content);
    } catch (error) {
      throw fileError(join(folder, name), error);
    }
  }
}

function read<T>(folder: string, name: string): T | null {
  const path = join(folder, name);
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as T) : null;
}
