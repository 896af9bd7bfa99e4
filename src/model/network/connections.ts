/**
 * Which TCP connections exist: one per ordered pair of TaskManagers and edge up to Flink 1.14, one per pair later
 * (PartitionRequestClientFactory). Every task of a TaskManager asks its producers in the same order, so the
 * connections of a gate are a prefix of that order: one number each, not a table of pairs.
 */

import type { ClusterState } from "../cluster/cluster-state.js";
import { longer } from "../columns.js";

/** No task of the TaskManager has asked yet; connected to every TaskManager of t=0. */
const UNKNOWN = -1;
const ALL = Number.MAX_SAFE_INTEGER;

export class Connections {
  private upTo = new Float64Array(0);
  private readonly later = new Set<number>();
  private readonly cluster: ClusterState;
  private readonly edges: number;
  private readonly perEdge: boolean;

  constructor(cluster: ClusterState, edges: number, perEdge: boolean) {
    this.cluster = cluster;
    this.edges = edges;
    this.perEdge = perEdge;
  }

  /** The last channel of a gate is closed, and its connections with it (≤ 1.14). */
  close(consumerTm: number, edge: number): void {
    this.set(this.key(consumerTm, edge), 0);
  }

  private key(tm: number, edge: number): number {
    return tm * this.edges + (this.perEdge ? edge : 0);
  }

  private set(key: number, upTo: number): void {
    const { length } = this.upTo;
    if (key >= length) {
      this.upTo = longer(this.upTo, Math.max(1024, key + 1, length * 2));
      this.upTo.fill(UNKNOWN, length);
    }
    this.upTo[key] = upTo;
  }

  /** True if the consumer's TaskManager must open a TCP connection to the producer's first. */
  mustConnect(consumerTm: number, producerTm: number, edge: number, firstProducer: number): boolean {
    const { cluster } = this;
    const key = this.key(consumerTm, edge);
    let upTo = key < this.upTo.length ? this.upTo[key]! : UNKNOWN;
    if (upTo === UNKNOWN) {
      upTo = cluster.original[consumerTm] ? ALL : 0;
      this.set(key, upTo);
    }
    const leading = upTo !== ALL;
    // Every task of a TaskManager asks in the same order, so the connections of one gate are a prefix of it.
    const position = this.perEdge ? firstProducer : edge * 1e6 + firstProducer;
    if (leading && position < upTo) return false;
    if (leading) {
      this.set(key, position + 1);
      return true;
    }
    if (cluster.original[producerTm]) return false;
    const pair = key * 131072 + producerTm;
    if (this.later.has(pair)) return false;
    this.later.add(pair);
    return true;
  }
}
