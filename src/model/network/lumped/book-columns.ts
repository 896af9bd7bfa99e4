/**
 * The columns that the parts of a book of matches share: its classes, what exists, is still to come, was emitted and
 * missed, by event bin. Looks up and counts; what moves matches about is in the parts (`match-*.ts`).
 */
import { type Combinations, combinations } from "./delay-atoms.js";
import type { Layout, SinkGroup } from "./layout.js";
import type { MissCounter } from "./match-cells.js";
import { MatchClass } from "./match-class.js";
import { shareSlots } from "./share-slots.js";

/** A record whose event bin is more than this behind comes late: its partners have mostly been there before it. */
export const OLD_BINS = 4;

export const MISS = { inputLost: 0, stateLost: 1, late: 2, outputLost: 3 } as const;

/** Shared by all books. */
export interface SharedShares {
  /** 1 where a class number is a base class. */
  readonly base: Uint8Array;
  /** Expected matches that a record completes on arrival, by (class × groups + group) × 2 + (1 if it comes late). */
  readonly emission: Float64Array;
  readonly groups: number;
  readonly freeIds: number[];
  /** The class that has or last had a number. */
  readonly classes: MatchClass[];
}

export class BookColumns implements MissCounter {
  readonly sink: SinkGroup;
  readonly isJoin: boolean;
  /** Base classes first, then those split off. */
  readonly classes: MatchClass[];
  readonly bases: number;
  /** Base class of each consumer of the vertex. */
  readonly slotOf: Uint8Array;
  /** Key share of each base class, with those that are split off now. */
  readonly slotShare: Float64Array;
  /** Records of an event bin that quanta have not brought yet, by input × stride + bin. */
  readonly remaining: Int32Array;
  /** Records whose delivery stands, by input × stride + bin: processed, and not lost with a state that had not matched them. */
  readonly delivered: Float64Array;
  /** Totals by the bin of the latest member. */
  readonly expectedIn: Float64Array;
  readonly emittedIn: Float64Array;
  readonly missedIn: Float64Array;
  readonly probability: number;
  readonly combos: Combinations;
  readonly layout: Layout;
  readonly shared: SharedShares;
  readonly stride: number;
  readonly inputs: number;
  readonly windowBins: number;
  /** First anchor bin of the cells. */
  readonly firstBin: number;
  /** Settlements so far, and the current bin. */
  settlement = 0;
  bin = 0;
  /** Misses put down to a lost state, by (input, bin) of the member that died and by how much later the latest was due. */
  private readonly withDead: (Int32Array | null)[];

  constructor(layout: Layout, sink: SinkGroup, shared: SharedShares) {
    this.layout = layout;
    this.sink = sink;
    this.shared = shared;
    this.isJoin = sink.config.type === "join";
    this.inputs = this.isJoin ? sink.inputs.length : 1;
    this.probability = this.isJoin ? sink.config.matchProbability : 1;
    this.stride = layout.bins + 1;
    this.windowBins = this.isJoin ? Math.max(1, Math.round(sink.config.windowNs / layout.resolutionNs)) : 1;
    this.combos = combinations(sink.config, this.inputs, layout.resolutionNs);
    this.remaining = new Int32Array(sink.inputs.length * this.stride);
    this.delivered = new Float64Array(sink.inputs.length * this.stride);
    this.withDead = new Array(this.delivered.length).fill(null);
    this.expectedIn = new Float64Array(this.stride);
    this.emittedIn = new Float64Array(this.stride);
    this.missedIn = new Float64Array(this.stride * 4);
    this.firstBin = -this.combos.maxOffset - 1;
    const { slotOf, shares } = shareSlots(sink);
    this.slotOf = slotOf;
    this.slotShare = shares;
    this.bases = shares.length;
    this.classes = Array.from(shares, (share, slot) => this.makeClass(shared.freeIds.pop()!, share, slot, false));
  }

  /** Index of (input, event bin) in the columns; a vertex that joins nothing has all inputs in the cells of one. */
  at(input: number, bin: number): number {
    return input * this.stride + bin;
  }

  cellInput(input: number): number {
    return this.inputs === 1 ? 0 : input;
  }

  /** Records that share the cells of (input, bin) and are still to come. */
  restOf(input: number, bin: number): number {
    if (this.inputs > 1) return this.remaining[this.at(input, bin)]!;
    let rest = 0;
    for (const group of this.sink.inputs) rest += this.remaining[this.at(group.input, bin)]!;
    return rest;
  }

  /** The same for one base class. */
  slotRest(cls: MatchClass, input: number, bin: number): number {
    if (this.inputs > 1) return cls.rest[this.at(input, bin)]!;
    let rest = 0;
    for (const group of this.sink.inputs) rest += cls.rest[this.at(group.input, bin)]!;
    return rest;
  }

  makeClass(id: number, share: number, slot: number, apart: boolean): MatchClass {
    const cls = new MatchClass(
      id,
      share,
      slot,
      this.bases,
      this.sink.inputs.length,
      this.stride,
      this.combos,
      this.firstBin,
      // Anchors of matches whose first member comes within the run.
      this.layout.bins + this.combos.maxOffset,
      apart,
    );
    this.shared.classes[id] = cls;
    return cls;
  }

  missed(cause: number, laterBin: number, count: number): void {
    this.missedIn[laterBin * 4 + cause] = this.missedIn[laterBin * 4 + cause]! + count;
  }

  missedWithDead(input: number, bin: number, laterBin: number, count: number): void {
    if (bin < 0) return;
    const at = this.at(input, bin);
    let counts = this.withDead[at]!;
    if (counts === null) {
      counts = new Int32Array(this.combos.maxOffset + 1);
      this.withDead[at] = counts;
    }
    counts[laterBin - bin] = counts[laterBin - bin]! + count;
  }

  /** The member comes back after all: what its partner's loss decided meanwhile was the loss of an input. */
  reviveMissed(at: number, share: number): void {
    const counts = this.withDead[at]!;
    if (counts === null) return;
    const bin = at % this.stride;
    for (let later = 0; later < counts.length; later++) {
      const count = counts[later]!;
      if (count === 0) continue;
      const moved = this.classes[0]!.cells.part(count, share);
      this.missed(MISS.stateLost, bin + later, -moved);
      this.missed(MISS.inputLost, bin + later, moved);
      counts[later] = count - moved;
    }
  }

  /** True if the class has a history of its own for the records of this bin. */
  isApart(cls: MatchClass, bin: number): boolean {
    return bin >= cls.apartFrom && bin <= cls.apartTo;
  }
}
