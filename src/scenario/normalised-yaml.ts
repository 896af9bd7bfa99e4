/**
 * Normalised scenario → YAML with every default written out, no `params`, and each case's differences from the first
 * as `set`. It reads back as the same cases: that is its test.
 */
import { stringify } from "yaml";
import type { Distribution, FaultConfig, ModelConfig, VertexConfig } from "../model/config.js";
import { COSTS } from "./cost-catalogue.js";
import type { Expectation } from "./expectations.js";
import { STRATEGIES } from "./names.js";
import { JOB_MANAGER } from "./to-model.js";
import { formatBandwidth, formatBytes, formatDuration, formatRate } from "./units.js";

type Tree = Record<string, unknown>;

export interface Head {
  readonly version: 1;
  readonly name: string;
  readonly description: string;
  readonly seed: string;
  readonly tags: readonly string[];
  readonly allowances: readonly string[];
}
export interface CaseModel {
  readonly name: string;
  readonly strategy: string;
  readonly config: ModelConfig;
}

/** The written form of a distribution. */
export function writeDistribution(d: Distribution): unknown {
  switch (d.kind) {
    case "constant":
      return formatDuration(d.valueNs);
    case "uniform":
      return { uniform: { low: formatDuration(d.lowNs), high: formatDuration(d.highNs) } };
    case "exponential":
      return { exponential: formatDuration(d.meanNs) };
    case "lognormal":
      return { lognormal: { median: formatDuration(d.medianNs), sigma: d.sigma } };
    case "normal":
      return { normal: { mean: formatDuration(d.meanNs), sd: formatDuration(d.sdNs) } };
    case "empirical":
      return { empirical: d.valuesNs.map(formatDuration) };
  }
}

function writeVertex(v: VertexConfig): Tree {
  const tree: Tree = {
    id: v.id,
    type: v.type,
    parallelism: v.parallelism,
    maxParallelism: v.maxParallelism,
    serviceTime: writeDistribution(v.serviceTime),
    recordSize: formatBytes(v.recordBytes),
    slotSharingGroup: v.slotSharingGroup,
  };
  if (v.type === "source")
    Object.assign(tree, { rate: formatRate(v.ratePerSecond), arrivals: v.arrivals, resume: v.resume });
  if (v.type === "operator") tree.selectivity = v.selectivity;
  if (v.type === "join") {
    tree.window = formatDuration(v.windowNs);
    tree.match = { probability: v.matchProbability, delay: writeDistribution(v.matchDelay) };
  }
  if (v.type !== "sink") tree.sink = v.sink;
  return tree;
}

function writeEngineConfig(config: ModelConfig): Tree {
  const e = config.engine;
  const tree: Tree = {
    "heartbeat.interval": formatDuration(e.heartbeatIntervalNs),
    "heartbeat.timeout": formatDuration(e.heartbeatTimeoutNs),
    "heartbeat.rpc-failure-threshold": e.heartbeatRpcFailureThreshold === 0 ? -1 : e.heartbeatRpcFailureThreshold,
    "akka.ask.timeout": formatDuration(e.askTimeoutNs),
    "restart-strategy": e.restartStrategy,
    "restart-strategy.fixed-delay.attempts": e.restartAttempts,
    "restart-strategy.fixed-delay.delay": formatDuration(e.restartDelayNs),
    "execution.buffer-timeout": formatDuration(e.bufferTimeoutNs),
    "task.cancellation.interval": formatDuration(e.cancellationIntervalNs),
    "task.cancellation.timeout": formatDuration(e.cancellationTimeoutNs),
    "taskmanager.memory.segment-size": flinkBytes(e.segmentBytes),
    "taskmanager.network.memory.min": flinkBytes(e.networkMemoryBytes),
    "taskmanager.network.memory.max": flinkBytes(e.networkMemoryBytes),
    "taskmanager.network.memory.buffers-per-channel": e.exclusiveBuffersPerChannel,
    "taskmanager.network.memory.floating-buffers-per-gate": e.floatingBuffersPerGate,
  };
  if (e.maxBuffersPerChannel !== null)
    tree["taskmanager.network.memory.max-buffers-per-channel"] = e.maxBuffersPerChannel;
  return {
    ...tree,
    "taskmanager.network.request-backoff.initial": formatDuration(e.partitionRequestInitialBackoffNs),
    "taskmanager.network.request-backoff.max": formatDuration(e.partitionRequestMaxBackoffNs),
    "taskmanager.network.netty.server.numThreads": e.nettyServerThreads === 0 ? -1 : e.nettyServerThreads,
    "taskmanager.network.netty.client.numThreads": e.nettyClientThreads === 0 ? -1 : e.nettyClientThreads,
    "slot.idle.timeout": formatDuration(e.slotIdleTimeoutNs),
    "slot.request.timeout": formatDuration(e.slotRequestTimeoutNs),
  };
}

