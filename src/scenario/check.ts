/**
 * `outgap check`: scenarios that read well and still cannot be simulated, or not as meant. Works on the normalised
 * form; positions are added by `checkScenario`.
 */
import { STRATEGIES, strategyNamed } from "../failover/registry.js";
import type { ModelConfig } from "../model/config.js";
import { needsExact } from "../model/network/lumped/applies.js";
import { buildTopology } from "../model/topology/topology.js";
import { faultFindings } from "./check-faults.js";
import type { VertexLoad } from "./check-load.js";
import { hottestSubtasks } from "./check-load.js";
import type { NetworkMemory } from "./check-memory.js";
import { networkMemory } from "./check-memory.js";
import { checkMessages } from "./check-messages.js";
import type { Place } from "./diagnosis.js";
import type { Finding } from "./finding.js";
import type { Diagnostic, Problem } from "./messages.js";
import type { Allowance } from "./names.js";
import type { NormalisedScenario } from "./normalise.js";
import type { Path } from "./schema-values.js";

export interface CheckReport {
  readonly loads: readonly VertexLoad[];
  readonly memory: NetworkMemory | null;
  readonly slotsNeeded: number;
  readonly slotsAvailable: number;
  readonly findings: readonly Finding[];
}

/** Channels above which an exact run is no longer small. */
const MANY_EXACT_CHANNELS = 200_000;

/** Checks one case. Loads and memory are given where the graph allows to compute them. */
export function checkConfig(config: ModelConfig, allowances: readonly Allowance[] = []): CheckReport {
  const findings: Finding[] = [];
  const add = (
    path: Path,
    problem: Problem,
    severity: Finding["severity"] = "error",
    allowance: Allowance | null = null,
  ) => {
    const allowed = allowance !== null && allowances.includes(allowance);
    findings.push({ severity: allowed ? "warning" : severity, allowance, path, problem });
  };
  graphFindings(config, add);
  engineFindings(config, add);
  if (strategyNamed(config.strategy.name) === undefined) {
    const names = STRATEGIES.map((strategy) => strategy.name);
    add(["strategy"], checkMessages.notSimulated("strategy", config.strategy.name, names));
  }
  findings.push(...faultFindings(config));
  const slotsAvailable = config.cluster.taskManagers * config.cluster.slotsPerTaskManager;
  // A graph that is no graph has neither loads nor channels to count.
  if (findings.some((finding) => finding.path[0] === "job" && finding.severity === "error")) {
    return { loads: [], memory: null, slotsNeeded: 0, slotsAvailable, findings };
  }
  const refused = config.resolutionNs > 0 ? needsExact(config) : null;
  if (refused !== null) add(["job", "vertices", refused.vertex], checkMessages.jobNeedsExact(refused.what));
  // Quanta would carry on as if nothing had been asked for.
  if (config.resolutionNs > 0 && config.engine.bufferTimeoutNs === 0)
    add(["engine", "config", "execution.buffer-timeout"], checkMessages.jobNeedsExact("a buffer timeout of 0"));
  if (config.resolutionNs > 0 && !config.strategy.clearHalfRecord)
    add(["strategyOptions", "clearHalfRecord"], checkMessages.jobNeedsExact("a half record that is not cleared"));
  const topology = buildTopology(config);
  if (topology.slots > slotsAvailable) {
    add(["cluster", "taskManagers"], checkMessages.slots(topology.slots, slotsAvailable));
  }
  const loads = hottestSubtasks(config, topology);
  loads.forEach(({ vertex, subtask, utilisation }, v) => {
    if (utilisation >= 1) {
      add(
        ["job", "vertices", v, "serviceTime"],
        checkMessages.overload(vertex, subtask, utilisation),
        "error",
        "overload",
      );
    }
  });
  const memory = networkMemory(config, topology);
  const memoryPath: Path = ["engine", "config", "taskmanager.network.memory.max"];
  if (memory.neededBuffers > memory.availableBuffers) {
    add(
      memoryPath,
      checkMessages.networkMemory(
        memory.neededBuffers,
        memory.availableBuffers,
        memory.neededBytes,
        memory.availableBytes,
      ),
      "error",
      "network-memory",
    );
  } else if (memory.wantedBuffers > memory.availableBuffers) {
    add(memoryPath, checkMessages.smallPools(memory.wantedBuffers, memory.availableBuffers), "warning");
  }
  if (config.resolutionNs === 0 && topology.channels > MANY_EXACT_CHANNELS) {
    add(["resolution"], checkMessages.largeExact(topology.channels), "warning");
  }
  return { loads, memory, slotsNeeded: topology.slots, slotsAvailable, findings };
}

type Add = (path: Path, problem: Problem, severity?: Finding["severity"], allowance?: Allowance | null) => void;

