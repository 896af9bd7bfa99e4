/** What a fault kind is: one file that turns its specification into scheduled chaos verbs. */

import type { RandomStreams } from "../kernel/random.js";
import type { Simulation } from "../kernel/simulation.js";
import type { Chaos } from "../model/chaos.js";
import type { FaultConfig, ModelConfig } from "../model/config.js";

/** What a data plane must be able to do for a fault to act on data (`DataPlane`'s optional verbs). */
export type PlaneVerb = "setTaskSpeed" | "setLoopSpeed" | "setLinkState";

export interface FaultContext {
  readonly chaos: Chaos;
  readonly config: ModelConfig;
  readonly sim: Simulation;
  readonly streams: RandomStreams;
  /** Runs `verb` at an instant, before everything else of that instant. */
  at(timeNs: number, verb: () => void): void;
  /** Begins something at an instant and ends it `forNs` later, or never. `begin` is given the end and returns what undoes it. */
  during(fault: FaultConfig, begin: (endsNs: number | null) => () => void): void;
}

export interface FaultKind {
  readonly name: string;
  readonly summary: string;
  /** Who notices, and how soon. */
  readonly noticedBy: string;
  /** Verbs of the data plane without which this fault cannot happen as specified. */
  needs(fault: FaultConfig): readonly PlaneVerb[];
  schedule(fault: FaultConfig, context: FaultContext, index: number): void;
}

export const NEEDS_NOTHING = (): readonly PlaneVerb[] => [];
