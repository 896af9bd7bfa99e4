/** The costs of a scenario as the report lists them: value as it ran, grade and source from the catalogue. */

import type { ModelConfig } from "../../model/config.js";
import type { ParameterRow } from "../../report/input.js";
import { COSTS } from "../../scenario/cost-catalogue.js";
import { costDefault, resolveCosts } from "../../scenario/costs.js";
import { describeCost } from "../../scenario/describe-cost.js";
import type { EngineVersion } from "../../scenario/engines.js";
import { parseScenario } from "../../scenario/index.js";

/** @param scenarioText the normalised scenario; of cases that differ in a cost the first counts */
export function parameterRows(scenarioText: string): ParameterRow[] {
  const parsed = parseScenario(scenarioText, { file: "scenario.yaml" });
  const config = parsed.ok ? parsed.scenario.cases[0]?.config : undefined;
  // A result of another version of the format: its costs are in its scenario.yaml, but not in today's catalogue.
  return config === undefined ? [] : costParameters(config);
}

/** The costs of one case, in the order of the catalogue. */
export function costParameters(config: ModelConfig): ParameterRow[] {
  const version = config.engine.version as EngineVersion;
  const { provider } = config.cluster;
  const defaults = resolveCosts(version, provider, {});
  return COSTS.map((spec) => {
    const { name, doc } = spec;
    const { grade, source } = costDefault(spec, version, provider);
    const { value } = describeCost(name, config);
    const isDefault = JSON.stringify(config.costs[name]) === JSON.stringify(defaults[name]);
    if (isDefault) return { name, value, grade, source, doc };
    const usual = describeCost(name, { ...config, costs: defaults }).value;
    return { name, value, grade: "–", source: `set by the scenario; the default is ${usual} (${source})`, doc };
  });
}
