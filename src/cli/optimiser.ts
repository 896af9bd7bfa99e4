/**
 * How eagerly V8 compiles. A run's functions lose their machine code when the run's objects go, and the next run
 * compiles them anew on V8's own threads: a tenth of what a worker uses on runs of a second, taken from the other
 * workers. With four times the budget V8 waits until a function has shown that it is worth it: less than half of that,
 * and neither one long run nor a first short one is slower. Measured with Node 20; later ones have a compiler between
 * the two and another budget, and are left alone. It holds for all threads of the process, and is not set before the
 * program's own code cache is read, which V8 takes only under the flags it was written with.
 */
import { setFlagsFromString } from "node:v8";

/** V8's default is 132 KiB. */
const INTERRUPT_BUDGET_BYTES = 4 * 132 * 1024;

export function compileLessEagerly(): void {
  if (process.versions.node.startsWith("20.")) setFlagsFromString(`--interrupt-budget=${INTERRUPT_BUDGET_BYTES}`);
}
