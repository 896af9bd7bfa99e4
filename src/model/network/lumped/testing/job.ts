/** Jobs for tests and benchmarks of the data planes: the two-stream join of the published comparison, at any size. */
import type { DurationDistribution } from "../../../../kernel/distributions.js";
import type { Costs, ModelConfig, VertexConfig } from "../../../config.js";
import { defaultMaxParallelism } from "../../../topology/key-groups.js";

const ns = (valueNs: number): DurationDistribution => ({ kind: "constant", valueNs });

export interface JobOptions {
  readonly slots: number;
  readonly seed?: string;
  readonly resolutionNs?: number;
  readonly durationNs?: number;
  readonly ratePerSource?: number;
  readonly recordBytes?: number;
  readonly serviceNs?: number;
  readonly delay?: DurationDistribution;
  readonly inputs?: number;
  readonly maxBuffersPerChannel?: number | null;
  readonly resume?: "committed" | "latest";
  readonly partitioning?: "hash" | "rebalance" | "forward";
}

export function joinJob(options: JobOptions): ModelConfig {
  const { slots } = options;
  const inputs = options.inputs ?? 2;
  const source = (id: string): VertexConfig => ({
    id,
    type: "source",
    parallelism: slots,
    maxParallelism: defaultMaxParallelism(slots),
    ratePerSecond: slots * (options.ratePerSource ?? 5000),
    arrivals: "poisson",
    resume: options.resume ?? "committed",
    recordBytes: options.recordBytes ?? 1000,
    serviceTime: ns(100_000),
    selectivity: 1,
    windowNs: 0,
    matchProbability: 0,
    matchDelay: ns(0),
    sink: false,
    slotSharingGroup: "default",
  });
  const joiner: VertexConfig = {
    ...source("joiner"),
    type: "join",
    ratePerSecond: 0,
    serviceTime: ns(options.serviceNs ?? 47_000),
    windowNs: 30e9,
    matchProbability: 0.9,
    matchDelay: options.delay ?? { kind: "exponential", meanNs: 2e9 },
    sink: true,
  };
  const names = ["feature", "log", "third", "fourth"].slice(0, inputs);
  const costs: Costs = {
    containerExitNotice: ns(0),
    nodeManagerHeartbeat: ns(0),
    applicationMasterHeartbeat: ns(0),
    peerErrorReport: ns(0),
    containerStart: ns(0),
    reservedSlot: ns(0),
    taskOpen: ns(0),
    taskCreate: ns(0),
    taskOperation: ns(0),
    descriptor: ns(0),
    restartSetPerEdge: ns(0),
    taskCancel: ns(0),
    heartbeatMessage: ns(0),
    tcpConnect: ns(0),
    partitionRequest: ns(0),
    partitionRequestServe: ns(0),
    partitionStateCheck: ns(0),
    updateRpcMainThread: ns(0),
    updateRpcWire: ns(0),
    rpcLatency: ns(0),
    nettyMessage: ns(5000),
    nettyPerByteNs: 0.5,
    descriptorBytes: 90,
    offsetCommitIntervalNs: 5e9,
    stuckTaskProbability: 0,
    flagVisibility: ns(0),
    eventVisibility: ns(0),
  };
  return {
    name: "join",
    seed: options.seed ?? "1",
    warmupNs: 2e9,
    durationNs: options.durationNs ?? 40e9,
    resolutionNs: options.resolutionNs ?? 100e6,
    vertices: [...names.map(source), joiner],
    edges: names.map((_, from) => ({ from, to: inputs, partitioning: options.partitioning ?? "hash", keySkew: 0 })),
    cluster: {
      taskManagers: Math.ceil(slots / 4),
      slotsPerTaskManager: 4,
      taskManagersPerMachine: 1,
      machinesPerRack: 40,
      provider: "yarn",
      reservedTaskManagers: 1,
      linkLatencyNs: 100_000,
      linkBitsPerSecond: 1e10,
      jobManagerBitsPerSecond: 1e10,
    },
    engine: {
      version: "1.9",
      heartbeatIntervalNs: 10e9,
      heartbeatTimeoutNs: 50e9,
      heartbeatRpcFailureThreshold: 0,
      askTimeoutNs: 10e9,
      cancelTries: 4,
      cancellationIntervalNs: 30e9,
      cancellationTimeoutNs: 180e9,
      restartStrategy: "fixed-delay",
      restartDelayNs: 10e9,
      restartAttempts: 1e9,
      restartDelayComposition: "sum",
      bufferTimeoutNs: 100e6,
      segmentBytes: 32768,
      exclusiveBuffersPerChannel: 2,
      floatingBuffersPerGate: 8,
      maxBuffersPerChannel: options.maxBuffersPerChannel ?? null,
      blocksInsideEmit: true,
      partitionRequestInitialBackoffNs: 100e6,
      partitionRequestMaxBackoffNs: 10e9,
      connectionPerEdge: true,
      nettyServerThreads: 0,
      nettyClientThreads: 0,
      networkMemoryBytes: 1e12,
      deadRpcFailsAtOnce: false,
      descriptorsPerConsumer: true,
      slotIdleTimeoutNs: 50e9,
      slotRequestTimeoutNs: 300e9,
    },
    costs,
    strategy: {
      name: "single-task",
      onReservesExhausted: "wait",
      fallbackTimerNs: 10e9,
      escalateAfterFailovers: 0,
      escalateWindowNs: 0,
      peerReports: false,
      discardAtSender: true,
      clearHalfRecord: true,
      cacheUpdate: true,
    },
    faults: [],
  };
}
