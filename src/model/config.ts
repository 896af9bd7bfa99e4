/**
 * The normalised input of one case: everything the simulated system needs, in integer nanoseconds, bytes and
 * records per second. `scenario/` produces it from YAML in one pass; nothing in the model sees a unit string, a
 * default or a shorthand. All fields are required: a default belongs to `scenario/`.
 */

import type { DurationDistribution } from "../kernel/distributions.js";

/** A duration that may vary, in nanoseconds. Sampled by inverse transform, one uniform draw per sample. */
export type Distribution = DurationDistribution;

export type VertexType = "source" | "operator" | "join" | "sink";
export type Partitioning = "hash" | "forward" | "rebalance" | "rescale" | "broadcast";

export interface VertexConfig {
  readonly id: string;
  readonly type: VertexType;
  readonly parallelism: number;
  /** Flink's max parallelism = number of key groups of a hash edge into this vertex. */
  readonly maxParallelism: number;
  /** Sources: records per second appended to the log for the whole vertex; 0 elsewhere. */
  readonly ratePerSecond: number;
  readonly arrivals: "poisson" | "periodic";
  /** Sources: where a new attempt resumes. */
  readonly resume: "committed" | "latest";
  readonly recordBytes: number;
  /** Task-thread time per record. */
  readonly serviceTime: Distribution;
  /** Operators: records emitted per record processed (1 for a map). */
  readonly selectivity: number;
  /** Joins: how long a record stays in the state after its arrival there (processing time). */
  readonly windowNs: number;
  /** Joins: a record's partner on each other input exists with this probability, this much later or earlier. */
  readonly matchProbability: number;
  readonly matchDelay: Distribution;
  /** True if what this vertex emits leaves the job here (matches of a join, records of any other vertex). */
  readonly sink: boolean;
  readonly slotSharingGroup: string;
}

export interface EdgeConfig {
  /** Indices into `vertices`. */
  readonly from: number;
  readonly to: number;
  readonly partitioning: Partitioning;
  /** Zipf exponent of the key-group weights of a hash edge; 0 = uniform keys. */
  readonly keySkew: number;
}

export type Provider = "yarn" | "kubernetes" | "standalone";

export interface ClusterConfig {
  readonly taskManagers: number;
  readonly slotsPerTaskManager: number;
  readonly taskManagersPerMachine: number;
  readonly machinesPerRack: number;
  readonly provider: Provider;
  readonly reservedTaskManagers: number;
  readonly linkLatencyNs: number;
  readonly linkBitsPerSecond: number;
  readonly jobManagerBitsPerSecond: number;
}

/** Behaviour of one Flink line, after the preset and the scenario's `engine.config` are merged. */
export interface EngineConfig {
  readonly version: string;
  readonly heartbeatIntervalNs: number;
  readonly heartbeatTimeoutNs: number;
  /** Heartbeat RPCs refused in a row that count as a loss (1.14+); 0 = off. */
  readonly heartbeatRpcFailureThreshold: number;
  readonly askTimeoutNs: number;
  /** Cancel asks per task before the JobManager gives up on the answer (1 + retries). */
  readonly cancelTries: number;
  readonly cancellationIntervalNs: number;
  readonly cancellationTimeoutNs: number;
  readonly restartStrategy: "none" | "fixed-delay" | "exponential-delay" | "failure-rate";
  readonly restartDelayNs: number;
  readonly restartAttempts: number;
  /** 1.9 waits for the cancels and then for the delay; 1.10+ for the longer of the two. */
  readonly restartDelayComposition: "sum" | "max";
  readonly bufferTimeoutNs: number;
  readonly segmentBytes: number;
  readonly exclusiveBuffersPerChannel: number;
  readonly floatingBuffersPerGate: number;
  /** Flink 1.11+: 10. `null`: no per-channel limit, only the shared pool of 2N+8 buffers (1.9, 1.10). */
  readonly maxBuffersPerChannel: number | null;
  /** 1.9 blocks inside emit and holds the task thread; 1.10+ suspends before the next batch. */
  readonly blocksInsideEmit: boolean;
  readonly partitionRequestInitialBackoffNs: number;
  readonly partitionRequestMaxBackoffNs: number;
  /** ≤1.14: one TCP connection per TaskManager pair and edge; 1.15+: one per ordered pair. */
  readonly connectionPerEdge: boolean;
  /** Event-loop threads per TaskManager; 0 = number of slots. */
  readonly nettyServerThreads: number;
  readonly nettyClientThreads: number;
  readonly networkMemoryBytes: number;
  /** ≤1.13: an RPC to a dead process is silently lost; 1.14+: it fails at once. */
  readonly deadRpcFailsAtOnce: boolean;
  /** 1.9–1.13 build O(P) shuffle descriptors for each consumer task on the main thread. */
  readonly descriptorsPerConsumer: boolean;
  readonly slotIdleTimeoutNs: number;
  readonly slotRequestTimeoutNs: number;
}

