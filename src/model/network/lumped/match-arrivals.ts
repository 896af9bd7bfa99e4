/**
 * Records arrive: at the pace of the quanta for a base class and those that follow it, or channel by channel for
 * classes apart; the matches that they complete are emitted.
 */
import { type BookColumns, OLD_BINS } from "./book-columns.js";
import type { MatchClass } from "./match-class.js";
import type { MatchExpiry } from "./match-expiry.js";
import type { MatchPace } from "./match-pace.js";
import type { Unread } from "./unread.js";

/** Quanta are few and come unevenly: what a class of few consumers lacks of so many bins, the next one brings. */
const LACKING_BINS = 2;

/** Hears of the matches that late records complete: when, and the first `n` latencies since the event time of the later partner. */
export type LateMatch = (timeNs: number, latenciesNs: Float64Array, counts: Int32Array, n: number) => void;

export class MatchArrivals {
  private readonly book: BookColumns;
  private readonly expiry: MatchExpiry;
  private readonly pace: MatchPace;
  private readonly lateMatch: LateMatch;
  private readonly unread: Unread;
  private readonly latenciesNs: Float64Array;
  private readonly latencyCounts: Int32Array;
  /** Emitted since the last call of `takeEmitted`. */
  private emittedNow = 0;
  /** When the records that arrive now were processed, if they are late, else −1; and where in its bin an event lies. */
  private lateNs = -1;
  private eventDither = 0.5;

  constructor(book: BookColumns, expiry: MatchExpiry, pace: MatchPace, unread: Unread, lateMatch: LateMatch) {
    this.book = book;
    this.unread = unread;
    this.pace = pace;
    this.expiry = expiry;
    this.lateMatch = lateMatch;
    this.latenciesNs = new Float64Array(book.combos.count);
    this.latencyCounts = new Int32Array(book.combos.count);
  }

  /** What the class's cells have just emitted, by combination, where a member of input `v` and `bin` was the last to come. */
  private creditEmitted(cls: MatchClass, v: number, bin: number): void {
    const { combos, stride, inputs, emittedIn, layout, sink } = this.book;
    const { count: kinds, offsets } = combos;
    const { matched, everMatched } = cls;
    const { emittedOf } = cls.cells;
    const { latenciesNs, latencyCounts } = this;
    const { lateNs } = this;
    const late = lateNs >= 0 && sink.config.sink;
    const { resolutionNs } = layout;
    let { eventDither } = this;
    let latencies = 0;
    for (let k = 0; k < kinds; k++) {
      const count = emittedOf[k]!;
      if (count === 0) continue;
      const anchor = bin - offsets[v * kinds + k]!;
      let later = anchor;
      for (let u = 0; u < inputs; u++) {
        const memberBin = anchor + offsets[u * kinds + k]!;
        if (memberBin > later) later = memberBin;
        if (memberBin < 0) continue;
        const at = u * stride + memberBin;
        matched[at] = matched[at]! + count;
        everMatched[at] = everMatched[at]! + count;
        if (u !== v) cls.cells.wait(u, memberBin, -count);
      }
      emittedIn[later] = emittedIn[later]! + count;
      if (!late) continue;
      eventDither += 0.6180339887498949;
      eventDither -= eventDither | 0;
      const eventNs = (later + eventDither) * resolutionNs;
      latenciesNs[latencies] = Math.max(0, Math.round(lateNs - eventNs));
      latencyCounts[latencies++] = count;
    }
    this.eventDither = eventDither;
    if (latencies > 0) this.lateMatch(lateNs, latenciesNs, latencyCounts, latencies);
  }

  takeEmitted(): number {
    const count = this.emittedNow;
    this.emittedNow = 0;
    return count;
  }

  arriveIn(cls: MatchClass, input: number, bin: number, share: number, records: number): void {
    const v = this.book.cellInput(input);
    cls.cells.arrive(v, bin, share);
    if (cls.cells.emitted > 0) {
      this.emittedNow += cls.cells.emitted;
      this.creditEmitted(cls, v, bin);
    }
    const tally = input * 2 + (this.book.bin - bin > OLD_BINS ? 1 : 0);
    cls.moved[tally] = cls.moved[tally]! + cls.cells.moved;
    cls.emitted[tally] = cls.emitted[tally]! + cls.cells.emitted;
    const at = this.book.at(input, bin);
    cls.held[at] = cls.held[at]! + records;
    if (records > 0) this.expiry.note(at, cls, records);
  }