function graphFindings(config: ModelConfig, add: Add): void {
  const { vertices, edges } = config;
  const seen = new Set<string>();
  edges.forEach((edge, e) => {
    const from = vertices[edge.from]!;
    const to = vertices[edge.to]!;
    const pair = `${edge.from}-${edge.to}`;
    if (seen.has(pair)) add(["job", "edges", e], checkMessages.duplicateEdge(from.id, to.id));
    seen.add(pair);
    if (to.type === "source") add(["job", "edges", e, "to"], checkMessages.inputsOfSource(to.id));
    if (from.type === "sink") add(["job", "edges", e, "from"], checkMessages.outputsOfSink(from.id));
    if (edge.partitioning === "forward" && from.parallelism !== to.parallelism) {
      add(["job", "edges", e, "partitioning"], checkMessages.forward(from.parallelism, to.parallelism));
    }
    if (to.type === "join" && edge.partitioning !== "hash") {
      add(["job", "edges", e, "partitioning"], checkMessages.joinInput(to.id, edge.partitioning));
    }
  });
  vertices.forEach((vertex, v) => {
    const inputs = edges.filter((edge) => edge.to === v).length;
    const outputs = edges.filter((edge) => edge.from === v).length;
    const least = vertex.type === "source" ? 0 : vertex.type === "join" ? 2 : 1;
    if (inputs < least) add(["job", "vertices", v], checkMessages.fewInputs(vertex.id, inputs, least));
    if (outputs === 0 && !vertex.sink) add(["job", "vertices", v], checkMessages.deadEnd(vertex.id));
    if (vertex.parallelism > vertex.maxParallelism) {
      add(
        ["job", "vertices", v, "parallelism"],
        checkMessages.keyGroups(vertex.id, vertex.parallelism, vertex.maxParallelism),
      );
    }
  });
  const cycle = findCycle(config);
  if (cycle !== null) add(["job", "edges"], checkMessages.cycle(cycle.map((v) => vertices[v]!.id)));
  const refusal = strategyNamed(config.strategy.name)?.refuses(config) ?? null;
  if (refusal !== null) add(["strategy"], checkMessages.refusedByStrategy(config.strategy.name, refusal));
}

function engineFindings(config: ModelConfig, add: Add): void {
  const { heartbeatIntervalNs, heartbeatTimeoutNs } = config.engine;
  if (heartbeatTimeoutNs < heartbeatIntervalNs) {
    add(["engine", "config", "heartbeat.timeout"], checkMessages.heartbeat(heartbeatIntervalNs, heartbeatTimeoutNs));
  }
}

/** Vertices of one cycle, first = last, or `null`. */
function findCycle(config: ModelConfig): number[] | null {
  const next = config.vertices.map((_, v) => config.edges.filter((edge) => edge.from === v).map((edge) => edge.to));
  const state = new Uint8Array(config.vertices.length);
  const path: number[] = [];
  const visit = (v: number): number[] | null => {
    if (state[v] === 2) return null;
    if (state[v] === 1) return [...path.slice(path.indexOf(v)), v];
    state[v] = 1;
    path.push(v);
    for (const to of next[v]!) {
      const cycle = visit(to);
      if (cycle !== null) return cycle;
    }
    path.pop();
    state[v] = 2;
    return null;
  };
  for (let v = 0; v < config.vertices.length; v++) {
    const cycle = visit(v);
    if (cycle !== null) return cycle;
  }
  return null;
}

export interface ScenarioCheck {
  readonly cases: readonly { readonly name: string; readonly report: CheckReport }[];
  /** What refuses the scenario, and what is worth knowing; each once, with its position. */
  readonly refusals: readonly Diagnostic[];
  readonly warnings: readonly Diagnostic[];
}

/** Checks every case of a scenario. A finding shared by several cases is reported once; others name their case. */
export function checkScenario(scenario: NormalisedScenario, locate: (path: Path) => Place): ScenarioCheck {
  const cases = scenario.cases.map(({ name, config }) => ({ name, report: checkConfig(config, scenario.allowances) }));
  const refusals: Diagnostic[] = [];
  const warnings: Diagnostic[] = [];
  const counts = new Map<string, string[]>();
  const key = (finding: Finding) => JSON.stringify([finding.severity, finding.path, finding.problem.message]);
  for (const { name, report } of cases) {
    for (const finding of report.findings) counts.set(key(finding), [...(counts.get(key(finding)) ?? []), name]);
  }
  for (const { name, report } of cases) {
    for (const finding of report.findings) {
      const names = counts.get(key(finding)) ?? [];
      if (names[0] !== name) continue;
      const prefix = names.length === cases.length ? "" : `case ${names.map((n) => JSON.stringify(n)).join(", ")}: `;
      const ofCase = finding.path[0] === "strategy" || finding.path[0] === "strategyOptions";
      const place = locate(ofCase ? ["cases", name, ...finding.path] : finding.path);
      const diagnostic = { ...finding.problem, message: prefix + finding.problem.message, ...place };
      (finding.severity === "error" ? refusals : warnings).push(diagnostic);
    }
  }
  return { cases, refusals, warnings };
}
