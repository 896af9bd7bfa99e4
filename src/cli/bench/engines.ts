/**
 * The engines that the kernel benchmark compares: Outgap in a child process, and SimPy and ns-3 where they are
 * installed. Owns finding and compiling them and reading their answers; not what is measured.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** One measurement in one process. */
export interface Measurement {
  /** Simulated time after each chunk, warm-up included: equal in all engines. */
  readonly endTimesNs: readonly number[];
  /** One sample per measured chunk. */
  readonly nsPerOperation: readonly number[];
  readonly peakRssBytes: number;
  /** Outgap only: moves, comparisons and visits of the event queue, while it was measured. */
  readonly queueStepsPerOperation?: number;
}

export interface Engine {
  readonly name: string;
  readonly version: string;
  /** Chunks before measuring: Outgap needs them to be compiled and to find its bucket width, the others less. */
  readonly warmupChunks: number;
  readonly chunks: number;
  /** Largest hold model that it is asked for; more would take minutes or gigabytes. */
  readonly maxSize: number;
  readonly command: readonly string[];
}

export interface MissingEngine {
  readonly name: string;
  readonly reason: string;
}

/** Where the peers' sources are: beside this file in the source tree, and there too for the compiled program. */
function peerSource(file: string): string {
  const candidates = ["./peers/", "../../../src/cli/bench/peers/"].map((folder) =>
    fileURLToPath(new URL(folder + file, import.meta.url)),
  );
  return candidates.find(existsSync) ?? candidates[0]!;
}

export function outgapEngine(): Engine {
  const self = fileURLToPath(import.meta.url);
  const child = fileURLToPath(new URL(`./kernel-child${extname(self)}`, import.meta.url));
  const loader = extname(self) === ".ts" ? ["--import", "tsx"] : [];
  return {
    name: "Outgap",
    version: `Node ${process.versions.node}`,
    warmupChunks: 5,
    chunks: 5,
    maxSize: Number.POSITIVE_INFINITY,
    command: [process.execPath, ...loader, child],
  };
}

/** SimPy: Debian's package (SimPy 2) or a newer one, with the first Python that has it. */
export async function simpyEngine(): Promise<Engine | MissingEngine> {
  const name = "SimPy";
  const probe = ["try:\n import simpy as s", "except ImportError:\n import SimPy as s", "print(s.__version__)"].join(
    "\n",
  );
  for (const python of ["python3", "/usr/bin/python3"]) {
    try {
      const { stdout } = await execute(python, ["-c", probe]);
      const command = [python, peerSource("simpy_kernel.py")];
      return { name, version: `SimPy ${stdout.trim()}`, warmupChunks: 0, chunks: 1, maxSize: 100_000, command };
    } catch {
      // This Python, or SimPy in it, is missing: the next one.
    }
  }
  return { name, reason: "not installed (Debian: python3-simpy)" };
}

/** ns-3, compiled into `folder`. */
export async function ns3Engine(folder: string): Promise<Engine | MissingEngine> {
  const name = "ns-3";
  try {
    const { stdout: version } = await execute("pkg-config", ["--modversion", "ns3-core"]);
    const { stdout: flags } = await execute("pkg-config", ["--cflags", "ns3-core"]);
    const program = join(folder, "ns3-kernel");
    // Only the core library: the others that pkg-config names need development packages of their own.
    const includes = flags.split(/\s+/).filter((flag) => flag !== "");
    await execute("g++", ["-O3", "-o", program, peerSource("ns3_kernel.cc"), ...includes, "-lns3-core"]);
    const engine = { name, version: `ns-3 ${version.trim()}, PriorityQueueScheduler`, maxSize: 1_000_000 };
    return { ...engine, warmupChunks: 1, chunks: 3, command: [program] };
  } catch (error) {
    const message = error instanceof Error ? error.message.split("\n")[0] : String(error);
    return { name, reason: `not installed, or no compiler (Debian: libns3-dev, g++, pkg-config): ${message}` };
  }
}

/** Runs one measurement in a process of its own. */
export async function measure(
  engine: Engine,
  tablePath: string,
  work: { readonly kind: "hold" | "network"; readonly size: number; readonly jobs: number },
  chunks: { readonly warmup: number; readonly measured: number; readonly operations: number },
): Promise<Measurement> {
  const numbers = [work.size, work.jobs, chunks.warmup, chunks.measured, chunks.operations];
  const [program, ...before] = engine.command;
  const { stdout } = await execute(program!, [...before, tablePath, work.kind, ...numbers.map(String)], {
    maxBuffer: 2 ** 24,
  });
  return JSON.parse(stdout) as Measurement;
}
