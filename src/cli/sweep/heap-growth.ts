/**
 * How far a worker's heap may grow before V8 collects all of it. A run leaves its structures behind when it ends, and
 * V8's own limit, a few megabytes above what a run holds, is reached twice in each run of a second: marking what lives
 * took 8 % of the processor time of such a sweep, part of it on threads of V8 that another worker could use. It costs
 * 20–40 MB per worker. Measured with Node 20; elsewhere V8 decides. It holds for all threads of the process.
 */
import { setFlagsFromString } from "node:v8";

/** Five times what was left after the last collection; the limit of the whole heap holds as before. */
const GROWTH_PERCENT = 400;

export function collectLessOften(): void {
  if (process.versions.node.startsWith("20.")) setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
}
