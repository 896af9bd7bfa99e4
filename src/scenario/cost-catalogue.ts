/**
 * The catalogue of the simulator's own costs: scenario key, default per preset and provider, unit, grade, source.
 * One row per field of `Costs`; a scenario's `costs:` overrides any of them.
 * Grades: P published, S read in source, D derived by arithmetic, I an assumption. "fitted" = to the six cells.
 */
import type { CostName, Provider } from "../model/config.js";
import type { EngineVersion } from "./engines.js";

export type Grade = "P" | "S" | "D" | "I";
export type CostKind = "distribution" | "durationPerByte" | "bytes" | "duration" | "probability";

export interface CostSpec {
  /** Field of `Costs`. */
  readonly name: CostName;
  /** Key in a scenario's `costs:`. */
  readonly key: string;
  readonly kind: CostKind;
  readonly grade: string;
  readonly source: string;
  readonly doc: string;
  /** Raw default, in the scenario's own notation, so that it reads back through the same parser. */
  readonly value: unknown;
  /** Presets and providers that differ, with their own grade and source. */
  readonly unless?: readonly {
    readonly versions?: readonly EngineVersion[];
    readonly provider?: Provider;
    readonly value: unknown;
    readonly grade: string;
    readonly source: string;
  }[];
}

const MODEL = "phase model over the six published cells";

