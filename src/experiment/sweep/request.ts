/**
 * All that a sweep depends on, as plain data: the scenario's text and what the command says about it. Written into the
 * results, so that shards are merged and tables rebuilt without the scenario file. Owns no default.
 */
import type { Constraint, Objective, Precision, Variation } from "../../scenario/index.js";

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
