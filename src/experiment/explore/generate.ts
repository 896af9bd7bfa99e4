/**
 * Makes run `n` of the swarm from the base seed: a job (random, or the given scenario), delays, options, a first fault,
 * and further ones beside the steps which a pilot with the first one shows. A pure function of (seed, n, base).
 */

import { Dice } from "../../scenario/dice.js";
import { exploreCase } from "../../scenario/explore-case.js";
import { randomDelays, randomLimits, randomOptions } from "./delays.js";
import { Plots } from "./plots.js";
import { overNs, RandomFaults, type Victims } from "./random-faults.js";
import { ns, parseCase, type SwarmCase } from "./swarm-case.js";
import { LIVENESS_NS, randomJob } from "./topologies.js";

/** A scenario given by the user, instead of random jobs. */
export interface GivenScenario {
  readonly text: string;
  readonly sets: readonly string[];
  readonly caseNames: readonly string[];
  readonly victims: Victims;
  readonly strategies: readonly string[];
  /** First instant for faults, after the warm-up, in ns. */
  readonly fromNs: number;
  readonly durationNs: number;
}

export interface Generated {
  readonly swarm: SwarmCase;
  /** Simulations that it took to make it. */
  readonly pilots: number;
}

const FIRST_FAULT_NS = 0.6e9;
const FAULTS_WITHIN_NS = 3e9;
/** The liveness check wants a little more than its bound after the last fault. */
const AFTER_LIVENESS_NS = 0.5e9;

export function generate(seed: string, run: number, given: GivenScenario | null): Generated {
  const dice = new Dice(seed, run);
  return given === null ? randomCase(dice) : aroundScenario(dice, given);
}

function randomCase(dice: Dice): Generated {
  const job = randomJob(dice);
  const settings = [...randomDelays(dice), ...randomOptions(dice, job.strategy), ...randomLimits(dice)];
  const perMachine = Number(/taskManagersPerMachine: (\d+)/.exec(job.text)?.[1] ?? 1);
  const victims = { ...job, taskManagersPerMachine: perMachine, exact: true };
  const sameTimeOrder = dice.chance(0.5) ? 0 : 1 + dice.below(2 ** 31 - 2);
  const base = { base: job.text, settings, sameTimeOrder, caseName: null };
  const firstNs = FIRST_FAULT_NS + dice.below(0.5e9);
  const made = addFaults(dice, victims, job.strategy, base, firstNs, firstNs + FAULTS_WITHIN_NS);
  const lastNs = Math.max(...made.swarm.faults.map(overNs));
  const duration = `duration=${ns(lastNs + LIVENESS_NS + AFTER_LIVENESS_NS)}`;
  return { ...made, swarm: { ...made.swarm, settings: [...made.swarm.settings, duration] } };
}

function aroundScenario(dice: Dice, given: GivenScenario): Generated {
  const which = dice.below(given.caseNames.length);
  const settings = [...given.sets, ...(dice.chance(0.5) ? randomDelays(dice) : [])];
  const sameTimeOrder = dice.chance(0.5) ? 0 : 1 + dice.below(2 ** 31 - 2);
  const base = {
    base: given.text,
    settings: [...settings, `seed=${1 + dice.below(1_000_000)}`],
    sameTimeOrder,
    caseName: given.caseNames[which]!,
  };
  const windowNs = given.durationNs - given.fromNs;
  const firstNs = given.fromNs + Math.floor(dice.uniform() * 0.3 * windowNs);
  return addFaults(dice, given.victims, given.strategies[which]!, base, firstNs, given.fromNs + 0.6 * windowNs);
}

function addFaults(
  dice: Dice,
  victims: Victims,
  strategy: string,
  plain: Omit<SwarmCase, "faults">,
  firstNs: number,
  latestNs: number,
): Generated {
  const random = new RandomFaults(dice, victims);
  const plots = new Plots(dice, victims, random, strategy);
  const plot = dice.chance(0.35) ? plots.at(firstNs) : { faults: [random.at(firstNs)], settings: [] };
  const base = { ...plain, settings: [...plain.settings, ...plot.settings] };
  const faults = [...plot.faults];
  const more = dice.weighted([
    [2, 0],
    [4, 1],
    [4, 2],
    [2, 3],
    [1, 5],
  ] as const);
  if (more === 0) return { swarm: { ...base, faults }, pilots: 0 };
  let pilots = 0;
  let stepsNs: readonly number[] = [];
  if (dice.chance(0.75)) {
    const pilot = parseCase({ ...base, settings: [...base.settings, `duration=${ns(firstNs + 2.5e9)}`], faults });
    if (typeof pilot !== "string") {
      stepsNs = exploreCase(pilot.cases[0]!.config).stepsNs;
      pilots = 1;
    }
  }
  for (let i = 0; i < more; i++) {
    const timeNs =
      stepsNs.length > 0 && dice.chance(0.8)
        ? random.beside(stepsNs, latestNs)
        : firstNs + dice.below(latestNs - firstNs);
    faults.push(random.at(timeNs));
  }
  return { swarm: { ...base, faults }, pilots };
}
