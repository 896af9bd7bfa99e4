/**
 * What task threads have processed since the last settlement, for the books: originals by class, source group and event
 * bin, in time or late; copies; and what had been held for consumers whose class goes its own way.
 */
import { ArrivalCounts, LateArrivalCounts } from "./arrival-counts.js";
import { COPY } from "./quanta.js";
import type { RecordLedger } from "./record-ledger.js";
import type { LumpedState } from "./state.js";

export class ProcessedRecords {
  readonly arrived: ArrivalCounts;
  readonly late: LateArrivalCounts;
  readonly copies: ArrivalCounts;
  /** Held contents of single channels processed since the last settlement: (class, group × stride + bin, count, when; −1: in time). */
  readonly own: number[] = [];
  /** Originals processed, in this bin. */
  deliveredNow = 0;
  /** Records processed, copies included. */
  processed = 0;
  protected readonly state: LumpedState;
  protected readonly ledger: RecordLedger;
  protected readonly groups: number;
  /** Places of a source group: its event bins and one more. */
  protected readonly stride: number;
  /** Places of a class. */
  protected readonly classSize: number;
  /** By class number: 1 for base classes. */
  private readonly isBase: Uint8Array;

  constructor(state: LumpedState, ledger: RecordLedger, isBase: Uint8Array, classes: number) {
    this.state = state;
    this.ledger = ledger;
    this.isBase = isBase;
    this.groups = state.layout.groups.length;
    this.stride = state.layout.bins + 1;
    this.classSize = this.groups * this.stride;
    this.arrived = new ArrivalCounts(classes * this.classSize);
    this.late = new LateArrivalCounts(classes * this.classSize);
    this.copies = new ArrivalCounts(this.classSize);
  }

  /** Originals of (group, bin) and of the bin after it; `lateNs`: when they were processed, if they are late, else −1. */
  protected count(consumer: number, group: number, bin: number, count0: number, count1: number, lateNs: number): void {
    this.deliveredNow += count0 + count1;
    const at = this.state.countsFor[consumer]! * this.classSize + group * this.stride + bin;
    if (lateNs >= 0) this.arriveLate(at, count0, count1, lateNs);
    else {
      if (count0 > 0) this.arrived.add(at, count0);
      if (count1 > 0) this.arrived.add(at + 1, count1);
    }
  }

  /** The same for copies, and for contents of single channels that had been held. */
  protected countSpecial(
    consumer: number,
    group: number,
    bin: number,
    count0: number,
    count1: number,
    flags: number,
    lateNs: number,
  ): void {
    const at = group * this.stride + bin;
    if (flags & COPY) {
      this.ledger.duplicated += count0 + count1;
      if (count0 > 0) this.copies.add(at, count0);
      if (count1 > 0) this.copies.add(at + 1, count1);
      return;
    }
    const { classOf } = this.state;
    if (this.isBase[classOf[consumer]!] === 1) this.count(consumer, group, bin, count0, count1, lateNs);
    else {
      this.deliveredNow += count0 + count1;
      if (count0 > 0) this.own.push(classOf[consumer]!, at, count0, lateNs);
      if (count1 > 0) this.own.push(classOf[consumer]!, at + 1, count1, lateNs);
    }
  }

  protected arriveLate(at: number, count0: number, count1: number, timeNs: number): void {
    if (count0 > 0) this.late.addAt(at, count0, timeNs);
    if (count1 > 0) this.late.addAt(at + 1, count1, timeNs);
  }
}
