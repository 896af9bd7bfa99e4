/**
 * One case of the swarm as plain data that can be taken apart: a base scenario, settings on top of it, faults, and an
 * order of same-time events. `parse` turns it into a model's input and into the scenario text that replays it.
 */
import { checkConfig, type NormalisedScenario, parseScenario } from "../../scenario/index.js";

export interface SwarmCase {
  /** Scenario text without faults. */
  readonly base: string;
  /** `PATH=VALUE`, as for `--set`. */
  readonly settings: readonly string[];
  /** Flow-style YAML of each fault, without its braces. */
  readonly faults: readonly string[];
  readonly sameTimeOrder: number;
  /** The case of the base scenario, by name. */
  readonly caseName: string | null;
}

/** The case as a scenario, or why it is none (a shrinking step may ask for the impossible). */
export function parseCase(swarm: SwarmCase): NormalisedScenario | string {
  const sets = [
    ...swarm.settings,
    `faults=[${swarm.faults.map((fault) => `{ ${fault} }`).join(", ")}]`,
    `sameTimeOrder=${swarm.sameTimeOrder}`,
  ];
  const parsed = parseScenario(swarm.base, {
    file: "swarm.yaml",
    sets,
    ...(swarm.caseName === null ? {} : { cases: [swarm.caseName] }),
  });
  if (!parsed.ok) return parsed.diagnostics.map((found) => found.message).join("; ");
  const { config } = parsed.scenario.cases[0]!;
  const refusal = checkConfig(config, parsed.scenario.allowances).findings.find(
    (finding) => finding.severity === "error",
  );
  return refusal === undefined ? parsed.scenario : refusal.problem.message;
}

/** `123456789` → `123456789ns`: exact, and short enough for what is generated. */
export const ns = (value: number): string => `${Math.max(0, Math.round(value))}ns`;
