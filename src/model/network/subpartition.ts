/**
 * The sender's side of a channel as a full table, state × event → state and action (`PipelinedSubpartition` with
 * ByteDance's availability flag). Every row runs on the producer's Netty server thread; the task thread reads the flag.
 * Data and look-up only: `protocol.ts` carries the actions out.
 */
export const SUBPARTITION = { available: 0, unavailable: 1 } as const;
export const SUBPARTITION_NAMES = ["AVAILABLE", "UNAVAILABLE"] as const;

export const SUBPARTITION_EVENT = { close: 0, request: 1, stale: 2 } as const;
export const SUBPARTITION_EVENTS = [
  "close of the current view",
  "PartitionRequest of a newer attempt",
  "stale close or older attempt",
] as const;

export type SubpartitionAction =
  | "recycle the queue, discard"
  | "release the old view, register"
  | "register"
  | "ignore";
export interface SubpartitionCell {
  readonly next: number;
  readonly action: SubpartitionAction;
}

const { available, unavailable } = SUBPARTITION;

/** By state, then by event. */
export const SUBPARTITION_TABLE: readonly (readonly SubpartitionCell[])[] = [
  [
    { next: unavailable, action: "recycle the queue, discard" },
    // A view may still stand whose end nobody saw (power loss); a fresh partition has none.
    { next: available, action: "release the old view, register" },
    { next: available, action: "ignore" },
  ],
  [
    { next: unavailable, action: "ignore" },
    { next: available, action: "register" },
    { next: unavailable, action: "ignore" },
  ],
];
