/**
 * Which channels are touched: blocks of rows, one for each task that was lost. Rows are made when their task is about
 * to end, and go when their channel is like any other again.
 */
import type { RandomFamily } from "../../../kernel/random.js";
import type { MatchBook } from "./match-book.js";
import { ROW, RowBlock } from "./row-block.js";
import { RowClasses } from "./row-classes.js";
import { RowPositions } from "./row-positions.js";
import type { SourceDoor } from "./source-door.js";
import { CONSUMER_OPEN, CONSUMER_PASSED, HAS_ROWS, type LumpedState } from "./state.js";

/** A restarted consumer takes part in the walk again when this share of its channels has been released. */
const RELEASED_ENOUGH = 0.25;

export class RowTable {
  readonly ofConsumer = new Map<number, RowBlock>();
  readonly ofSource = new Map<number, RowBlock>();
  /** 1 where `ofSource` has a block: asked at every visit of a source that has rows. */
  readonly hasBlock: Uint8Array;
  readonly classes: RowClasses;
  readonly positions: RowPositions;
  /** Which sources' limits must be found anew at their next visit: rows began or ceased to hold. */
  readonly limitStale: Uint8Array;
  protected readonly state: LumpedState;
  /** When a task was last touched. */
  protected readonly touchNs: Float64Array;
  protected readonly rowsOf: Int32Array;
  /** Since when a source has had channels apart, and until when it last had. */
  protected readonly rowsSinceNs: Float64Array;
  private readonly rowsUntilNs: Float64Array;
  /** Blocks of consumers, oldest first. */
  consumerBlocks: RowBlock[] = [];
  private readonly phases: RandomFamily;

  constructor(state: LumpedState, books: readonly MatchBook[], sources: SourceDoor) {
    this.state = state;
    this.positions = new RowPositions(state, sources);
    this.classes = new RowClasses(state, books);
    this.phases = state.context.streams.family("channel-phase");
    this.rowsOf = new Int32Array(state.layout.sources);
    this.limitStale = new Uint8Array(state.layout.sources);
    this.hasBlock = new Uint8Array(state.layout.sources);
    this.touchNs = new Float64Array(state.context.topology.tasks).fill(-1);
    this.rowsSinceNs = new Float64Array(state.layout.sources).fill(Number.POSITIVE_INFINITY);
    this.rowsUntilNs = new Float64Array(state.layout.sources).fill(Number.NEGATIVE_INFINITY);
  }

  protected linked(s: number, consumer: number): boolean {
    const { layout } = this.state;
    const first = layout.firstConsumer[s]!;
    return consumer >= first && consumer < first + layout.consumerCount[s]!;
  }
  protected index(block: RowBlock, s: number, consumer: number): number {
    return block.source < 0 ? s : consumer - this.state.layout.firstConsumer[s]!;
  }
  /** The block in which the channel is apart. */
  protected find(s: number, consumer: number): RowBlock | undefined {
    const mine = this.ofConsumer.get(consumer);
    if (mine && mine.state[s] !== ROW.none) return mine;
    const theirs = this.ofSource.get(s);
    return theirs && theirs.state[consumer - this.state.layout.firstConsumer[s]!] !== ROW.none ? theirs : undefined;
  }

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
        block.mayEnd ||= theirs.mayEnd;
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
      this.hasBlock[s] = 1;
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

  release(block: RowBlock, i: number, s: number, consumer: number): void {
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
    if (block.source >= 0) {
      this.ofSource.delete(block.source);
      this.hasBlock[block.source] = 0;
    } else {
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

  /** True if the source, whose attempt ended at `endedNs`, can have lost records in channels apart that its next attempt reads again. */
  hadRows(s: number, endedNs: number): boolean {
    const { offsetCommitIntervalNs } = this.state.layout.config.costs;
    return (
      this.rowsSinceNs[s]! < endedNs ||
      this.rowsUntilNs[s]! > endedNs - offsetCommitIntervalNs - this.state.layout.resolutionNs
    );
  }

  /** All rows of a source; `visit` may release them. */
  eachRow(s: number, visit: (block: RowBlock, i: number, consumer: number) => void): void {
    const own = this.ofSource.get(s);
    if (own)
      for (let i = 0; i < own.rows; i++)
        if (own.state[i] !== ROW.none) visit(own, i, this.state.layout.firstConsumer[s]! + i);
    for (const block of [...this.consumerBlocks]) if (block.state[s] !== ROW.none) visit(block, s, block.consumer);
  }
}
