/** Every invariant that watches runs from outside, by name; those of the data plane are checked where its buffers are. */
import { cachedUpdatesExpire } from "./cached-updates-expire.js";
import { deadAttemptsAreSilent } from "./dead-attempts-are-silent.js";
import type { Invariant } from "./invariant.js";
import { monotoneAttempts } from "./monotone-attempts.js";
import { oneViewPerSubpartition } from "./one-view.js";
import { possibleTransitions } from "./possible-transitions.js";
import { recovers } from "./recovers.js";
import { survivorsStayRunning } from "./survivors-stay-running.js";

export const INVARIANTS: readonly Invariant[] = [
  survivorsStayRunning,
  monotoneAttempts,
  oneViewPerSubpartition,
  deadAttemptsAreSilent,
  possibleTransitions,
  cachedUpdatesExpire,
  recovers,
];
