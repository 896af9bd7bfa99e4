/** What an invariant is: one file that watches a run through probes and reports each place where it is broken. */
import type { ProbeFactory } from "../model/probe.js";

export interface Invariant {
  /** As in `expect: - { invariant: … }`. */
  readonly name: string;
  readonly summary: string;
  readonly probe: ProbeFactory;
}