  /** Quanta have brought consumers of a base class, or of one with a pace of its own, `count` records of (input, bin) since the last settlement. */
  arrived(to: MatchClass, input: number, bin: number, count: number, lateNs = -1): void {
    let cls = to;
    while (cls.mergedInto !== null) cls = cls.mergedInto;
    this.lateNs = lateNs;
    if (cls.id === this.book.classes[cls.slot]!.id) this.arrivedBase(cls.slot, input, bin, count, 0);
    else {
      const met = this.meetPaced(cls, input, bin, count);
      this.arrivedBase(cls.slot, input, bin, count - met, met);
    }
    this.lateNs = -1;
  }

  /** All quanta of event bins up to `toBin` that were ever read have come to a base class: what it lacks of them has come too. */
  sweepBase(slot: number, toBin: number): void {
    const { book } = this;
    const base = book.classes[slot]!;
    for (let bin = base.sweptTo + 1; bin <= toBin; bin++)
      for (const { input } of book.sink.inputs) {
        const at = book.at(input, bin);
        this.takeNoMore(slot, input, bin);
        const rest = base.rest[at]! - this.dueApart(slot, input, bin);
        const kept = Math.min(rest, this.unreadOf(slot, input, bin));
        base.rest[at] = kept > 0 ? base.rest[at]! - (rest - kept) : 0;
        this.lateNs = base.lateAt[at]!;
        this.arriveIn(base, input, bin, kept > 0 ? (rest - kept) / rest : 1, 0);
      }
    this.lateNs = -1;
    base.sweptTo = Math.max(base.sweptTo, toBin);
  }

  /** What channels apart have not taken out of the quanta that have come was a rounding: only of unread records they still will. */
  private takeNoMore(slot: number, input: number, bin: number): void {
    const { book, unread } = this;
    const at = book.at(input, bin);
    for (let c = book.bases; c < book.classes.length; c++) {
      const cls = book.classes[c]!;
      if (!this.takesOut(cls, slot, bin) || bin > cls.apartDoneTo) continue;
      cls.due[at] = cls.taken[at]! + cls.share * unread.of(book.sink.inputs[input]!.index, bin);
    }
  }

  /** From now on the class meets its records at its own pace. Unless its consumers work off what had been held, they kept up until now. */
  startPace(cls: MatchClass): void {
    this.pace.start(cls);
    let backing = 0;
    for (const count of cls.backing) backing += count;
    for (let bin = cls.pacedFrom; bin <= Math.min(this.book.bin, this.book.layout.bins - 1); bin++)
      for (const { input } of this.book.sink.inputs) {
        const at = this.book.at(input, bin);
        if (this.book.restOf(input, bin) <= 0) this.meetAll(cls, input, bin);
        else if (backing < 1)
          this.arriveApart(cls, input, bin, cls.passing[at]! - cls.share * this.book.remaining[at]!);
      }
  }

  /** Once the consumers of a class have worked off what had been held for them, or the class ends: what had come meanwhile. */
  meetPostponed(cls: MatchClass): void {
    if (cls.postponed.length === 0) return;
    this.lateNs = (this.book.bin + 1) * this.book.layout.resolutionNs;
    for (const at of cls.postponed) {
      if (cls.passing[at]! > 0)
        this.arriveApart(cls, Math.floor(at / this.book.stride), at % this.book.stride, cls.passing[at]!);
    }
    cls.postponed.length = 0;
    this.lateNs = -1;
  }

  /** A class with a pace of its own meets records of the bin, and before them what it lacks of those just before it; returns how many. */
  private meetPaced(cls: MatchClass, input: number, bin: number, count: number): number {
    if (bin > cls.pacedTo) cls.pacedTo = bin;
    let left = count;
    // What had been held for it is no lack.
    const first = cls.apartFrom === Number.POSITIVE_INFINITY ? 0 : Math.min(bin, cls.apartTo);
    for (let b = Math.max(first, cls.pacedFrom, bin - LACKING_BINS); b <= bin && left > 0; b++) {
      const at = this.book.at(input, b);
      const met = Math.min(left, cls.passing[at]!);
      if (met <= 0) continue;
      this.arriveApart(cls, input, b, met);
      left -= met;
    }
    return count - left;
  }

