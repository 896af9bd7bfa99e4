/**
 * The kernel benchmark: the hold model at several sizes and a closed network, on Outgap and on the peers that are
 * installed, each measurement in a process of its own, in interleaved rounds so that a slow minute of the machine
 * hits all alike. It measures and compares; printing is the caller's.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Engine,
  type Measurement,
  type MissingEngine,
  measure,
  ns3Engine,
  outgapEngine,
  simpyEngine,
} from "./engines.js";
import { type Machine, thisMachine } from "./machine.js";
import { makeWorkTable, writeWorkTable } from "./work-table.js";

export interface KernelBenchOptions {
  /** Processes per engine and piece of work; default 3. */
  readonly rounds?: number;
  /** Numbers of pending events of the hold model; default 1,000 to 1,000,000. */
  readonly sizes?: readonly number[];
  /** Operations per sample; default 500,000. */
  readonly operationsPerSample?: number;
  /** False: Outgap alone. */
  readonly peers?: boolean;
  /** Called before each process, with what it does. */
  readonly onProgress?: (text: string) => void;
}

export interface EngineFigures {
  readonly engine: string;
  readonly samples: number;
  readonly minNs: number;
  readonly medianNs: number;
  readonly maxNs: number;
  /** 10^9 / minNs. */
  readonly bestPerSecond: number;
  readonly peakRssBytes: number;
  /** This engine's median over Outgap's: above 1, Outgap is that many times faster. */
  readonly ratioToOutgap: number;
}

export interface WorkFigures {
  readonly work: string;
  /** What one operation is. */
  readonly operation: string;
  /** True if all engines were at the same simulated time after every chunk that they have in common. */
  readonly sameSimulatedTimes: boolean;
  /** Steps of Outgap's event queue per operation: a count for CI to compare, as it does not depend on the machine. */
  readonly queueStepsPerOperation: number;
  readonly engines: readonly EngineFigures[];
}

export interface KernelBenchResult {
  readonly machine: Machine;
  readonly engines: readonly { readonly name: string; readonly version: string }[];
  readonly missing: readonly MissingEngine[];
  readonly works: readonly WorkFigures[];
  /** The same as rows of text, first the heads. */
  readonly table: readonly (readonly string[])[];
}

interface WorkSpec {
  readonly work: string;
  readonly operation: string;
  readonly kind: "hold" | "network";
  readonly size: number;
  readonly jobs: number;
}

export async function runKernelBench(options: KernelBenchOptions = {}): Promise<KernelBenchResult> {
  const { rounds = 3, sizes = [1_000, 10_000, 100_000, 1_000_000], operationsPerSample = 500_000 } = options;
  const works: WorkSpec[] = sizes.map((size) => ({
    work: `hold, ${size.toLocaleString("en")} pending`,
    operation: "hold",
    kind: "hold",
    size,
    jobs: 0,
  }));
  works.push({ work: "closed network", operation: "service", kind: "network", size: 4_000, jobs: 40_000 });
  const folder = await mkdtemp(join(tmpdir(), "outgap-bench-"));
  try {
    const tablePath = join(folder, "draws.bin");
    writeWorkTable(makeWorkTable(), tablePath);
    options.onProgress?.("looking for other engines");
    const found = [outgapEngine(), ...(options.peers === false ? [] : [await ns3Engine(folder), await simpyEngine()])];
    const engines = found.filter((engine): engine is Engine => "command" in engine);
    const missing = found.filter((engine): engine is MissingEngine => "reason" in engine);
    const measurements = new Map<string, Measurement[]>();
    for (let round = 1; round <= rounds; round++) {
      for (const spec of works) {
        for (const engine of engines) {
          if (spec.size > engine.maxSize) continue;
          options.onProgress?.(`round ${round} of ${rounds}: ${spec.work}, ${engine.name}`);
          const chunks = { warmup: engine.warmupChunks, measured: engine.chunks, operations: operationsPerSample };
          const key = `${spec.work}/${engine.name}`;
          const list = measurements.get(key) ?? [];
          list.push(await measure(engine, tablePath, spec, chunks));
          measurements.set(key, list);
        }
      }
    }
    const figures = works.map((spec) =>
      workFigures(
        spec,
        engines.map((engine) => [engine.name, measurements.get(`${spec.work}/${engine.name}`) ?? []]),
      ),
    );
    return {
      machine: thisMachine(),
      engines: engines.map(({ name, version }) => ({ name, version })),
      missing,
      works: figures,
      table: tableOf(figures),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** True if the lists agree as far as the shortest goes. */
export function agree(lists: readonly (readonly number[])[]): boolean {
  const common = Math.min(...lists.map((list) => list.length));
  return lists.every((list) => list.slice(0, common).every((time, i) => time === lists[0]![i]));
}

function workFigures(spec: WorkSpec, byEngine: readonly (readonly [string, readonly Measurement[]])[]): WorkFigures {
  const present = byEngine.filter(([, measurements]) => measurements.length > 0);
  const figures = present.map(([engine, measurements]) => {
    const samples = measurements.flatMap((measurement) => measurement.nsPerOperation).sort((x, y) => x - y);
    const minNs = samples[0]!;
    return {
      engine,
      samples: samples.length,
      minNs,
      medianNs: median(samples),
      maxNs: samples[samples.length - 1]!,
      bestPerSecond: 1e9 / minNs,
      peakRssBytes: Math.max(...measurements.map((measurement) => measurement.peakRssBytes)),
    };
  });
  const own = figures[0]!.medianNs;
  return {
    work: spec.work,
    operation: spec.operation,
    sameSimulatedTimes: agree(present.flatMap(([, list]) => list.map((measurement) => measurement.endTimesNs))),
    queueStepsPerOperation: present[0]![1][0]!.queueStepsPerOperation!,
    engines: figures.map((figure) => ({ ...figure, ratioToOutgap: figure.medianNs / own })),
  };
}

function median(sorted: readonly number[]): number {
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function tableOf(works: readonly WorkFigures[]): string[][] {
  const rows = [
    ["work", "engine", "ns min", "ns median", "ns max", "million/s (best)", "peak MB", "time vs Outgap", "same end"],
  ];
  for (const { work, engines, sameSimulatedTimes } of works) {
    for (const figure of engines) {
      rows.push([
        work,
        figure.engine,
        figure.minNs.toFixed(1),
        figure.medianNs.toFixed(1),
        figure.maxNs.toFixed(1),
        (figure.bestPerSecond / 1e6).toFixed(2),
        (figure.peakRssBytes / 1e6).toFixed(0),
        `${figure.ratioToOutgap.toFixed(1)}×`,
        engines.length < 2 ? "–" : sameSimulatedTimes ? "yes" : "NO",
      ]);
    }
  }
  return rows;
}
