/** The wording of `check`'s findings, beside messages.ts's: a scenario that reads well and still cannot be run. */
import type { Problem } from "./messages.js";
import { oneOf, problem, quote } from "./messages.js";
import { formatDuration } from "./units.js";

const percent = (ratio: number): string => `${(100 * ratio).toFixed(ratio < 10 ? 1 : 0)} %`;
const mib = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(1)} MiB`;

export const checkMessages = {
  overload: (vertex: string, subtask: number, utilisation: number): Problem =>
    problem(
      `subtask ${subtask} of ${quote(vertex)} is overloaded: ${percent(utilisation)} busy`,
      "below 100 %, or `allow: [overload]`",
    ),
  networkMemory: (needed: number, available: number, neededBytes: number, availableBytes: number): Problem =>
    problem(
      `insufficient number of network buffers: a TaskManager requires ${needed} (${mib(neededBytes)}), but only ${available} are available (${mib(availableBytes)})`,
      "more taskmanager.network.memory.{min,max,fraction}, or `allow: [network-memory]`",
    ),
  smallPools: (wanted: number, available: number): Problem =>
    problem(
      `a TaskManager has ${available} network buffers; full pools want ${wanted}, so output pools may be smaller than 2N+8`,
    ),
  slots: (needed: number, available: number): Problem =>
    problem(
      `the job needs ${needed} slots, the TaskManagers have ${available}`,
      "taskManagers × slotsPerTaskManager of at least as many",
    ),
  cycle: (ids: readonly string[]): Problem =>
    problem(`the job graph has a cycle: ${ids.join(" → ")}`, "an acyclic graph"),
  duplicateEdge: (from: string, to: string): Problem =>
    problem(`a second edge from ${quote(from)} to ${quote(to)}`, "one edge per pair"),
  inputsOfSource: (id: string): Problem => problem(`source ${quote(id)} has an input`, "sources read the log only"),
  fewInputs: (id: string, inputs: number, least: number): Problem =>
    problem(`${quote(id)} has ${inputs} input${inputs === 1 ? "" : "s"}`, `at least ${least}`),
  outputsOfSink: (id: string): Problem => problem(`sink ${quote(id)} has an output`, "a sink has none"),
  deadEnd: (id: string): Problem => problem(`what ${quote(id)} emits goes nowhere`, "an edge from it, or sink: true"),
  joinInput: (id: string, partitioning: string): Problem =>
    problem(`join ${quote(id)} has a ${partitioning} input: partners would not meet`, "partitioning: hash"),
  forward: (from: number, to: number): Problem =>
    problem(`a forward edge from parallelism ${from} to ${to}`, "equal parallelism, or rescale"),
  keyGroups: (id: string, parallelism: number, maxParallelism: number): Problem =>
    problem(
      `${quote(id)} has parallelism ${parallelism} above its maxParallelism ${maxParallelism}`,
      "at most one subtask per key group",
    ),
  refusedByStrategy: (strategy: string, reason: string): Problem =>
    problem(`strategy ${quote(strategy)} refuses this job: ${reason}`, "another strategy, or a job that it takes"),
  notSimulated: (what: string, name: string, available: readonly string[]): Problem =>
    problem(`${what} ${quote(name)} is known but not simulated yet`, oneOf(available)),
  jobNeedsExact: (what: string): Problem => problem(`${what} cannot be carried in quanta`, "`resolution: exact`"),
  needsExact: (kind: string): Problem =>
    problem(
      `fault kind ${quote(kind)} acts on single threads and links and needs resolution: exact`,
      "resolution: exact",
    ),
  heartbeat: (intervalNs: number, timeoutNs: number): Problem =>
    problem(
      `heartbeat.timeout ${formatDuration(timeoutNs)} is below heartbeat.interval ${formatDuration(intervalNs)}`,
      "a longer timeout",
    ),
  largeExact: (channels: number): Problem =>
    problem(`resolution exact simulates every buffer of ${channels} channels`, "a small job; this will take long"),
  faultAfterEnd: (atNs: number, durationNs: number): Problem =>
    problem(
      `the fault at ${formatDuration(atNs)} comes after the end of the run`,
      `before ${formatDuration(durationNs)}`,
    ),
  noSuchIndex: (what: string, index: number, count: number): Problem =>
    problem(`there is no ${what} ${index}`, count === 0 ? "none exists" : `0 to ${count - 1}`),
  tooMany: (what: string, wanted: number, count: number): Problem =>
    problem(`${wanted} ${what} of ${count}`, `at most ${count}`),
} as const;