/** The simulator's own costs. Durations are distributions; the catalogue in `scenario/` gives grade and source. */
export interface Costs {
  readonly containerExitNotice: Distribution;
  readonly nodeManagerHeartbeat: Distribution;
  readonly applicationMasterHeartbeat: Distribution;
  readonly peerErrorReport: Distribution;
  readonly containerStart: Distribution;
  readonly reservedSlot: Distribution;
  readonly taskOpen: Distribution;
  readonly taskCreate: Distribution;
  readonly taskOperation: Distribution;
  readonly descriptor: Distribution;
  readonly restartSetPerEdge: Distribution;
  readonly taskCancel: Distribution;
  readonly heartbeatMessage: Distribution;
  readonly tcpConnect: Distribution;
  readonly partitionRequest: Distribution;
  readonly partitionRequestServe: Distribution;
  /** One question for the state of a producer whose partition was not found. */
  readonly partitionStateCheck: Distribution;
  readonly updateRpcMainThread: Distribution;
  readonly updateRpcWire: Distribution;
  readonly rpcLatency: Distribution;
  readonly nettyMessage: Distribution;
  /** Picoseconds are needed here: nanoseconds per byte. */
  readonly nettyPerByteNs: number;
  readonly descriptorBytes: number;
  readonly offsetCommitIntervalNs: number;
  readonly stuckTaskProbability: number;
  /** Until a producer's task thread sees a subpartition's flag, which the Netty server thread wrote. */
  readonly flagVisibility: Distribution;
  /** Until a consumer's task thread sees the UnavailableEvent, which the Netty client or RPC thread appended. */
  readonly eventVisibility: Distribution;
}
export type CostName = keyof Costs;

export interface StrategyConfig {
  readonly name: string;
  /** What to do when no slot is left although reserves were configured. */
  readonly onReservesExhausted: "wait" | "escalate";
  readonly fallbackTimerNs: number | null;
  /** Escalate to a global restart after this many failovers of one task within the window; 0 = never. */
  readonly escalateAfterFailovers: number;
  readonly escalateWindowNs: number;
  /** In single-task mode, survivors report lost peers to the JobManager. */
  readonly peerReports: boolean;
  /** Ablations (default true): discard at the sender, clear the half record, cache the early update. */
  readonly discardAtSender: boolean;
  readonly clearHalfRecord: boolean;
  readonly cacheUpdate: boolean;
}

export type FaultTarget =
  | { readonly kind: "taskManager"; readonly taskManager: number }
  | { readonly kind: "machine"; readonly machine: number }
  | { readonly kind: "rack"; readonly rack: number }
  | { readonly kind: "task"; readonly vertex: number; readonly subtask: number }
  | { readonly kind: "random"; readonly count: number }
  | {
      readonly kind: "sets";
      readonly from: readonly number[];
      readonly to: readonly number[];
      readonly oneWay: boolean;
    };

export interface FaultConfig {
  readonly kind: string;
  readonly atNs: number;
  /** `null`: for good. */
  readonly forNs: number | null;
  readonly target: FaultTarget | null;
  /** Kind-specific numbers, by name with unit (`factor`, `meanIntervalNs`, …). */
  readonly options: Readonly<Record<string, number>>;
}

export interface ModelConfig {
  readonly name: string;
  readonly seed: string;
  readonly warmupNs: number;
  readonly durationNs: number;
  /** Everything must run again, and the backlog be drained, this long after the last fault; absent: not checked. */
  readonly livenessNs?: number;
  /** Order of events at the same instant: absent or 0 = by entity number, else drawn from this number. */
  readonly sameTimeOrder?: number;
  /** Interval of a quantum of healthy traffic; 0 = exact, every buffer of every channel. */
  readonly resolutionNs: number;
  readonly vertices: readonly VertexConfig[];
  readonly edges: readonly EdgeConfig[];
  readonly cluster: ClusterConfig;
  readonly engine: EngineConfig;
  readonly costs: Costs;
  readonly strategy: StrategyConfig;
  readonly faults: readonly FaultConfig[];
}
