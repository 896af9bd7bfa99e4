/**
 * The job on which both resolutions are compared, and what happens to it. One two-stream join, sized by its slots, with
 * costs short enough that a whole failover and its catch-up fit into twenty virtual seconds (a global restart: 36); mechanisms as shipped.
 */
import type { ModelConfig } from "../../model/config.js";
import { parseScenario } from "../../scenario/index.js";

export interface Situation {
  readonly name: string;
  readonly strategy: string;
  /** Flow-style YAML of the fault list. */
  readonly faults: string;
  readonly sets?: readonly string[];
  /** A global restart needs longer to catch up; a run cut short on the way would compare how far each has come. */
  readonly durationSeconds?: number;
}

const DURATION_SECONDS = 20;
const LONG_SECONDS = 36;
const KILL = "[{ at: 6s, kind: kill-task-manager, target: { taskManager: 1 } }]";
const FAIL = "[{ at: 6s, kind: fail-task, target: { vertex: joiner, subtask: 3 } }]";
const POWER = "[{ at: 6s, kind: power-loss, target: { machine: 1 } }]";
const QUICK_HEARTBEATS = ["engine.config.heartbeat.interval=1s", "engine.config.heartbeat.timeout=4s"];
const RESERVED = "cluster.reservedTaskManagers=1";

export const SITUATIONS: readonly Situation[] = [
  { name: "healthy", strategy: "none", faults: "[]" },
  { name: "kill, global-restart", strategy: "global-restart", faults: KILL, durationSeconds: LONG_SECONDS },
  { name: "kill, single-task", strategy: "single-task", faults: KILL },
  { name: "kill, single-task, reserved TM", strategy: "single-task", faults: KILL, sets: [RESERVED] },
  { name: "kill, none", strategy: "none", faults: KILL },
  { name: "fail-task, single-task", strategy: "single-task", faults: FAIL },
  {
    name: "power-loss, global-restart",
    strategy: "global-restart",
    faults: POWER,
    sets: [...QUICK_HEARTBEATS, RESERVED],
    durationSeconds: LONG_SECONDS,
  },
  { name: "power-loss, single-task", strategy: "single-task", faults: POWER, sets: [...QUICK_HEARTBEATS, RESERVED] },
  { name: "kill, single-task, no discard", strategy: "single-task, hold", faults: KILL },
];

export interface AgreementJob {
  readonly slots: number;
  readonly seed: number;
  readonly resolution: "exact" | "100ms";
  /** Records per second of one source subtask. */
  readonly ratePerSource: number;
}

/** The configuration of one run. */
export function agreementConfig(situation: Situation, job: AgreementJob): ModelConfig {
  const { slots, seed, resolution, ratePerSource } = job;
  const taskManagers = Math.ceil(slots / 4);
  const holds = situation.strategy.endsWith(", hold");
  const strategy = situation.strategy.replace(", hold", "");
  // The mean joiner is 55 % busy, the hottest 65–70 %: the job catches up.
  const serviceUs = Math.round(550_000 / 2 / ratePerSource);
  const source = (id: string): string =>
    `    - { id: ${id}, type: source, parallelism: ${slots}, rate: ${ratePerSource * slots}/s, recordSize: 1kB, serviceTime: 20us }`;
  const text = `
version: 1
name: agreement
seed: ${seed}
warmup: 4s
duration: ${situation.durationSeconds ?? DURATION_SECONDS}s
resolution: ${resolution}
job:
  vertices:
${source("a")}
${source("b")}
    - { id: joiner, type: join, parallelism: ${slots}, window: 5s, match: { probability: 0.9, delay: { exponential: 500ms } }, serviceTime: ${serviceUs}us, sink: true }
  edges:
    - { from: a, to: joiner, partitioning: hash }
    - { from: b, to: joiner, partitioning: hash }
cluster: { taskManagers: ${taskManagers}, slotsPerTaskManager: 4, provider: yarn }
engine:
  version: "1.9"
  config:
    restart-strategy: fixed-delay
    restart-strategy.fixed-delay.delay: 1s
    restart-strategy.fixed-delay.attempts: 2147483647
    taskmanager.network.memory.min: 4096mb
    taskmanager.network.memory.max: 4096mb
costs: { containerStart: 3s, taskOpen: 500ms }
faults: ${situation.faults}
cases: [{ name: case, strategy: ${strategy}${holds ? ", strategyOptions: { discardAtSender: false }" : ""} }]
`;
  const parsed = parseScenario(text, { file: "agreement.yaml", sets: situation.sets ?? [] });
  if (!parsed.ok) throw new Error(parsed.diagnostics.map((each) => each.message).join("\n"));
  return parsed.scenario.cases[0]!.config;
}
