/**
 * The book of matches of one consumer vertex: which matches exist (exogenous), which members have arrived, were lost
 * or died with a state, and so what is emitted, missed or pending. Settled once per bin, from counts that the
 * consumers have processed; every number is whole and moves from place to place. A sink that joins nothing is a
 * match of one member that always exists.
 */
import type { Arrivals } from "./arrivals.js";
import { type Combinations, combinations } from "./delay-atoms.js";
import type { Layout, SinkGroup } from "./layout.js";
import { ABSENT, DIED, HELD, type MissCounter } from "./match-cells.js";
import { MatchClass } from "./match-class.js";
import { CAUSE, type RecordLedger } from "./record-ledger.js";

/** A record whose event bin is more than this behind comes late: its partners have mostly been there before it. */
export const OLD_BINS = 4;
const FRESH_BINS = 10;
/** So many expired entries of the history are forgotten together. */
const TRIM_AT = 4096;
/** Where old event bins are settled in turns, their arrivals are booked so much later on average; expiry waits as long. */
const MEAN_TURN_BINS = 2;

export const MISS = { inputLost: 0, stateLost: 1, late: 2, outputLost: 3 } as const;
/** Most classes beside the base classes; further deaths join the newest. */
const MOST_CLASSES = 12;

/** Records that entered the states of a class at one settlement. */
interface Arrival {
  /** Input × stride + event bin. */
  readonly at: number;
  readonly cls: MatchClass;
  readonly count: number;
  readonly settlement: number;
  /** Bin of the settlement. */
  readonly bin: number;
}

/** Shared by all books. */
export interface SharedShares {
  /** 1 where a class number is a base class. */
  readonly base: Uint8Array;
  /** Expected matches that a record completes on arrival, by (class × groups + group) × 2 + (1 if it comes late). */
  readonly emission: Float64Array;
  readonly groups: number;
  readonly freeIds: number[];
}

export class MatchBook implements MissCounter {
  readonly sink: SinkGroup;
  /** Base classes first, then those split off. */
  readonly classes: MatchClass[];
  readonly bases: number;
  /** Base class of each consumer of the vertex. */
  readonly slotOf: Uint8Array;
  /** Key share of each base class, with those that are split off now. */
  private readonly slotShare: Float64Array;
  /** Records of an event bin that quanta have not brought yet, by input × stride + bin. */
  readonly remaining: Int32Array;
  /** Records that quanta have brought. */
  readonly arrivedTotal: Int32Array;
  /** Totals by the bin of the latest member. */
  readonly expectedIn: Float64Array;
  readonly emittedIn: Float64Array;
  readonly missedIn: Float64Array;
  /** Emitted since the last call of `takeEmitted`. */
  private emittedNow = 0;
  duplicated = 0;
  /** Arrivals beyond what remained: an error of the books if it is not 0 at the end. */
  overdrawn = 0;
  readonly probability: number;
  readonly combos: Combinations;
  private readonly layout: Layout;
  private readonly arrivals: Arrivals;
  private readonly ledger: RecordLedger;
  private readonly shared: SharedShares;
  private readonly stride: number;
  private readonly inputs: number;
  private readonly windowBins: number;
  private readonly carry: Float64Array;
  private readonly firstBin: number;
  /** Matches per record of an input: the slowest input decides how many there are. */
  private readonly perRecord: Float64Array;
  /** Arrivals in settlement order, for the expiry after the window. */
  private readonly history: Arrival[] = [];
  private historyAt = 0;
  private settlement = 0;
  private bin = 0;
  private readonly onEmitted: (anchor: number, k: number, count: number) => void;
  private current!: MatchClass;

  /** Hears of the matches that late records complete: when, and how long after the event time of the later partner. */
  private readonly lateMatch: (timeNs: number, latencyNs: number, count: number) => void;
  /** When the records that arrive now were processed, if they are late, else −1; and where in its bin an event lies. */
  private lateNs = -1;
  private eventDither = 0.5;
  /** Old event bins are settled in turns. */
  takesTurns = false;

