/** Partition requests under way, and retries that are due, by id: kernel events carry no more than that. */
import type { TopologyEdge } from "../topology/topology.js";

/** A partition request under way for channels that have rows, or a retry for some that have none. */
export interface Batch {
  readonly consumer: number;
  readonly attempt: number;
  readonly consumerTm: number;
  readonly producerTm: number;
  readonly edge: TopologyEdge;
  /** Subtasks of the producers, and the attempt of each that is asked. */
  readonly producers: readonly number[];
  readonly asked: readonly number[];
  readonly bulk: boolean;
  readonly leaveNs: number;
  tries: number;
}

export class RequestBatches {
  /** Those on the way, by id; ids of finished ones are used again. */
  private readonly batches: (Batch | null)[] = [];
  private readonly freeIds: number[] = [];

  keep(batch: Batch): number {
    const id = this.freeIds.pop() ?? this.batches.length;
    this.batches[id] = batch;
    return id;
  }

  /** A batch whose event is being handled: it goes on under a new id, or not at all. */
  take(id: number): Batch {
    const batch = this.batches[id]!;
    this.batches[id] = null;
    this.freeIds.push(id);
    return batch;
  }

  at(id: number): Batch {
    return this.batches[id]!;
  }
}
