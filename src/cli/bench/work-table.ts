/**
 * The draws that all engines share: exponential delays and routes, as one small file that a C++ and a Python program
 * read as easily. Little-endian: `size` doubles (delays in whole nanoseconds), then `size` int32 (routes).
 */
import { readFileSync, writeFileSync } from "node:fs";
import { RandomStreams } from "../../kernel/random.js";

export interface WorkTable {
  readonly delaysNs: Float64Array;
  readonly routes: Int32Array;
  /** Length − 1; the length is a power of two, the table is read around. */
  readonly mask: number;
}

const SIZE = 65_536;
/** So long that two events hardly ever fall on one nanosecond, for engines order such ties differently. */
const MEAN_NS = 1e11;

export function makeWorkTable(): WorkTable {
  const streams = new RandomStreams("kernel-bench");
  const delays = streams.family("delays");
  const routing = streams.family("routes");
  const delaysNs = new Float64Array(SIZE);
  const routes = new Int32Array(SIZE);
  for (let i = 0; i < SIZE; i++) {
    delaysNs[i] = Math.round(-Math.log(delays.uniform(0, i)) * MEAN_NS);
    routes[i] = routing.below(0, i, 2 ** 30);
  }
  return { delaysNs, routes, mask: SIZE - 1 };
}

export function writeWorkTable(table: WorkTable, path: string): void {
  const bytes = new Uint8Array(table.delaysNs.byteLength + table.routes.byteLength);
  bytes.set(new Uint8Array(table.delaysNs.buffer));
  bytes.set(new Uint8Array(table.routes.buffer), table.delaysNs.byteLength);
  writeFileSync(path, bytes);
}

export function readWorkTable(path: string): WorkTable {
  const bytes = readFileSync(path);
  const buffer = new ArrayBuffer(bytes.byteLength);
  new Uint8Array(buffer).set(bytes);
  const size = bytes.byteLength / 12;
  return {
    delaysNs: new Float64Array(buffer, 0, size),
    routes: new Int32Array(buffer, size * 8, size),
    mask: size - 1,
  };
}
