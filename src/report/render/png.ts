/** SVG → PNG by resvg with the fonts that Outgap ships, never those of the system: the same bytes everywhere. */
import { createRequire } from "node:module";
import { Resvg } from "@resvg/resvg-js";
import { STATIC_FONT } from "../theme.js";

const require = createRequire(import.meta.url);

/** @param scale pixels per SVG unit; 2 reads well on dense screens and in print */
export function renderPng(svg: string, scale = 2): Uint8Array {
  const fontFiles = ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf"].map((name) =>
    require.resolve(`dejavu-fonts-ttf/ttf/${name}`),
  );
  const resvg = new Resvg(svg, {
    font: { loadSystemFonts: false, fontFiles, defaultFontFamily: STATIC_FONT },
    fitTo: { mode: "zoom", value: scale },
  });
  return resvg.render().asPng();
}
