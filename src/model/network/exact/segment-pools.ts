/**
 * The pool of every output (LocalBufferPool): how many segments are free, and which channels have reached their limit.
 * What is in a segment is the subpartition's business.
 */
import type { Channels, Outputs } from "./channels.js";
import type { World } from "./world.js";

export class SegmentPools {
  private readonly channels: Channels;
  private readonly outputs: Outputs;
  private readonly maxPerChannel: number;
  private readonly hard: boolean;

  constructor({ context, channels, outputs }: World) {
    const { engine } = context.config;
    this.channels = channels;
    this.outputs = outputs;
    this.maxPerChannel = engine.maxBuffersPerChannel ?? 2 ** 30;
    this.hard = engine.blocksInsideEmit;
  }

  /** Soft back-pressure asks this before a record; one full channel makes the whole output unavailable. */
  available(output: number): boolean {
    return this.outputs.poolFree[output]! > 0 && this.outputs.full[output] === 0;
  }

  /** Takes a segment for a channel; false if there is none for it. */
  acquire(ch: number): boolean {
    const c = this.channels;
    const o = c.output[ch]!;
    // Soft back-pressure lets the record in hand end in overdraft buffers.
    if (this.hard && (this.outputs.poolFree[o]! <= 0 || c.segments[ch]! >= this.maxPerChannel)) return false;
    this.outputs.poolFree[o]!--;
    if (++c.segments[ch]! === this.maxPerChannel) this.outputs.full[o]!++;
    return true;
  }

  giveBack(ch: number, count: number): void {
    const c = this.channels;
    const o = c.output[ch]!;
    this.outputs.poolFree[o]! += count;
    const before = c.segments[ch]!;
    c.segments[ch] = before - count;
    if (before >= this.maxPerChannel && before - count < this.maxPerChannel) this.outputs.full[o]!--;
  }

  /** A fresh attempt of the producer: every segment is free. */
  reset(output: number): void {
    this.outputs.poolFree[output] = this.outputs.poolSize[output]!;
    this.outputs.full[output] = 0;
    const first = this.outputs.channelBase[output]!;
    this.channels.segments.fill(0, first, first + this.outputs.channels[output]!);
  }
}
