/**
 * The invariants that the data planes watch themselves, because only they see buffers, records and matches. Which
 * plane watches which: quanta have no bytes, so what is said about bytes is watched in `resolution: exact` only.
 */

export interface PlaneCheck {
  readonly name: string;
  readonly summary: string;
  readonly planes: readonly ("exact" | "quanta")[];
}

const EXACT = ["exact"] as const;
const QUANTA = ["quanta"] as const;
const BOTH = ["exact", "quanta"] as const;

export const PLANE_CHECKS: readonly PlaneCheck[] = [
  {
    name: "record-ledger",
    planes: BOTH,
    summary: "records produced are delivered, lost by a named cause, or in flight",
  },
  { name: "match-ledger", planes: BOTH, summary: "matches expected are emitted, missed by a named cause, or pending" },
  { name: "two-attempts", planes: EXACT, summary: "no record is built from the bytes of two attempts" },
  {
    name: "channel-order",
    planes: EXACT,
    summary: "per channel, bytes of an old attempt never follow those of a new one",
  },
  { name: "record-boundary", planes: EXACT, summary: "a new view starts on a record boundary" },
  { name: "one-live-view", planes: EXACT, summary: "no subpartition is read through two views at once" },
  {
    name: "credits-conserved",
    planes: EXACT,
    summary: "a channel's credits are with the sender, on the way, or free at the receiver",
  },
  {
    name: "buffers-returned",
    planes: EXACT,
    summary: "every network buffer is in its pool, or charged to the channel that holds it",
  },
  {
    name: "dead-attempt-event",
    planes: EXACT,
    summary: "no record is written or processed by an attempt that has ended",
  },
  { name: "hop-log", planes: EXACT, summary: "no record appears or vanishes in the source's log" },
  { name: "hop-subpartition", planes: BOTH, summary: "no record appears or vanishes in a sender's queue" },
  { name: "hop-wire", planes: BOTH, summary: "no record appears or vanishes on the wire" },
  { name: "hop-gate", planes: BOTH, summary: "no record appears or vanishes in an input gate" },
  { name: "hop-state", planes: EXACT, summary: "no record appears or vanishes in a join's state" },
  {
    name: "matches-follow-records",
    planes: QUANTA,
    summary: "members of matches arrive with the records that carry them",
  },
  { name: "pending-matches", planes: QUANTA, summary: "a pending match waits for a record that is really under way" },
];

/** Names of what the plane of this resolution watches. */
export function planeChecks(resolutionNs: number): string[] {
  const plane = resolutionNs === 0 ? "exact" : "quanta";
  return PLANE_CHECKS.filter((check) => check.planes.includes(plane)).map((check) => check.name);
}
