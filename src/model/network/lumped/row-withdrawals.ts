/** What rows take out of their sources' quanta: lost on the wire or in a queue, discarded, or held, each by its own state. */

import type { HeldRows } from "./held-rows.js";
import type { RecordLedger } from "./record-ledger.js";
import { CAUSE } from "./record-ledger.js";
import { ROW, type RowBlock } from "./row-block.js";
import type { RowTable } from "./row-table.js";
import type { LumpedState } from "./state.js";

export class RowWithdrawals {
  /** Discarded at the sender, in the bin of the visit. */
  discardedNow = 0;
  private readonly state: LumpedState;
  private readonly ledger: RecordLedger;
  private readonly table: RowTable;
  private readonly heldRows: HeldRows;
  /** The visit at hand. */
  private source = 0;
  private groupIndex = 0;
  private bin = 0;
  private flushNs = Number.NaN;
  /** Held in this visit by rows whose consumers are of one match class, not in the books yet; and one of them. */
  private heldCount = 0;
  private heldClass = -1;
  private heldBy = 0;

  constructor(state: LumpedState, ledger: RecordLedger, table: RowTable, heldRows: HeldRows) {
    this.state = state;
    this.ledger = ledger;
    this.table = table;
    this.heldRows = heldRows;
  }

  /** Takes the rows' shares of the originals [x0, x1) of one event bin out of the source's quantum; returns their number. */
  withdraw(s: number, groupIndex: number, x0: number, x1: number, bin: number, flushNs: number): number {
    const { table, state } = this;
    this.source = s;
    this.groupIndex = groupIndex;
    this.bin = bin;
    this.flushNs = flushNs;
    if (table.positions.bends.size > 0) table.positions.bends.get(s)?.push(x0, x1, bin);
    let taken = 0;
    const { consumerBlocks } = table;
    const { edge, sink } = state.layout.groups[groupIndex]!;
    const { base } = state.layout.sinks[sink]!;
    const { allToAll, shares } = edge;
    const pointwise = 1 / state.layout.consumerCount[s]!;
    // Newest first: a row may go, and its block with it, when it has taken what it had to take.
    for (let b = consumerBlocks.length - 1; b >= 0; b--) {
      const block = consumerBlocks[b]!;
      const row = block.state[s]!;
      if (row === ROW.none) continue;
      const share = allToAll ? shares[block.consumer - base]! : pointwise;
      taken +=
        row === ROW.hold && (!block.mayEnd || block.until[s] === Number.POSITIVE_INFINITY)
          ? this.hold(block, s, block.consumer, share, x0, x1)
          : this.take(block, s, block.consumer, share, x0, x1);
    }
    if (table.hasBlock[s] === 1) {
      const own = table.ofSource.get(s)!;
      const first = state.layout.firstConsumer[s]!;
      for (let i = 0; i < own.rows; i++) {
        if (own.state[i] === ROW.none) continue;
        const share = allToAll ? shares[first + i - base]! : pointwise;
        taken += this.take(own, i, first + i, share, x0, x1);
      }
    }
    if (this.heldCount > 0) this.bookHeld();
    return taken;
  }

  /** What one row that holds whatever comes takes: most rows do, for as long as a stall lasts. */
  private hold(block: RowBlock, i: number, consumer: number, share: number, x0: number, x1: number): number {
    // As `contents` of both: positions are below 2^31.
    const phase = block.phase[i]!;
    const to = (share * x1 + phase) | 0;
    let from = (share * x0 + phase) | 0;
    if (from < block.mostProcessed) from = Math.max(from, block.processed[i]!);
    if (to <= from) return 0;
    const id = this.state.classOf[consumer]!;
    if (this.heldCount === 0 || id !== this.heldClass) {
      if (this.heldCount > 0) this.bookHeld();
      this.heldClass = id;
      this.heldBy = consumer;
    }
    this.heldCount += to - from;
    return to - from;
  }

  /** What rows of one class and visit hold goes into the books at once: whole numbers, so the sums are the same. */
  private bookHeld(): void {
    const { classes } = this.table;
    const count = this.heldCount;
    this.heldCount = 0;
    this.heldRows.heldNow += count;
    const own = classes.splitOff(this.heldBy);
    const book = classes.bookOf(this.heldBy);
    if (own && book.isApart(own, this.bin))
      book.withdraw(own, this.state.layout.groups[this.groupIndex]!.input, this.bin, count, true);
  }

