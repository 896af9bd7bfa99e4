/**
 * Touched channels: those of tasks that are lost one by one. A row's contents are differences of an integer function
 * of the originals that its source has emitted, floor(share · x + phase); while a row is apart its share is taken out
 * of every quantum of its source and lost, discarded or held here. Counts that earlier quanta carried although a row
 * lost them are a debt of the source's next quanta.
 */
import type { RandomFamily } from "../../../kernel/random.js";
import type { MatchBook } from "./match-book.js";
import type { MatchClass } from "./match-class.js";
import { OWN } from "./quanta.js";
import { CAUSE, type RecordLedger } from "./record-ledger.js";
import { ROW, RowBlock } from "./row-block.js";
import type { SourceDoor } from "./source-door.js";
import { BEHIND, CONSUMER_OPEN, CONSUMER_PASSED, DEAD, HAS_ROWS, IN_DEBT, type LumpedState } from "./state.js";

/** A restarted consumer takes part in the walk again when this share of its channels has been released. */
const RELEASED_ENOUGH = 0.25;

export class Rows {
  private readonly state: LumpedState;
  private readonly ledger: RecordLedger;
  private readonly books: readonly MatchBook[];
  private readonly sources: SourceDoor;
  private readonly phases: RandomFamily;
  readonly ofConsumer = new Map<number, RowBlock>();
  readonly ofSource = new Map<number, RowBlock>();
  private consumerBlocks: RowBlock[] = [];
  private readonly rowsOf: Int32Array;
  /** Match class of a consumer apart; by consumer. */
  readonly classOf = new Map<number, MatchClass>();
  /** Debts to rows whose loss stands, and to rows whose loss was taken back by a second reading. */
  readonly debtLost: Int32Array;
  readonly debtBack: Int32Array;
  /** Discarded at the sender, in the bin of the visit. */
  discardedNow = 0;
  /** Records that rows hold back now. */
  heldNow = 0;
  /** Where the positions of a source lie in its log while it reads a second time: position, bin, …; by source. */
  private readonly bends = new Map<number, number[]>();
  private readonly touchNs: Float64Array;
  /** Since when a source has had channels apart, and until when it last had. */
  private readonly rowsSinceNs: Float64Array;
  private readonly rowsUntilNs: Float64Array;

  constructor(state: LumpedState, ledger: RecordLedger, books: readonly MatchBook[], sources: SourceDoor) {
    this.state = state;
    this.ledger = ledger;
    this.books = books;
    this.sources = sources;
    this.phases = state.context.streams.family("channel-phase");
    this.rowsOf = new Int32Array(state.layout.sources);
    this.limitStale = new Uint8Array(state.layout.sources);
    this.debtLost = new Int32Array(state.layout.sources);
    this.debtBack = new Int32Array(state.layout.sources);
    this.touchNs = new Float64Array(state.context.topology.tasks).fill(-1);
    this.rowsSinceNs = new Float64Array(state.layout.sources).fill(Number.POSITIVE_INFINITY);
    this.rowsUntilNs = new Float64Array(state.layout.sources).fill(Number.NEGATIVE_INFINITY);
  }

  // --- look-up ---
  private shareOf(s: number, consumer: number): number {
    const { layout } = this.state;
    const group = layout.groups[layout.groupOfSource[s]!]!;
    return group.edge.allToAll
      ? group.edge.shares[consumer - layout.sinks[group.sink]!.base]!
      : 1 / layout.consumerCount[s]!;
  }
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

  /** Originals emitted up to what is flushed. */
  private flushedX(s: number): number {
    return this.state.flushed[s]! + this.sources.shift[s]!;
  }
  /** Contents of the channel up to position x. */
  private contents(share: number, phase: number, x: number): number {
    return Math.floor(share * x + phase);
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
        const cls = this.classOf.get(consumer);
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
    const cls = this.classOf.get(consumer);
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
      this.bends.delete(s);
    }
    // Channels that are apart because of their source do not set their consumer's class apart.
    const cls = block.consumer < 0 ? undefined : this.classOf.get(consumer);
    if (cls && --cls.rows === 0) this.bookOf(consumer).released(cls);
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

  private bookOf(consumer: number): MatchBook {
    return this.books[this.state.layout.sinkOfConsumer[consumer]!]!;
  }

