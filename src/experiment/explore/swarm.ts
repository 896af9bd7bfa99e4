/** A stretch of runs of the swarm, one after the other in one thread: what broke, which cells were used, how much work it was. */
import type { ModelConfig } from "../../model/config.js";
import { type ExploredCase, exploreCase } from "../../scenario/explore-case.js";
import { type GivenScenario, generate } from "./generate.js";
import { parseCase, type SwarmCase } from "./swarm-case.js";

export interface Stretch {
  readonly seed: string;
  readonly from: number;
  readonly count: number;
  readonly given: GivenScenario | null;
}

/** A run that broke something. */
export interface Finding {
  readonly run: number;
  readonly swarm: SwarmCase;
  readonly broken: readonly { readonly name: string; readonly first: string }[];
}

export interface StretchResult {
  readonly from: number;
  readonly runs: number;
  /** Cases that the generator made and that `check` refuses: no runs. */
  readonly refused: readonly { readonly run: number; readonly reason: string }[];
  readonly simulations: number;
  readonly events: number;
  /** Cell → uses, and → runs that used it. */
  readonly uses: Readonly<Record<string, number>>;
  readonly runsWith: Readonly<Record<string, number>>;
  readonly findings: readonly Finding[];
}

/** Most runs are well soon after the last fault: those are not simulated until the liveness bound. */
const SOON_NS = 2.5e9;

/**
 * Explores a case as far as it takes, with a strategy other than its own if one is given. A case that is well soon after the last fault, with nothing broken, has passed:
 * only the others go on until the liveness bound.
 */
export function settle(
  config: ModelConfig,
  strategy?: Parameters<typeof exploreCase>[1],
): { explored: ExploredCase; took: number } {
  const soonNs = config.durationNs - (config.livenessNs ?? 0) + SOON_NS;
  if (soonNs < config.durationNs) {
    const { livenessNs: _, ...unbound } = config;
    const soon = exploreCase({ ...unbound, durationNs: Math.ceil(soonNs / 1e8) * 1e8 }, strategy);
    if (soon.wellAtEnd && soon.broken.length === 0) return { explored: soon, took: 1 };
    const whole = exploreCase(config, strategy);
    // What only the shorter run shows is shown by none that is kept: a case must replay.
    return { explored: whole, took: 2 };
  }
  return { explored: exploreCase(config, strategy), took: 1 };
}

export function exploreStretch({ seed, from, count, given }: Stretch): StretchResult {
  const uses: Record<string, number> = {};
  const runsWith: Record<string, number> = {};
  const findings: Finding[] = [];
  const refused: { run: number; reason: string }[] = [];
  let simulations = 0;
  let events = 0;
  for (let run = from; run < from + count; run++) {
    const { swarm, pilots } = generate(seed, run, given);
    simulations += pilots;
    const scenario = parseCase(swarm);
    if (typeof scenario === "string") {
      refused.push({ run, reason: scenario });
      continue;
    }
    const { explored, took } = settle(scenario.cases[0]!.config);
    simulations += took;
    events += explored.events;
    for (const [cell, times] of explored.coverage) {
      uses[cell] = (uses[cell] ?? 0) + times;
      runsWith[cell] = (runsWith[cell] ?? 0) + 1;
    }
    if (explored.broken.length > 0) findings.push({ run, swarm, broken: explored.broken });
  }
  return { from, runs: count - refused.length, refused, simulations, events, uses, runsWith, findings };
}
