/** `outgap bench`: runs the kernel benchmark and prints it. What is measured belongs to `../bench/`. */
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Table from "cli-table3";
import { runKernelBench } from "../bench/kernel-bench.js";
import { EXIT, fileError } from "../exit.js";
import { writeError, writeOut } from "../streams.js";

export interface BenchArguments {
  readonly rounds: number;
  readonly "no-peers": boolean;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly out: string | undefined;
}

export async function bench(argv: BenchArguments): Promise<number> {
  const { rounds, json, out } = argv;
  const talks = !argv.quiet && process.stderr.isTTY === true;
  const result = await runKernelBench({
    rounds,
    peers: !argv["no-peers"],
    ...(talks ? { onProgress: (text: string): void => writeError(text) } : {}),
  });
  const { table, ...figures } = result;
  const document = `${JSON.stringify(figures, null, 2)}\n`;
  if (json) await writeOut(document);
  else {
    const { cpu, cores, node, os } = result.machine;
    const [head = [], ...rows] = table;
    const shown = new Table({ head: [...head], style: { head: [], border: [], compact: true } });
    for (const row of rows) shown.push([...row]);
    const missing = result.missing.map(({ name, reason }) => `${name} is not measured: ${reason}\n`);
    await writeOut(`${cpu}, ${cores} cores, Node ${node}, ${os}\n${shown.toString()}\n${missing.join("")}`);
  }
  if (out !== undefined) writeWhole(out, "kernel.json", document);
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
