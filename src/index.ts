/**
 * The module API: read a scenario, run it, read results back. What is exported here is documented and kept stable;
 * everything else is inside.
 *
 * ```ts
 * import { parse, readResults, runScenario } from "outgap";
 *
 * const parsed = parse(yamlText, { file: "my.yaml" });
 * if (!parsed.ok) throw new Error(parsed.diagnostics.map(formatDiagnostic).join("\n"));
 * for (const { summary } of await runScenario(parsed.scenario)) console.log(summary.case, summary.recoveryTimeMs);
 * ```
 */
export { readResultSet as readResults } from "./cli/results/result-folder.js";
export { resultSetOf } from "./cli/results/result-set.js";
export { type RunScenarioOptions, runScenario } from "./experiment/run-scenario.js";
export type {
  CaseSummary,
  Censored,
  EndState,
  Incident,
  Measured,
  OutputGaps,
  PhaseName,
  PhaseSpan,
  Playback,
  RunResult,
  Timeline,
  TraceEvent,
} from "./metrics/result.js";
export type { ModelConfig } from "./model/config.js";
export type { Spec } from "./report/chart.js";
export type { GapRow, LossRow, PhaseRow, ResultSet, TimelineColumns } from "./report/input.js";
export { type CaseStyle, caseStyles } from "./report/palette.js";
export { CHART_IDS, type ChartOptions, chart, renderPng, renderSvg, styled } from "./report/render/figure.js";
export {
  checkScenario,
  type Diagnostic,
  evaluateOnSummaries,
  formatDiagnostic,
  type NormalisedScenario,
  type ParseResult,
  parseScenario as parse,
  scenarioJsonSchema,
  twinOf,
} from "./scenario/index.js";
export { runCase, runTwin } from "./scenario/run-case.js";
