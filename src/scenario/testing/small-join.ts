/** A two-stream (or n-stream) join of a few slots as scenario text, for tests that vary one thing at a time. */
import type { ModelConfig } from "../../model/config.js";
import { parseScenario } from "../index.js";

export interface SmallJoin {
  readonly slots?: number;
  /** Records per second of one source subtask. */
  readonly rate?: number;
  readonly recordSize?: string;
  readonly serviceTime?: string;
  readonly resolution?: string;
  readonly warmup?: string;
  readonly duration?: string;
  readonly window?: string;
  readonly matchDelay?: string;
  readonly inputs?: number;
  readonly strategy?: string;
  readonly seed?: number;
  readonly reserved?: number;
  readonly provider?: string;
  /** Flow-style YAML of one fault list. */
  readonly faults?: string;
  readonly sets?: readonly string[];
}

/** Costs shortened so that a whole failover fits a few virtual seconds; the mechanisms stay the same. */
const QUICK = [
  "costs.containerStart=4s",
  "costs.taskOpen=500ms",
  "engine.config.restart-strategy.fixed-delay.delay=1s",
];

export function smallJoin(options: SmallJoin = {}): ModelConfig {
  const P = options.slots ?? 8;
  const inputs = options.inputs ?? 2;
  const sources = Array.from({ length: inputs }, (_, i) => `s${i}`);
  const rate = (options.rate ?? 500) * P;
  const text = `
version: 1
name: small-join
seed: ${options.seed ?? 1}
warmup: ${options.warmup ?? "5s"}
duration: ${options.duration ?? "30s"}
resolution: ${options.resolution ?? "exact"}
job:
  vertices:
${sources.map((id) => `    - { id: ${id}, type: source, parallelism: ${P}, rate: ${rate}/s, recordSize: ${options.recordSize ?? "1kB"}, serviceTime: 20us }`).join("\n")}
    - { id: joiner, type: join, parallelism: ${P}, window: ${options.window ?? "5s"}, match: { probability: 0.9, delay: ${options.matchDelay ?? "{ exponential: 500ms }"} }, serviceTime: ${options.serviceTime ?? `${Math.round(450_000 / inputs / (options.rate ?? 500))}us`}, sink: true }
  edges:
${sources.map((id) => `    - { from: ${id}, to: joiner, partitioning: hash }`).join("\n")}
cluster: { taskManagers: ${Math.ceil(P / 4)}, slotsPerTaskManager: 4, provider: ${options.provider ?? "yarn"}, reservedTaskManagers: ${options.reserved ?? 0} }
engine:
  version: "1.9"
  config:
    restart-strategy: fixed-delay
    restart-strategy.fixed-delay.delay: 10s
    restart-strategy.fixed-delay.attempts: 2147483647
    taskmanager.network.memory.min: 4096mb
    taskmanager.network.memory.max: 4096mb
faults: ${options.faults ?? "[{ at: 10s, kind: kill-task-manager, target: { taskManager: 1 } }]"}
cases: [{ name: case, strategy: ${options.strategy ?? "single-task"} }]
`;
  const parsed = parseScenario(text, { file: "small-join.yaml", sets: [...QUICK, ...(options.sets ?? [])] });
  if (!parsed.ok) throw new Error(parsed.diagnostics.map((each) => each.message).join("\n"));
  return parsed.scenario.cases[0]!.config;
}