  /** `count` records come to a base class and those that go with it, `elsewhere` more have come to one that does not. */
  private arrivedBase(slot: number, input: number, bin: number, count: number, elsewhere: number): void {
    const { book, pace } = this;
    const at = book.at(input, bin);
    const left = book.remaining[at]! - Math.round(count + elsewhere);
    book.remaining[at] = Math.max(0, left);
    const base = book.classes[slot]!;
    // Shares of the classes are met on average only: with the last record of the bin all have come.
    const last = left <= 0 && book.restOf(input, bin) <= 0;
    if (count <= 0 && !last) return;
    const rest = book.slotRest(base, input, bin) - this.dueApart(slot, input, bin);
    // What nobody has read can have come to no class, however unevenly quanta fell.
    const kept = this.lateNs < 0 ? Math.min(rest, this.unreadOf(slot, input, bin)) : 0;
    const share = last || rest <= 0 ? 1 : Math.min(count, rest - kept) / rest;
    base.rest[at] = Math.max(kept, base.rest[at]! - count);
    if (count > 0) base.lateAt[at] = this.lateNs;
    let own = count;
    const whole = book.classes.length > book.bases ? pace.shareOf(slot, bin) : 1;
    for (let c = book.bases; c < book.classes.length; c++) {
      const cls = book.classes[c]!;
      if (bin >= cls.pacedFrom) {
        if (last) this.meetAll(cls, input, bin);
      } else if (bin < cls.apartFrom && (cls.slot === slot || last)) {
        const records = cls.slot === slot ? (count * cls.share) / whole : 0;
        own -= records;
        this.arriveIn(cls, input, bin, share, records);
      }
    }
    this.arriveIn(base, input, bin, share, own);
    if (last) for (let b = 0; b < book.bases; b++) if (b !== slot) this.arriveIn(book.classes[b]!, input, bin, 1, 0);
  }

  /** Of the records of a bin that nobody has read, those of a base class, without what channels apart will take out of them. */
  private unreadOf(slot: number, input: number, bin: number): number {
    const { book, unread } = this;
    const count = book.inputs === 1 ? 0 : unread.of(book.sink.inputs[input]!.index, bin);
    if (count === 0) return 0;
    let share = this.pace.shareOf(slot, bin);
    for (let c = book.bases; c < book.classes.length; c++)
      if (this.takesOut(book.classes[c]!, slot, bin)) share -= book.classes[c]!.share;
    return Math.max(0, share * count);
  }

  /** The class's channels are to take its share out of the quanta of the bin. */
  private takesOut(cls: MatchClass, slot: number, bin: number): boolean {
    return cls.slot === slot && cls.apartTo === Number.POSITIVE_INFINITY && bin >= cls.apartFrom;
  }

  /** All quanta of the bin have come: what the class still lacks of them has come too. */
  private meetAll(cls: MatchClass, input: number, bin: number): void {
    const at = this.book.at(input, bin);
    if (cls.pacedTo < cls.apartTo && cls.apartFrom !== Number.POSITIVE_INFINITY) {
      cls.postponed.push(at);
      return;
    }
    if (cls.passing[at]! > 0) this.arriveApart(cls, input, bin, cls.passing[at]!);
    else if (cls.backing[at]! < 0.5) this.arriveIn(cls, input, bin, 1, 0);
  }

  /** Of what remains, the part that channels apart will take out of the quanta before they get here. */
  private dueApart(slot: number, input: number, bin: number): number {
    let due = 0;
    const at = this.book.at(input, bin);
    for (let c = this.book.bases; c < this.book.classes.length; c++) {
      const cls = this.book.classes[c]!;
      if (this.takesOut(cls, slot, bin)) due += Math.max(0, cls.due[at]! - cls.taken[at]!);
    }
    return due;
  }

  private arriveApart(cls: MatchClass, input: number, bin: number, passing: number): void {
    const at = this.book.at(input, bin);
    const all = cls.passing[at]! + cls.backing[at]!;
    if (passing <= 0 || all <= 0) return;
    cls.passing[at] = cls.passing[at]! - passing;
    this.arriveIn(cls, input, bin, all - passing < 0.5 ? 1 : passing / all, passing);
  }

  /** Held contents of single channels have been processed by consumers of this class. */
  arrivedOwn(cls: MatchClass, input: number, bin: number, count: number, lateNs = -1): void {
    const at = this.book.at(input, bin);
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
}
