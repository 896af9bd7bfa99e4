/**
 * The receiver's side of a channel as a full table, state × event → state, actions and thread (RemoteInputChannel with
 * ByteDance's CachedChannelProvider). `null` is a cell that cannot be reached: reaching it is a violation. Data and
 * look-up only: `protocol.ts` carries the actions out.
 */
export const CHANNEL = { active: 0, draining: 1, drainingCached: 2, empty: 3, reconnecting: 4 } as const;
export const CHANNEL_NAMES = ["ACTIVE", "DRAINING", "DRAINING_CACHED", "EMPTY", "RECONNECTING"] as const;

export const CHANNEL_EVENT = { error: 0, update: 1, olderUpdate: 2, consumed: 3, registered: 4, timer: 5 } as const;
export const CHANNEL_EVENTS = [
  "onError",
  "update RPC",
  "older update RPC",
  "UnavailableEvent consumed",
  "view registered",
  "timer",
] as const;
/** Which thread brings the event. */
export const CHANNEL_EVENT_THREADS = ["Netty client", "RPC", "RPC", "task", "Netty client", "timer"] as const;

export type ChannelAction = "append event" | "cache" | "start timer" | "stop timer" | "connect" | "read" | "fail task";
export interface ChannelCell {
  readonly next: number;
  readonly actions: readonly ChannelAction[];
}

const { active, draining, drainingCached, empty, reconnecting } = CHANNEL;
const cell = (next: number, ...actions: ChannelAction[]): ChannelCell => ({ next, actions });

/**
 * By state, then by event; actions in order (an idle task thread consumes the event as it is appended). Errors are
 * delivered only to a channel that its connection knows under that attempt.
 */
export const CHANNEL_TABLE: readonly (readonly (ChannelCell | null)[])[] = [
  // ACTIVE. An update without an error before it is forced: power loss, nobody saw the producer go.
  [
    cell(draining, "append event"),
    cell(drainingCached, "cache", "start timer", "append event"),
    cell(active),
    null,
    null,
    null,
  ],
  // DRAINING
  [cell(draining), cell(drainingCached, "cache", "start timer"), cell(draining), cell(empty), null, null],
  // DRAINING_CACHED. The timer's task fails; its channels go with it.
  [
    cell(drainingCached),
    cell(drainingCached, "cache"),
    cell(drainingCached),
    cell(reconnecting, "stop timer", "connect"),
    null,
    cell(drainingCached, "fail task"),
  ],
  // EMPTY. The connection has forgotten the channel.
  [null, cell(reconnecting, "connect"), cell(empty), null, null, null],
  // RECONNECTING
  [cell(empty), cell(reconnecting, "connect"), cell(reconnecting), null, cell(active, "read"), null],
];