/** In Flink's notation: binary multiples in lower case. */
function flinkBytes(bytes: number): string {
  return formatBytes(bytes).replace("KiB", "kb").replace("MiB", "mb").replace("GiB", "gb").replace("B", "b");
}

function writeCosts(config: ModelConfig): Tree {
  const tree: Tree = {};
  for (const { name, key, kind } of COSTS) {
    const value = config.costs[name];
    if (typeof value === "object") tree[key] = writeDistribution(value);
    else if (kind === "bytes") tree[key] = formatBytes(value);
    else if (kind === "probability") tree[key] = value;
    else tree[key] = value === 0 ? "0ns" : formatDuration(value);
  }
  return tree;
}

function writeSets(from: readonly number[], to: readonly number[], taskManagers: number): Tree {
  const written = (side: readonly number[]) => side.map((m) => (m === JOB_MANAGER ? "jobManager" : m));
  if (from.length + to.length === taskManagers + 1) {
    return from.length >= to.length ? { from: "rest", to: written(to) } : { from: written(from), to: "rest" };
  }
  return { from: written(from), to: written(to) };
}

function writeFault(fault: FaultConfig, config: ModelConfig): Tree {
  const tree: Tree = { at: formatDuration(fault.atNs), kind: fault.kind };
  const { target, options } = fault;
  switch (target?.kind) {
    case "taskManager":
    case "machine":
    case "rack":
      tree.target = { [target.kind]: (target as unknown as Record<string, number>)[target.kind] };
      break;
    case "random":
      tree.target = { random: target.count };
      break;
    case "task":
      tree.target = { vertex: config.vertices[target.vertex]?.id, subtask: target.subtask };
      break;
    case "sets":
      tree.target = { ...writeSets(target.from, target.to, config.cluster.taskManagers), oneWay: target.oneWay };
      break;
    default:
      break;
  }
  if (fault.forNs !== null) tree.for = formatDuration(fault.forNs);
  switch (fault.kind) {
    case "hang-io-thread":
      return { ...tree, side: options.client === 1 ? "client" : "server", thread: options.thread };
    case "kill-machines":
      return { ...tree, count: options.count, silent: options.silent === 1 };
    case "mtbf":
      return {
        ...tree,
        meanInterval: formatDuration(options.meanIntervalNs ?? 0),
        of: options.machines === 1 ? "machine" : "task-manager",
        burstShare: options.burstShare,
        burstSize: options.burstSize,
        burstWithin: formatDuration(options.burstWithinNs ?? 0),
      };
    default:
      return { ...tree, ...options };
  }
}

