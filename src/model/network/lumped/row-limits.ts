/** How far a source reads on while rows hold its data: until a channel is full, or the pool with all of them. */
import type { RowPositions } from "./row-positions.js";
import type { LumpedState } from "./state.js";

/** Multiples that make several numbers in [0, 1) of one, none of them near a simple multiple of another. */
const SPREAD = 104_729;
const SPREAD_STEP = 7919;

/** A row that holds: its share of the source's records, its phase, and its contents when it began to hold. */
export interface HoldingRow {
  readonly share: number;
  readonly phase: number;
  readonly base: number;
}

/**
 * Credits of a channel whose consumer falls silent, in flushes that would find data if contents came evenly: they come
 * at random, so some channels use theirs up early and others late (exponential waits for the next flush that has any).
 */
export function creditsLeft(state: LumpedState, s: number, share: number, phase: number): number {
  const { layout } = state;
  const credits = layout.config.engine.exclusiveBuffersPerChannel;
  const empty = Math.exp(-layout.groups[layout.groupOfSource[s]!]!.meanPerBin * share);
  let waits = 0;
  for (let credit = 1; credit <= credits; credit++)
    waits -= Math.log(1 - ((phase * (SPREAD + SPREAD_STEP * credit * credit)) % 1));
  return credits + (waits - credits) * Math.sqrt(empty);
}

/** Position at which source `s` has to stop. */
export function positionWhenFull(
  state: LumpedState,
  positions: RowPositions,
  s: number,
  held: readonly HoldingRow[],
): number {
  const { engine } = state.layout.config;
  const group = state.layout.groups[state.layout.groupOfSource[s]!]!;
  const segment = engine.segmentBytes;
  let x = Number.POSITIVE_INFINITY;
  if (engine.maxBuffersPerChannel !== null) {
    const records = Math.ceil((engine.maxBuffersPerChannel * segment) / group.wireBytes);
    for (const row of held) x = Math.min(x, Math.ceil((row.base + records - row.phase) / row.share));
  }
  // Channels share the pool, with a limit of their own or without: it may be used up first.
  const channels = state.layout.consumerCount[s]!;
  // Every other channel has one buffer in use. The one after the last stops the writer: about half a buffer later.
  const pool = 2 * channels + 8 - (channels - held.length) + 0.5;
  // A channel begins to hold in a buffer of which half has gone out, and ends in one that is half full.
  const used = (at: number): number => {
    let buffers = held.length;
    for (const row of held)
      buffers += ((positions.contents(row.share, row.phase, at) - row.base) * group.wireBytes) / segment;
    return buffers;
  };
  let low = positions.flushedX(s);
  if (x !== Number.POSITIVE_INFINITY && used(x) < pool) return x;
  let high = low + 1;
  while (used(high) < pool && high < 2 ** 31) high = low + (high - low) * 2;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (used(middle) >= pool) high = middle;
    else low = middle;
  }
  return Math.min(x, high);
}