  // --- deaths ---
  /** Consumers touched now leave their base classes together, before the first of them ends. */
  private classFor(consumer: number, nowNs: number): MatchClass {
    let cls = this.classOf.get(consumer);
    const { layout } = this.state;
    const book = this.bookOf(consumer);
    if (cls && book.apartAgain(cls, (from) => this.merged(from))) return cls;
    const sink = layout.sinks[layout.sinkOfConsumer[consumer]!]!;
    const members: number[] = [];
    const shares = new Float64Array(book.bases);
    // One class never mixes base classes: what its channels take out of the quanta is taken out of one base's rest.
    const slot = book.slotOf[consumer - sink.base]!;
    for (const c of this.ofConsumer.keys()) {
      if (
        layout.sinkOfConsumer[c] !== sink.index ||
        this.classOf.has(c) ||
        this.touchNs[layout.consumerTask[c]!] !== nowNs
      )
        continue;
      if (book.slotOf[c - sink.base] !== slot) continue;
      members.push(c);
      shares[slot] = shares[slot]! + this.keyShare(c);
    }
    cls = book.split(shares);
    for (const c of members) {
      this.classOf.set(c, cls);
      this.state.classOf[c] = cls.id;
      cls.rows += this.ofConsumer.get(c)!.active;
    }
    return cls;
  }

  /** Consumers that ended unseen while others of their vertex live on, where channels are dealt with in bulk; when the last did. */
  private readonly apartInBulk = new Map<number, MatchClass>();
  private bulkNs = -1;

  /** The consumer's machine went silent: its state is gone, and nothing reaches it until its views are registered anew. */
  setApartInBulk(consumer: number, nowNs: number): void {
    if (this.classOf.has(consumer)) return;
    const book = this.bookOf(consumer);
    const shares = new Float64Array(book.bases);
    const sink = this.state.layout.sinks[this.state.layout.sinkOfConsumer[consumer]!]!;
    const slot = book.slotOf[consumer - sink.base]!;
    shares[slot] = this.keyShare(consumer);
    let cls: MatchClass | undefined;
    if (this.bulkNs === nowNs)
      for (const [other, its] of this.apartInBulk)
        if (its.slot === slot && this.state.layout.sinkOfConsumer[other] === sink.index) cls = its;
    if (cls) book.splitMore(cls, shares);
    else {
      cls = book.split(shares);
      cls.inBulk = true;
    }
    this.bulkNs = nowNs;
    cls.rows++;
    this.apartInBulk.set(consumer, cls);
    this.classOf.set(consumer, cls);
    this.state.classOf[consumer] = cls.id;
  }

  /** All its views are registered: quanta bring it its share again. */
  joinInBulk(consumer: number): void {
    const cls = this.apartInBulk.get(consumer);
    if (cls === undefined) return;
    this.apartInBulk.delete(consumer);
    if (--cls.rows === 0) this.bookOf(consumer).released(cls);
  }

  /** Share of the keys that a consumer owns. */
  keyShare(consumer: number): number {
    const { layout } = this.state;
    const sink = layout.sinks[layout.sinkOfConsumer[consumer]!]!;
    const edge = sink.inputs[0]!.edge;
    return edge.allToAll ? edge.shares[consumer - sink.base]! : 1 / sink.consumers;
  }

  /** The consumers of a class went back to their base classes. */
  merged(from: number): void {
    for (const [consumer, cls] of this.classOf) {
      if (cls.id !== from) continue;
      this.classOf.delete(consumer);
      this.state.classOf[consumer] = this.bookOf(consumer).baseOf(consumer).id;
    }
  }