  constructor(
    layout: Layout,
    sink: SinkGroup,
    arrivals: Arrivals,
    ledger: RecordLedger,
    shared: SharedShares,
    lateMatch: (timeNs: number, latencyNs: number, count: number) => void,
  ) {
    this.lateMatch = lateMatch;
    this.layout = layout;
    this.sink = sink;
    this.arrivals = arrivals;
    this.ledger = ledger;
    this.shared = shared;
    const isJoin = sink.config.type === "join";
    this.inputs = isJoin ? sink.inputs.length : 1;
    this.probability = isJoin ? sink.config.matchProbability : 1;
    this.stride = layout.bins + 1;
    this.windowBins = isJoin ? Math.max(1, Math.round(sink.config.windowNs / layout.resolutionNs)) : 1;
    this.combos = combinations(sink.config, this.inputs, layout.resolutionNs);
    const size = sink.inputs.length * this.stride;
    this.remaining = new Int32Array(size);
    this.arrivedTotal = new Int32Array(size);
    this.expectedIn = new Float64Array(this.stride);
    this.emittedIn = new Float64Array(this.stride);
    this.missedIn = new Float64Array(this.stride * 4);
    this.firstBin = -this.combos.maxOffset - 1;
    this.carry = new Float64Array(this.combos.count).map((_, k) => ((k + 1) * 0.6180339887498949) % 1);
    const { slotOf, shares } = shareSlots(sink);
    this.slotOf = slotOf;
    this.slotShare = shares;
    this.bases = shares.length;
    this.classes = Array.from(shares, (share, slot) => this.makeClass(shared.freeIds.pop()!, share, slot, false));
    this.onEmitted = (anchor, k, count) => this.creditEmitted(anchor, k, count);
    for (const cls of this.classes) {
      shared.base[cls.id] = 1;
      for (const group of sink.inputs) {
        const at = (cls.id * shared.groups + group.index) * 2;
        shared.emission[at] = isJoin ? this.probability / 2 : 1;
        shared.emission[at + 1] = this.probability;
      }
    }
    const slowest = Math.min(...sink.inputs.map((group) => group.ratePerSource * group.sources));
    this.perRecord = Float64Array.from(sink.inputs, (group) =>
      isJoin ? (this.probability * slowest) / (group.ratePerSource * group.sources) : 1,
    );
    // What was produced before t=0 has been processed; it waits in the state for partners.
    const means = sink.inputs.map((group) => group.meanPerBin * group.sources);
    if (isJoin)
      for (let bin = -this.combos.maxOffset; bin < 0; bin++)
        for (const [v, mean] of means.entries()) this.createMatches(bin, v, mean);
  }

  private makeClass(id: number, share: number, slot: number, apart: boolean): MatchClass {
    return new MatchClass(
      id,
      share,
      slot,
      this.bases,
      this.sink.inputs.length,
      this.stride,
      this.combos,
      this.firstBin,
      this.layout.bins,
      apart,
    );
  }

  /** Index of (input, event bin) in the columns; a vertex that joins nothing has all inputs in the cells of one. */
  private at(input: number, bin: number): number {
    return input * this.stride + bin;
  }
  private cellInput(input: number): number {
    return this.inputs === 1 ? 0 : input;
  }
  /** Records that share the cells of (input, bin) and are still to come. */
  private restOf(input: number, bin: number): number {
    if (this.inputs > 1) return this.remaining[this.at(input, bin)]!;
    let rest = 0;
    for (const group of this.sink.inputs) rest += this.remaining[this.at(group.input, bin)]!;
    return rest;
  }

  /** The same for one base class. */
  private slotRest(cls: MatchClass, input: number, bin: number): number {
    if (this.inputs > 1) return cls.rest[this.at(input, bin)]!;
    let rest = 0;
    for (const group of this.sink.inputs) rest += cls.rest[this.at(group.input, bin)]!;
    return rest;
  }

  // --- what exists ---
  /** Bin `bin` begins: its records exist now, and the matches of which they are the earliest member. */
  beginBin(bin: number): void {
    this.bin = bin;
    if (bin >= this.layout.bins) return;
    for (const group of this.sink.inputs) {
      const count = this.arrivals.produced[group.index * this.stride + bin]!;
      const at = this.at(group.input, bin);
      this.remaining[at] = count;
      for (let b = 0; b < this.bases; b++) this.classes[b]!.rest[at] = this.slotShare[b]! * count;
      for (let c = this.bases; c < this.classes.length; c++) {
        const cls = this.classes[c]!;
        if (bin <= cls.apartTo) cls.due[at] = cls.share * count;
      }
      this.createMatches(bin, this.cellInput(group.input), count);
    }
  }

  /** The matches whose earliest member is one of these records of input `v`. */
  private createMatches(firstBin: number, v0: number, records: number): void {
    const { combos, carry, classes } = this;
    for (let k = 0; k < combos.count; k++) {
      if (combos.earliest[k] !== v0) continue;
      const anchor = firstBin - combos.offsets[v0 * combos.count + k]!;
      // The weights of one earliest member sum to 1 / inputs.
      const exact = carry[k]! + records * this.perRecord[v0]! * combos.weights[k]!;
      const count = Math.floor(exact);
      carry[k] = exact - count;
      if (count === 0) continue;
      let state = 0;
      let later = anchor;
      let earlier = anchor;
      for (let v = 0; v < this.inputs; v++) {
        const bin = anchor + combos.offsets[v * combos.count + k]!;
        if (bin < 0) state += 3 ** v;
        later = Math.max(later, bin);
        earlier = Math.min(earlier, bin);
      }
      // Emitted before t=0, or its latest member is produced after the run.
      if (later < 0 || later >= this.layout.bins) continue;
      this.expectedIn[later] = this.expectedIn[later]! + count;
      if (earlier < -this.windowBins) {
        this.missed(MISS.late, later, count);
        continue;
      }
      let rest = count;
      for (let c = classes.length - 1; c >= 1; c--) {
        const part = Math.min(rest, classes[c]!.cells.part(count, classes[c]!.share));
        const base = classes[c]!.cells.base(anchor, k);
        classes[c]!.cells.counts[base + state] = classes[c]!.cells.counts[base + state]! + part;
        rest -= part;
      }
      const cells = classes[0]!.cells;
      const base = cells.base(anchor, k);
      cells.counts[base + state] = cells.counts[base + state]! + rest;
    }
  }

