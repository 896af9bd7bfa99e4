/**
 * The load of every subtask by arithmetic: rates down the job graph, times the mean service time. A check before the
 * run, not a result of it.
 */
import type { ModelConfig } from "../model/config.js";
import type { Topology, TopologyEdge } from "../model/topology/topology.js";
import { consumersOf } from "../model/topology/topology.js";
import { meanNs } from "./schema-values.js";

export interface VertexLoad {
  readonly vertex: string;
  /** Index of the hottest subtask (the first of equals). */
  readonly subtask: number;
  /** Records per second that it processes, and their ratio to the mean of the vertex. */
  readonly ratePerSecond: number;
  readonly timesMean: number;
  /** Share of its task thread's time; 1 and more can never catch up. */
  readonly utilisation: number;
}

/** Hottest subtask of each vertex, in the order of `config.vertices`. */
export function hottestSubtasks(config: ModelConfig, topology: Topology): VertexLoad[] {
  const out: Float64Array[] = config.vertices.map((vertex) => new Float64Array(vertex.parallelism));
  const loads: VertexLoad[] = [];
  for (const v of topology.order) {
    const vertex = config.vertices[v]!;
    const inputs = topology.inEdges[v]!;
    const rates = new Float64Array(vertex.parallelism);
    if (vertex.type === "source") rates.fill(vertex.ratePerSecond / vertex.parallelism);
    for (const edge of inputs) addRates(rates, out[edge.from]!, edge);
    const emitted = out[v]!;
    // A match needs a partner on every other input: the records of one input, times the probability for each other.
    const perRecord =
      vertex.type === "join"
        ? vertex.matchProbability ** Math.max(0, inputs.length - 1) / Math.max(1, inputs.length)
        : vertex.type === "operator"
          ? vertex.selectivity
          : 1;
    rates.forEach((rate, i) => {
      emitted[i] = rate * perRecord;
    });
    let hottest = 0;
    let sum = 0;
    rates.forEach((rate, i) => {
      sum += rate;
      if (rate > rates[hottest]! * (1 + 1e-9)) hottest = i;
    });
    const rate = rates[hottest] ?? 0;
    loads[v] = {
      vertex: vertex.id,
      subtask: hottest,
      ratePerSecond: rate,
      timesMean: sum === 0 ? 1 : (rate * vertex.parallelism) / sum,
      utilisation: (rate * meanNs(vertex.serviceTime)) / 1e9,
    };
  }
  return loads;
}

function addRates(rates: Float64Array, produced: Float64Array, edge: TopologyEdge): void {
  if (edge.allToAll) {
    const total = produced.reduce((sum, rate) => sum + rate, 0);
    for (let i = 0; i < rates.length; i++) rates[i] = rates[i]! + total * edge.shares[i]!;
    return;
  }
  for (let p = 0; p < edge.producers; p++) {
    const { first, count } = consumersOf(edge, p);
    for (let i = first; i < first + count; i++) rates[i] = rates[i]! + produced[p]! / count;
  }
}
