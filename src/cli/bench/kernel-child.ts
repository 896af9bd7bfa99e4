/**
 * One measurement of Outgap's kernel in a process of its own, so that neither the code nor the heap of another one
 * is in the way. Arguments as for the peers: TABLE hold|network SIZE JOBS WARMUP_CHUNKS CHUNKS OPERATIONS_PER_CHUNK.
 * Prints one line of JSON.
 */
import { holdWork, networkWork } from "./kernel-work.js";
import { readWorkTable } from "./work-table.js";

const [tablePath, kind, ...numbers] = process.argv.slice(2);
const [size, jobs, warmup, chunks, operations] = numbers.map(Number) as [number, number, number, number, number];
const table = readWorkTable(tablePath!);
const work = kind === "hold" ? holdWork(table, size) : networkWork(table, size, jobs);
const endTimesNs: number[] = [];
const nsPerOperation: number[] = [];
for (let chunk = 0; chunk < warmup + chunks; chunk++) {
  const start = process.hrtime.bigint();
  endTimesNs.push(work.run(operations));
  const took = Number(process.hrtime.bigint() - start);
  if (chunk >= warmup) nsPerOperation.push(took / operations);
}
const peakRssBytes = process.resourceUsage().maxRSS * 1024;
process.stdout.write(`${JSON.stringify({ version: process.version, endTimesNs, nsPerOperation, peakRssBytes })}\n`);
