/**
 * Where every source stands in its log: what it has read by when, which event bin that is of, and which offset it has
 * committed. A healthy source reads at the log's end; one that is behind has columns that say where it is.
 */
import { commitPhaseNs } from "../plane-common/pinning.js";
import { BEHIND, DEAD, type LumpedState } from "./state.js";

export class SourceLogs {
  /** Groups whose sources read nothing because a consumer's queue is full. */
  readonly blocked: Uint8Array;
  protected readonly state: LumpedState;
  /** A bin not after that of the offset `flushed`, and the offset at which it starts; −1 = to be found. */
  protected readonly eventBin: Int32Array;
  protected readonly eventStart: Int32Array;
  private readonly commitPhase: Float64Array;
  /** Counts of the bins that `pieces` has walked back over. */
  private readonly walked: Int32Array;

  constructor(state: LumpedState) {
    this.state = state;
    const { layout, context } = state;
    this.blocked = new Uint8Array(layout.groups.length);
    this.eventBin = new Int32Array(layout.sources).fill(-1);
    this.eventStart = new Int32Array(layout.sources);
    this.walked = new Int32Array(layout.bins + 1);
    this.commitPhase = Float64Array.from(layout.sourceTask, (task) =>
      commitPhaseNs(context.streams, task, layout.config.costs.offsetCommitIntervalNs),
    );
  }

  /** The source stops keeping up with its log: from `timeNs` on, `read` and the event position say where it is. */
  fallBehind(s: number, timeNs: number): void {
    const { sourceFlags, read, readAtNs, committed } = this.state;
    if (sourceFlags[s]! & (BEHIND | DEAD)) return;
    committed[s] = this.committedAt(s, timeNs);
    read[s] = this.readAt(s, timeNs);
    readAtNs[s] = timeNs;
    this.locate(s);
    sourceFlags[s] = sourceFlags[s]! | BEHIND;
    this.state.unread.begin(s, read[s]!);
  }

  /** Offset that the source has read by `timeNs`, given the end of its log then. */
  readBy(s: number, timeNs: number, logEnd: number): number {
    const { sourceFlags, read, readAtNs, stallAt, readCap, flushed, layout } = this.state;
    const flags = sourceFlags[s]!;
    if (flags & DEAD) return read[s]!;
    let to = logEnd;
    const least = flags & BEHIND ? read[s]! : flushed[s]!;
    if (flags & BEHIND) {
      const serviceNs = layout.groups[layout.groupOfSource[s]!]!.serviceNs;
      to = Math.min(to, read[s]! + Math.max(0, Math.floor((timeNs - readAtNs[s]!) / serviceNs)));
      if (this.blocked[layout.groupOfSource[s]!]) to = Math.min(to, read[s]!);
    }
    if (to > stallAt[s]!) to = Math.max(stallAt[s]!, least);
    return to > readCap[s]! ? Math.max(readCap[s]!, least) : to;
  }

  /** The same at a time in the current bin or before it. */
  readAt(s: number, timeNs: number): number {
    if (this.state.sourceFlags[s]! & DEAD) return this.state.read[s]!;
    return this.readBy(s, timeNs, this.state.arrivals.endAt(s, timeNs));
  }

  /** Finds the bin of offset `flushed` by walking back from the current one. */
  locate(s: number): void {
    const { arrivals, flushed } = this.state;
    let bin = arrivals.bin;
    let start = arrivals.before[s]!;
    while (start > flushed[s]! && bin > 0) start -= arrivals.draw(s, --bin);
    this.eventBin[s] = bin;
    this.eventStart[s] = start;
  }

  /** Records of `bin`, which begins at offset `start`: looked up for old bins only. */
  protected countIn(s: number, bin: number, start: number): number {
    const { arrivals } = this.state;
    if (bin === arrivals.bin) return arrivals.inBin[s]!;
    return bin === arrivals.bin - 1 ? arrivals.before[s]! - start : arrivals.draw(s, bin);
  }

  /** Calls `visit(bin, from, to)`, which must not call this, for the pieces by event bin of the offsets [from, to) ⊂ log of `s`. */
  pieces(s: number, from: number, to: number, visit: (bin: number, from: number, to: number) => void): void {
    if (from >= to) return;
    const { arrivals } = this.state;
    const { walked } = this;
    let bin = arrivals.bin;
    let start = arrivals.before[s]!;
    let back = 0;
    while (start > from && bin > 0) {
      const count = arrivals.draw(s, --bin);
      walked[back++] = count;
      start -= count;
    }
    let offset = from;
    while (offset < to) {
      const count = back > 0 ? walked[--back]! : this.countIn(s, bin, start);
      const stop = Math.min(to, start + count);
      if (stop > offset) {
        visit(bin, offset, stop);
        offset = stop;
      }
      start += count;
      bin++;
    }
  }

  // --- committed offsets ---
  private lastCommitTick(s: number, timeNs: number): number {
    const interval = this.state.layout.config.costs.offsetCommitIntervalNs;
    return Math.floor((timeNs - this.commitPhase[s]!) / interval) * interval + this.commitPhase[s]!;
  }

  /** A commit since the last visit of a source that is behind writes its offset down. */
  protected noteCommit(s: number, timeNs: number): void {
    const { sourceFlags, committed, layout, attemptNs, arrivals } = this.state;
    if ((sourceFlags[s]! & BEHIND) === 0) return;
    const tick = this.lastCommitTick(s, timeNs);
    if (tick <= timeNs - layout.resolutionNs || tick < attemptNs[s]!) return;
    committed[s] = Math.max(committed[s]!, this.readBy(s, tick, arrivals.endAt(s, tick)));
  }

  /** Offset committed by `timeNs`. */
  committedAt(s: number, timeNs: number): number {
    const { sourceFlags, healthySinceNs, committed, arrivals } = this.state;
    if (sourceFlags[s]! & BEHIND) this.noteCommit(s, timeNs);
    const tick = this.lastCommitTick(s, timeNs);
    if (tick < 0 || sourceFlags[s]! & (DEAD | BEHIND) || tick < healthySinceNs[s]!) return committed[s]!;
    return arrivals.endAt(s, tick);
  }
}
