/** `outgap bench`: runs a benchmark and prints it. What is measured belongs to `../bench/`. */
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Table from "cli-table3";
import { runKernelBench } from "../bench/kernel-bench.js";
import { runModelBench } from "../bench/model-bench.js";
import { runSwarmBench } from "../bench/swarm-bench.js";
import { runSweepBench } from "../bench/sweep-bench.js";
import { EXIT, fileError, UsageError } from "../exit.js";
import { writeError, writeOut } from "../streams.js";
import { drawSpeed } from "./draw.js";

export interface BenchArguments {
  readonly what: string | undefined;
  readonly rounds: number;
  readonly runs: number;
  readonly "no-peers": boolean;
  readonly full: boolean;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly out: string | undefined;
}

const BENCHES: Readonly<Record<string, (argv: BenchArguments) => Promise<number>>> = { kernel, model, swarm, sweeps };

export async function bench(argv: BenchArguments): Promise<number> {
  const found = BENCHES[argv.what ?? "kernel"];
  if (found === undefined) {
    throw new UsageError(
      `no benchmark ${JSON.stringify(argv.what)}, expected ${Object.keys(BENCHES)
        .join(", ")
        .replace(/, (\w+)$/, " or $1")}`,
    );
  }
  return found(argv);
}

/** A line before each piece of work, where a person looks. */
function progressOf({ quiet }: BenchArguments): { onProgress?: (text: string) => void } {
  return quiet || process.stderr.isTTY !== true ? {} : { onProgress: (text) => writeError(text) };
}

/** The figures are the answer; whether a machine reaches what is wanted decides no exit code. */
async function sweeps(argv: BenchArguments): Promise<number> {
  const result = await runSweepBench({ rounds: argv.rounds, runs: argv.runs, ...progressOf(argv) });
  const document = `${JSON.stringify(result, null, 2)}\n`;
  if (argv.json) await writeOut(document);
  else {
    const { cpu, cores, node } = result.machine;
    const shown = new Table({ head: ["what", "measured", "wanted"], style: { head: [], border: [], compact: true } });
    for (const { what, measured, wanted, ok } of result.findings)
      shown.push([what, measured, `${ok ? "✓" : "✗"} ${wanted}`]);
    await writeOut(`${cpu}, ${cores} cores, Node ${node}\n${shown.toString()}\n`);
  }
  if (argv.out !== undefined) writeWhole(argv.out, "sweep-speed.json", document);
  return EXIT.done;
}

async function model(argv: BenchArguments): Promise<number> {
  const { rounds, full, json, out } = argv;
  const { table, ...figures } = await runModelBench({ rounds, full, ...progressOf(argv) });
  const document = `${JSON.stringify(figures, null, 2)}\n`;
  if (json) await writeOut(document);
  else await writeOut(`${machineLine(figures.machine)}\n${tableText(table)}\n`);
  if (out !== undefined) {
    writeWhole(out, "model.json", document);
    await drawSpeed(out);
  }
  return EXIT.done;
}

/** A broken invariant is the only thing that fails here. */
async function swarm(argv: BenchArguments): Promise<number> {
  const result = await runSwarmBench({ rounds: argv.rounds, runs: argv.runs, ...progressOf(argv) });
  const document = `${JSON.stringify(result, null, 2)}\n`;
  if (argv.json) await writeOut(document);
  else {
    const { machine, counts } = result;
    const rows = [
      ["swarm", "best round"],
      ["runs per second and core", result.runsPerSecondAndCore.toFixed(1)],
      ["runs per second on all cores", result.runsPerSecondOnAllCores.toFixed(1)],
      ["events per second and core", `${(result.eventsPerSecondAndCore / 1e6).toFixed(2)} M`],
      ["a round", `${counts.runs} runs, ${counts.simulations} simulations, ${counts.events} events`],
    ];
    await writeOut(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}\n${tableText(rows)}\n`);
  }
  if (argv.out !== undefined) writeWhole(argv.out, "swarm-speed.json", document);
  return result.findings === 0 ? EXIT.done : EXIT.failed;
}

function machineLine({ cpu, cores, node, os }: { cpu: string; cores: number; node: string; os: string }): string {
  return `${cpu}, ${cores} cores, Node ${node}, ${os}`;
}

function tableText([head = [], ...rows]: readonly (readonly string[])[]): string {
  const shown = new Table({ head: [...head], style: { head: [], border: [], compact: true } });
  for (const row of rows) shown.push([...row]);
  return shown.toString();
}

async function kernel(argv: BenchArguments): Promise<number> {
  const { rounds, json, out } = argv;
  const result = await runKernelBench({ rounds, peers: !argv["no-peers"], ...progressOf(argv) });
  const { table, ...figures } = result;
  const document = `${JSON.stringify(figures, null, 2)}\n`;
  if (json) await writeOut(document);
  else {
    const missing = result.missing.map(({ name, reason }) => `${name} is not measured: ${reason}\n`);
    await writeOut(`${machineLine(result.machine)}\n${tableText(table)}\n${missing.join("")}`);
  }
  if (out !== undefined) {
    writeWhole(out, "kernel.json", document);
    await drawSpeed(out);
  }
  // Engines that end at different simulated times have not done the same work, so the ratios say nothing.
  return result.works.every((work) => work.sameSimulatedTimes) ? EXIT.done : EXIT.failed;
}

function writeWhole(folder: string, file: string, text: string): void {
  const path = join(folder, file);
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${path}.partial`, text);
    renameSync(`${path}.partial`, path);
  } catch (error) {
    throw fileError(path, error);
  }
}
