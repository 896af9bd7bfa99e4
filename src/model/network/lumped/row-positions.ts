/**
 * Where a channel stands: its contents are differences of floor(share · x + phase), x counting the originals that its
 * source has emitted; positions at any time not long ago, and the event bins of what lies between two of them.
 */
import type { RowBlock } from "./row-block.js";
import type { SourceDoor } from "./source-door.js";
import { BEHIND, DEAD, type LumpedState } from "./state.js";

export class RowPositions {
  /** Where the positions of a source lie in its log while it reads a second time: position, bin, …; by source. */
  readonly bends = new Map<number, number[]>();
  private readonly state: LumpedState;
  private readonly sources: SourceDoor;

  constructor(state: LumpedState, sources: SourceDoor) {
    this.state = state;
    this.sources = sources;
  }

  shareOf(s: number, consumer: number): number {
    const { layout } = this.state;
    const group = layout.groups[layout.groupOfSource[s]!]!;
    return group.edge.allToAll
      ? group.edge.shares[consumer - layout.sinks[group.sink]!.base]!
      : 1 / layout.consumerCount[s]!;
  }

  /** Originals emitted up to what is flushed. */
  flushedX(s: number): number {
    return this.state.flushed[s]! + this.sources.shift[s]!;
  }

  /** Contents of the channel up to position x. */
  contents(share: number, phase: number, x: number): number {
    return Math.floor(share * x + phase);
  }

  /** Position that the source had read at a time at most some bins back. */
  xAt(s: number, timeNs: number): number {
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

  xAtFlush(s: number, timeNs: number): number {
    const { phaseNs, resolutionNs } = this.state.layout;
    const flushNs = Math.floor((timeNs - phaseNs[s]!) / resolutionNs) * resolutionNs + phaseNs[s]!;
    return flushNs < 0 ? 0 : Math.min(this.xAt(s, flushNs), this.flushedX(s));
  }

  /** Position up to which the channel had been sent by `timeNs`: its last flush, or the end of the last segment filled since. */
  sentBy(block: RowBlock, i: number, s: number, share: number, timeNs: number): number {
    const phase = block.phase[i]!;
    const flushed = this.contents(share, phase, this.xAtFlush(s, timeNs));
    const now = this.contents(share, phase, this.xAt(s, timeNs));
    const perSegment = this.perSegment(s);
    const full = Math.floor((Math.floor(now / perSegment + segmentStart(phase)) - segmentStart(phase)) * perSegment);
    return Math.max(flushed, Math.min(now, full));
  }

  private perSegment(s: number): number {
    const { layout } = this.state;
    return layout.config.engine.segmentBytes / layout.groups[layout.groupOfSource[s]!]!.wireBytes;
  }

  /** Segments that the channel's records [from, to) fill up; most end inside a record. */
  segmentsFilled(s: number, phase: number, from: number, to: number): number {
    const perSegment = this.perSegment(s);
    const start = segmentStart(phase);
    return Math.floor(to / perSegment + start) - Math.floor(from / perSegment + start);
  }

  /** Where the channel's first buffer ends of what it holds since position `from`; Infinity if all is in one. */
  firstBufferEnd(block: RowBlock, i: number, s: number, consumer: number): number {
    const share = this.shareOf(s, consumer);
    const phase = block.phase[i]!;
    const from = this.contents(share, phase, block.mark[i]!);
    const to = this.contents(share, phase, this.flushedX(s));
    if (this.segmentsFilled(s, phase, from, to) === 0) return Number.POSITIVE_INFINITY;
    const perSegment = this.perSegment(s);
    const start = segmentStart(phase);
    const end = Math.ceil((Math.floor(from / perSegment + start) + 1 - start) * perSegment);
    return Math.ceil((end - phase) / share);
  }

  /** Calls `visit(bin, count, end)` for what the row holds up to the last flush, by event bin. */
  eachHeldPiece(
    block: RowBlock,
    i: number,
    s: number,
    consumer: number,
    visit: (bin: number, count: number, end: number) => void,
    before = Number.POSITIVE_INFINITY,
  ): void {
    const share = this.shareOf(s, consumer);
    const phase = block.phase[i]!;
    const from = block.mark[i]!;
    const to = Math.min(before, this.flushedX(s));
    if (this.contents(share, phase, to) === this.contents(share, phase, from)) return;
    const shift = this.sources.shift[s]!;
    let straightFrom = from;
    const bends = this.bends.get(s);
    if (bends) {
      for (let b = 0; b + 2 < bends.length; b += 3) {
        const [x0, x1, bin] = [bends[b]!, bends[b + 1]!, bends[b + 2]!];
        if (x1 <= from || x0 >= to) continue;
        const count = this.contents(share, phase, Math.min(to, x1)) - this.contents(share, phase, Math.max(from, x0));
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

  /** The same for several rows of a source without bends, in one walk along its log: `visit(bin, count)`, bin after bin. */
  heldByBin(
    s: number,
    rows: readonly { phase: number; share: number; mark: number }[],
    visit: (bin: number, count: number) => void,
  ): void {
    const shift = this.sources.shift[s]!;
    const before = rows.map(({ share, phase, mark }) => this.contents(share, phase, mark));
    const from = rows.reduce((least, { mark }) => Math.min(least, mark), Number.POSITIVE_INFINITY);
    this.sources.pieces(s, from - shift, this.flushedX(s) - shift, (bin, _, end) => {
      let count = 0;
      for (let r = 0; r < rows.length; r++) {
        const { share, phase } = rows[r]!;
        const now = this.contents(share, phase, end + shift);
        if (now <= before[r]!) continue;
        count += now - before[r]!;
        before[r] = now;
      }
      if (count > 0) visit(bin, count);
    });
  }
}

/** Where in a segment a channel stood at t=0, as a share of it: anywhere. A flush does not begin a new segment. */
function segmentStart(phase: number): number {
  return (phase * 7919) % 1;
}
