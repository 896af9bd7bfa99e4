/** The catalogue of charts, in the order of the report. To add one: a file here and a line below. */
import type { ChartDefinition } from "../chart.js";
import { backlog } from "./backlog.js";
import { latency } from "./latency.js";
import { losses } from "./losses.js";
import { outputGap } from "./output-gap.js";
import { outputOverTime } from "./output-over-time.js";
import { phases } from "./phases.js";
import { recoveryByParallelism } from "./recovery-by-parallelism.js";
import { recoverySpread } from "./recovery-spread.js";
import { sensitivity } from "./sensitivity.js";
import { slots } from "./slots.js";
import { sweepHeatmap } from "./sweep-heatmap.js";
import { sweepLines } from "./sweep-lines.js";

export const CHARTS: readonly ChartDefinition[] = [
  outputOverTime,
  outputGap,
  phases,
  losses,
  slots,
  latency,
  backlog,
  recoveryByParallelism,
  recoverySpread,
  sweepLines,
  sweepHeatmap,
  sensitivity,
];
