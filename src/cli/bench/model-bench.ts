/**
 * The model benchmark: what one quantum of a healthy job costs at 1,000 to 64,000 slots, what a stalled job costs
 * against the same job in health, and how long a small scenario takes from the start of the process; with `full` also
 * the large scenarios as shipped. Every measurement is a process of its own, in interleaved rounds. Printing is the caller's.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { packageRoot } from "../package-info.js";
import { type Machine, thisMachine } from "./machine.js";
import type { ModelMeasurement, ModelWork } from "./model-work.js";

const execute = promisify(execFile);

export interface ModelBenchOptions {
  /** Processes per piece of work; default 3. */
  readonly rounds?: number;
  /** Divides virtual times, for tests. */
  readonly shorter?: number;
  /** Slots of the healthy runs; default 1,000 to 64,000. */
  readonly sizes?: readonly number[];
  /** Also the large scenarios as shipped: minutes. */
  readonly full?: boolean;
  readonly onProgress?: (text: string) => void;
}

/** Least, middle and most of some samples. */
export interface Spread {
  readonly samples: number;
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

export interface ModelFigures {
  readonly work: string;
  readonly slots: number;
  readonly virtualS: number;
  /** Processor time of the process per quantum of a healthy run, in the steady part. */
  readonly nsPerQuantum: Spread;
  /** Hops, services and flushes that the quanta stand for: a count, the same on every machine. */
  readonly logicalEventsPerQuantum: number;
  /** At the median. */
  readonly millionLogicalEventsPerSecond: number;
  readonly peakRssBytes: number;
}

/** A whole command: processor and wall time are the machine's, memory that of the whole process. */
export interface CommandFigures {
  readonly command: string;
  readonly wallS: Spread;
  readonly peakRssBytes: number;
}

export interface ModelBenchResult {
  readonly machine: Machine;
  readonly works: readonly ModelFigures[];
  /** Processor time of a stalled job's whole run (its senders fill, then all stop) over that of the same job in health. */
  readonly stalledToHealthy: Spread;
  readonly commands: readonly CommandFigures[];
  /** The same as rows of text, first the heads. */
  readonly table: readonly (readonly string[])[];
}

const CASE = "single-task, reserved TM";
const STALLED = "held, ten buffers a channel";
const HEALTHY_TWIN = "20 MB/s a source, healthy";
const STALLED_JOB = "the same, stalled";

/** Virtual seconds and from where they count: after the first state of 30 s is full. */
function healthy(slots: number, shorter: number): { work: string; spec: ModelWork } {
  const virtualS = { 1000: 180, 4000: 90, 16000: 45, 64000: 40 }[slots] ?? 60;
  const duration = `duration=${Math.ceil(virtualS / shorter)}s`;
  const [file, size] = slots > 32_000 ? ["scale/scale-64000.yaml", slots / 2] : ["bytedance-join-4000.yaml", slots];
  return {
    work: `healthy, ${slots.toLocaleString("en")} slots`,
    spec: {
      file,
      set: [`P=${size}`, duration, "warmup=1s"],
      caseName: CASE,
      faults: false,
      steadyFromS: Math.floor(30 / shorter),
    },
  };
}

export async function runModelBench(options: ModelBenchOptions = {}): Promise<ModelBenchResult> {
  const { rounds = 3, shorter = 1, sizes = [1_000, 4_000, 16_000, 64_000], full = false, onProgress } = options;
  const stall = (faults: boolean): ModelWork => ({
    file: "stall-4000.yaml",
    set: [`duration=${Math.ceil(110 / shorter)}s`, "warmup=1s", ...(shorter > 1 ? ["P=40"] : [])],
    caseName: STALLED,
    faults,
    // With the fault, all pools are full from 77 s on.
    steadyFromS: Math.floor(80 / shorter),
  });
  const works = [
    ...sizes.map((slots) => healthy(slots, shorter)),
    { work: HEALTHY_TWIN, spec: stall(false) },
    { work: STALLED_JOB, spec: stall(true) },
  ];
  const measured = new Map<string, ModelMeasurement[]>();
  const folder = await mkdtemp(join(tmpdir(), "outgap-bench-"));
  try {
    const commands = commandsOf(full, folder);
    const seconds = new Map<string, number[]>();
    const memory = new Map<string, number>();
    for (let round = 1; round <= rounds; round++) {
      for (const { work, spec } of works) {
        onProgress?.(`round ${round} of ${rounds}: ${work}`);
        measured.set(work, [...(measured.get(work) ?? []), await measure(spec)]);
      }
      for (const { command, args } of commands) {
        onProgress?.(`round ${round} of ${rounds}: ${command}`);
        const once = await timed(args);
        seconds.set(command, [...(seconds.get(command) ?? []), once.wallS]);
        memory.set(command, Math.max(memory.get(command) ?? 0, once.peakRssBytes));
      }
    }
    const figures = works.map(({ work }) => figuresOf(work, measured.get(work)!));
    const whole = commands.map(({ command }) => ({
      command,
      wallS: spread(seconds.get(command)!),
      peakRssBytes: memory.get(command)!,
    }));
    const twins = measured.get(HEALTHY_TWIN)!;
    const ratios = measured.get(STALLED_JOB)!.map(({ cpuMs }, round) => cpuMs / twins[round]!.cpuMs);
    const stalledToHealthy = spread(ratios);
    const table = tableOf(figures, stalledToHealthy, whole);
    return { machine: thisMachine(), works: figures, stalledToHealthy, commands: whole, table };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function program(name: string): string[] {
  const extension = extname(fileURLToPath(import.meta.url));
  const loader = extension === ".ts" ? ["--import", "tsx"] : [];
  return [...loader, fileURLToPath(new URL(`${name}${extension}`, import.meta.url))];
}

async function measure(spec: ModelWork): Promise<ModelMeasurement> {
  const { stdout } = await execute(process.execPath, [...program("./model-child"), JSON.stringify(spec)]);
  return JSON.parse(stdout) as ModelMeasurement;
}

function commandsOf(full: boolean, folder: string): { command: string; args: string[] }[] {
  const files = [
    "tiny-join.yaml",
    ...(full ? ["bytedance-join-4000.yaml", "scale/scale-16000.yaml", "scale/scale-64000.yaml"] : []),
  ];
  return files.map((file) => ({
    command: `outgap run ${file} --no-charts`,
    args: ["run", join(packageRoot, "scenarios", file), "--no-charts", "--json", "--out", join(folder, file)],
  }));
}

/** A whole run from the start of its process; an expectation that fails is no matter of speed. */
async function timed(args: readonly string[]): Promise<{ wallS: number; peakRssBytes: number }> {
  const start = performance.now();
  const { stdout } = await execute(process.execPath, [...program("../main"), ...args], { maxBuffer: 2 ** 28 }).catch(
    (error: { code?: number; stdout?: string }) => {
      if (error.code !== 1 || error.stdout === undefined) throw error;
      return { stdout: error.stdout };
    },
  );
  const wallS = (performance.now() - start) / 1000;
  const { scenarios } = JSON.parse(stdout) as { scenarios: { cases: { peakRssBytes: number }[] }[] };
  return { wallS, peakRssBytes: Math.max(...scenarios.flatMap(({ cases }) => cases.map((one) => one.peakRssBytes))) };
}

function figuresOf(work: string, list: readonly ModelMeasurement[]): ModelFigures {
  const { slots, virtualS, quantaPerVirtualS, logicalEvents } = list[0]!;
  const nsPerQuantum = spread(list.flatMap((one) => one.nsPerQuantum));
  const logicalEventsPerQuantum = logicalEvents / (quantaPerVirtualS * virtualS);
  return {
    work,
    slots,
    virtualS,
    nsPerQuantum,
    logicalEventsPerQuantum,
    millionLogicalEventsPerSecond: (logicalEventsPerQuantum * 1e3) / nsPerQuantum.median,
    peakRssBytes: Math.max(...list.map((one) => one.peakRssBytes)),
  };
}

/** @throws RangeError if there is no sample */
export function spread(samples: readonly number[]): Spread {
  if (samples.length === 0) throw new RangeError("no samples");
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { samples: sorted.length, min: sorted[0]!, median, max: sorted[sorted.length - 1]! };
}

function tableOf(works: readonly ModelFigures[], stalled: Spread, commands: readonly CommandFigures[]): string[][] {
  const rows = [["work", "min", "median", "max", "million logical events/s", "peak MiB"]];
  const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);
  for (const { work, nsPerQuantum: ns, millionLogicalEventsPerSecond, peakRssBytes } of works)
    rows.push([
      work,
      `${ns.min.toFixed(0)} ns a quantum`,
      ns.median.toFixed(0),
      ns.max.toFixed(0),
      millionLogicalEventsPerSecond.toFixed(1),
      mebibytes(peakRssBytes),
    ]);
  const times = [stalled.min.toFixed(2), stalled.median.toFixed(2), stalled.max.toFixed(2)];
  rows.push(["whole run, stalled over healthy", ...times, "", ""]);
  for (const { command, wallS, peakRssBytes } of commands)
    rows.push([
      command,
      `${wallS.min.toFixed(2)} s`,
      wallS.median.toFixed(2),
      wallS.max.toFixed(2),
      "",
      mebibytes(peakRssBytes),
    ]);
  return rows;
}
