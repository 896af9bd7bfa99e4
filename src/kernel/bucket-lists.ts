/**
 * Unordered lists of slots, one per bucket, in chunks of one typed array: adding is one store to a place that no
 * load has to find first, and emptying reads consecutive words.
 */
import { grown } from "./growable.js";

/** Word 0 of a chunk links to the chunk before it (0: none); words 1..7 are slots. */
const CHUNK_WORDS = 8;

export class BucketLists {
  /** Per bucket: where its next slot goes; a multiple of CHUNK_WORDS asks for a new chunk first; 0: empty. */
  tails = new Int32Array(1024);
  private chunks: Int32Array = new Int32Array(1024);
  private chunksEnd = CHUNK_WORDS;
  private freeChunk = 0;

  add(bucket: number, slot: number): void {
    let at = this.tails[bucket]!;
    if ((at & (CHUNK_WORDS - 1)) === 0) at = this.newChunk(at);
    this.chunks[at] = slot;
    this.tails[bucket] = at + 1;
  }

  /** Empties the bucket into `into` if it has at most `limit` slots, and returns their number; else -1. */
  drain(bucket: number, into: Int32Array, limit: number): number {
    const { chunks } = this;
    let at = this.tails[bucket]!;
    let count = 0;
    while (at !== 0) {
      const chunk = (at - 1) & -CHUNK_WORDS;
      if (count + at - chunk - 1 > limit) return -1;
      for (let i = chunk + 1; i < at; i++) into[count++] = chunks[i]!;
      at = chunks[chunk]!;
    }
    this.release(bucket);
    return count;
  }

  /** Number of slots in a bucket. */
  count(bucket: number): number {
    let count = 0;
    for (let at = this.tails[bucket]!; at !== 0; ) {
      const chunk = (at - 1) & -CHUNK_WORDS;
      count += at - chunk - 1;
      at = this.chunks[chunk]!;
    }
    return count;
  }

  /** Calls `visit` for every slot in the first so many buckets. */
  forEach(buckets: number, visit: (slot: number) => void): void {
    for (let bucket = 0; bucket < buckets; bucket++) {
      for (let at = this.tails[bucket]!; at !== 0; ) {
        const chunk = (at - 1) & -CHUNK_WORDS;
        for (let i = chunk + 1; i < at; i++) visit(this.chunks[i]!);
        at = this.chunks[chunk]!;
      }
    }
  }

  /** Empties all lists, and makes room for this many. */
  reset(buckets: number): void {
    if (buckets > this.tails.length) this.tails = new Int32Array(buckets);
    else this.tails.fill(0);
    this.chunksEnd = CHUNK_WORDS;
    this.freeChunk = 0;
  }

  private release(bucket: number): void {
    const { chunks } = this;
    let at = this.tails[bucket]!;
    this.tails[bucket] = 0;
    while (at !== 0) {
      const chunk = (at - 1) & -CHUNK_WORDS;
      at = chunks[chunk]!;
      chunks[chunk] = this.freeChunk;
      this.freeChunk = chunk;
    }
  }

  private newChunk(before: number): number {
    let chunk = this.freeChunk;
    if (chunk !== 0) this.freeChunk = this.chunks[chunk]!;
    else {
      chunk = this.chunksEnd;
      this.chunksEnd += CHUNK_WORDS;
      if (this.chunksEnd > this.chunks.length) this.chunks = grown(this.chunks, this.chunks.length * 2);
    }
    this.chunks[chunk] = before;
    return chunk + 1;
  }
}
