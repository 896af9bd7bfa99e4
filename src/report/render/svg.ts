/**
 * Vega-Lite specification → SVG text, without a browser. Deterministic: text is measured by `text-width.ts`, ids
 * are counted from zero for each chart, the locale is Vega's own.
 */
import * as vega from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import type { Spec } from "../chart.js";
import { textWidth } from "./text-width.js";

interface TextItem {
  readonly fontSize?: number;
  readonly fontWeight?: string | number;
  readonly text?: unknown;
}

interface MeasuresText {
  width(item: TextItem, text: unknown): number;
}

const asText = (value: unknown): string => (value === null || value === undefined ? "" : String(value));
const isBold = (weight: string | number | undefined): boolean => weight === "bold" || Number(weight) >= 600;

function measureWithOwnTable(): void {
  const metrics = (vega as unknown as { textMetrics: MeasuresText }).textMetrics;
  metrics.width = (item, text) => textWidth(asText(text), item.fontSize ?? 11, isBold(item.fontWeight));
}

/** Compiles quietly: warnings are errors of ours, so they are returned. */
export function compileSpec(spec: Spec): { readonly vega: vega.Spec; readonly warnings: readonly string[] } {
  const warnings: string[] = [];
  const logger: Record<string, (...parts: unknown[]) => unknown> = {};
  const note = (...parts: unknown[]): unknown => {
    warnings.push(parts.join(" "));
    return logger;
  };
  Object.assign(logger, { error: note, warn: note, level: () => logger, info: () => logger, debug: () => logger });
  const compiled = compile(spec as unknown as TopLevelSpec, { logger: logger as never });
  return { vega: compiled.spec as vega.Spec, warnings };
}

let queue: Promise<unknown> = Promise.resolve();

/**
 * Renders one chart after the other, since the ids of clip paths and gradients are counted in one place.
 * @returns the SVG element as text
 */
export function renderSvg(spec: Spec): Promise<string> {
  const next = queue.then(() => renderNow(spec));
  queue = next.catch(() => undefined);
  return next;
}

async function renderNow(spec: Spec): Promise<string> {
  measureWithOwnTable();
  (vega as unknown as { resetSVGDefIds(): void }).resetSVGDefIds();
  const view = new vega.View(vega.parse(compileSpec(spec).vega), { renderer: "none", logLevel: vega.Error });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}
