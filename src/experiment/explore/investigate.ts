/** From a finding of the swarm to the smallest case that breaks the same invariant, as a scenario to keep. */
import { type BrokenInvariant, exploreCase } from "../../scenario/explore-case.js";
import { shrink } from "./shrink.js";
import type { Finding } from "./swarm.js";
import { parseCase, type SwarmCase } from "./swarm-case.js";

export interface Investigated {
  readonly run: number;
  readonly broken: readonly BrokenInvariant[];
  /** Self-contained scenario text that replays it. */
  readonly scenario: string;
  readonly faults: number;
  readonly tried: number;
}

function brokenBy(swarm: SwarmCase): readonly BrokenInvariant[] {
  const scenario = parseCase(swarm);
  return typeof scenario === "string" ? [] : exploreCase(scenario.cases[0]!.config).broken;
}

export function investigate(finding: Finding): Investigated {
  const names = new Set(finding.broken.map(({ name }) => name));
  const { swarm, tried } = shrink(finding.swarm, (candidate) =>
    brokenBy(candidate).some(({ name }) => names.has(name)),
  );
  const scenario = parseCase(swarm);
  if (typeof scenario === "string") throw new Error(`the shrunk case is no scenario: ${scenario}`);
  return {
    run: finding.run,
    broken: brokenBy(swarm),
    scenario: scenario.normalisedYaml,
    faults: swarm.faults.length,
    tried,
  };
}
