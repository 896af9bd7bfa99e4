/**
 * Touched channels: those of tasks that are lost one by one. A row's contents are differences of an integer function
 * of the originals that its source has emitted, floor(share · x + phase); while a row is apart its share is taken out
 * of every quantum of its source and lost, discarded or held here. Counts that earlier quanta carried although a row
 * lost them are a debt of the source's next quanta.
 */
import type { RandomFamily } from "../../../kernel/random.js";
import { HeldRows } from "./held-rows.js";
import type { MatchBook } from "./match-book.js";
import { CAUSE, type RecordLedger } from "./record-ledger.js";
import { ROW, RowBlock } from "./row-block.js";
import { RowClasses } from "./row-classes.js";
import { RowDebts } from "./row-debts.js";
import { creditsLeft, type HoldingRow, positionWhenFull } from "./row-limits.js";
import { RowPositions } from "./row-positions.js";
import type { SourceDoor } from "./source-door.js";
import { CONSUMER_OPEN, CONSUMER_PASSED, DEAD, HAS_ROWS, type LumpedState } from "./state.js";

/** A restarted consumer takes part in the walk again when this share of its channels has been released. */
const RELEASED_ENOUGH = 0.25;

export class Rows {
  private readonly state: LumpedState;
  private readonly ledger: RecordLedger;
  private readonly sources: SourceDoor;
  private readonly positions: RowPositions;
  readonly classes: RowClasses;
  readonly debts: RowDebts;
  readonly heldRows: HeldRows;
  private readonly phases: RandomFamily;
  readonly ofConsumer = new Map<number, RowBlock>();
  readonly ofSource = new Map<number, RowBlock>();
  private consumerBlocks: RowBlock[] = [];
  private readonly rowsOf: Int32Array;
  /** Discarded at the sender, in the bin of the visit. */
  discardedNow = 0;
  private readonly touchNs: Float64Array;
  /** Since when a source has had channels apart, and until when it last had. */
  private readonly rowsSinceNs: Float64Array;
  private readonly rowsUntilNs: Float64Array;

  constructor(state: LumpedState, ledger: RecordLedger, books: readonly MatchBook[], sources: SourceDoor) {
    this.state = state;
    this.ledger = ledger;
    this.sources = sources;
    this.positions = new RowPositions(state, sources);
    this.classes = new RowClasses(state, books);
    this.debts = new RowDebts(state, ledger, books);
    this.heldRows = new HeldRows(state, ledger, sources, this.positions, this.classes);
    this.phases = state.context.streams.family("channel-phase");
    this.rowsOf = new Int32Array(state.layout.sources);
    this.limitStale = new Uint8Array(state.layout.sources);
    this.touchNs = new Float64Array(state.context.topology.tasks).fill(-1);
    this.rowsSinceNs = new Float64Array(state.layout.sources).fill(Number.POSITIVE_INFINITY);
    this.rowsUntilNs = new Float64Array(state.layout.sources).fill(Number.NEGATIVE_INFINITY);
  }

  // --- look-up ---
  private linked(s: number, consumer: number): boolean {
    const { layout } = this.state;
    const first = layout.firstConsumer[s]!;
    return consumer >= first && consumer < first + layout.consumerCount[s]!;
  }
  private index(block: RowBlock, s: number, consumer: number): number {
    return block.source < 0 ? s : consumer - this.state.layout.firstConsumer[s]!;
  }
  /** The block in which the channel is apart. */
  private find(s: number, consumer: number): RowBlock | undefined {
    const mine = this.ofConsumer.get(consumer);
    if (mine && mine.state[s] !== ROW.none) return mine;
    const theirs = this.ofSource.get(s);
    return theirs && theirs.state[consumer - this.state.layout.firstConsumer[s]!] !== ROW.none ? theirs : undefined;
  }

  // --- touching ---
  touchConsumer(consumer: number, nowNs: number): void {
    const { layout } = this.state;
    this.touchNs[layout.consumerTask[consumer]!] = nowNs;
    let block = this.ofConsumer.get(consumer);
    if (block === undefined) {
      block = new RowBlock(consumer, -1, layout.sources);
      this.ofConsumer.set(consumer, block);
      this.consumerBlocks.push(block);
    }
    const sink = layout.sinkOfConsumer[consumer]!;
    for (let s = 0; s < layout.sources; s++) {
      if (
        layout.groups[layout.groupOfSource[s]!]!.sink !== sink ||
        !this.linked(s, consumer) ||
        block.state[s] !== ROW.none
      )
        continue;
      const theirs = this.ofSource.get(s);
      const i = consumer - layout.firstConsumer[s]!;
      if (theirs && theirs.state[i] !== ROW.none) {
        // The channel moves to its consumer's block, as it is.
        block.state[s] = theirs.state[i]!;
        block.phase[s] = theirs.phase[i]!;
        block.mark[s] = theirs.mark[i]!;
        block.sent[s] = theirs.sent[i]!;
        block.until[s] = theirs.until[i]!;
        block.active++;
        const cls = this.classes.classOf.get(consumer);
        if (cls) cls.rows++;
        theirs.state[i] = ROW.none;
        this.dropIfSettled(theirs, -1);
      } else this.makeRow(block, s, s, consumer);
    }
  }

