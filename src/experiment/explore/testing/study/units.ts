/** The work of the study in pieces that are done once, by any thread, and kept: stretches of the swarm, and hunts. */
import { BROKEN_STRATEGIES } from "../../../../failover/testing/broken.js";
import { exploreStretch, type StretchResult } from "../../swarm.js";
import { type Hunted, hunt } from "../hunt.js";

export interface StudyPlan {
  readonly seed: string;
  /** Runs of the shipped strategies. */
  readonly runs: number;
  /** Hunts for each broken strategy, each with a base seed of its own, and how many runs one takes at most. */
  readonly hunts: number;
  readonly longest: number;
}

export type Unit =
  | { readonly kind: "stretch"; readonly seed: string; readonly from: number; readonly count: number }
  | { readonly kind: "hunt"; readonly seed: string; readonly broken: string; readonly longest: number };

export type UnitResult = StretchResult | Omit<Hunted, "swarm">;

const STRETCH = 500;

/** Hunts first: they are few, and tell soon whether the swarm sees anything. */
export function unitsOf({ seed, runs, hunts, longest }: StudyPlan): Unit[] {
  const units: Unit[] = [];
  for (let i = 0; i < hunts; i++)
    for (const { strategy } of BROKEN_STRATEGIES)
      units.push({ kind: "hunt", seed: `${seed}/hunt/${i}`, broken: strategy.name, longest });
  for (let from = 0; from < runs; from += STRETCH)
    units.push({ kind: "stretch", seed, from, count: Math.min(STRETCH, runs - from) });
  return units;
}

export function nameOf(unit: Unit): string {
  return unit.kind === "stretch"
    ? `stretch-${unit.from}-${unit.count}`
    : `hunt-${unit.broken.replaceAll(" ", "-")}-${unit.seed.replaceAll("/", "-")}-${unit.longest}`;
}

export function perform(unit: Unit): UnitResult {
  if (unit.kind === "stretch") return exploreStretch({ ...unit, given: null });
  const broken = BROKEN_STRATEGIES.find(({ strategy }) => strategy.name === unit.broken);
  if (broken === undefined) throw new RangeError(`no broken strategy ${unit.broken}`);
  const { runs, broken: found } = hunt(unit.seed, broken, unit.longest);
  return { runs, broken: found };
}
