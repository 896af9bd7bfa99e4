/**
 * All that a sweep depends on, as plain data: the scenario's text and what the command says about it. Written into the
 * results, so that shards are merged and tables rebuilt without the scenario file. Owns no default.
 */
import type { Constraint, Objective, Precision, Variation } from "../../scenario/index.js";
import { sha256 } from "./keys.js";

export interface GridRequest {
  readonly vary: readonly Variation[];
  readonly seeds: number;
}

export interface SweepRequest {
  /** Version of the program and of its code, as `codeVersion` gives it. */
  readonly outgap: string;
  /** Base name of the scenario's file, for messages. */
  readonly file: string;
  readonly scenario: string;
  readonly sets: readonly string[];
  /** Only these cases; all if empty. */
  readonly cases: readonly string[];
  /** First seed instead of the scenario's own. */
  readonly seed: string | null;
  readonly grids: readonly GridRequest[];
  readonly until: Precision | null;
  /** With `until`: at most so many seeds per point. */
  readonly maxSeeds: number;
  /** Paths of the metrics in tables and charts; the first one leads. */
  readonly metrics: readonly string[];
  readonly objective: Objective | null;
  readonly subjectTo: readonly Constraint[];
}

/** One of `of` parts of the runs of a sweep, counted from 1. */
export interface Shard {
  readonly index: number;
  readonly of: number;
}

/**
 * Eight digits that tell a sweep from others of the same scenario. Seeds are left out, so that more of them go on from
 * what is there; so is the program's version, so that a reference result keeps its name.
 */
export function sweepHash({ scenario, sets, cases, seed, grids }: SweepRequest): string {
  const varied = grids.map(({ vary }) => vary);
  return sha256(JSON.stringify({ scenario, sets, cases, seed, varied })).slice(0, 8);
}