  touchSource(s: number, nowNs: number): void {
    const { layout } = this.state;
    this.touchNs[layout.sourceTask[s]!] = nowNs;
    let block = this.ofSource.get(s);
    if (block === undefined) {
      block = new RowBlock(-1, s, layout.consumerCount[s]!);
      this.ofSource.set(s, block);
    }
    for (let i = 0; i < block.rows; i++) {
      const consumer = layout.firstConsumer[s]! + i;
      if (block.state[i] === ROW.none && !this.find(s, consumer)) this.makeRow(block, i, s, consumer);
    }
  }

  private makeRow(block: RowBlock, i: number, s: number, consumer: number): void {
    const { layout } = this.state;
    block.state[i] = ROW.touched;
    block.phase[i] = this.phases.uniform(layout.sourceTask[s]!, layout.consumerTask[consumer]!);
    block.until[i] = Number.POSITIVE_INFINITY;
    block.active++;
    this.rowsOf[s] = this.rowsOf[s]! + 1;
    if (block.consumer < 0) return;
    const cls = this.classes.classOf.get(consumer);
    if (cls) cls.rows++;
  }

  private release(block: RowBlock, i: number, s: number, consumer: number): void {
    block.state[i] = ROW.none;
    const { sourceFlags } = this.state;
    this.rowsOf[s] = this.rowsOf[s]! - 1;
    if (this.rowsOf[s] === 0) {
      sourceFlags[s] = sourceFlags[s]! & ~HAS_ROWS;
      this.rowsSinceNs[s] = Number.POSITIVE_INFINITY;
      this.rowsUntilNs[s] = this.state.context.sim.nowNs;
      this.state.stallAt[s] = Number.POSITIVE_INFINITY;
      this.limitStale[s] = 0;
      this.positions.bends.delete(s);
    }
    // Channels that are apart because of their source do not set their consumer's class apart.
    const cls = block.consumer < 0 ? undefined : this.classes.classOf.get(consumer);
    if (cls && --cls.rows === 0) this.classes.bookOf(consumer).released(cls);
    this.dropIfSettled(block, consumer);
  }

  private dropIfSettled(block: RowBlock, consumer: number): void {
    block.active--;
    if (consumer >= 0 && block.consumer === consumer) this.maybeOpen(block);
    if (block.active > 0) return;
    if (block.source >= 0) this.ofSource.delete(block.source);
    else {
      this.ofConsumer.delete(block.consumer);
      this.consumerBlocks = this.consumerBlocks.filter((other) => other !== block);
    }
  }

