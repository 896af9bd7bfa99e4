/**
 * What a failover strategy sees and returns. A strategy decides, the JobManager executes: a read-only view in, plain
 * data out, one call per failure, no call-order protocol. Each strategy is one file in `failover/`.
 */
import type { ModelConfig } from "../config.js";
import type { Topology } from "../topology/topology.js";

export interface Failure {
  readonly task: number;
  readonly nowNs: number;
  /** Failovers of this task within the escalation window, this one included. */
  readonly recentFailovers: number;
  /** No slot could be had for an earlier plan. */
  readonly slotsExhausted: boolean;
}

export interface FailoverView {
  readonly config: ModelConfig;
  readonly topology: Topology;
  /** Id of the pipelined region of each task. */
  region(task: number): number;
}

export type RecoveryPlan =
  | { readonly action: "ignore" }
  | {
      readonly action: "restart";
      /** Tasks that get a new attempt, in deployment order. */
      readonly tasks: Int32Array;
      /** Cancel those still running and wait for every terminal state, then wait for the restart delay. */
      readonly cancelFirst: boolean;
      /** Tell the consumers of each restarted task where its new attempt runs, once that reports RUNNING. */
      readonly updateConsumers: boolean;
      /** Edges that the computation of the restart set visits on the main thread. */
      readonly edgesVisited: number;
    };

/** What the network layer must know of a strategy; read in one place (`network/protocol.ts`). */
export interface DataPlanePolicy {
  /** What a consumer does when a producer is gone: fail (vanilla Flink) or survive (UnavailableEvent). */
  readonly receiver: "fail" | "survive";
  /** What a producer does with data for a consumer that is gone. */
  readonly sender: "hold" | "discard";
  /** A task that fails by itself may leave others of its vertex running: its channels are dealt with one by one. */
  readonly leavesOthersRunning?: boolean;
  readonly defects?: Defects;
}

/** What a deliberately broken strategy of the tests leaves out or gets wrong; a shipped strategy has no defects. */
export interface Defects {
  readonly keepsHalfRecord?: boolean;
  /** A PartitionRequest of an attempt that is known dead, or older than the current one, is served. */
  readonly reenablesOnStale?: boolean;
  /** A close takes the current view down, whoever it is from. */
  readonly closesAnyView?: boolean;
  readonly dropsCachedUpdate?: boolean;
  /** An update is applied at once, although the channel has not met its UnavailableEvent. */
  readonly appliesBeforeDrain?: boolean;
  /** An update that names an older attempt than the channel knows is applied. */
  readonly appliesOlderUpdate?: boolean;
  /** An update for a channel that has seen no error is taken for a mistake (power loss: nobody saw the producer go). */
  readonly ignoresForcedUpdate?: boolean;
  readonly noTimer?: boolean;
  /** A consumer forgets to announce a recycled buffer now and then. */
  readonly leaksCredit?: boolean;
}

export interface FailoverStrategy {
  readonly name: string;
  /** One line for `outgap list strategies`. */
  readonly summary: string;
  readonly restarts: string;
  readonly guarantee: string;
  readonly source: string;
  policy(config: ModelConfig): DataPlanePolicy;
  decide(failure: Failure, view: FailoverView): RecoveryPlan;
  /** A reason to refuse the topology, or null. */
  refuses(config: ModelConfig): string | null;
}
