/**
 * The ledger of input records: totals by fate, and what is needed to take a loss back when its records are read
 * again. Losses of a source that can only be its own (unflushed, in its queues, its quanta) are kept as offset
 * intervals; losses that strike all sources alike (discarded shares, lost state) as counts per group and event bin,
 * from which a source that reads a bin again draws its part without replacement. Whole records throughout.
 */
import { capacityFor } from "../../../kernel/growable.js";
import { longer } from "../../columns.js";
import { RECORD_LOSS_CAUSES, type RecordLossCause } from "../../loss-causes.js";
import type { Layout } from "./layout.js";

export const CAUSE = {
  discardedAtSender: RECORD_LOSS_CAUSES.indexOf("discardedAtSender"),
  queuedAtSender: RECORD_LOSS_CAUSES.indexOf("queuedAtSender"),
  lostInFlight: RECORD_LOSS_CAUSES.indexOf("lostInFlight"),
  partialRecords: RECORD_LOSS_CAUSES.indexOf("partialRecords"),
  stateLost: RECORD_LOSS_CAUSES.indexOf("stateLost"),
  unflushedOutput: RECORD_LOSS_CAUSES.indexOf("unflushedOutput"),
  skippedAtSource: RECORD_LOSS_CAUSES.indexOf("skippedAtSource"),
} as const satisfies Record<RecordLossCause, number>;

/** An own loss that strikes the consumers of all classes alike. */
export const ALL_CLASSES = 255;

const GOLDEN = 0.6180339887498949;

export class RecordLedger {
  /** Records processed at least once, less those whose unmatched state died. */
  delivered = 0;
  /** Copies processed beyond the first. */
  duplicated = 0;
  readonly lost = new Float64Array(RECORD_LOSS_CAUSES.length);
  private readonly produced: Int32Array;
  private readonly stride: number;
  private readonly pools: (Int32Array | null)[] = RECORD_LOSS_CAUSES.map(() => null);
  /** Records of a bin that were read again since losses were last added to it: they have drawn their part. */
  private readonly drawn: Int32Array;
  /** Own losses that wait for their source, by group × stride + bin: no part of them is in a pool. */
  private readonly ownIn: Int32Array;
  private readonly groupOfSource: Uint8Array;
  private dither = 0;

  /** Own losses: intervals of a source's offsets, linked per source. */
  private readonly ownHead: Int32Array;
  private ownNext = new Int32Array(64);
  private ownEnd = new Int32Array(64);
  private ownBin = new Int32Array(64);
  private ownCount0 = new Int32Array(64);
  private ownCount1 = new Int32Array(64);
  private ownCause = new Uint8Array(64);
  private ownClass = new Uint8Array(64);
  private ownFree = -1;
  private ownUsed = 0;

  constructor(layout: Layout, produced: Int32Array) {
    this.produced = produced;
    this.stride = layout.bins + 1;
    this.drawn = new Int32Array(produced.length);
    this.ownIn = new Int32Array(produced.length);
    this.groupOfSource = layout.groupOfSource;
    this.ownHead = new Int32Array(layout.sources).fill(-1);
  }

  /** A loss that strikes the sources of a group alike. */
  losePooled(cause: number, group: number, bin: number, count: number): void {
    if (count === 0) return;
    this.pools[cause] ??= new Int32Array(this.produced.length);
    const pool = this.pools[cause];
    const at = group * this.stride + Math.min(bin, this.stride - 1);
    pool[at] = pool[at]! + count;
    this.drawn[at] = 0;
    this.lost[cause] = this.lost[cause]! + count;
  }

  /**
   * A loss of source `s` alone: `count0` records of `bin` and `count1` of the next, the last at offset `end` − 1, meant
   * for consumers that count for match class `cls`.
   */
  loseOwn(
    s: number,
    cause: number,
    end: number,
    bin: number,
    count0: number,
    count1: number,
    cls: number = ALL_CLASSES,
  ): void {
    if (count0 + count1 === 0) return;
    let slot = this.ownFree;
    if (slot >= 0) this.ownFree = this.ownNext[slot]!;
    else {
      slot = this.ownUsed++;
      if (slot === this.ownEnd.length) this.growOwn();
    }
    this.ownNext[slot] = this.ownHead[s]!;
    this.ownHead[s] = slot;
    this.ownEnd[slot] = end;
    this.ownBin[slot] = bin;
    this.ownCount0[slot] = count0;
    this.ownCount1[slot] = count1;
    this.ownCause[slot] = cause;
    this.ownClass[slot] = cls;
    this.noteOwn(s, bin, count0, count1);
    this.lost[cause] = this.lost[cause]! + count0 + count1;
  }