  /** What one row takes of [x0, x1) of the visit's source. */
  private take(block: RowBlock, i: number, consumer: number, share: number, x0: number, x1: number): number {
    const row = block.state[i]!;
    if (row === ROW.touched || row === ROW.deadProducer) return 0;
    const { table, source } = this;
    const { positions } = table;
    const phase = block.phase[i]!;
    const end = block.until[i]!;
    const until = end < x1 ? end : x1;
    const from = Math.max(positions.contents(share, phase, x0), block.processed[i]!);
    const to = until > x0 ? positions.contents(share, phase, until) : from;
    if (to > from) this.takeRecords(block, i, consumer, from, to, x0, share);
    if (end <= x1) table.release(block, i, source, consumer);
    return Math.max(0, to - from);
  }

  /** The channel's records [from, to) are held, or lost where they are: on the wire, in the queue, or discarded. */
  private takeRecords(
    block: RowBlock,
    i: number,
    consumer: number,
    from: number,
    to: number,
    x0: number,
    share: number,
  ): void {
    const { ledger, groupIndex, bin, source } = this;
    const { positions, classes } = this.table;
    const { input } = this.state.layout.groups[groupIndex]!;
    const count = to - from;
    let row = block.state[i]!;
    if (row === ROW.silent && !this.useCredit(block, i, source, from, to, x0, share, this.flushNs)) row = ROW.hold;
    const own = classes.splitOff(consumer);
    const cls = own && classes.bookOf(consumer).isApart(own, bin) ? own : undefined;
    if (row === ROW.hold) {
      this.heldRows.heldNow += count;
      if (cls) classes.bookOf(consumer).withdraw(cls, input, bin, count, true);
      return;
    }
    let wire = count;
    let queued = 0;
    if (row === ROW.discard) {
      const phase = block.phase[i]!;
      wire = Math.max(0, Math.min(to, block.sent[i]!) - from);
      queued = Math.max(0, Math.min(to, positions.contents(share, phase, block.mark[i]!)) - from - wire);
    }
    const discarded = count - wire - queued;
    ledger.losePooled(CAUSE.lostInFlight, groupIndex, bin, wire);
    ledger.losePooled(CAUSE.queuedAtSender, groupIndex, bin, queued);
    ledger.losePooled(CAUSE.discardedAtSender, groupIndex, bin, discarded);
    this.discardedNow += discarded;
    if (cls) classes.bookOf(consumer).withdraw(cls, input, bin, count, false);
    else classes.bookOf(consumer).lose(input, bin, count);
  }

  /**
   * Every flush of a channel takes a buffer and a credit, which no one gives back; more where it fills segments. False
   * if none is left: from here on it stays in the queue, until the view is closed or the next one takes it over.
   */
  private useCredit(
    block: RowBlock,
    i: number,
    s: number,
    from: number,
    to: number,
    x0: number,
    share: number,
    flushNs: number,
  ): boolean {
    const crossed = this.table.positions.segmentsFilled(s, block.phase[i]!, from, to);
    const { layout } = this.state;
    // Contents are spread evenly here, but come at random: some flushes find nothing, others more than the mean.
    const mean = layout.groups[layout.groupOfSource[s]!]!.meanPerBin * share;
    const perFlush = (1 - Math.exp(-mean)) / Math.min(1, mean);
    // The channel's first record comes when its share has grown by so much: as much of a credit goes before it.
    const least = block.firstIn[i]! * perFlush;
    if (block.flushNs[i] !== flushNs) {
      if (block.credits[i]! <= least) {
        block.state[i] = ROW.hold;
        block.mark[i] = x0;
        this.table.limitStale[s] = 1;
        return false;
      }
      block.flushNs[i] = flushNs;
      block.credits[i] = block.credits[i]! - perFlush;
      block.torn[i] = 0;
    }
    // The segment that is full goes out first; with the last credit it leaves the rest of its last record behind.
    if (crossed > 0 && block.credits[i]! <= least) block.torn[i] = 1;
    block.credits[i] = block.credits[i]! - crossed;
    return true;
  }
}