export const COSTS: readonly CostSpec[] = [
  {
    name: "containerExitNotice",
    key: "containerExitNotice",
    kind: "distribution",
    value: "0.8s",
    grade: "I",
    source: `${MODEL}: the sum of notice, slot, open and connect is 5.0–5.5 s`,
    doc: "Provider sees that a container's process exited; constant part.",
  },
  {
    name: "nodeManagerHeartbeat",
    key: "nodeManagerHeartbeat",
    kind: "distribution",
    value: { uniform: { low: "0s", high: "1s" } },
    grade: "I",
    source: "YARN NodeManager heartbeat every 1 s, uniform phase",
    doc: "Wait for the node's next heartbeat to the provider.",
  },
  {
    name: "applicationMasterHeartbeat",
    key: "applicationMasterHeartbeat",
    kind: "distribution",
    value: { uniform: { low: "0s", high: "1s" } },
    grade: "I",
    source: "ApplicationMaster heartbeat, uniform phase",
    doc: "Wait for the ResourceManager's next heartbeat to the provider.",
  },
  {
    name: "peerErrorReport",
    key: "peerErrorReport",
    kind: "distribution",
    value: "50ms",
    grade: "I",
    source: "round trip, event loop and one mailbox turn: 1–100 ms",
    doc: "From a closed connection to a consumer task's FAILED report.",
  },
  {
    name: "containerStart",
    key: "containerStart",
    kind: "distribution",
    value: { lognormal: { median: "14.1s", sigma: 0.05 } },
    grade: "D",
    source: `fitted to the six published cells (${MODEL}: 13.6–14.6 s); elsewhere 10–60 s`,
    doc: "Request of a container until its TaskManager has registered.",
    unless: [
      {
        provider: "kubernetes",
        value: { normal: { mean: "11.9s", sd: "2.8s" } },
        grade: "P",
        source: "Kubernetes pod, image cached: 11.9 ± 2.8 s, n=46",
      },
    ],
  },
  {
    name: "reservedSlot",
    key: "reservedSlot",
    kind: "distribution",
    value: "0.2s",
    grade: "I",
    source: "a few RPC hops to a registered TaskManager",
    doc: "Slot from a reserved TaskManager.",
  },
  {
    name: "taskOpen",
    key: "taskOpen",
    kind: "distribution",
    value: "2.65s",
    grade: "I",
    source: `fitted together with the notice: ${MODEL}`,
    doc: "Task thread: class load, open, source ready.",
  },
  {
    name: "taskCreate",
    key: "taskCreate",
    kind: "distribution",
    value: "1ms",
    grade: "I",
    source: "serial on the TaskManager's main thread",
    doc: "TaskManager creates one task.",
  },
  {
    name: "taskOperation",
    key: "taskOperation",
    kind: "distribution",
    value: "0.56ms",
    grade: "I",
    source:
      "fitted by this event model to the six published cells, together with the scenarios' restart delay; a phase model gives 0.33–0.54 ms",
    doc: "JobManager main thread: one cancel, state update, reset, slot request or submit.",
  },
  {
    name: "descriptor",
    key: "descriptor",
    kind: "distribution",
    value: "519ns",
    grade: "P+D",
    source: "10k×10k on 1.12 deploys in 63.118 s: (63.118 s − 20,000 × taskOperation) ÷ 10⁸",
    doc: "JobManager main thread: one shuffle descriptor.",
  },
  {
    name: "restartSetPerEdge",
    key: "restartSetPerEdge",
    kind: "distribution",
    value: "372ns",
    grade: "P+D",
    source: "10k×10k on 1.12: 37,195 ms ÷ 10⁸ edges",
    doc: "Computation of a region restart set, per edge visited.",
    unless: [
      {
        versions: ["1.13", "1.14", "1.15"],
        value: "2ns",
        grade: "P+D",
        source: "10k×10k on 1.14: 170 ms ÷ 10⁸ edges = 1.7 ns; 1.13 has the same algorithm",
      },
    ],
  },
  {
    name: "taskCancel",
    key: "taskCancel",
    kind: "distribution",
    value: { lognormal: { median: "30ms", sigma: 1.1 } },
    grade: "I",
    source: "cooperative cancel is one record; user code in I/O makes the tail",
    doc: "Cancel of one task on its TaskManager until it is terminal.",
  },
  {
    name: "heartbeatMessage",
    key: "heartbeatMessage",
    kind: "distribution",
    value: "0.02ms",
    grade: "I",
    source: "one small message",
    doc: "JobManager main thread: one heartbeat sent or received.",
  },
  {
    name: "tcpConnect",
    key: "tcpConnect",
    kind: "distribution",
    value: "0.2ms",
    grade: "I",
    source: `${MODEL}: at most 0.37 ms`,
    doc: "Task thread: one TCP connect, in series.",
  },
  {
    name: "partitionRequest",
    key: "partitionRequest",
    kind: "distribution",
    value: "0.02ms",
    grade: "I",
    source: MODEL,
    doc: "Task thread: one PartitionRequest.",
  },
  {
    name: "partitionRequestServe",
    key: "partitionRequestServe",
    kind: "distribution",
    value: "0.02ms",
    grade: "I",
    source: MODEL,
    doc: "Producer's Netty server loop: one PartitionRequest.",
  },
  {
    name: "partitionStateCheck",
    key: "partitionStateCheck",
    kind: "distribution",
    value: "0.02ms",
    grade: "I",
    source: "one small message and a look-up, as a heartbeat",
    doc: "JobManager main thread: a consumer asks for the state of one producer whose partition it did not find.",
  },
  {
    name: "updateRpcMainThread",
    key: "updateRpcMainThread",
    kind: "distribution",
    value: "0.05ms",
    grade: "I",
    source: `${MODEL}: at most 0.18 ms`,
    doc: "JobManager main thread: one update RPC to a downstream task.",
  },
  {
    name: "updateRpcWire",
    key: "updateRpcWire",
    kind: "distribution",
    value: "1ms",
    grade: "I",
    source: MODEL,
    doc: "An update RPC from the JobManager to the task's RPC thread.",
  },
  {
    name: "rpcLatency",
    key: "rpcLatency",
    kind: "distribution",
    value: "0.1ms",
    grade: "I",
    source: "one way on the link",
    doc: "Any other RPC between two processes.",
  },
  {
    name: "nettyMessage",
    key: "nettyMessage",
    kind: "distribution",
    value: "5us",
    grade: "I",
    source: "order of magnitude of one write or read",
    doc: "Netty event loop: one message.",
  },
  {
    name: "nettyPerByteNs",
    key: "nettyPerByte",
    kind: "durationPerByte",
    value: "0.5ns",
    grade: "I",
    source: "copying at 2 GB/s",
    doc: "Netty event loop: one byte of a message.",
  },
  {
    name: "descriptorBytes",
    key: "descriptorBytes",
    kind: "bytes",
    value: "90B",
    grade: "I",
    source: "700 KB per task of 8k descriptors (FLINK-23218) and 350–395 KB at 4k",
    doc: "Size of one shuffle descriptor on the wire.",
    unless: [
      {
        versions: ["1.14", "1.15"],
        value: "25B",
        grade: "P+D",
        source: "compressed descriptors are 72 % smaller (scheduler blog, part 2): 0.28 × 90 B",
      },
    ],
  },
  {
    name: "offsetCommitIntervalNs",
    key: "offsetCommitInterval",
    kind: "duration",
    value: "5s",
    grade: "I",
    source: "Kafka's auto.commit.interval.ms",
    doc: "A source commits its offset this often.",
  },
  {
    name: "stuckTaskProbability",
    key: "stuckTaskProbability",
    kind: "probability",
    value: 0,
    grade: "I",
    source: "at 0.1 % almost every failover of a 4,000-way join would meet one",
    doc: "A consumer of a dead producer is stuck and never drains the channel.",
  },
  {
    name: "flagVisibility",
    key: "flagVisibility",
    kind: "distribution",
    value: "0s",
    grade: "I",
    source: "volatile fields: well below a microsecond",
    doc: "A subpartition's flag, written by a Netty thread, becomes visible to its producer's task thread.",
  },
  {
    name: "eventVisibility",
    key: "eventVisibility",
    kind: "distribution",
    value: "0s",
    grade: "I",
    source: "the gate's queue is locked: well below a microsecond",
    doc: "An UnavailableEvent, appended by a Netty or RPC thread, becomes visible to its consumer's task thread.",
  },
];
