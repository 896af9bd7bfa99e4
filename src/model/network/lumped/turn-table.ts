/**
 * The order in which the consumers of an all-to-all edge take turns at the quanta: each as often as its share of the
 * records, its turns evenly spread. Random destinations would inflate queueing and gaps many times over.
 */
import type { VertexConfig } from "../../config.js";
import { subtaskOfKeyGroup } from "../../topology/key-groups.js";
import type { TopologyEdge } from "../../topology/topology.js";

/** Entries of a table whose shares are no small fractions. */
const GENERAL_ENTRIES = 65_536;
const GOLDEN = 0.6180339887498949;

export function buildTurnTable(
  edge: TopologyEdge,
  consumer: VertexConfig,
  keySkew: number,
  consumerBase: number,
): Int32Array {
  const turns = new Int32Array(edge.consumers);
  if (edge.partitioning === "hash" && keySkew === 0) {
    for (let group = 0; group < consumer.maxParallelism; group++) {
      const subtask = subtaskOfKeyGroup(group, consumer.parallelism, consumer.maxParallelism);
      turns[subtask] = turns[subtask]! + 1;
    }
  } else if (edge.partitioning === "rebalance") turns.fill(1);
  else apportion(edge.shares, Math.max(GENERAL_ENTRIES, 4 * edge.consumers), turns);
  return spread(turns, consumerBase);
}

/** Whole numbers in proportion to the shares, by largest remainder; they sum to `total`. */
function apportion(shares: Float64Array, total: number, out: Int32Array): void {
  let sum = 0;
  const remainder = new Float64Array(shares.length);
  for (let i = 0; i < shares.length; i++) {
    out[i] = Math.floor(shares[i]! * total);
    remainder[i] = shares[i]! * total - out[i]!;
    sum += out[i]!;
  }
  const order = Array.from(shares, (_, i) => i).sort((a, b) => remainder[b]! - remainder[a]! || a - b);
  for (let i = 0; sum < total; i = (i + 1) % order.length) {
    out[order[i]!] = out[order[i]!]! + 1;
    sum++;
  }
}

/** Turn i of a consumer with c turns stands at (i + φ)/c of the table; φ is spread over the consumers. */
function spread(turns: Int32Array, base: number): Int32Array {
  let total = 0;
  for (const count of turns) total += count;
  const place = new Float64Array(total);
  const owner = new Int32Array(total);
  let at = 0;
  for (let consumer = 0; consumer < turns.length; consumer++) {
    const phase = ((consumer + 0.5) * GOLDEN) % 1;
    for (let i = 0; i < turns[consumer]!; i++) {
      place[at] = (i + phase) / turns[consumer]!;
      owner[at++] = consumer;
    }
  }
  const order = Int32Array.from({ length: total }, (_, i) => i).sort(
    (a, b) => place[a]! - place[b]! || owner[a]! - owner[b]!,
  );
  return order.map((i) => base + owner[i]!);
}
