/**
 * One measurement of Outgap's kernel in a process of its own, so that neither the code nor the heap of another one
 * is in the way. Arguments as for the peers: TABLE hold|network SIZE JOBS WARMUP_CHUNKS CHUNKS OPERATIONS_PER_CHUNK.
 * Prints one line of JSON.
 */
import type { Measurement } from "./engines.js";
import { holdWork, networkWork } from "./kernel-work.js";
import { readWorkTable } from "./work-table.js";

const [tablePath, kind, ...numbers] = process.argv.slice(2);
const [size, jobs, warmup, chunks, operations] = numbers.map(Number) as [number, number, number, number, number];
const table = readWorkTable(tablePath!);
const work = kind === "hold" ? holdWork(table, size) : networkWork(table, size, jobs);
const endTimesNs: number[] = [];
const nsPerOperation: number[] = [];
let stepsBefore = 0;
for (let chunk = 0; chunk < warmup + chunks; chunk++) {
  if (chunk === warmup) stepsBefore = work.queueSteps();
  const start = process.hrtime.bigint();
  endTimesNs.push(work.run(operations));
  const took = Number(process.hrtime.bigint() - start);
  if (chunk >= warmup) nsPerOperation.push(took / operations);
}
const queueStepsPerOperation = (work.queueSteps() - stepsBefore) / (chunks * operations);
const peakRssBytes = process.resourceUsage().maxRSS * 1024;
const measurement: Measurement = { endTimesNs, nsPerOperation, peakRssBytes, queueStepsPerOperation };
process.stdout.write(`${JSON.stringify(measurement)}\n`);
