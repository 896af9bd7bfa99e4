/** Key of every record, and the consumer subtask that a hash edge sends it to. Addressed draws: no state. */
import type { RandomFamily, RandomStreams } from "../../../kernel/random.js";
import type { TopologyEdge } from "../../topology/topology.js";

/** Entity numbers of keys that tuples share lie above those of source subtasks. */
const TUPLE_ENTITY = 0x40000000;
const GUIDE_BITS = 12;

export class Keys {
  private readonly family: RandomFamily;

  constructor(streams: RandomStreams) {
    this.family = streams.family("record-key");
  }

  /** 32 bits of key of record `offset` of source subtask `source`. */
  ofRecord(source: number, offset: number): number {
    return this.family.bits(source, offset) >>> 0;
  }
  /** All records of a tuple have its key. */
  ofTuple(join: number, tuple: number): number {
    return this.family.bits(TUPLE_ENTITY + join, tuple) >>> 0;
  }
}

/** Inverse of the cumulative shares of a hash edge, by a guide table and a short walk. */
export class HashSelector {
  private readonly upTo: Float64Array;
  private readonly guide: Int32Array;

  constructor(edge: TopologyEdge) {
    const consumers = edge.consumers;
    this.upTo = new Float64Array(consumers);
    let sum = 0;
    for (let c = 0; c < consumers; c++) {
      sum += edge.shares[c]!;
      this.upTo[c] = sum * 2 ** 32;
    }
    this.upTo[consumers - 1] = Number.POSITIVE_INFINITY;
    this.guide = new Int32Array(1 << GUIDE_BITS);
    let c = 0;
    for (let g = 0; g < this.guide.length; g++) {
      while (this.upTo[c]! <= g * 2 ** (32 - GUIDE_BITS)) c++;
      this.guide[g] = c;
    }
  }

  consumer(key: number): number {
    let c = this.guide[key >>> (32 - GUIDE_BITS)]!;
    while (this.upTo[c]! <= key) c++;
    return c;
  }
}
