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

  constructor(state: LumpedState, ledger: RecordLedger, table: RowTable, heldRows: HeldRows) {
    this.state = state;
    this.ledger = ledger;
    this.table = table;
    this.heldRows = heldRows;
  }

  /** Takes the rows' shares of the originals [x0, x1) of one event bin out of the source's quantum; returns their number. */
  withdraw(s: number, groupIndex: number, x0: number, x1: number, bin: number, flushNs: number): number {
    let taken = 0;
    const { ledger } = this;
    const input = this.state.layout.groups[groupIndex]!.input;
    if (this.table.positions.bends.has(s)) this.table.positions.bends.get(s)!.push(x0, x1, bin);
    this.table.eachRowFast(s, (block, i, consumer) => {
      let row = block.state[i]!;
      if (row === ROW.touched || row === ROW.deadProducer) return;
      const share = this.table.positions.shareOf(s, consumer);
      const phase = block.phase[i]!;
      const until = Math.min(x1, block.until[i]!);
      const from = this.table.positions.contents(share, phase, x0);
      const to = until > x0 ? this.table.positions.contents(share, phase, until) : from;
      const count = to - from;
      if (row === ROW.silent && count > 0 && !this.useCredit(block, i, s, from, to, x0, share, flushNs)) row = ROW.hold;
      if (count > 0) {
        taken += count;
        const own = this.table.classes.classOf.get(consumer);
        const cls = own && this.table.classes.bookOf(consumer).isApart(own, bin) ? own : undefined;
        if (row === ROW.hold) {
          this.heldRows.heldNow += count;
          if (cls) this.table.classes.bookOf(consumer).withdraw(cls, input, bin, count, true);
        } else {
          let wire = count;
          let queued = 0;
          if (row === ROW.discard) {
            wire = Math.max(0, Math.min(to, block.sent[i]!) - from);
            queued = Math.max(
              0,
              Math.min(to, this.table.positions.contents(share, phase, block.mark[i]!)) - from - wire,
            );
          }
          const discarded = count - wire - queued;
          ledger.losePooled(CAUSE.lostInFlight, groupIndex, bin, wire);
          ledger.losePooled(CAUSE.queuedAtSender, groupIndex, bin, queued);
          ledger.losePooled(CAUSE.discardedAtSender, groupIndex, bin, discarded);
          this.discardedNow += discarded;
          if (cls) this.table.classes.bookOf(consumer).withdraw(cls, input, bin, count, false);
          else this.table.classes.bookOf(consumer).lose(input, bin, count);
        }
      }
      if (block.until[i]! <= x1) this.table.release(block, i, s, consumer);
    });
    return taken;
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
    // The first record of a channel comes when its share has grown by 1 − phase: so much of a credit goes before it.
    const least = (1 - block.phase[i]!) * perFlush;
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
