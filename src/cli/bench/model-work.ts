/**
 * One piece of the model benchmark in this process: a shipped scenario's job, with or without its faults, simulated
 * with the clock and the processor time noted at every second of virtual time. Nothing here judges.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ModelConfig } from "../../model/config.js";
import { parseScenario } from "../../scenario/index.js";
import { simulateCase } from "../../scenario/run-case.js";
import { packageRoot } from "../package-info.js";

export interface ModelWork {
  /** File in `scenarios/`. */
  readonly file: string;
  /** Changes to it, PATH=VALUE. */
  readonly set: readonly string[];
  /** Which of its cases. */
  readonly caseName: string;
  /** False: its fault-free run. */
  readonly faults: boolean;
  /** Virtual time in which quanta are timed, in seconds: after the compiler has settled and the state is full. */
  readonly steadyFromS: number;
}

export interface ModelMeasurement {
  readonly slots: number;
  readonly virtualS: number;
  /** Quanta of a healthy run: one per source and interval of the resolution. */
  readonly quantaPerVirtualS: number;
  readonly logicalEvents: number;
  /** Processor time of the whole run, start of the simulation to its end. */
  readonly cpuMs: number;
  /** Processor time per quantum in stretches of five virtual seconds of the steady part, as many samples. */
  readonly nsPerQuantum: readonly number[];
  readonly peakRssBytes: number;
}

const STRETCH_S = 5;

export function measureModel(work: ModelWork): ModelMeasurement {
  const config = configOf(work);
  const sources = config.vertices.reduce(
    (sum, { type, parallelism }) => sum + (type === "source" ? parallelism : 0),
    0,
  );
  const quantaPerVirtualS = (sources * 1e9) / config.resolutionNs;
  const nsPerQuantum: number[] = [];
  const startMs = cpuMs();
  let lastMs = 0;
  const record = simulateCase(config, (virtualNs) => {
    const second = Math.round(virtualNs / 1e9);
    if (second < work.steadyFromS || (second - work.steadyFromS) % STRETCH_S !== 0) return;
    const nowMs = cpuMs();
    if (second > work.steadyFromS) nsPerQuantum.push(((nowMs - lastMs) * 1e6) / (quantaPerVirtualS * STRETCH_S));
    lastMs = nowMs;
  });
  return {
    slots: slotsOf(config),
    virtualS: config.durationNs / 1e9,
    quantaPerVirtualS,
    logicalEvents: record.plane.logicalEvents,
    cpuMs: cpuMs() - startMs,
    nsPerQuantum,
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
  };
}

/** Every slot sharing group takes as many slots as its widest vertex has subtasks. */
function slotsOf(config: ModelConfig): number {
  const most = new Map<string, number>();
  for (const { slotSharingGroup, parallelism } of config.vertices)
    most.set(slotSharingGroup, Math.max(most.get(slotSharingGroup) ?? 0, parallelism));
  return [...most.values()].reduce((sum, slots) => sum + slots, 0);
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function configOf({ file, set, caseName, faults }: ModelWork): ModelConfig {
  const path = join(packageRoot, "scenarios", file);
  const parsed = parseScenario(readFileSync(path, "utf8"), { file: path, sets: set });
  if (!parsed.ok) throw new Error(`${file} with ${set.join(" ")} is not valid`);
  const found = parsed.scenario.cases.find(({ name }) => name === caseName);
  if (found === undefined) throw new Error(`${file} has no case ${caseName}`);
  return faults ? found.config : { ...found.config, faults: [] };
}
