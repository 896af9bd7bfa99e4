/** The README's figures of speed, from `results/bench/`: where they were measured, and what quanta and events cost. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { KernelBenchResult } from "../bench/kernel-bench.js";
import type { ModelBenchResult } from "../bench/model-bench.js";

/** More processes than this per core were in the way of the measurement. */
const BUSY_PER_CORE = 1;

export function speedBlock(root: string): string {
  const model = read<ModelBenchResult>(root, "model.json");
  const kernel = read<KernelBenchResult>(root, "kernel.json");
  if (model === null || kernel === null) return "Measure it: `npx outgap bench kernel` and `npx outgap bench model`.";
  const { cpu, cores, node, loadAverage } = model.machine;
  const busy =
    loadAverage > BUSY_PER_CORE * cores
      ? ` The machine was busy with other things (load ${loadAverage}): an idle one is several times faster.`
      : "";
  return [
    `Measured on ${cpu}, ${cores} cores, Node ${node.replace(/^v/, "")}.${busy}`,
    "",
    "| healthy join, 10,000 records/s a joiner | ns per quantum, processor time | million logical events/s, one core | peak memory |",
    "| --- | --: | --: | --: |",
    ...model.works.map(
      ({ work, nsPerQuantum, millionLogicalEventsPerSecond, peakRssBytes }) =>
        `| ${work.replace("healthy, ", "")} | ${nsPerQuantum.median.toFixed(0)} (${nsPerQuantum.min.toFixed(0)}–${nsPerQuantum.max.toFixed(0)}) | ${millionLogicalEventsPerSecond.toFixed(1)} | ${mebibytes(peakRssBytes)} |`,
    ),
    "",
    ...wholeStalledRun(model),
    "| whole commands | seconds | peak memory |",
    "| --- | --: | --: |",
    ...model.commands.map(
      ({ command, wallS, peakRssBytes }) =>
        `| \`${command}\` | ${wallS.median.toFixed(2)} (${wallS.min.toFixed(2)}–${wallS.max.toFixed(2)}) | ${mebibytes(peakRssBytes)} |`,
    ),
    "",
    `| kernel, ns per event | ${kernel.engines.map(({ name }) => name).join(" | ")} |`,
    `| --- |${" --: |".repeat(kernel.engines.length)}`,
    ...kernel.works.map(({ work, engines }) => {
      const cells = kernel.engines.map(({ name }) => {
        const figures = engines.find(({ engine }) => engine === name);
        return figures === undefined ? "–" : figures.medianNs.toFixed(0);
      });
      return `| ${work} | ${cells.join(" | ")} |`;
    }),
  ].join("\n");
}

/** Not in results that are older than the measure. */
function wholeStalledRun({ stalledToHealthy }: Partial<Pick<ModelBenchResult, "stalledToHealthy">>): string[] {
  if (stalledToHealthy === undefined) return [];
  const { min, median, max } = stalledToHealthy;
  const times = `${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`;
  return [
    `The whole run of the stalled job, its senders' queues filling first, costs ${times} times its fault-free run.`,
    "",
  ];
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}

function read<T>(root: string, name: string): T | null {
  const path = join(root, "results", "bench", name);
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as T) : null;
}
