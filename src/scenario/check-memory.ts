/**
 * Network buffers that each TaskManager needs, by Flink's rules: an input gate wants its exclusive buffers per
 * channel plus the floating ones; an output of N subpartitions needs N+1 and uses up to 2N+8.
 */
import type { ModelConfig } from "../model/config.js";
import type { Topology } from "../model/topology/topology.js";
import { consumersOf, producersOf } from "../model/topology/topology.js";

export interface NetworkMemory {
  /** Of the TaskManager that needs most: with the smallest pools it can start with, and with full pools. */
  readonly neededBytes: number;
  readonly wantedBytes: number;
  readonly availableBytes: number;
  /** The same in buffers. */
  readonly neededBuffers: number;
  readonly wantedBuffers: number;
  readonly availableBuffers: number;
}

/** Output pools are 2N+8 whatever the gates' options are (NettyShuffleUtils). */
const OUTPUT_PER_SUBPARTITION = 2;
const OUTPUT_EXTRA = 8;

export function networkMemory(config: ModelConfig, topology: Topology): NetworkMemory {
  const { engine, cluster } = config;
  const needed = new Float64Array(topology.tasks);
  const wanted = new Float64Array(topology.tasks);
  for (const edge of topology.edges) {
    for (let p = 0; p < edge.producers; p++) {
      const task = topology.taskBase[edge.from]! + p;
      const n = consumersOf(edge, p).count;
      needed[task] = needed[task]! + n + 1;
      wanted[task] = wanted[task]! + OUTPUT_PER_SUBPARTITION * n + OUTPUT_EXTRA;
    }
    for (let c = 0; c < edge.consumers; c++) {
      const task = topology.taskBase[edge.to]! + c;
      const gate = engine.exclusiveBuffersPerChannel * producersOf(edge, c).count + engine.floatingBuffersPerGate;
      needed[task] = needed[task]! + gate;
      wanted[task] = wanted[task]! + gate;
    }
  }
  // Slots fill TaskManagers in order.
  let neededBuffers = 0;
  let wantedBuffers = 0;
  for (let first = 0; first < topology.slots; first += cluster.slotsPerTaskManager) {
    let least = 0;
    let most = 0;
    for (const tasks of topology.tasksOfSlot.slice(first, first + cluster.slotsPerTaskManager)) {
      for (const task of tasks) {
        least += needed[task]!;
        most += wanted[task]!;
      }
    }
    neededBuffers = Math.max(neededBuffers, least);
    wantedBuffers = Math.max(wantedBuffers, most);
  }
  return {
    neededBytes: neededBuffers * engine.segmentBytes,
    wantedBytes: wantedBuffers * engine.segmentBytes,
    availableBytes: engine.networkMemoryBytes,
    neededBuffers,
    wantedBuffers,
    availableBuffers: Math.floor(engine.networkMemoryBytes / engine.segmentBytes),
  };
}
