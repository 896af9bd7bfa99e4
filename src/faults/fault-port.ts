/** What a fault kind is: one file that turns its specification into scheduled chaos verbs. */
import type { Simulation } from "../kernel/simulation.js";
import type { RandomStreams } from "../kernel/random.js";
import type { Chaos } from "../model/chaos.js";
import type { FaultConfig } from "../model/config.js";

export interface FaultContext {
  readonly chaos: Chaos;
  readonly sim: Simulation;
  readonly streams: RandomStreams;
  /** Runs `verb` at an instant, before everything else of that instant. */
  at(timeNs: number, verb: () => void): void;
}

export interface FaultKind {
  readonly name: string;
  readonly summary: string;
  /** Who notices, and how soon. */
  readonly noticedBy: string;
  schedule(fault: FaultConfig, context: FaultContext, index: number): void;
}
