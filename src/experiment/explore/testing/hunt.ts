/** How many runs of the swarm it takes to find a deliberately broken strategy. */
import type { BrokenStrategy } from "../../../failover/testing/broken.js";
import { generate } from "../generate.js";
import { settle } from "../swarm.js";
import { parseCase, type SwarmCase } from "../swarm-case.js";

export interface Hunted {
  /** Runs until the first that names the defect, or null if none of them did. */
  readonly runs: number | null;
  readonly broken: readonly { readonly name: string; readonly first: string }[];
  readonly swarm: SwarmCase | null;
}

export function hunt(seed: string, { strategy, breaks }: BrokenStrategy, maxRuns: number): Hunted {
  for (let run = 0; run < maxRuns; run++) {
    const { swarm } = generate(seed, run, null);
    const single = { ...swarm, settings: [...swarm.settings, "strategy=single-task"] };
    const scenario = parseCase(single);
    if (typeof scenario === "string") continue;
    const { broken } = settle(scenario.cases[0]!.config, strategy).explored;
    if (broken.some(({ name }) => breaks.includes(name))) return { runs: run + 1, broken, swarm: single };
  }
  return { runs: null, broken: [], swarm: null };
}
