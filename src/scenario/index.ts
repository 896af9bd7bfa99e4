/**
 * Front door of the room: YAML text in, normalised scenario or diagnostics out. No file is read here, no case is run.
 */

import type { Place } from "./diagnosis.js";
import type { Diagnostic } from "./messages.js";
import type { NormalisedScenario, NormaliseOptions } from "./normalise.js";
import { normalise } from "./normalise.js";
import { parseYaml } from "./parse.js";
import type { Path } from "./schema-values.js";

export type { CatalogueName, CatalogueRow } from "./catalogue.js";
export {
  CATALOGUES,
  catalogueRows,
  costRows,
  engineRows,
  faultRows,
  flinkKeyRows,
  invariantRows,
  metricRows,
  schemaRows,
  strategyRows,
} from "./catalogue.js";
export type { CheckReport, ScenarioCheck } from "./check.js";
export { checkConfig, checkScenario } from "./check.js";
export type { VertexLoad } from "./check-load.js";
export type { NetworkMemory } from "./check-memory.js";
export { COSTS } from "./cost-catalogue.js";
export type { Place } from "./diagnosis.js";
export type { Expectation, ExpectationResult, MetricExpectation, Relation } from "./expectations.js";
export { evaluateExpectation, evaluateOnSummaries, median, medianMeasured } from "./expectations.js";
export type { Finding } from "./finding.js";
export { starterScenario } from "./init.js";
export { scenarioJsonSchema } from "./json-schema.js";
export type { Diagnostic, Problem } from "./messages.js";
export { formatDiagnostic } from "./messages.js";
export type { MetricSpec } from "./metrics-catalogue.js";
export { METRICS, readMetric } from "./metrics-catalogue.js";
export type { Allowance } from "./names.js";
export { ALLOWANCES, STRATEGY_NAMES } from "./names.js";
export type { NormalisedCase, NormalisedScenario, NormaliseOptions } from "./normalise.js";
export type { Objective, SweepBlock, SweepGrid } from "./sweep.js";
export type { Constraint, Measure, Precision, SpreadName } from "./sweep-terms.js";
export { findMetric, parseConstraint, parseMeasure, parsePrecision } from "./sweep-terms.js";
export { twinKey, twinOf } from "./twin.js";
export type { Variation, VaryValue } from "./vary.js";
export { assignment, parseVariation, varyLabel } from "./vary.js";

export type ParseResult =
  | {
      readonly ok: true;
      readonly scenario: NormalisedScenario;
      /** Where the value at a path of the scenario stands (for findings of `check`). */
      readonly locate: (path: Path) => Place;
    }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/**
 * Reads a scenario.
 * @param text the file's text
 * @param options file name for messages; `sets` as `PATH=VALUE` (they change the base, a case's own `set` stays on
 *   top); `cases` keeps only these; `seed` replaces the scenario's
 * @returns the scenario with a complete ModelConfig per case, or at least one diagnostic; never throws on bad input
 */
export function parseScenario(text: string, options: NormaliseOptions): ParseResult {
  const yaml = parseYaml(text, options.file);
  return yaml.ok ? normalise(yaml.value, options) : yaml;
}
