/** What a row holds for a consumer without a view: sent on when there is one, or lost, but for the half record at its head. */
import { OWN } from "./quanta.js";
import { CAUSE, type RecordLedger } from "./record-ledger.js";
import type { RowBlock } from "./row-block.js";
import type { RowClasses } from "./row-classes.js";
import type { RowPositions } from "./row-positions.js";
import type { SourceDoor } from "./source-door.js";
import { CONSUMER_OPEN, type LumpedState } from "./state.js";

export class HeldRows {
  /** Records that rows hold back now. */
  heldNow = 0;
  /** The first held record of the row that is sent now was dropped. */
  private halfRecordGone = false;
  private readonly state: LumpedState;
  private readonly ledger: RecordLedger;
  private readonly sources: SourceDoor;
  private readonly positions: RowPositions;
  private readonly classes: RowClasses;

  constructor(
    state: LumpedState,
    ledger: RecordLedger,
    sources: SourceDoor,
    positions: RowPositions,
    classes: RowClasses,
  ) {
    this.state = state;
    this.ledger = ledger;
    this.sources = sources;
    this.positions = positions;
    this.classes = classes;
  }

  loseHeld(block: RowBlock, i: number, s: number, consumer: number, cause: number): void {
    const cls = this.classes.classOf.get(consumer);
    const input = this.state.layout.groups[this.state.layout.groupOfSource[s]!]!.input;
    const book = this.classes.bookOf(consumer);
    this.positions.eachHeldPiece(block, i, s, consumer, (bin, count, end) => {
      this.ledger.loseOwn(s, cause, end, bin, count, 0);
      this.heldNow -= count;
      if (cls && book.isApart(cls, bin)) book.giveBack(cls, input, bin, count);
    });
  }

  /** A live sender recycles what a row holds. */
  loseQueue(block: RowBlock, i: number, s: number, consumer: number): void {
    const group = this.state.layout.groupOfSource[s]!;
    const { input } = this.state.layout.groups[group]!;
    const book = this.classes.bookOf(consumer);
    const cls = this.classes.classOf.get(consumer);
    this.positions.eachHeldPiece(block, i, s, consumer, (bin, count) => {
      this.heldNow -= count;
      this.ledger.losePooled(CAUSE.queuedAtSender, group, bin, count);
      if (cls && book.isApart(cls, bin)) {
        book.giveBack(cls, input, bin, count);
        book.withdraw(cls, input, bin, count, false);
      } else book.lose(input, bin, count);
    });
  }

  /** A view starts on a record boundary: of what the row holds, the rest of a record whose head is gone is lost. */
  dropHalfRecord(block: RowBlock, i: number, s: number, consumer: number): void {
    if (block.torn[i] === 0) return;
    block.torn[i] = 0;
    const { layout } = this.state;
    const group = layout.groupOfSource[s]!;
    const { input } = layout.groups[group]!;
    const book = this.classes.bookOf(consumer);
    const cls = this.classes.classOf.get(consumer);
    let dropped = false;
    this.positions.eachHeldPiece(block, i, s, consumer, (bin) => {
      if (dropped) return;
      dropped = true;
      this.heldNow--;
      this.ledger.losePooled(CAUSE.partialRecords, group, bin, 1);
      if (cls && book.isApart(cls, bin)) {
        book.giveBack(cls, input, bin, 1);
        book.withdraw(cls, input, bin, 1, false);
      } else book.lose(input, bin, 1);
    });
    this.halfRecordGone = dropped;
  }

  /** What the row holds before position `before` goes to its consumer. */
  sendHeld(block: RowBlock, i: number, s: number, consumer: number, nowNs: number, before: number): void {
    const { state, sources } = this;
    const { resolutionNs, groupOfSource } = state.layout;
    const mode = state.consumerMode[consumer]!;
    const { serviceNs } = state.layout.sinks[state.layout.sinkOfConsumer[consumer]!]!;
    // It goes to this consumer, whether it takes its turns again already or not.
    state.consumerMode[consumer] = CONSUMER_OPEN;
    this.positions.eachHeldPiece(
      block,
      i,
      s,
      consumer,
      (bin, all, end) => {
        const count = this.halfRecordGone ? all - 1 : all;
        this.halfRecordGone = false;
        if (count === 0) return;
        this.heldNow -= count;
        state.ownUntilNs[consumer] = Math.max(nowNs, state.ownUntilNs[consumer]!) + count * serviceNs;
        sources.send(
          s,
          groupOfSource[s]!,
          consumer,
          nowNs,
          Math.min(nowNs, bin * resolutionNs),
          Math.min(resolutionNs, Math.max(0, nowNs - bin * resolutionNs)),
          bin,
          count,
          0,
          end,
          OWN,
        );
      },
      before,
    );
    state.consumerMode[consumer] = mode;
  }
}