  missed(cause: number, laterBin: number, count: number): void {
    this.missedIn[laterBin * 4 + cause] = this.missedIn[laterBin * 4 + cause]! + count;
  }

  /** Misses put down to a lost state, by (input, bin) of the member that died and by how much later the latest was due. */
  private readonly withDead = new Map<number, Int32Array>();
  missedWithDead(input: number, bin: number, laterBin: number, count: number): void {
    if (bin < 0) return;
    const at = this.at(input, bin);
    let counts = this.withDead.get(at);
    if (counts === undefined) {
      counts = new Int32Array(this.combos.maxOffset + 1);
      this.withDead.set(at, counts);
    }
    counts[laterBin - bin] = counts[laterBin - bin]! + count;
  }

  /** The member comes back after all: what its partner's loss decided meanwhile was the loss of an input. */
  private reviveMissed(at: number, share: number): void {
    const counts = this.withDead.get(at);
    if (counts === undefined) return;
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

  private creditEmitted(anchor: number, k: number, count: number): void {
    const { combos, stride, current } = this;
    let later = anchor;
    for (let v = 0; v < this.inputs; v++) {
      const bin = anchor + combos.offsets[v * combos.count + k]!;
      if (bin > later) later = bin;
      if (bin < 0) continue;
      const at = v * stride + bin;
      current.matched[at] = current.matched[at]! + count;
      current.everMatched[at] = current.everMatched[at]! + count;
    }
    this.emittedIn[later] = this.emittedIn[later]! + count;
    this.emittedNow += count;
    if (this.lateNs < 0 || !this.sink.config.sink) return;
    this.eventDither = (this.eventDither + 0.6180339887498949) % 1;
    const eventNs = (later + this.eventDither) * this.layout.resolutionNs;
    this.lateMatch(this.lateNs, Math.max(0, Math.round(this.lateNs - eventNs)), count);
  }

  takeEmitted(): number {
    const count = this.emittedNow;
    this.emittedNow = 0;
    return count;
  }

  private arriveIn(cls: MatchClass, input: number, bin: number, share: number, records: number): void {
    this.current = cls;
    const v = this.cellInput(input);
    cls.cells.arrive(v, bin, share, this.onEmitted);
    const tally = input * 2 + (this.bin - bin > OLD_BINS ? 1 : 0);
    cls.moved[tally] = cls.moved[tally]! + cls.cells.moved;
    cls.emitted[tally] = cls.emitted[tally]! + cls.cells.emitted;
    const at = this.at(input, bin);
    cls.held[at] = cls.held[at]! + records;
    if (records > 0) this.history.push({ at, cls, count: records, settlement: this.settlement, bin: this.bin });
  }

  // --- arrivals and losses ---
  /** Quanta have brought consumers of base class `slot` `count` records of (input, bin) since the last settlement. */
  arrived(slot: number, input: number, bin: number, count: number, lateNs = -1): void {
    this.lateNs = lateNs;
    const at = this.at(input, bin);
    const left = this.remaining[at]! - count;
    if (left < 0) this.overdrawn -= left;
    this.remaining[at] = Math.max(0, left);
    this.arrivedTotal[at] = this.arrivedTotal[at]! + count;
    const base = this.classes[slot]!;
    const rest = this.slotRest(base, input, bin) - this.dueApart(slot, input, bin);
    // Shares of the classes are met on average only: with the last record of the bin all have come.
    const last = left <= 0 && this.restOf(input, bin) <= 0;
    const share = last || count >= rest ? 1 : count / rest;
    base.rest[at] = Math.max(0, base.rest[at]! - count);
    let own = count;
    for (let c = this.bases; c < this.classes.length; c++) {
      const cls = this.classes[c]!;
      if (cls.slot !== slot && !last) continue;
      if (bin < cls.apartFrom || bin > cls.apartTo) {
        const records = cls.slot === slot ? (count * cls.share) / this.slotShare[slot]! : 0;
        own -= records;
        this.arriveIn(cls, input, bin, share, records);
      } else if (bin <= cls.apartDoneTo && cls.apartTo !== Number.POSITIVE_INFINITY) {
        const passing = cls.passing[at]! * share;
        this.arriveApart(cls, input, bin, passing);
      }
    }
    this.arriveIn(base, input, bin, share, own);
    if (last) for (let b = 0; b < this.bases; b++) if (b !== slot) this.arriveIn(this.classes[b]!, input, bin, 1, 0);
    this.lateNs = -1;
  }

  /** Of what remains, the part that channels apart will take out of the quanta before they get here. */
  private dueApart(slot: number, input: number, bin: number): number {
    let due = 0;
    const at = this.at(input, bin);
    for (let c = this.bases; c < this.classes.length; c++) {
      const cls = this.classes[c]!;
      if (cls.slot === slot && cls.apartTo === Number.POSITIVE_INFINITY && bin >= cls.apartFrom)
        due += Math.max(0, cls.due[at]! - cls.taken[at]!);
    }
    return due;
  }

  /** Once the channels are released, quanta bring the class its share again: what they have brought by now. */
  private creditPassed(cls: MatchClass, input: number, bin: number): void {
    if (cls.inBulk) return;
    const at = this.at(input, bin);
    this.arriveApart(cls, input, bin, cls.passing[at]! - cls.share * this.remaining[at]!);
  }

  private arriveApart(cls: MatchClass, input: number, bin: number, passing: number): void {
    const at = this.at(input, bin);
    const all = cls.passing[at]! + cls.backing[at]!;
    if (passing <= 0 || all <= 0) return;
    cls.passing[at] = cls.passing[at]! - passing;
    this.arriveIn(cls, input, bin, all - passing < 0.5 ? 1 : passing / all, passing);
  }

  /** Held contents of single channels have been processed by consumers of this class. */
  arrivedOwn(cls: MatchClass, input: number, bin: number, count: number, lateNs = -1): void {
    const at = this.at(input, bin);
    if (bin > cls.apartDoneTo) {
      // Not settled apart yet: it joins what passes.
      cls.heldBack[at] = cls.heldBack[at]! - count;
      return;
    }
    const all = cls.passing[at]! + cls.backing[at]!;
    cls.backing[at] = Math.max(0, cls.backing[at]! - count);
    this.lateNs = lateNs;
    this.arriveIn(cls, input, bin, all - count < 0.5 ? 1 : Math.min(1, count / all), count);
    this.lateNs = -1;
  }

  /**
   * Records of (input, bin), of any consumer, are lost for good before they arrived. `earlier`: they were lost before
   * this became final, so not because of a partner that has died since.
   */
  lose(input: number, bin: number, count: number, earlier = false): void {
    if (bin >= this.layout.bins || count === 0) return;
    const at = this.at(input, bin);
    const rest = this.restOf(input, bin);
    const share = count >= rest ? 1 : count / rest;
    this.remaining[at] = Math.max(0, this.remaining[at]! - count);
    const v = this.cellInput(input);
    for (let b = 0; b < this.bases; b++) this.classes[b]!.rest[at] = this.classes[b]!.rest[at]! * (1 - share);
    for (const cls of this.classes) {
      if (this.shared.base[cls.id] === 1 || !this.isApart(cls, bin)) {
        cls.cells.miss(v, bin, share, ABSENT, MISS.inputLost, earlier ? MISS.inputLost : MISS.stateLost, this);
        continue;
      }
      // Of a class apart, its keys' share is lost.
      const own = cls.cells.part(count * cls.share, 1 - 1e-12);
      cls.lost[at] = cls.lost[at]! + own;
      cls.taken[at] = cls.taken[at]! + own;
      if (bin > cls.apartDoneTo) continue;
      const all = cls.passing[at]! + cls.backing[at]!;
      cls.passing[at] = Math.max(0, cls.passing[at]! - own);
      const died = earlier ? MISS.inputLost : MISS.stateLost;
      if (all > 0) cls.cells.miss(v, bin, Math.min(1, own / all), ABSENT, MISS.inputLost, died, this);
    }
  }

  /** Channels of a class apart take `count` records out of the quanta: lost, or held back for later. */
  withdraw(cls: MatchClass, input: number, bin: number, count: number, held: boolean): void {
    const at = this.at(input, bin);
    if (bin >= this.layout.bins) return;
    // May fall below 0 for a moment: rows round each for itself, and give back what was too much.
    this.remaining[at] = this.remaining[at]! - count;
    const { rest } = this.classes[cls.slot]!;
    rest[at] = Math.max(0, rest[at]! - count);
    const column = held ? cls.heldBack : cls.lost;
    column[at] = column[at]! + count;
    cls.taken[at] = cls.taken[at]! + count;
    if (bin > cls.apartDoneTo) return;
    const all = cls.passing[at]! + cls.backing[at]!;
    cls.passing[at] = Math.max(0, cls.passing[at]! - count);
    if (held) cls.backing[at] = cls.backing[at]! + count;
    else if (all > 0)
      cls.cells.miss(
        this.cellInput(input),
        bin,
        Math.min(1, count / all),
        ABSENT,
        MISS.inputLost,
        MISS.stateLost,
        this,
      );
  }

  /** Records that were taken out of quanta for a class apart will come by quanta after all, or be lost as others are. */
  giveBack(cls: MatchClass | undefined, input: number, bin: number, count: number): void {
    if (bin >= this.layout.bins) return;
    const at = this.at(input, bin);
    this.remaining[at] = this.remaining[at]! + count;
    const { rest } = this.classes[cls?.slot ?? 0]!;
    rest[at] = rest[at]! + count;
    if (cls === undefined) return;
    cls.heldBack[at] = cls.heldBack[at]! - count;
    cls.taken[at] = cls.taken[at]! - count;
    if (bin > cls.apartDoneTo) return;
    cls.backing[at] = Math.max(0, cls.backing[at]! - count);
    cls.passing[at] = cls.passing[at]! + count;
  }

  /** True if the class has a history of its own for the records of this bin. */
  isApart(cls: MatchClass, bin: number): boolean {
    return bin >= cls.apartFrom && bin <= cls.apartTo;
  }

  /** Copies of records of (input, bin) have been processed: matches are emitted again where the partners are held. */
  arrivedAgain(input: number, bin: number, count: number): void {
    if (this.inputs === 1) this.duplicated += count;
    else {
      let again = 0;
      // Records whose delivery stands: matched once, or unmatched in a state that lives.
      let standing = 0;
      const at = this.at(input, bin);
      for (const cls of this.classes) {
        again += this.emittedWithPartnersHeld(cls, input, bin);
        standing += cls.everMatched[at]! + Math.max(0, cls.held[at]! - cls.matched[at]!);
        cls.copies[at] = cls.copies[at]! + count * cls.share;
      }
      if (standing <= 0) return;
      this.duplicateCarry += again * Math.min(1, count / standing);
      const whole = Math.floor(this.duplicateCarry);
      this.duplicateCarry -= whole;
      this.duplicated += whole;
    }
  }

  /** Emitted matches of a class with a member of (input, bin), as far as their other members are in the state now. */
  private emittedWithPartnersHeld(cls: MatchClass, input: number, bin: number): number {
    let count = 0;
    for (let k = 0; k < this.combos.count; k++) {
      const anchor = bin - this.combos.offsets[input * this.combos.count + k]!;
      const base = cls.cells.base(anchor, k);
      if (base < 0) continue;
      const emitted = cls.cells.counts[base + cls.cells.full]!;
      if (emitted === 0) continue;
      let there = 1;
      for (let v = 0; v < this.inputs; v++) {
        const other = anchor + this.combos.offsets[v * this.combos.count + k]!;
        if (v === input || other < 0) continue;
        const at = this.at(v, other);
        if (cls.everMatched[at]! > 0) there *= Math.min(1, (cls.matched[at]! + cls.copies[at]!) / cls.everMatched[at]!);
      }
      count += emitted * there;
    }
    return count;
  }
  private duplicateCarry = 0;

  /** `count` records of (input, bin) are under way again, `state` of them had died in a state that held `stateBefore` lost ones. */
  readAgain(input: number, bin: number, count: number, state: number, stateBefore: number): void {
    if (bin >= this.layout.bins) return;
    const at = this.at(input, bin);
    this.remaining[at] = this.remaining[at]! + count;
    for (let b = 0; b < this.bases; b++)
      this.classes[b]!.rest[at] = this.classes[b]!.rest[at]! + this.slotShare[b]! * count;
    for (let c = this.bases; c < this.classes.length; c++) {
      const cls = this.classes[c]!;
      if (bin >= cls.apartFrom && cls.apartTo === Number.POSITIVE_INFINITY)
        cls.due[at] = cls.due[at]! + cls.share * count;
    }
    if (state === 0) return;
    const back = this.backNow.get(at);
    // Many sources read the same bin again at about the same time: their members come back together.
    if (back === undefined) this.backNow.set(at, { input, bin, count: state, before: stateBefore });
    else back.count += state;
  }
  private readonly backNow = new Map<number, { input: number; bin: number; count: number; before: number }>();

  /** Before the arrivals of a settlement are booked: they may be of what came back. */
  applyBack(): void {
    if (this.backNow.size === 0) return;
    for (const [at, { input, bin, count, before }] of this.backNow) {
      const share = Math.min(1, count / before);
      for (const cls of this.classes) cls.cells.revive(this.cellInput(input), bin, share);
      this.reviveMissed(at, share);
    }
    this.backNow.clear();
  }

  // --- classes ---
  /** Splits consumers off, given their key share of each base class: from now on their channels have a history of their own. */
  split(shares: Float64Array): MatchClass {
    const id = this.shared.freeIds.pop();
    if (id === undefined || this.classes.length > this.bases + MOST_CLASSES) {
      if (id !== undefined) this.shared.freeIds.push(id);
      const newest = this.classes[this.classes.length - 1]!;
      this.splitMore(newest, shares);
      return newest;
    }
    let slot = 0;
    for (let b = 1; b < this.bases; b++) if (shares[b]! > shares[slot]!) slot = b;
    const cls = this.makeClass(id, 0, slot, true);
    this.classes.push(cls);
    cls.apartFrom = this.bin;
    cls.apartTo = Number.POSITIVE_INFINITY;
    cls.apartDoneTo = this.bin - 1;
    cls.splitAt = this.settlement;
    this.splitMore(cls, shares);
    const { emission, groups } = this.shared;
    for (const group of this.sink.inputs) {
      for (const old of [0, 1])
        emission[(id * groups + group.index) * 2 + old] =
          emission[(this.classes[slot]!.id * groups + group.index) * 2 + old]!;
    }
    return cls;
  }

  /** More consumers join a class that was split off at this very instant. */
  splitMore(cls: MatchClass, shares: Float64Array): void {
    for (let b = 0; b < this.bases; b++) {
      const share = shares[b]!;
      const main = this.classes[b]!;
      if (share === 0) continue;
      const part = share >= main.share * (1 - 1e-9) ? 1 : share / main.share;
      main.cells.splitInto(cls.cells, this.bin - this.windowBins - 2 * this.combos.maxOffset - 2, part);
      for (const [from, to] of [
        [main.held, cls.held],
        [main.matched, cls.matched],
        [main.everMatched, cls.everMatched],
        [main.copies, cls.copies],
      ] as const) {
        for (let i = 0; i < from.length; i++) {
          const moved = from[i]! * part;
          from[i] = from[i]! - moved;
          to[i] = to[i]! + moved;
        }
      }
      main.share = Math.max(0, main.share - share);
      main.aliveShare = Math.max(0, main.aliveShare - share);
      cls.from[b] = cls.from[b]! + share;
      cls.share += share;
      cls.aliveShare += share;
    }
    this.setDue(cls, Math.max(cls.apartDoneTo + 1, cls.apartFrom));
  }

  /** Base class of a consumer. */
  baseOf(consumer: number): MatchClass {
    return this.classes[this.slotOf[consumer - this.sink.base]!]!;
  }

  /** The state of consumers with this key share is gone; takes effect with the next settlement. */
  died(cls: MatchClass, share: number): void {
    cls.diedShare += share;
  }
  /** Some state is gone that the next settlement must take out. */
  get deaths(): boolean {
    return this.classes.some((cls) => cls.diedShare > 0);
  }
  revived(cls: MatchClass, share: number): void {
    cls.aliveShare += share;
  }

  /** Consumers of a class apart die again: it stays apart, or, if it was about to go back, goes back now. */
  apartAgain(cls: MatchClass, merge: (from: number) => void): boolean {
    if (cls.apartTo === Number.POSITIVE_INFINITY) return true;
    this.mergeBack(this.classes.indexOf(cls));
    merge(cls.id);
    return false;
  }

  /** From `fromBin` to the current bin, what remains for the class is due to its channels. */
  private setDue(cls: MatchClass, fromBin: number): void {
    for (let bin = Math.max(0, fromBin); bin <= Math.min(this.bin, this.layout.bins - 1); bin++) {
      for (const group of this.sink.inputs)
        cls.due[this.at(group.input, bin)] = cls.share * this.remaining[this.at(group.input, bin)]!;
    }
  }

  /** All channels of the class have been released. */
  released(cls: MatchClass): void {
    cls.apartTo = this.bin + 1;
    for (let bin = cls.apartFrom; bin <= cls.apartDoneTo; bin++)
      for (const group of this.sink.inputs) this.creditPassed(cls, group.input, bin);
  }

  private applyDeath(cls: MatchClass): void {
    const share = cls.diedShare >= cls.aliveShare * (1 - 1e-9) ? 1 : cls.diedShare / cls.aliveShare;
    cls.aliveShare = Math.max(0, cls.aliveShare - cls.diedShare);
    cls.diedShare = 0;
    const { combos, stride } = this;
    const from = Math.max(0, this.bin - this.windowBins - combos.maxOffset - 1200);
    if (this.sink.config.type === "join") {
      cls.cells.die(from - combos.maxOffset, this.bin + combos.maxOffset, share);
      for (const group of this.sink.inputs) {
        for (let bin = from; bin <= Math.min(this.bin, this.layout.bins - 1); bin++) {
          const at = group.input * stride + bin;
          const held = cls.held[at]!;
          if (held > 0) {
            const lost = cls.cells.part(Math.max(0, Math.floor(held - cls.matched[at]! + 0.5)), share);
            this.ledger.losePooled(CAUSE.stateLost, group.index, bin, lost);
            this.ledger.delivered -= lost;
          }
          cls.held[at] = held * (1 - share);
          cls.matched[at] = cls.matched[at]! * (1 - share);
          cls.copies[at] = cls.copies[at]! * (1 - share);
        }
      }
    }
    if (share === 1) {
      cls.diedAt = this.settlement;
      cls.fresh = FRESH_BINS;
      const { emission, groups } = this.shared;
      if (this.sink.config.type === "join")
        for (const group of this.sink.inputs)
          emission.fill(0, (cls.id * groups + group.index) * 2, (cls.id * groups + group.index) * 2 + 2);
    }
  }

  // --- settlement ---
  /** After the arrivals of a bin (or of its part up to a cut) were booked: deaths take effect. */
  settle(): void {
    for (const cls of this.classes) if (cls.diedShare > 0) this.applyDeath(cls);
    this.settlement++;
  }

  /** The bin is over: expiry, channels apart, emission shares of the next bin. `merge` tells which class went back to the base classes. */
  endBin(merge: (from: number) => void): void {
    const { bin, combos } = this;
    for (let c = this.bases; c < this.classes.length; c++) this.settleApart(this.classes[c]!);
    if (this.sink.config.type === "join") {
      const before = bin - this.windowBins - (this.takesTurns ? MEAN_TURN_BINS : 0);
      while (this.historyAt < this.history.length && this.history[this.historyAt]!.bin <= before)
        this.expire(this.history[this.historyAt++]!);
      if (this.historyAt > TRIM_AT && 2 * this.historyAt > this.history.length) {
        this.history.splice(0, this.historyAt);
        this.historyAt = 0;
      }
      for (const cls of this.classes) if (cls.fresh > 0 && this.completes(cls)) cls.fresh--;
      this.refreshShares();
    }
    for (let c = this.classes.length - 1; c >= this.bases; c--) {
      const cls = this.classes[c]!;
      if (cls.apartTo === Number.POSITIVE_INFINITY || bin <= cls.apartTo + combos.maxOffset + 4) continue;
      this.mergeBack(c);
      merge(cls.id);
    }
  }

  /** True if a state that died lately is being filled: its shares change within a bin. */
  get fresh(): boolean {
    return this.classes.some((cls) => cls.fresh > 0 && cls.aliveShare > 0);
  }

  private completes(cls: MatchClass): boolean {
    const { emission, groups } = this.shared;
    return this.sink.inputs.some(
      (group) =>
        emission[(cls.id * groups + group.index) * 2]! + emission[(cls.id * groups + group.index) * 2 + 1]! > 0,
    );
  }

  /** What a record completes on arrival, from what has been settled since the last time. */
  refreshShares(): void {
    if (this.sink.config.type !== "join") return;
    const { emission, groups } = this.shared;
    for (const cls of this.classes) {
      for (const group of this.sink.inputs) {
        const recent = group.input * 2;
        // While a state fills anew, what comes late or in time matters less than what is there.
        const together = cls.fresh > 0;
        for (let old = 0; old < 2; old++) {
          const moved = together ? cls.moved[recent]! + cls.moved[recent + 1]! : cls.moved[recent + old]!;
          const emitted = together ? cls.emitted[recent]! + cls.emitted[recent + 1]! : cls.emitted[recent + old]!;
          if (moved > 0) emission[(cls.id * groups + group.index) * 2 + old] = (this.probability * emitted) / moved;
        }
        cls.moved[recent] = cls.moved[recent + 1] = 0;
        cls.emitted[recent] = cls.emitted[recent + 1] = 0;
      }
    }
  }

  /** Event bins apart whose records have all been read: what was lost, what passes, what is held back. */
  private settleApart(cls: MatchClass): void {
    const to = Math.min(this.bin - 1, cls.apartTo, this.layout.bins - 1);
    for (let bin = Math.max(cls.apartFrom, cls.apartDoneTo + 1); bin <= to; bin++) {
      for (const group of this.sink.inputs) {
        const at = this.at(group.input, bin);
        const due = cls.due[at]!;
        if (due <= 0) continue;
        cls.cells.miss(
          this.cellInput(group.input),
          bin,
          Math.min(1, cls.lost[at]! / due),
          ABSENT,
          MISS.inputLost,
          MISS.stateLost,
          this,
        );
        cls.passing[at] = Math.max(0, due - cls.lost[at]! - cls.heldBack[at]!);
        cls.backing[at] = Math.max(0, cls.heldBack[at]!);
        if (cls.apartTo !== Number.POSITIVE_INFINITY) this.creditPassed(cls, group.input, bin);
      }
      cls.apartDoneTo = bin;
    }
  }

  private mergeBack(c: number): void {
    const cls = this.classes[c]!;
    const main = this.classes[cls.slot]!;
    this.sweep(cls);
    main.cells.addAll(cls.cells);
    for (const [from, to] of [
      [cls.held, main.held],
      [cls.matched, main.matched],
      [cls.everMatched, main.everMatched],
      [cls.copies, main.copies],
    ] as const) {
      for (let i = 0; i < from.length; i++) to[i] = to[i]! + from[i]!;
    }
    for (let at = 0; at < cls.backing.length; at++) {
      const back = Math.round(cls.backing[at]!);
      this.remaining[at] = this.remaining[at]! + back;
      main.rest[at] = main.rest[at]! + back;
    }
    const alive = cls.share > 0 ? cls.aliveShare / cls.share : 0;
    for (let b = 0; b < this.bases; b++) {
      this.classes[b]!.share += cls.from[b]!;
      this.classes[b]!.aliveShare += cls.from[b]! * alive;
    }
    this.classes.splice(c, 1);
    cls.mergedInto = main;
    this.shared.freeIds.push(cls.id);
  }

  /** Bins apart of which nothing is under way any more: shares were met on average only, what is left has come too. */
  private sweep(cls: MatchClass): void {
    for (let bin = cls.apartFrom; bin <= Math.min(cls.apartTo, cls.apartDoneTo); bin++) {
      for (const group of this.sink.inputs) {
        const at = this.at(group.input, bin);
        if (this.remaining[at]! <= 0 && cls.backing[at]! < 0.5) this.arriveIn(cls, group.input, bin, 1, 0);
      }
    }
  }

  /** What arrived a window ago leaves the state; of classes split off since, their part with it. */
  private expire(entry: Arrival): void {
    let { cls } = entry;
    while (cls.mergedInto !== null) cls = cls.mergedInto;
    const holders = this.classes.filter(
      (one) =>
        (one === cls || (one.slot === cls.slot && entry.settlement < one.splitAt)) &&
        one.diedAt < entry.settlement &&
        one.held[entry.at]! > 0,
    );
    let held = 0;
    for (const one of holders) held += one.held[entry.at]!;
    const share = held <= entry.count ? 1 : entry.count / held;
    const input = Math.floor(entry.at / this.stride);
    for (const one of holders) {
      one.cells.miss(this.cellInput(input), entry.at % this.stride, share, HELD, MISS.late, MISS.stateLost, this);
      one.held[entry.at] = one.held[entry.at]! * (1 - share);
      one.matched[entry.at] = one.matched[entry.at]! * (1 - share);
    }
  }

  /**
   * Before the walk: what was read again since the last settlement is under way; and where the walk found nothing of
   * an event bin under way, what rounding left behind has come. Returns how many members that were.
   */
  settleAtEnd(underWay: (input: number, bin: number) => number): number {
    this.applyBack();
    let left = 0;
    for (const cls of this.classes) {
      for (const group of this.sink.inputs) {
        for (let bin = 0; bin < this.layout.bins; bin++) {
          if (underWay(group.input, bin) > 0) continue;
          this.arriveIn(cls, group.input, bin, 1, 0);
          left += cls.cells.moved;
        }
      }
    }
    return left;
  }

  /** Input and bin of every member not there yet, for the walk of what is pending; members that died are missed now. */
  finish(pending: (input: number, bin: number, later: number, count: number) => void): void {
    for (const cls of this.classes) {
      const { cells } = cls;
      for (let anchor = this.firstBin; anchor < this.layout.bins; anchor++) {
        for (let k = 0; k < this.combos.count; k++) {
          const base = cells.base(anchor, k);
          for (let state = 0; state < cells.states; state++) {
            const count = cells.counts[base + state]!;
            if (count === 0 || state === cells.full) continue;
            let dead = false;
            let absent = -1;
            for (let v = 0; v < this.inputs; v++) {
              const digit = cells.digit[v * cells.states + state]!;
              if (digit === DIED) dead = true;
              else if (digit === ABSENT) absent = v;
            }
            const later = cells.laterBin(anchor, k);
            if (dead) {
              this.missed(MISS.stateLost, later, count);
              cells.counts[base + state] = 0;
            } else
              pending(
                absent,
                absent < 0 ? 0 : anchor + this.combos.offsets[absent * this.combos.count + k]!,
                later,
                count,
              );
          }
        }
      }
    }
  }
}

/** Consumers of about equal key share form a base class: the hottest may lag behind, and then meet their records later. */
function shareSlots(sink: SinkGroup): { slotOf: Uint8Array; shares: Float64Array } {
  const { edge } = sink.inputs[0]!;
  const steps = new Map<number, number>();
  const slotOf = new Uint8Array(sink.consumers);
  const shares: number[] = [];
  const stepOf = (c: number): number => {
    const relative = edge.allToAll ? edge.shares[c]! * sink.consumers : 1;
    return Math.max(-2, Math.min(8, Math.round(Math.log(Math.max(relative, 1e-9)) / Math.log(1.2))));
  };
  // The class of most keys first: what is in no class of its own follows it.
  const weight = new Map<number, number>();
  for (let c = 0; c < sink.consumers; c++)
    weight.set(stepOf(c), (weight.get(stepOf(c)) ?? 0) + (edge.allToAll ? edge.shares[c]! : 1 / sink.consumers));
  for (const [step, share] of [...weight].sort((a, b) => b[1] - a[1] || a[0] - b[0])) {
    steps.set(step, shares.length);
    shares.push(share);
  }
  for (let c = 0; c < sink.consumers; c++) slotOf[c] = steps.get(stepOf(c))!;
  return { slotOf, shares: Float64Array.from(shares) };
}
