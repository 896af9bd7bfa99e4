/** Which setting is best: the least or most of an objective among those that keep every constraint. */
import type { Constraint, Measure, Objective } from "../../scenario/index.js";
import type { Spread } from "./spread.js";

/** A (point, case) with the spreads of its metrics. */
export interface Candidate {
  readonly spreads: ReadonlyMap<string, Spread>;
}

/** The value of a measure, or `null` if the candidate has no run. */
export function measured(candidate: Candidate, measure: Measure): number | null {
  const found = candidate.spreads.get(measure.metric);
  return found === undefined ? null : found[measure.spread];
}

/**
 * Whether a constraint is kept. A measure that is only known from below (a run was cut off) cannot keep an upper bound:
 * of the statistics only the minimum is then known not to change, and it is not used here either.
 */
export function keeps(candidate: Candidate, constraint: Constraint): boolean {
  const value = measured(candidate, constraint);
  if (value === null) return false;
  const upper = constraint.comparison === "<" || constraint.comparison === "<=";
  if (upper && (candidate.spreads.get(constraint.metric) as Spread).censored > 0) return false;
  switch (constraint.comparison) {
    case "<":
      return value < constraint.value;
    case "<=":
      return value <= constraint.value;
    case ">":
      return value > constraint.value;
    case ">=":
      return value >= constraint.value;
  }
}

/** The best candidate, the first of equal ones; `null` if none keeps the constraints. */
export function best<T extends Candidate>(
  candidates: readonly T[],
  objective: Objective,
  constraints: readonly Constraint[],
): T | null {
  let winner: { candidate: T; value: number } | null = null;
  for (const candidate of candidates) {
    const value = measured(candidate, objective);
    if (value === null || !constraints.every((constraint) => keeps(candidate, constraint))) continue;
    const isLess = objective.goal === "minimise";
    // A lower bound is no proof of a small value.
    if (isLess && (candidate.spreads.get(objective.metric) as Spread).censored > 0) continue;
    if (winner === null || (isLess ? value < winner.value : value > winner.value)) winner = { candidate, value };
  }
  return winner?.candidate ?? null;
}
