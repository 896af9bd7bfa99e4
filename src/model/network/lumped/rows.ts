/**
 * Touched channels: those of tasks that are lost one by one. A row's contents are differences of an integer function
 * of the originals that its source has emitted, floor(share · x + phase); while a row is apart its share is taken out
 * of every quantum of its source and lost, discarded or held here. Counts that earlier quanta carried although a row
 * lost them are a debt of the source's next quanta.
 */
import { HeldRows } from "./held-rows.js";
import type { MatchBook } from "./match-book.js";
import { CAUSE, type RecordLedger } from "./record-ledger.js";
import { ROW, type RowBlock } from "./row-block.js";
import { RowDebts } from "./row-debts.js";
import { creditsLeft, type HoldingRow, positionWhenFull } from "./row-limits.js";
import { RowTable } from "./row-table.js";
import { RowWithdrawals } from "./row-withdrawals.js";
import type { SourceDoor } from "./source-door.js";
import { DEAD, HAS_ROWS, type LumpedState } from "./state.js";

export class Rows extends RowTable {
  readonly debts: RowDebts;
  readonly heldRows: HeldRows;
  readonly withdrawals: RowWithdrawals;
  private readonly sources: SourceDoor;

  constructor(state: LumpedState, ledger: RecordLedger, books: readonly MatchBook[], sources: SourceDoor) {
    super(state, books, sources);
    this.sources = sources;
    this.debts = new RowDebts(state, ledger, books);
    this.heldRows = new HeldRows(state, ledger, sources, this.positions, this.classes);
    this.withdrawals = new RowWithdrawals(state, ledger, this, this.heldRows);
  }

  // --- deaths ---

  /** The touched consumer's attempt ends: what was under way to it, or in its gate, is lost. */
  consumerDied(consumer: number, nowNs: number, drainNs: number, silent: boolean): void {
    const block = this.ofConsumer.get(consumer);
    if (block === undefined) return;
    const { state } = this;
    const cls = this.classes.classFor(consumer, this.ofConsumer, this.touchNs, nowNs);
    this.classes.bookOf(consumer).died(cls, this.classes.keyShare(consumer));
    for (let s = 0; s < block.rows; s++) {
      if (block.state[s] !== ROW.touched) {
        block.behind[s] = 0;
        if (block.until[s] !== Number.POSITIVE_INFINITY) block.until[s] = Number.POSITIVE_INFINITY;
        continue;
      }
      const dying = this.touchNs[state.layout.sourceTask[s]!] === nowNs;
      const lost = this.inFlight(block, s, consumer, nowNs, drainNs);
      if (lost.flushed > 0) this.debts.loseInFlight(s, lost.flushed, dying);
      if (state.sourceFlags[s]! & DEAD) {
        block.state[s] = ROW.deadProducer;
        continue;
      }
      block.state[s] = silent ? ROW.silent : ROW.deadConsumer;
      const share = this.positions.shareOf(s, consumer);
      block.credits[s] = creditsLeft(state, s, share, block.phase[s]!);
      block.firstIn[s] = 1 - ((share * this.positions.flushedX(s) + block.phase[s]!) % 1);
      block.processed[s] = silent ? 0 : lost.processed;
      block.mostProcessed = Math.max(block.mostProcessed, block.processed[s]!);
      block.flushNs[s] = -1;
      block.torn[s] = 0;
      state.sourceFlags[s] = state.sourceFlags[s]! | HAS_ROWS;
      if (this.rowsSinceNs[s] === Number.POSITIVE_INFINITY) this.rowsSinceNs[s] = nowNs;
    }
  }

  /** What is between the sender's buffers and the consumer's state when the consumer dies. */
  private inFlight(
    block: RowBlock,
    s: number,
    consumer: number,
    nowNs: number,
    drainNs: number,
  ): { flushed: number; processed: number } {
    const share = this.positions.shareOf(s, consumer);
    const processed = this.positions.sentBy(block, s, s, share, Math.max(0, nowNs - drainNs));
    const flushed = this.positions.contents(share, block.phase[s]!, this.positions.flushedX(s));
    // Segments sent since the last flush are still in no quantum: the next visit counts them.
    block.sent[s] = this.positions.sentBy(block, s, s, share, nowNs);
    return { flushed: Math.max(0, flushed - processed), processed };
  }

