/**
 * Unordered lists of slots, one per bucket of the ring, in chunks of one typed array: adding is one store to a place
 * that no load has to find first, and emptying reads consecutive words.
 */
import { grown } from "./growable.js";

/** Word 0 of a chunk links to the full chunk before it, or the next free one (0: none); words 1..7 are slots. */
const CHUNK_WORDS = 8;

export class BucketLists {
  /** Per bucket: where its next slot goes; a multiple of CHUNK_WORDS asks for a new chunk first; 0: empty. */
  private tails = new Int32Array(1024);
  private chunks: Int32Array = new Int32Array(1024);
  private chunksEnd = CHUNK_WORDS;
  private freeChunk = 0;

  add(bucket: number, slot: number): void {
    let at = this.tails[bucket]!;
    if ((at & (CHUNK_WORDS - 1)) === 0) at = this.newChunk(at);
    this.chunks[at] = slot;
    this.tails[bucket] = at + 1;
  }

  /** The first occupied bucket from `bucket` on, or the one with number `limit` if it comes first; `limit` may be ∞. */
  nextOccupied(bucket: number, limit: number, mask: number): number {
    const { tails } = this;
    let next = bucket;
    while (tails[next & mask] === 0 && next + 1 <= limit) next++;
    return next;
  }

  /** Empties the bucket into `into` and returns its number of slots; -1, and all stays, if they are too many. */
  drain(bucket: number, into: Int32Array): number {
    const { chunks } = this;
    const limit = into.length;
    const tail = this.tails[bucket]!;
    let last = 0;
    let count = 0;
    let end = tail;
    for (let chunk = (tail - 1) & -CHUNK_WORDS; chunk > 0; chunk = chunks[chunk]!) {
      if (count + end - chunk - 1 > limit) return -1;
      for (let i = chunk + 1; i < end; i++) into[count++] = chunks[i]!;
      last = chunk;
      end = chunks[chunk]! + CHUNK_WORDS;
    }
    if (tail !== 0) this.release(bucket, last);
    return count;
  }

  /** Empties the bucket, calling `visit` for each slot. */
  drainEach(bucket: number, visit: (slot: number) => void): void {
    const { chunks } = this;
    const tail = this.tails[bucket]!;
    let last = 0;
    let end = tail;
    for (let chunk = (tail - 1) & -CHUNK_WORDS; chunk > 0; chunk = chunks[chunk]!) {
      for (let i = chunk + 1; i < end; i++) visit(chunks[i]!);
      last = chunk;
      end = chunks[chunk]! + CHUNK_WORDS;
    }
    if (tail !== 0) this.release(bucket, last);
  }

  /** Makes room for this many buckets; all are empty. */
  reset(buckets: number): void {
    if (buckets > this.tails.length) this.tails = new Int32Array(buckets);
    this.chunksEnd = CHUNK_WORDS;
    this.freeChunk = 0;
  }

  /** Puts the chunks of a bucket, the last of which is `last`, on the free list. */
  private release(bucket: number, last: number): void {
    this.chunks[last] = this.freeChunk;
    this.freeChunk = (this.tails[bucket]! - 1) & -CHUNK_WORDS;
    this.tails[bucket] = 0;
  }

  private newChunk(before: number): number {
    let chunk = this.freeChunk;
    if (chunk !== 0) this.freeChunk = this.chunks[chunk]!;
    else {
      chunk = this.chunksEnd;
      this.chunksEnd += CHUNK_WORDS;
      if (this.chunksEnd > this.chunks.length) this.chunks = grown(this.chunks, this.chunks.length * 2);
    }
    this.chunks[chunk] = before === 0 ? 0 : before - CHUNK_WORDS;
    return chunk + 1;
  }
}
