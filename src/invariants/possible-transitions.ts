/** No cell of a state table that is marked as impossible is reached. */
import type { Invariant } from "./invariant.js";

export const possibleTransitions: Invariant = {
  name: "possible-transitions",
  summary: "no cell of the channel's state table that is marked impossible is reached",
  probe: ({ context, violated }) => ({
    impossible: (cell, producer, consumer) =>
      violated("possible-transitions", `${cell}, ${producer} → ${consumer}, at ${context.sim.nowNs} ns`),
  }),
};
