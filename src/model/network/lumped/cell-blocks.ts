/**
 * Room for counts by combination, state and anchor bin, in blocks of consecutive anchor bins. A block in which nothing is
 * left serves again, so the room goes by what waits, not by the length of the run.
 */
import { longer } from "../../columns.js";

export const BLOCK_BITS = 6;
export const BLOCK_BINS = 1 << BLOCK_BITS;
export const BIN_MASK = BLOCK_BINS - 1;
/** From one state to the next: with a power of two, the same bin of many states would contend for few places in the cache. */
const STEP = BLOCK_BINS + 16;
/** What a window of 30 s and the longest delays need. */
const FIRST_BLOCKS = 16;

/** First place in [from, end) that is not 0, or `end`. A function of its own stays compiled from one run to the next. */
export function nextNonZero(counts: Int32Array | Uint8Array, from: number, end = counts.length): number {
  let at = from;
  while (at < end && counts[at] === 0) at++;
  return at;
}

export class CellBlocks {
  /** Block by block; in each by combination and state, then by anchor bin: a settlement goes through neighbouring bins. */
  counts = new Int32Array(0);
  /** Where the block of an anchor bin begins in `counts`, by bin >> BLOCK_BITS (counted from the first anchor bin); −1: nothing is there. */
  readonly blockAt: Int32Array;
  /** From one state to the next in `counts`. */
  readonly step = STEP;
  protected readonly blockSize: number;
  /** All blocks ever opened lie before this one. */
  protected endBlock = 0;
  private readonly free: number[] = [];
  /** Where something was last found in a block: mostly it still is there. */
  private readonly seenAt: Int32Array;

  /** Emitted matches by combination × anchor bins + anchor bin. */
  protected readonly emittedAt: Int32Array;
  /** Combinations. */
  protected readonly k: number;
  readonly states: number;
  /** First anchor bin (negative: before t=0). */
  protected readonly firstBin: number;
  protected readonly anchorBins: number;

  constructor(combinations: number, states: number, firstBin: number, lastBin: number) {
    const anchorBins = lastBin - firstBin;
    this.k = combinations;
    this.states = states;
    this.firstBin = firstBin;
    this.anchorBins = anchorBins;
    this.emittedAt = new Int32Array(anchorBins * combinations);
    this.blockSize = combinations * states * STEP;
    this.blockAt = new Int32Array((anchorBins >> BLOCK_BITS) + 1).fill(-1);
    this.seenAt = new Int32Array(this.blockAt.length);
  }

  /** Index of the first state of (anchor bin, combination); −1 outside, and where nothing waits. */
  base(anchor: number, k: number): number {
    const at = anchor - this.firstBin;
    if (at < 0 || at >= this.anchorBins) return -1;
    const block = this.blockAt[at >> BLOCK_BITS]!;
    return block < 0 ? -1 : block + k * this.states * this.step + (at & BIN_MASK);
  }

  /** Emitted matches of (anchor bin, combination). */
  emittedOn(anchor: number, k: number): number {
    const at = anchor - this.firstBin;
    return at >= 0 && at < this.anchorBins ? this.emittedAt[k * this.anchorBins + at]! : 0;
  }

  /** Calls `visit` with every anchor bin of (combination, state) that has a count, in order, and where that lies in `counts`. */
  eachIn(k: number, state: number, visit: (anchor: number, at: number) => void): void {
    const list = (k * this.states + state) * this.step;
    for (let block = 0; block < this.endBlock; block++) {
      if (this.blockAt[block]! < 0) continue;
      const from = this.blockAt[block]! + list;
      const end = from + BLOCK_BINS;
      for (let at = nextNonZero(this.counts, from, end); at < end; at = nextNonZero(this.counts, at + 1, end))
        visit(this.firstBin + (block << BLOCK_BITS) + at - from, at);
    }
  }

  /** Makes sure that the anchor bin (counted from the first one) has a block. @returns where it begins */
  protected open(anchorAt: number): number {
    const block = anchorAt >> BLOCK_BITS;
    const at = this.blockAt[block]!;
    if (at >= 0) return at;
    this.endBlock = Math.max(this.endBlock, block + 1);
    const taken = this.take();
    this.blockAt[block] = this.seenAt[block] = taken;
    return taken;
  }

  private take(): number {
    if (this.free.length === 0) this.release();
    if (this.free.length === 0) {
      const { length } = this.counts;
      const first = Math.min(FIRST_BLOCKS, this.blockAt.length);
      this.counts = longer(this.counts, Math.max(first * this.blockSize, 2 * length));
      for (let at = this.counts.length - this.blockSize; at >= length; at -= this.blockSize) this.free.push(at);
    }
    return this.free.pop()!;
  }

  private release(): void {
    const { blockAt, seenAt, counts, blockSize } = this;
    for (let block = 0; block < this.endBlock; block++) {
      const at = blockAt[block]!;
      if (at < 0 || counts[seenAt[block]!] !== 0) continue;
      const end = at + blockSize;
      const found = nextNonZero(counts, at, end);
      if (found < end) seenAt[block] = found;
      else {
        blockAt[block] = -1;
        this.free.push(at);
      }
    }
  }
}
