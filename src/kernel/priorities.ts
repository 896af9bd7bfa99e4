/**
 * The order of event kinds that fall on the same nanosecond: lower is handled first. One table for the whole
 * program, in general words; a kind picks its row by what it does to others. Any value 0..255 is legal, the gaps
 * are for kinds that must come between.
 */
export const PRIORITY = {
  /** A change of the rules themselves: start of measurement, a parameter that steps. */
  control: 0,
  /** Something breaks or is cut off; what happens at this nanosecond happens after it. */
  failure: 32,
  /** Something broken comes back. */
  repair: 64,
  /** A deadline or a periodic tick: sees failures of this nanosecond, not deliveries. */
  timer: 96,
  /** A server ends a service and takes the next item. */
  completion: 128,
  /** A message or item reaches its destination. */
  delivery: 160,
  /** Work that an entity posted to itself, after all that reached it at this nanosecond. */
  deferred: 192,
  /** Read-only looks at the state that this nanosecond left behind. */
  observation: 224,
} as const;