  /** The source's attempt ends: its rows with it. Held contents are lost. */
  sourceDied(s: number): void {
    const { state } = this;
    this.eachRow(s, (block, i, consumer) => {
      if (block.state[i] === ROW.hold) this.heldRows.loseHeld(block, i, s, consumer, CAUSE.unflushedOutput);
      block.state[i] = ROW.deadProducer;
      block.behind[i] = 0;
      block.until[i] = Number.POSITIVE_INFINITY;
    });
    state.stallAt[s] = Number.POSITIVE_INFINITY;
    this.positions.bends.delete(s);
  }

  /** A new attempt of the source is RUNNING: its channels have no view yet. */
  sourceStarted(s: number): void {
    const { state } = this;
    const x = this.positions.flushedX(s);
    let rows = false;
    this.eachRow(s, (block, i) => {
      if (block.state[i] === ROW.touched) return;
      block.state[i] = ROW.hold;
      block.mark[i] = x;
      block.torn[i] = 0;
      block.until[i] = Number.POSITIVE_INFINITY;
      rows = true;
    });
    if (!rows) return;
    state.sourceFlags[s] = state.sourceFlags[s]! | HAS_ROWS;
    this.positions.bends.set(s, []);
    this.limitStale[s] = 1;
  }

  // --- views ---
  closeView(s: number, consumer: number, discard: boolean, nowNs: number): void {
    const block = this.find(s, consumer);
    if (block === undefined) return;
    const i = this.index(block, s, consumer);
    if (block.state[i] === ROW.hold && discard) this.heldRows.loseQueue(block, i, s, consumer);
    else if (block.state[i] !== ROW.deadConsumer && block.state[i] !== ROW.silent) return;
    const share = this.positions.shareOf(s, consumer);
    if (discard) {
      block.state[i] = ROW.discard;
      block.mark[i] = this.positions.xAt(s, nowNs);
      block.sent[i] = this.positions.sentBy(block, i, s, share, nowNs);
    } else {
      block.state[i] = ROW.hold;
      block.mark[i] = this.positions.flushedX(s);
      block.processed[i] = 0;
      const phase = block.phase[i]!;
      const written = this.positions.contents(share, phase, this.positions.xAt(s, nowNs));
      block.torn[i] =
        this.positions.segmentsFilled(s, phase, this.positions.contents(share, phase, block.mark[i]!), written) > 0
          ? 1
          : 0;
      this.limitStale[s] = 1;
      this.state.sourceFlags[s] = this.state.sourceFlags[s]! | HAS_ROWS;
    }
  }

  /** The source reads on until a held row, or the pool with them, is full. */
  limitReading(s: number): void {
    if (this.limitStale[s] === 0) return;
    this.limitStale[s] = 0;
    const { state } = this;
    const held: HoldingRow[] = [];
    this.eachRow(s, (block, i, consumer) => {
      if (block.state[i] !== ROW.hold || block.until[i] !== Number.POSITIVE_INFINITY) return;
      const share = this.positions.shareOf(s, consumer);
      held.push({
        share,
        phase: block.phase[i]!,
        base: this.positions.contents(share, block.phase[i]!, block.mark[i]!),
      });
    });
    state.stallAt[s] = Number.POSITIVE_INFINITY;
    if (held.length === 0) return;
    state.stallAt[s] = positionWhenFull(state, this.positions, s, held) - this.sources.shift[s]!;
  }

