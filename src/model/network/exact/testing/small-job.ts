/** Small jobs for tests of a data plane, with every cost and setting in sight. */
import type {
  ClusterConfig,
  Costs,
  Distribution,
  EdgeConfig,
  EngineConfig,
  ModelConfig,
  StrategyConfig,
  VertexConfig,
} from "../../../config.js";

export const MS = 1_000_000;
export const SECOND = 1_000_000_000;

export function constant(valueNs: number): Distribution {
  return { kind: "constant", valueNs };
}

export function vertex(
  id: string,
  type: VertexConfig["type"],
  parallelism: number,
  more: Partial<VertexConfig> = {},
): VertexConfig {
  return {
    id,
    type,
    parallelism,
    maxParallelism: 128,
    ratePerSecond: 0,
    arrivals: "poisson",
    resume: "committed",
    recordBytes: 1000,
    serviceTime: constant(50_000),
    selectivity: 1,
    windowNs: 0,
    matchProbability: 0,
    matchDelay: constant(0),
    sink: false,
    slotSharingGroup: "default",
    ...more,
  };
}

export interface JobOptions {
  readonly seed?: string;
  readonly durationNs?: number;
  readonly vertices: readonly VertexConfig[];
  readonly edges: readonly EdgeConfig[];
  readonly cluster?: Partial<ClusterConfig>;
  readonly engine?: Partial<EngineConfig>;
  readonly costs?: Partial<Costs>;
  readonly strategy?: Partial<StrategyConfig>;
}

/** Two sources hashed into a join. */
export function joinJob(
  parallelism: number,
  ratePerSource: number,
  more: Partial<JobOptions> = {},
  join: Partial<VertexConfig> = {},
): ModelConfig {
  const rate = ratePerSource * parallelism;
  return config({
    vertices: [
      vertex("feature", "source", parallelism, { ratePerSecond: rate, serviceTime: constant(100_000) }),
      vertex("log", "source", parallelism, { ratePerSecond: rate, serviceTime: constant(100_000) }),
      vertex("joiner", "join", parallelism, {
        windowNs: 10 * SECOND,
        matchProbability: 0.9,
        matchDelay: { kind: "exponential", meanNs: 1 * SECOND },
        sink: true,
        ...join,
      }),
    ],
    edges: [hash(0, 2), hash(1, 2)],
    ...more,
  });
}

export function hash(from: number, to: number): EdgeConfig {
  return { from, to, partitioning: "hash", keySkew: 0 };
}

export function config(options: JobOptions): ModelConfig {
  const slots = Math.max(...options.vertices.map((v) => v.parallelism));
  const zero = constant(0);
  return {
    name: "test",
    seed: options.seed ?? "42",
    warmupNs: 1 * SECOND,
    durationNs: options.durationNs ?? 10 * SECOND,
    resolutionNs: 0,
    vertices: options.vertices,
    edges: options.edges,
    cluster: {
      taskManagers: Math.ceil(slots / 4),
      slotsPerTaskManager: 4,
      taskManagersPerMachine: 1,
      machinesPerRack: 40,
      provider: "yarn",
      reservedTaskManagers: 0,
      linkLatencyNs: 100_000,
      linkBitsPerSecond: 10e9,
      jobManagerBitsPerSecond: 10e9,
      ...options.cluster,
    },
    engine: {
      version: "1.9",
      heartbeatIntervalNs: 10 * SECOND,
      heartbeatTimeoutNs: 50 * SECOND,
      heartbeatRpcFailureThreshold: 0,
      askTimeoutNs: 10 * SECOND,
      cancelTries: 4,
      cancellationIntervalNs: 30 * SECOND,
      cancellationTimeoutNs: 180 * SECOND,
      restartStrategy: "fixed-delay",
      restartDelayNs: 0,
      restartAttempts: 2 ** 31 - 1,
      restartDelayComposition: "sum",
      bufferTimeoutNs: 100 * MS,
      segmentBytes: 32768,
      exclusiveBuffersPerChannel: 2,
      floatingBuffersPerGate: 8,
      maxBuffersPerChannel: null,
      blocksInsideEmit: true,
      partitionRequestInitialBackoffNs: 100 * MS,
      partitionRequestMaxBackoffNs: 10 * SECOND,
      connectionPerEdge: true,
      nettyServerThreads: 0,
      nettyClientThreads: 0,
      networkMemoryBytes: 2 ** 30,
      deadRpcFailsAtOnce: false,
      descriptorsPerConsumer: true,
      slotIdleTimeoutNs: 50 * SECOND,
      slotRequestTimeoutNs: 300 * SECOND,
      ...options.engine,
    },
    costs: {
      containerExitNotice: zero,
      nodeManagerHeartbeat: zero,
      applicationMasterHeartbeat: zero,
      peerErrorReport: zero,
      containerStart: zero,
      reservedSlot: zero,
      taskOpen: zero,
      taskCreate: zero,
      taskOperation: zero,
      descriptor: zero,
      restartSetPerEdge: zero,
      taskCancel: zero,
      heartbeatMessage: zero,
      tcpConnect: zero,
      partitionRequest: zero,
      partitionRequestServe: zero,
      partitionStateCheck: zero,
      updateRpcMainThread: zero,
      updateRpcWire: zero,
      rpcLatency: zero,
      nettyMessage: constant(5_000),
      nettyPerByteNs: 0.5,
      descriptorBytes: 90,
      offsetCommitIntervalNs: 5 * SECOND,
      stuckTaskProbability: 0,
      flagVisibility: zero,
      eventVisibility: zero,
      ...options.costs,
    },
    strategy: {
      name: "single-task",
      onReservesExhausted: "wait",
      fallbackTimerNs: null,
      escalateAfterFailovers: 0,
      escalateWindowNs: 0,
      peerReports: false,
      discardAtSender: true,
      clearHalfRecord: true,
      cacheUpdate: true,
      ...options.strategy,
    },
    faults: [],
  };
}
