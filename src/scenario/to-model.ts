/**
 * A validated scenario tree → the `ModelConfig` of one case: names become indices, presets are merged, nothing is
 * left out. Relations between keys (unknown vertex ids, duplicates) are checked here, with their paths.
 */
import type {
  ClusterConfig,
  Distribution,
  EdgeConfig,
  FaultConfig,
  FaultTarget,
  ModelConfig,
  StrategyConfig,
  VertexConfig,
} from "../model/config.js";
import { defaultMaxParallelism } from "../model/topology/key-groups.js";
import { resolveCosts } from "./costs.js";
import type { EngineVersion } from "./engines.js";
import { resolveEngine } from "./engines.js";
import type { Problem } from "./messages.js";
import { messages, problem } from "./messages.js";
import { STRATEGIES } from "./names.js";
import type { ScenarioInput, StrategyOptionsInput, VertexInput } from "./schema.js";
import type { FaultInput } from "./schema-faults.js";
import type { Path } from "./schema-values.js";

export interface Located {
  readonly path: Path;
  readonly problem: Problem;
}

const ZERO: Distribution = { kind: "constant", valueNs: 0 };

/** Member of a partition's side that stands for the JobManager; TaskManagers are their indices. */
export const JOB_MANAGER = -1;

/** The strategy with every option filled in. */
export function resolveStrategy(name: string, options: StrategyOptionsInput): StrategyConfig {
  const timer = options.fallbackTimer ?? 10e9;
  return {
    name,
    onReservesExhausted: options.onReservesExhausted ?? "wait",
    fallbackTimerNs: timer < 0 ? null : timer,
    escalateAfterFailovers: options.escalateAfterFailovers ?? 0,
    escalateWindowNs: options.escalateWindow ?? 60e9,
    peerReports: options.peerReports ?? false,
    discardAtSender: options.discardAtSender ?? true,
    clearHalfRecord: options.clearHalfRecord ?? true,
    cacheUpdate: options.cacheUpdate ?? true,
  };
}

function toVertex(v: VertexInput): VertexConfig {
  return {
    id: v.id,
    type: v.type,
    parallelism: v.parallelism,
    maxParallelism: v.maxParallelism ?? defaultMaxParallelism(v.parallelism),
    ratePerSecond: v.type === "source" ? v.rate : 0,
    arrivals: v.type === "source" ? v.arrivals : "poisson",
    resume: v.type === "source" ? v.resume : "committed",
    recordBytes: v.recordSize,
    serviceTime: v.serviceTime,
    selectivity: v.type === "operator" ? v.selectivity : 1,
    windowNs: v.type === "join" ? v.window : 0,
    matchProbability: v.type === "join" ? v.match.probability : 0,
    matchDelay: v.type === "join" ? v.match.delay : ZERO,
    sink: v.type === "sink" ? true : v.sink,
    slotSharingGroup: v.slotSharingGroup,
  };
}

function toTarget(fault: FaultInput, vertexIds: readonly string[], taskManagers: number): FaultTarget | Located {
  if (!("target" in fault)) throw new Error("a fault without a target");
  const target = fault.target;
  if ("taskManager" in target) return { kind: "taskManager", taskManager: target.taskManager };
  if ("machine" in target) return { kind: "machine", machine: target.machine };
  if ("rack" in target) return { kind: "rack", rack: target.rack };
  if ("random" in target) return { kind: "random", count: target.random };
  if ("vertex" in target) {
    const vertex = vertexIds.indexOf(target.vertex);
    if (vertex < 0) {
      return { path: ["target", "vertex"], problem: messages.unknownName("vertex", target.vertex, vertexIds) };
    }
    return { kind: "task", vertex, subtask: target.subtask };
  }
  if (target.from === "rest" && target.to === "rest") {
    return { path: ["target"], problem: problem("both sides are `rest`", "a list on one side at least") };
  }
  const listed = (side: readonly (number | "jobManager")[]): number[] =>
    [...new Set(side.map((member) => (member === "jobManager" ? JOB_MANAGER : member)))].sort((a, b) => a - b);
  const others = (side: readonly number[]): number[] =>
    Array.from({ length: taskManagers + 1 }, (_, i) => i - 1).filter((member) => !side.includes(member));
  const from = target.from === "rest" ? others(listed(target.to as (number | "jobManager")[])) : listed(target.from);
  const to = target.to === "rest" ? others(from) : listed(target.to);
  const both = from.find((member) => to.includes(member));
  if (both !== undefined) {
    const name = both === JOB_MANAGER ? "the JobManager" : `TaskManager ${both}`;
    return { path: ["target"], problem: problem(`${name} is on both sides`, "two separate sides") };
  }
  return { kind: "sets", from, to, oneWay: target.oneWay };
}

