/**
 * One class of consumers of a join: those whose histories are alike. Class 0 is all; consumers that die one by one
 * are split off by their key share until what distinguishes them has passed. Columns only; `MatchBook` moves them.
 */
import { MatchCells } from "./match-cells.js";
import type { Combinations } from "./delay-atoms.js";

export class MatchClass {
  /** Job-wide number, the index into the shared emission shares. */
  readonly id: number;
  /** Share of the keys that its consumers own. */
  share: number;
  readonly cells: MatchCells;
  /** Records in the state, by input × stride + event bin, and those of them that have been emitted in a match. */
  readonly held: Float64Array;
  readonly matched: Float64Array;
  /** Copies in the state, of records whose delivery stands. */
  readonly copies: Float64Array;
  /** Of the current bin: members that arrived per input, and those that completed a match. */
  readonly moved: Float64Array;
  readonly emitted: Float64Array;
  /** Share of the keys whose consumer is alive; what died since the last settlement. */
  aliveShare: number;
  diedShare = 0;
  /** Settlements up to this one left nothing in the state. */
  diedAt = -1;
  /** Event bins whose channels were treated apart, Infinity while some still are; none for class 0. */
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
  readonly passing: Float64Array;
  readonly backing: Float64Array;

  constructor(id: number, share: number, inputs: number, stride: number, combos: Combinations, firstBin: number, lastBin: number, apart: boolean) {
    this.id = id;
    this.share = share;
    this.aliveShare = share;
    this.cells = new MatchCells(inputs, combos, firstBin, lastBin);
    this.held = new Float64Array(inputs * stride);
    this.matched = new Float64Array(inputs * stride);
    this.copies = new Float64Array(inputs * stride);
    this.moved = new Float64Array(inputs);
    this.emitted = new Float64Array(inputs);
    const size = apart ? inputs * stride : 0;
    this.lost = new Int32Array(size);
    this.due = new Float64Array(size);
    this.taken = new Int32Array(size);
    this.heldBack = new Int32Array(size);
    this.passing = new Float64Array(size);
    this.backing = new Float64Array(size);
  }
}