  /** The consumer's newest attempt has its view: the channel goes back to the quanta. */
  registerView(s: number, consumer: number, nowNs: number): void {
    const block = this.find(s, consumer);
    if (block === undefined) return;
    const i = this.index(block, s, consumer);
    const row = block.state[i]!;
    if (row === ROW.hold) {
      this.heldRows.dropHalfRecord(block, i, s, consumer);
      const end = block.consumer < 0 ? Number.POSITIVE_INFINITY : this.positions.firstBufferEnd(block, i, s, consumer);
      this.heldRows.sendHeld(block, i, s, consumer, nowNs, end);
      if (end === Number.POSITIVE_INFINITY) this.release(block, i, s, consumer);
      else {
        block.mark[i] = end;
        block.behind[i] = 1;
        block.behindRows++;
      }
      if (this.state.stallAt[s] !== Number.POSITIVE_INFINITY) this.limitStale[s] = 1;
    } else if (row === ROW.discard || row === ROW.deadConsumer || row === ROW.silent) {
      // Where no close ever came, what the old view has not sent by now waits in the queue for the new one.
      block.until[i] = row === ROW.discard ? this.positions.xAt(s, nowNs) : this.positions.flushedX(s);
      block.mayEnd = true;
      if (block.until[i]! <= this.positions.flushedX(s)) this.release(block, i, s, consumer);
    } else this.release(block, i, s, consumer);
    if (block.behindRows > 0) this.sendBehind(block, nowNs);
  }

  /** The gate takes a buffer of every channel that has one before any second one: those follow when all have their views. */
  private sendBehind(block: RowBlock, nowNs: number): void {
    const waits = (s: number): boolean => {
      const row = block.state[s]!;
      if (row === ROW.hold) return block.behind[s] === 0;
      return (
        (row === ROW.discard && block.until[s] === Number.POSITIVE_INFINITY) ||
        row === ROW.deadConsumer ||
        row === ROW.silent
      );
    };
    for (let looked = 0; looked < block.rows; looked++) {
      if (waits(block.waitingAt)) return;
      block.waitingAt = (block.waitingAt + 1) % block.rows;
    }
    block.behindRows = 0;
    for (let s = 0; s < block.rows; s++) {
      if (block.state[s] !== ROW.hold || block.behind[s] === 0) continue;
      block.behind[s] = 0;
      this.heldRows.sendHeld(block, s, s, block.consumer, nowNs, Number.POSITIVE_INFINITY);
      this.release(block, s, s, block.consumer);
      if (this.state.stallAt[s] !== Number.POSITIVE_INFINITY) this.limitStale[s] = 1;
    }
  }

  /** Bulk: the consumer's channels are no longer told apart. */
  forgetConsumer(consumer: number): void {
    const { layout } = this.state;
    for (let s = 0; s < layout.sources; s++) {
      if (
        !this.linked(s, consumer) ||
        layout.groups[layout.groupOfSource[s]!]!.sink !== layout.sinkOfConsumer[consumer]
      )
        continue;
      const block = this.find(s, consumer);
      if (block === undefined) continue;
      const i = this.index(block, s, consumer);
      if (block.state[i] === ROW.hold) this.heldRows.loseHeld(block, i, s, consumer, CAUSE.queuedAtSender);
      this.release(block, i, s, consumer);
    }
  }

  /** Records held by rows, by event bin, for the walk at the end. */
  walkHeld(visit: (s: number, bin: number, count: number) => void): void {
    for (let s = 0; s < this.state.layout.sources; s++) {
      if (this.rowsOf[s] === 0) continue;
      const held: { phase: number; share: number; mark: number }[] = [];
      this.eachRow(s, (block, i, consumer) => {
        if (block.state[i] !== ROW.hold) return;
        if (this.positions.bends.has(s))
          this.positions.eachHeldPiece(block, i, s, consumer, (bin, count) => visit(s, bin, count));
        else held.push({ phase: block.phase[i]!, share: this.positions.shareOf(s, consumer), mark: block.mark[i]! });
      });
      if (held.length > 0) this.positions.heldByBin(s, held, (bin, count) => visit(s, bin, count));
    }
  }
}