/** The parts of a scenario that a case's `set` can change, as a tree. */
export function writeConfig(config: ModelConfig): Tree {
  const ids = config.vertices.map((vertex) => vertex.id);
  const c = config.cluster;
  return {
    warmup: formatDuration(config.warmupNs),
    duration: formatDuration(config.durationNs),
    ...(config.sameTimeOrder === undefined ? {} : { sameTimeOrder: config.sameTimeOrder }),
    ...(config.livenessNs === undefined ? {} : { liveness: formatDuration(config.livenessNs) }),
    resolution: config.resolutionNs === 0 ? "exact" : formatDuration(config.resolutionNs),
    job: {
      vertices: config.vertices.map(writeVertex),
      edges: config.edges.map((edge) => ({ ...edge, from: ids[edge.from], to: ids[edge.to] })),
    },
    cluster: {
      taskManagers: c.taskManagers,
      slotsPerTaskManager: c.slotsPerTaskManager,
      taskManagersPerMachine: c.taskManagersPerMachine,
      machinesPerRack: c.machinesPerRack,
      provider: c.provider,
      reservedTaskManagers: c.reservedTaskManagers,
      linkLatency: formatDuration(c.linkLatencyNs),
      linkBandwidth: formatBandwidth(c.linkBitsPerSecond),
      jobManagerBandwidth: formatBandwidth(c.jobManagerBitsPerSecond),
    },
    engine: { version: config.engine.version, config: writeEngineConfig(config) },
    costs: writeCosts(config),
    faults: config.faults.map((fault) => writeFault(fault, config)),
  };
}

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Smallest set of path → value that turns `base` into `other`. */
export function differences(base: unknown, other: unknown, path = ""): [string, unknown][] {
  if (JSON.stringify(base) === JSON.stringify(other)) return [];
  if (Array.isArray(base) && Array.isArray(other) && base.length === other.length && base.length > 0) {
    return base.flatMap((entry, i) => differences(entry, other[i], `${path}[${i}]`));
  }
  if (isTree(base) && isTree(other)) {
    const keys = Object.keys(base);
    if (path === "" || (keys.length === Object.keys(other).length && keys.every((key) => key in other))) {
      return keys.flatMap((key) => differences(base[key], other[key], path === "" ? key : `${path}.${key}`));
    }
  }
  return [[path, other]];
}

function writeOptions(config: ModelConfig): Tree {
  const s = config.strategy;
  const all: Tree = {
    fallbackTimer: s.fallbackTimerNs === null ? "off" : formatDuration(s.fallbackTimerNs),
    onReservesExhausted: s.onReservesExhausted,
    escalateAfterFailovers: s.escalateAfterFailovers,
    escalateWindow: formatDuration(s.escalateWindowNs),
    peerReports: s.peerReports,
    discardAtSender: s.discardAtSender,
    clearHalfRecord: s.clearHalfRecord,
    cacheUpdate: s.cacheUpdate,
  };
  const valid: readonly string[] = STRATEGIES.find((strategy) => strategy.name === s.name)?.options ?? [];
  return Object.fromEntries(Object.entries(all).filter(([key]) => valid.includes(key)));
}

function writeExpectation(e: Expectation): Tree {
  const source = e.source === null ? {} : { source: e.source };
  if (e.kind === "invariant") return { case: e.case, invariant: e.invariant, ...source };
  if (e.kind === "endState") return { case: e.case, endState: e.endState, ...source };
  const written = (value: number) => (e.unit === "ms" ? formatDuration(Math.round(value * 1e6)) : value);
  const within = e.within === null ? {} : { within: written(e.within) };
  return { case: e.case, metric: e.metric, [e.relation]: written(e.value), ...within, ...source };
}

/** The whole scenario as YAML text. */
export function normalisedYaml(head: Head, cases: readonly CaseModel[], expect: readonly Expectation[]): string {
  const first = cases[0];
  if (first === undefined) throw new Error("a scenario without cases");
  const base = writeConfig(first.config);
  const written = cases.map(({ name, strategy, config }) => {
    const options = writeOptions(config);
    const set = Object.fromEntries(differences(base, writeConfig(config)));
    return {
      name,
      strategy,
      ...(Object.keys(options).length > 0 ? { strategyOptions: options } : {}),
      ...(Object.keys(set).length > 0 ? { set } : {}),
    };
  });
  return stringify(
    {
      version: head.version,
      name: head.name,
      description: head.description,
      tags: head.tags,
      seed: /^(0|[1-9]\d{0,14})$/.test(head.seed) ? Number(head.seed) : head.seed,
      ...(head.allowances.length > 0 ? { allow: head.allowances } : {}),
      ...base,
      cases: written,
      expect: expect.map(writeExpectation),
    },
    { lineWidth: 0, aliasDuplicateObjects: false },
  );
}
