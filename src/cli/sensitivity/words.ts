/** How a sensitivity study writes its values, on the terminal and in the report. */
import type { Measured } from "../../metrics/result.js";
import { compact, measuredDuration, percent } from "../../report/format.js";
import { unitOf } from "./document.js";

/** Below this share of the metric an effect is not worth a row. */
export const WORTH_A_ROW = 0.001;

/** A value of a metric with its unit. */
export function shownValue(value: Measured, metric: string): string {
  const unit = unitOf(metric);
  if (unit === "ms" || typeof value !== "number") return measuredDuration(value);
  return unit === "ratio" ? percent(value) : Number.isInteger(value) && value < 1e6 ? String(value) : compact(value);
}