  /** The touched consumer's attempt ends: what was under way to it, or in its gate, is lost. */
  consumerDied(consumer: number, nowNs: number, drainNs: number, silent: boolean): void {
    const block = this.ofConsumer.get(consumer);
    if (block === undefined) return;
    const { state } = this;
    const cls = this.classFor(consumer, nowNs);
    this.bookOf(consumer).died(cls, this.keyShare(consumer));
    for (let s = 0; s < block.rows; s++) {
      if (block.state[s] !== ROW.touched) {
        if (block.until[s] !== Number.POSITIVE_INFINITY) block.until[s] = Number.POSITIVE_INFINITY;
        continue;
      }
      const dying = this.touchNs[state.layout.sourceTask[s]!] === nowNs;
      const lost = this.inFlight(block, s, consumer, nowNs, drainNs);
      if (lost.flushed > 0) this.loseInFlight(s, lost.flushed, dying);
      if (state.sourceFlags[s]! & DEAD) {
        block.state[s] = ROW.deadProducer;
        continue;
      }
      block.state[s] = silent ? ROW.silent : ROW.deadConsumer;
      block.credits[s] = state.layout.config.engine.exclusiveBuffersPerChannel;
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

  private loseInFlight(s: number, count: number, own: boolean): void {
    const { state, ledger } = this;
    const { arrivals, layout } = state;
    const group = layout.groupOfSource[s]!;
    const bin = arrivals.before[s]! > state.flushed[s]! ? Math.max(0, arrivals.bin - 1) : arrivals.bin;
    if (own) {
      ledger.loseOwn(s, CAUSE.lostInFlight, state.flushed[s]!, bin, count, 0);
      this.debtBack[s] = this.debtBack[s]! + count;
    } else {
      ledger.losePooled(CAUSE.lostInFlight, group, bin, count);
      this.debtLost[s] = this.debtLost[s]! + count;
    }
    state.sourceFlags[s] = state.sourceFlags[s]! | IN_DEBT;
  }

  /** Position up to which the channel had been sent by `timeNs`: its last flush, and the segments filled since. */
  private sentBy(block: RowBlock, i: number, s: number, share: number, timeNs: number): number {
    const { layout } = this.state;
    const { wireBytes } = layout.groups[layout.groupOfSource[s]!]!;
    const flushedX = this.xAtFlush(s, timeNs);
    const phase = block.phase[i]!;
    const base = this.contents(share, phase, flushedX);
    const now = this.contents(share, phase, this.xAt(s, timeNs));
    const segment = layout.config.engine.segmentBytes;
    return base + Math.floor((Math.floor(((now - base) * wireBytes) / segment) * segment) / wireBytes);
  }

  /** Position that the source had read at a time at most some bins back. */
  private xAt(s: number, timeNs: number): number {
    const { state, sources } = this;
    if (timeNs < 0) return 0;
    if (state.sourceFlags[s]! & (BEHIND | DEAD)) {
      const { serviceNs } = state.layout.groups[state.layout.groupOfSource[s]!]!;
      const ahead = Math.floor((timeNs - state.readAtNs[s]!) / serviceNs);
      return (
        Math.max(0, state.read[s]! + (state.sourceFlags[s]! & DEAD ? Math.min(0, ahead) : ahead)) + sources.shift[s]!
      );
    }
    return state.arrivals.endAt(s, timeNs) + sources.shift[s]!;
  }
  private xAtFlush(s: number, timeNs: number): number {
    const { phaseNs, resolutionNs } = this.state.layout;
    const flushNs = Math.floor((timeNs - phaseNs[s]!) / resolutionNs) * resolutionNs + phaseNs[s]!;
    return flushNs < 0 ? 0 : Math.min(this.xAt(s, flushNs), this.flushedX(s));
  }

  /** What is between the sender's buffers and the consumer's state when the consumer dies. */
  private inFlight(block: RowBlock, s: number, consumer: number, nowNs: number, drainNs: number): { flushed: number } {
    const share = this.shareOf(s, consumer);
    const processed = this.sentBy(block, s, s, share, Math.max(0, nowNs - drainNs));
    const flushed = this.contents(share, block.phase[s]!, this.flushedX(s));
    // Segments sent since the last flush are still in no quantum: the next visit counts them.
    block.sent[s] = this.sentBy(block, s, s, share, nowNs);
    return { flushed: Math.max(0, flushed - processed) };
  }

  /** The source's attempt ends: its rows with it. Held contents are lost. */
  sourceDied(s: number): void {
    const { state } = this;
    this.eachRow(s, (block, i, consumer) => {
      if (block.state[i] === ROW.hold) this.loseHeld(block, i, s, consumer, CAUSE.unflushedOutput);
      block.state[i] = ROW.deadProducer;
      block.until[i] = Number.POSITIVE_INFINITY;
    });
    state.stallAt[s] = Number.POSITIVE_INFINITY;
    this.bends.delete(s);
  }

  private loseHeld(block: RowBlock, i: number, s: number, consumer: number, cause: number): void {
    const cls = this.classOf.get(consumer);
    const input = this.state.layout.groups[this.state.layout.groupOfSource[s]!]!.input;
    const book = this.bookOf(consumer);
    this.eachHeldPiece(block, i, s, consumer, (bin, count, end) => {
      this.ledger.loseOwn(s, cause, end, bin, count, 0);
      this.heldNow -= count;
      if (cls && book.isApart(cls, bin)) book.giveBack(cls, input, bin, count);
    });
  }

  /** A live sender recycles what a row holds. */
  private loseQueue(block: RowBlock, i: number, s: number, consumer: number): void {
    const group = this.state.layout.groupOfSource[s]!;
    const { input } = this.state.layout.groups[group]!;
    const book = this.bookOf(consumer);
    const cls = this.classOf.get(consumer);
    this.eachHeldPiece(block, i, s, consumer, (bin, count) => {
      this.heldNow -= count;
      this.ledger.losePooled(CAUSE.queuedAtSender, group, bin, count);
      if (cls && book.isApart(cls, bin)) {
        book.giveBack(cls, input, bin, count);
        book.withdraw(cls, input, bin, count, false);
      } else book.lose(input, bin, count);
    });
  }

  /** A new attempt of the source is RUNNING: its channels have no view yet. */
  sourceStarted(s: number): void {
    const { state } = this;
    const x = this.flushedX(s);
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
    this.bends.set(s, []);
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
    if (block.state[i] === ROW.hold && discard) this.loseQueue(block, i, s, consumer);
    else if (block.state[i] !== ROW.deadConsumer && block.state[i] !== ROW.silent) return;
    const share = this.shareOf(s, consumer);
    if (discard) {
      block.state[i] = ROW.discard;
      block.mark[i] = this.xAt(s, nowNs);
      block.sent[i] = this.sentBy(block, i, s, share, nowNs);
    } else {
      block.state[i] = ROW.hold;
      block.mark[i] = this.flushedX(s);
      const phase = block.phase[i]!;
      const written = this.contents(share, phase, this.xAt(s, nowNs));
      block.torn[i] = this.segmentsFilled(s, phase, this.contents(share, phase, block.mark[i]!), written) > 0 ? 1 : 0;
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
    const { engine } = state.layout.config;
    const group = state.layout.groups[state.layout.groupOfSource[s]!]!;
    const held: { share: number; base: number; phase: number }[] = [];
    this.eachRow(s, (block, i, consumer) => {
      if (block.state[i] !== ROW.hold || block.until[i] !== Number.POSITIVE_INFINITY) return;
      const share = this.shareOf(s, consumer);
      held.push({ share, phase: block.phase[i]!, base: this.contents(share, block.phase[i]!, block.mark[i]!) });
    });
    state.stallAt[s] = Number.POSITIVE_INFINITY;
    if (held.length === 0) return;
    const segment = engine.segmentBytes;
    let x: number;
    if (engine.maxBuffersPerChannel !== null) {
      const records = Math.ceil((engine.maxBuffersPerChannel * segment) / group.wireBytes);
      x = Number.POSITIVE_INFINITY;
      for (const row of held) x = Math.min(x, Math.ceil((row.base + records - row.phase) / row.share));
    } else {
      const channels = state.layout.consumerCount[s]!;
      const pool = 2 * channels + 8 - (channels - held.length);
      // A channel's last buffer is half full on average.
      const used = (at: number): number => {
        let buffers = 0;
        for (const row of held) {
          const records = this.contents(row.share, row.phase, at) - row.base;
          if (records > 0) buffers += (records * group.wireBytes) / segment + 0.5;
        }
        return buffers;
      };
      let low = this.flushedX(s);
      let high = low + 1;
      while (used(high) < pool && high < 2 ** 31) high = low + (high - low) * 2;
      while (high - low > 1) {
        const middle = Math.floor((low + high) / 2);
        if (used(middle) >= pool) high = middle;
        else low = middle;
      }
      x = high;
    }
    state.stallAt[s] = x - this.sources.shift[s]!;
  }

  /** The consumer's newest attempt has its view: the channel goes back to the quanta. */
  registerView(s: number, consumer: number, nowNs: number): void {
    const block = this.find(s, consumer);
    if (block === undefined) return;
    const i = this.index(block, s, consumer);
    const row = block.state[i]!;
    if (row === ROW.hold) {
      this.dropHalfRecord(block, i, s, consumer);
      this.sendHeld(block, i, s, consumer, nowNs);
      this.release(block, i, s, consumer);
      if (this.state.stallAt[s] !== Number.POSITIVE_INFINITY) this.limitStale[s] = 1;
    } else if (row === ROW.discard || row === ROW.deadConsumer || row === ROW.silent) {
      if (row !== ROW.discard) {
        // No close ever came: what is queued goes to the old view and is lost with it.
        block.state[i] = ROW.discard;
        block.mark[i] = this.xAt(s, nowNs);
        block.sent[i] = this.sentBy(block, i, s, this.shareOf(s, consumer), nowNs);
      }
      block.until[i] = this.xAt(s, nowNs);
      if (block.until[i]! <= this.flushedX(s)) this.release(block, i, s, consumer);
    } else this.release(block, i, s, consumer);
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
      if (block.state[i] === ROW.hold) this.loseHeld(block, i, s, consumer, CAUSE.queuedAtSender);
      this.release(block, i, s, consumer);
    }
  }

  /** Calls `visit(bin, count, end)` for what the row holds up to the last flush, by event bin. */
  private eachHeldPiece(
    block: RowBlock,
    i: number,
    s: number,
    consumer: number,
    visit: (bin: number, count: number, end: number) => void,
  ): void {
    const share = this.shareOf(s, consumer);
    const phase = block.phase[i]!;
    const from = block.mark[i]!;
    const to = this.flushedX(s);
    if (this.contents(share, phase, to) === this.contents(share, phase, from)) return;
    const shift = this.sources.shift[s]!;
    let straightFrom = from;
    const bends = this.bends.get(s);
    if (bends) {
      for (let b = 0; b + 2 < bends.length; b += 3) {
        const [x0, x1, bin] = [bends[b]!, bends[b + 1]!, bends[b + 2]!];
        if (x1 <= from) continue;
        const count = this.contents(share, phase, x1) - this.contents(share, phase, Math.max(from, x0));
        if (count > 0) visit(bin, count, x1 - shift);
        straightFrom = x1;
      }
    }
    if (straightFrom >= to) return;
    this.sources.pieces(s, straightFrom - shift, to - shift, (bin, a, b) => {
      const count = this.contents(share, phase, b + shift) - this.contents(share, phase, a + shift);
      if (count > 0) visit(bin, count, b);
    });
  }

  private sendHeld(block: RowBlock, i: number, s: number, consumer: number, nowNs: number): void {
    const { state, sources } = this;
    const { resolutionNs, groupOfSource } = state.layout;
    const mode = state.consumerMode[consumer]!;
    const { serviceNs } = state.layout.sinks[state.layout.sinkOfConsumer[consumer]!]!;
    // It goes to this consumer, whether it takes its turns again already or not.
    state.consumerMode[consumer] = CONSUMER_OPEN;
    this.eachHeldPiece(block, i, s, consumer, (bin, all, end) => {
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
    });
    state.consumerMode[consumer] = mode;
  }

  // --- visits ---
  /** Takes the rows' shares of the originals [x0, x1) of one event bin out of the source's quantum; returns their number. */
  withdraw(s: number, groupIndex: number, x0: number, x1: number, bin: number, flushNs: number): number {
    let taken = 0;
    const { ledger } = this;
    const input = this.state.layout.groups[groupIndex]!.input;
    if (this.bends.has(s)) this.bends.get(s)!.push(x0, x1, bin);
    this.eachRowFast(s, (block, i, consumer) => {
      let row = block.state[i]!;
      if (row === ROW.touched || row === ROW.deadProducer) return;
      const share = this.shareOf(s, consumer);
      const phase = block.phase[i]!;
      const until = Math.min(x1, block.until[i]!);
      const from = this.contents(share, phase, x0);
      const to = until > x0 ? this.contents(share, phase, until) : from;
      const count = to - from;
      if (row === ROW.silent && count > 0 && !this.useCredit(block, i, s, from, to, x0, share, flushNs)) row = ROW.hold;
      if (count > 0) {
        taken += count;
        const own = this.classOf.get(consumer);
        const cls = own && this.bookOf(consumer).isApart(own, bin) ? own : undefined;
        if (row === ROW.hold) {
          this.heldNow += count;
          if (cls) this.bookOf(consumer).withdraw(cls, input, bin, count, true);
        } else {
          let wire = count;
          let queued = 0;
          if (row === ROW.discard) {
            wire = Math.max(0, Math.min(to, block.sent[i]!) - from);
            queued = Math.max(0, Math.min(to, this.contents(share, phase, block.mark[i]!)) - from - wire);
          }
          const discarded = count - wire - queued;
          ledger.losePooled(CAUSE.lostInFlight, groupIndex, bin, wire);
          ledger.losePooled(CAUSE.queuedAtSender, groupIndex, bin, queued);
          ledger.losePooled(CAUSE.discardedAtSender, groupIndex, bin, discarded);
          this.discardedNow += discarded;
          if (cls) this.bookOf(consumer).withdraw(cls, input, bin, count, false);
          else this.bookOf(consumer).lose(input, bin, count);
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
    const crossed = this.segmentsFilled(s, block.phase[i]!, from, to);
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

  /** Segments that the channel's records [from, to) fill up; most end inside a record. */
  private segmentsFilled(s: number, phase: number, from: number, to: number): number {
    const { layout } = this.state;
    const perSegment = layout.config.engine.segmentBytes / layout.groups[layout.groupOfSource[s]!]!.wireBytes;
    // Where in a segment the channel stood at t=0: anywhere.
    const start = (phase * 7919) % 1;
    return Math.floor(to / perSegment + start) - Math.floor(from / perSegment + start);
  }

  /** A view starts on a record boundary: of what the row holds, the rest of a record whose head is gone is lost. */
  private dropHalfRecord(block: RowBlock, i: number, s: number, consumer: number): void {
    if (block.torn[i] === 0) return;
    block.torn[i] = 0;
    const { layout } = this.state;
    const group = layout.groupOfSource[s]!;
    const { input } = layout.groups[group]!;
    const book = this.bookOf(consumer);
    const cls = this.classOf.get(consumer);
    let dropped = false;
    this.eachHeldPiece(block, i, s, consumer, (bin) => {
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
  /** The first held record of the row that is sent now was dropped. */
  private halfRecordGone = false;

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

  /** What the source's quanta owe to rows is left out of this one; returns what is left. */
  payDebt(s: number, groupIndex: number, count: number, bin: number): number {
    const { debtLost, debtBack, state } = this;
    const input = state.layout.groups[groupIndex]!.input;
    const sink = state.layout.groups[groupIndex]!.sink;
    const book = this.books[sink]!;
    if (count < 0) {
      // The rows' roundings took more than there was.
      debtBack[s] = debtBack[s]! - count;
      state.sourceFlags[s] = state.sourceFlags[s]! | IN_DEBT;
      book.giveBack(undefined, input, bin, -count);
      this.paid += count;
      return 0;
    }
    const back = Math.min(count, debtBack[s]!);
    if (back > 0) {
      debtBack[s] = debtBack[s]! - back;
      book.arrived(0, input, bin, back);
    }
    const lost = Math.min(count - back, debtLost[s]!);
    if (lost > 0) {
      debtLost[s] = debtLost[s]! - lost;
      this.loseForClass(book, input, bin, lost);
    }
    this.paid += back + lost;
    if (debtLost[s] === 0 && debtBack[s] === 0) state.sourceFlags[s] = state.sourceFlags[s]! & ~IN_DEBT;
    return count - back - lost;
  }
  /** Records left out of quanta to pay debts. */
  paid = 0;

  /** A debt's loss belongs to the newest class apart, if there is one. */
  private loseForClass(book: MatchBook, input: number, bin: number, count: number): void {
    for (let c = book.classes.length - 1; c >= book.bases; c--) {
      const cls = book.classes[c]!;
      if (bin >= cls.apartFrom && bin <= cls.apartTo) {
        book.withdraw(cls, input, bin, count, false);
        return;
      }
    }
    book.lose(input, bin, count);
  }

  /** Records held by rows, by event bin, for the walk at the end. */
  walkHeld(visit: (s: number, bin: number, count: number) => void): void {
    for (let s = 0; s < this.state.layout.sources; s++) {
      if (this.rowsOf[s] === 0) continue;
      this.eachRow(s, (block, i, consumer) => {
        if (block.state[i] === ROW.hold)
          this.eachHeldPiece(block, i, s, consumer, (bin, count) => visit(s, bin, count));
      });
    }
  }
}