function toFault(fault: FaultInput, vertexIds: readonly string[], taskManagers: number): FaultConfig | Located {
  const target = fault.kind === "mtbf" ? null : toTarget(fault, vertexIds, taskManagers);
  if (target !== null && "problem" in target) return target;
  const options: Record<string, number> = {};
  switch (fault.kind) {
    case "slow-task":
    case "slow-machine":
      options.factor = fault.factor;
      break;
    case "hang-io-thread":
      options.client = fault.side === "client" ? 1 : 0;
      options.thread = fault.thread;
      break;
    case "kill-machines":
      if (fault.count > 1 && target?.kind !== "machine") {
        return { path: ["count"], problem: problem("count belongs to a target { machine: first }", "no count here") };
      }
      options.count = fault.count;
      options.silent = fault.silent ? 1 : 0;
      break;
    case "mtbf":
      options.meanIntervalNs = fault.meanInterval;
      options.machines = fault.of === "machine" ? 1 : 0;
      options.burstShare = fault.burstShare;
      options.burstSize = fault.burstSize;
      options.burstWithinNs = fault.burstWithin;
      break;
    default:
      break;
  }
  return { kind: fault.kind, atNs: fault.at, forNs: "for" in fault ? (fault.for ?? null) : null, target, options };
}

/** Flink's name of a strategy, where it has one. */
const FLINK_STRATEGY: Readonly<Record<string, string>> = {
  "global-restart": "full",
  "region-restart": "region",
  "individual-restart": "individual",
};

/** Builds one case. Problems carry paths in the scenario tree. */
export function toModel(
  input: ScenarioInput,
  strategyName: string,
  options: StrategyOptionsInput,
  seed: string,
): { config: ModelConfig } | { problems: Located[] } {
  const problems: Located[] = [];
  const report = (path: Path, p: Problem): void => {
    problems.push({ path, problem: p });
  };
  const ids = input.job.vertices.map((vertex) => vertex.id);
  ids.forEach((id, i) => {
    if (ids.indexOf(id) < i) report(["job", "vertices", i, "id"], messages.duplicate("vertex", id));
  });
  const edges = input.job.edges.map((edge, i): EdgeConfig => {
    const index = (end: "from" | "to"): number => {
      const found = ids.indexOf(edge[end]);
      if (found < 0) report(["job", "edges", i, end], messages.unknownName("vertex", edge[end], ids));
      return found;
    };
    if (edge.keySkew > 0 && edge.partitioning !== "hash") {
      report(["job", "edges", i, "keySkew"], problem("keySkew belongs to hash edges", "partitioning: hash"));
    }
    return { from: index("from"), to: index("to"), partitioning: edge.partitioning, keySkew: edge.keySkew };
  });
  const faults = input.faults.flatMap((fault, i): FaultConfig[] => {
    const made = toFault(fault, ids, input.cluster.taskManagers);
    if (!("problem" in made)) return [made];
    report(["faults", i, ...made.path], made.problem);
    return [];
  });
  if (input.warmup >= input.duration) {
    report(["warmup"], problem("the warm-up is not shorter than the run", "less than `duration`, which includes it"));
  }
  const flinkStrategy = input.engine.config["jobmanager.execution.failover-strategy"];
  if (flinkStrategy !== undefined && FLINK_STRATEGY[strategyName] !== flinkStrategy) {
    report(
      ["engine", "config", "jobmanager.execution.failover-strategy"],
      messages.failoverStrategyDisagrees(flinkStrategy, strategyName, FLINK_STRATEGY[strategyName] ?? null),
    );
  }
  if (problems.length > 0) return { problems };
  const { taskManagers, slotsPerTaskManager, taskManagersPerMachine, machinesPerRack, provider, reservedTaskManagers } =
    input.cluster;
  const cluster: ClusterConfig = {
    taskManagers,
    slotsPerTaskManager,
    taskManagersPerMachine,
    machinesPerRack,
    provider,
    reservedTaskManagers,
    linkLatencyNs: input.cluster.linkLatency,
    linkBitsPerSecond: input.cluster.linkBandwidth,
    jobManagerBitsPerSecond: input.cluster.jobManagerBandwidth,
  };
  const version = input.engine.version as EngineVersion;
  return {
    config: {
      name: input.name,
      seed,
      warmupNs: input.warmup,
      durationNs: input.duration,
      ...(input.sameTimeOrder === 0 ? {} : { sameTimeOrder: input.sameTimeOrder }),
      ...(input.liveness === undefined ? {} : { livenessNs: input.liveness }),
      resolutionNs: input.resolution,
      vertices: input.job.vertices.map(toVertex),
      edges,
      cluster,
      engine: resolveEngine(version, input.engine.config),
      costs: resolveCosts(version, provider, input.costs),
      strategy: resolveStrategy(strategyName, options),
      faults,
    },
  };
}

/** Options that a strategy does not have (problem paths relative to `strategyOptions`). */
export function optionProblems(strategyName: string, options: StrategyOptionsInput): Located[] {
  const valid: readonly string[] = STRATEGIES.find((strategy) => strategy.name === strategyName)?.options ?? [];
  return Object.keys(options)
    .filter((option) => !valid.includes(option))
    .map((option) => ({ path: [option], problem: messages.strategyOption(strategyName, option, valid) }));
}

/** Those of `options` that the strategy has. */
export function applicableOptions(strategyName: string, options: StrategyOptionsInput): StrategyOptionsInput {
  const wrong = optionProblems(strategyName, options).map((found) => found.path[0]);
  return Object.fromEntries(Object.entries(options).filter(([key]) => !wrong.includes(key)));
}