  /**
   * The own losses of `s` end their wait: what lies before `offset` is lost for good, the rest is read again. Both
   * parts are passed on by (bin, count); with `offset` = Infinity all is lost for good.
   */
  settleOwn(
    s: number,
    offset: number,
    forGood: (bin: number, count: number, cls: number, cause: number) => void,
    again: (bin: number, count: number, cause: number) => void,
  ): void {
    let slot = this.ownHead[s]!;
    this.ownHead[s] = -1;
    while (slot >= 0) {
      const count0 = this.ownCount0[slot]!;
      const count1 = this.ownCount1[slot]!;
      const total = count0 + count1;
      this.noteOwn(s, this.ownBin[slot]!, -count0, -count1);
      const kept = Math.max(0, Math.min(total, offset - (this.ownEnd[slot]! - total)));
      const kept0 = Math.min(count0, kept);
      const kept1 = kept - kept0;
      const bin = this.ownBin[slot]!;
      const cause = this.ownCause[slot]!;
      const cls = this.ownClass[slot]!;
      if (kept0 > 0) forGood(bin, kept0, cls, cause);
      if (kept1 > 0) forGood(bin + 1, kept1, cls, cause);
      if (count0 > kept0) again(bin, count0 - kept0, cause);
      if (count1 > kept1) again(bin + 1, count1 - kept1, cause);
      const next = this.ownNext[slot]!;
      this.ownNext[slot] = this.ownFree;
      this.ownFree = slot;
      slot = next;
    }
  }

  private noteOwn(s: number, bin: number, count0: number, count1: number): void {
    const at = this.groupOfSource[s]! * this.stride + Math.min(bin, this.stride - 1);
    this.ownIn[at] = this.ownIn[at]! + count0;
    if (count1 !== 0) this.ownIn[at + 1] = this.ownIn[at + 1]! + count1;
  }

  /** An own loss is taken back: its records are under way again. */
  takeBackOwn(cause: number, count: number): void {
    this.lost[cause] = this.lost[cause]! - count;
  }

  /**
   * Of the `count` records of a bin that a source reads again, those that had been lost with others; `state`: with a
   * state. At most `most` (the rest are its own losses). Of the bin, `unread` records have never been read, so the
   * losses are others'; and a source that never had channels apart (`apart`) shares in no loss but that of states.
   */
  takeBackPooled(
    group: number,
    bin: number,
    count: number,
    most: number,
    unread: number,
    apart: boolean,
  ): { all: number; state: number } {
    const at = group * this.stride + Math.min(bin, this.stride - 1);
    const own = count - most;
    const rest = Math.max(1, this.produced[at]! - unread - this.drawn[at]! - this.ownIn[at]! - own);
    const share = Math.min(1, most / rest);
    this.drawn[at] = Math.min(this.produced[at]!, this.drawn[at]! + count);
    let all = 0;
    let state = 0;
    for (let cause = 0; cause < this.pools.length; cause++) {
      const pool = this.pools[cause];
      if (pool == null || pool[at] === 0 || (cause !== CAUSE.stateLost && !apart)) continue;
      this.dither = (this.dither + GOLDEN) % 1;
      const back = Math.min(pool[at]!, most - all, Math.floor(pool[at]! * share + this.dither));
      pool[at] = pool[at]! - back;
      this.lost[cause] = this.lost[cause]! - back;
      all += back;
      if (cause === CAUSE.stateLost) state = back;
    }
    return { all, state };
  }

  /** Records of a bin that are lost with a state. */
  stateLostIn(group: number, bin: number): number {
    return this.pools[CAUSE.stateLost]?.[group * this.stride + bin] ?? 0;
  }

  ownSources(): Int32Array {
    return this.ownHead;
  }

  get lostTotal(): number {
    let total = 0;
    for (const count of this.lost) total += count;
    return total;
  }

  private growOwn(): void {
    const capacity = capacityFor(this.ownUsed, this.ownEnd.length);
    this.ownNext = longer(this.ownNext, capacity);
    this.ownEnd = longer(this.ownEnd, capacity);
    this.ownBin = longer(this.ownBin, capacity);
    this.ownCount0 = longer(this.ownCount0, capacity);
    this.ownCount1 = longer(this.ownCount1, capacity);
    this.ownCause = longer(this.ownCause, capacity);
    this.ownClass = longer(this.ownClass, capacity);
  }
}