  private maybeOpen(block: RowBlock): void {
    const { state } = this;
    const c = block.consumer;
    if (state.consumerMode[c] !== CONSUMER_PASSED || !state.consumerAlive[c]) return;
    const all = this.producersOf(c);
    if (block.active <= all * (1 - RELEASED_ENOUGH)) state.setMode(c, CONSUMER_OPEN);
  }
  private producersOf(c: number): number {
    const { layout } = this.state;
    let count = 0;
    for (const group of layout.sinks[layout.sinkOfConsumer[c]!]!.inputs)
      count += group.edge.allToAll ? group.sources : Math.max(1, Math.round(group.sources / group.edge.consumers));
    return count;
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
      block.credits[s] = creditsLeft(state, s, this.positions.shareOf(s, consumer), block.phase[s]!);
      block.flushNs[s] = -1;
      block.torn[s] = 0;
      state.sourceFlags[s] = state.sourceFlags[s]! | HAS_ROWS;
      if (this.rowsSinceNs[s] === Number.POSITIVE_INFINITY) this.rowsSinceNs[s] = nowNs;
    }
  }

  /** True if the source, whose attempt ended at `endedNs`, can have lost records in channels apart that its next attempt reads again. */
  hadRows(s: number, endedNs: number): boolean {
    const { offsetCommitIntervalNs } = this.state.layout.config.costs;
    return (
      this.rowsSinceNs[s]! < endedNs ||
      this.rowsUntilNs[s]! > endedNs - offsetCommitIntervalNs - this.state.layout.resolutionNs
    );
  }

  /** What is between the sender's buffers and the consumer's state when the consumer dies. */
  private inFlight(block: RowBlock, s: number, consumer: number, nowNs: number, drainNs: number): { flushed: number } {
    const share = this.positions.shareOf(s, consumer);
    const processed = this.positions.sentBy(block, s, s, share, Math.max(0, nowNs - drainNs));
    const flushed = this.positions.contents(share, block.phase[s]!, this.positions.flushedX(s));
    // Segments sent since the last flush are still in no quantum: the next visit counts them.
    block.sent[s] = this.positions.sentBy(block, s, s, share, nowNs);
    return { flushed: Math.max(0, flushed - processed) };
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

  private eachRow(s: number, visit: (block: RowBlock, i: number, consumer: number) => void): void {
    const own = this.ofSource.get(s);
    if (own)
      for (let i = 0; i < own.rows; i++)
        if (own.state[i] !== ROW.none) visit(own, i, this.state.layout.firstConsumer[s]! + i);
    for (const block of [...this.consumerBlocks]) if (block.state[s] !== ROW.none) visit(block, s, block.consumer);
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

  /** Which sources' limits must be found anew at their next visit: rows began or ceased to hold. */
  private readonly limitStale: Uint8Array;

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
      if (row !== ROW.discard) {
        // No close ever came: what is queued goes to the old view and is lost with it.
        block.state[i] = ROW.discard;
        block.mark[i] = this.positions.xAt(s, nowNs);
        block.sent[i] = this.positions.sentBy(block, i, s, this.positions.shareOf(s, consumer), nowNs);
      }
      block.until[i] = this.positions.xAt(s, nowNs);
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

  // --- visits ---
  /** Takes the rows' shares of the originals [x0, x1) of one event bin out of the source's quantum; returns their number. */
  withdraw(s: number, groupIndex: number, x0: number, x1: number, bin: number, flushNs: number): number {
    let taken = 0;
    const { ledger } = this;
    const input = this.state.layout.groups[groupIndex]!.input;
    if (this.positions.bends.has(s)) this.positions.bends.get(s)!.push(x0, x1, bin);
    this.eachRowFast(s, (block, i, consumer) => {
      let row = block.state[i]!;
      if (row === ROW.touched || row === ROW.deadProducer) return;
      const share = this.positions.shareOf(s, consumer);
      const phase = block.phase[i]!;
      const until = Math.min(x1, block.until[i]!);
      const from = this.positions.contents(share, phase, x0);
      const to = until > x0 ? this.positions.contents(share, phase, until) : from;
      const count = to - from;
      if (row === ROW.silent && count > 0 && !this.useCredit(block, i, s, from, to, x0, share, flushNs)) row = ROW.hold;
      if (count > 0) {
        taken += count;
        const own = this.classes.classOf.get(consumer);
        const cls = own && this.classes.bookOf(consumer).isApart(own, bin) ? own : undefined;
        if (row === ROW.hold) {
          this.heldRows.heldNow += count;
          if (cls) this.classes.bookOf(consumer).withdraw(cls, input, bin, count, true);
        } else {
          let wire = count;
          let queued = 0;
          if (row === ROW.discard) {
            wire = Math.max(0, Math.min(to, block.sent[i]!) - from);
            queued = Math.max(0, Math.min(to, this.positions.contents(share, phase, block.mark[i]!)) - from - wire);
          }
          const discarded = count - wire - queued;
          ledger.losePooled(CAUSE.lostInFlight, groupIndex, bin, wire);
          ledger.losePooled(CAUSE.queuedAtSender, groupIndex, bin, queued);
          ledger.losePooled(CAUSE.discardedAtSender, groupIndex, bin, discarded);
          this.discardedNow += discarded;
          if (cls) this.classes.bookOf(consumer).withdraw(cls, input, bin, count, false);
          else this.classes.bookOf(consumer).lose(input, bin, count);
        }
      }
      if (block.until[i]! <= x1) this.release(block, i, s, consumer);
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
    const crossed = this.positions.segmentsFilled(s, block.phase[i]!, from, to);
    const { layout } = this.state;
    // Contents are spread evenly here, but come at random: some flushes find nothing, others more than the mean.
    const mean = layout.groups[layout.groupOfSource[s]!]!.meanPerBin * share;
    const perFlush = (1 - Math.exp(-mean)) / Math.min(1, mean);
    const least = block.phase[i]! * perFlush;
    if (block.flushNs[i] !== flushNs) {
      if (block.credits[i]! <= least) {
        block.state[i] = ROW.hold;
        block.mark[i] = x0;
        this.limitStale[s] = 1;
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

  private eachRowFast(s: number, visit: (block: RowBlock, i: number, consumer: number) => void): void {
    const blocks = this.consumerBlocks;
    for (let b = blocks.length - 1; b >= 0; b--) {
      const block = blocks[b]!;
      if (block.state[s] !== ROW.none) visit(block, s, block.consumer);
    }
    const own = this.ofSource.get(s);
    if (own)
      for (let i = 0; i < own.rows; i++)
        if (own.state[i] !== ROW.none) visit(own, i, this.state.layout.firstConsumer[s]! + i);
  }

  /** Records held by rows, by event bin, for the walk at the end. */
  walkHeld(visit: (s: number, bin: number, count: number) => void): void {
    for (let s = 0; s < this.state.layout.sources; s++) {
      if (this.rowsOf[s] === 0) continue;
      this.eachRow(s, (block, i, consumer) => {
        if (block.state[i] === ROW.hold)
          this.positions.eachHeldPiece(block, i, s, consumer, (bin, count) => visit(s, bin, count));
      });
    }
  }
}
