/**
 * One class of consumers of a join: those whose histories are alike. The base classes are the consumers of about
 * equal key share (the hottest may lag behind the rest); consumers that die one by one are split off from them until
 * what distinguishes them has passed. Columns only; `MatchBook` moves them.
 */

import type { Combinations } from "./delay-atoms.js";
import { MatchCells } from "./match-cells.js";

export class MatchClass {
  /** Job-wide number, the index into the shared emission shares. */
  readonly id: number;
  /** Share of the keys that its consumers own; of a base class, without those that are split off. */
  share: number;
  /** Base class to which it belongs (the one most of its consumers came from), and how much it took from each. */
  readonly slot: number;
  readonly from: Float64Array;
  /** Base classes: records that quanta are still to bring them, by input × stride + bin. */
  readonly rest: Float64Array;
  /** The same: when the last of them came, if late, else −1. */
  readonly lateAt: Float64Array;
  readonly cells: MatchCells;
  /** Records in the state, by input × stride + event bin, and those of them that have been emitted in a match. */
  readonly held: Float64Array;
  readonly matched: Float64Array;
  /** Records that were ever emitted in a match. */
  readonly everMatched: Float64Array;
  /** Copies in the state, of records whose delivery stands. */
  readonly copies: Float64Array;
  /** Since the shares were last refreshed: members that arrived, by input × 2 + old, and those that completed a match. */
  readonly moved: Float64Array;
  readonly emitted: Float64Array;
  /** Share of the keys whose consumer is alive; what died since the last settlement. */
  aliveShare: number;
  diedShare = 0;
  /** Bins to come in which its shares are refreshed more often: its state died lately. */
  fresh = 0;
  /** Settlements up to this one left nothing in the state. */
  diedAt = -1;
  /** Settlement at which it was split off its base class; what arrived before had arrived for both. */
  splitAt = -1;
  /** From this event bin on it meets what its own consumers were brought, at their pace; Infinity: at that of its base class. */
  pacedFrom = Number.POSITIVE_INFINITY;
  /** Newest event bin of which they have been brought records. */
  pacedTo = -1;
  /** Base classes: all quanta of event bins up to this one are known to have come to it. */
  sweptTo = -1;
  /** (input × stride + bin) whose quanta have all come, while its consumers worked off what had been held for them alone. */
  readonly postponed: number[] = [];
  /** The class to which it went back. */
  mergedInto: MatchClass | null = null;
  /** Event bins whose channels were treated apart, Infinity while some still are; none for a base class. */
  apartFrom = Number.POSITIVE_INFINITY;
  apartTo = Number.NEGATIVE_INFINITY;
  apartDoneTo = -1;
  /** Channels of its consumers not yet released. */
  rows = 0;
  /** Records lost in, or held back by, its channels; and what its quanta and held items still bring. */
  readonly lost: Int32Array;
  /** Records of apart bins that its channels are due to take out of the quanta, and what they have taken. */
  readonly due: Float64Array;
  readonly taken: Int32Array;
  readonly heldBack: Int32Array;
  /** At a pace of its own: what is still to come of any bin. */
  readonly passing: Float64Array;
  readonly backing: Float64Array;

  constructor(
    id: number,
    share: number,
    slot: number,
    slots: number,
    inputs: number,
    stride: number,
    combos: Combinations,
    firstBin: number,
    lastBin: number,
    apart: boolean,
  ) {
    this.id = id;
    this.share = share;
    this.slot = slot;
    this.from = new Float64Array(slots);
    this.rest = new Float64Array(apart ? 0 : inputs * stride);
    this.lateAt = new Float64Array(apart ? 0 : inputs * stride).fill(-1);
    this.aliveShare = share;
    this.cells = new MatchCells(inputs, combos, firstBin, lastBin);
    this.held = new Float64Array(inputs * stride);
    this.matched = new Float64Array(inputs * stride);
    this.everMatched = new Float64Array(inputs * stride);
    this.copies = new Float64Array(inputs * stride);
    this.moved = new Float64Array(inputs * 2);
    this.emitted = new Float64Array(inputs * 2);
    const size = apart ? inputs * stride : 0;
    this.lost = new Int32Array(size);
    this.due = new Float64Array(size);
    this.taken = new Int32Array(size);
    this.heldBack = new Int32Array(size);
    this.passing = new Float64Array(size);
    this.backing = new Float64Array(size);
  }
}
