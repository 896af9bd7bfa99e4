/** `outgap worker` from arguments to exit code: takes units from a queue and simulates them on threads. */
import { connect, QueueError, queuePackages, shownUrl } from "../../experiment/queue/connection.js";
import { workQueue } from "../../experiment/queue/worker.js";
import { recordText } from "../../experiment/store/run-file.js";
import type { Unit } from "../../experiment/sweep/units.js";
import { parseQuantity } from "../../scenario/units.js";
import { EXIT, UsageError } from "../exit.js";
import { onInterrupt } from "../interrupt.js";
import { writeError } from "../streams.js";
import { codeVersion } from "./code-version.js";
import { type Ask, threadPool } from "./local-executor.js";

export interface WorkerArguments {
  readonly redis: string;
  readonly workers: number | undefined;
  readonly takeover: string;
  readonly "idle-exit": string | undefined;
  readonly quiet: boolean;
}

export async function worker(argv: WorkerArguments): Promise<number> {
  const takeoverMs = durationMs("takeover", argv.takeover);
  const idleExitMs = argv["idle-exit"] === undefined ? null : durationMs("idle-exit", argv["idle-exit"]);
  const say = (message: string): void => {
    if (!argv.quiet) writeError(`outgap worker: ${message}`);
  };
  const interrupt = onInterrupt(() => undefined);
  try {
    const packages = await queuePackages();
    const redis = await connect(packages, argv.redis);
    const version = codeVersion();
    const pool = await threadPool(argv.workers);
    say(`Outgap ${version}, ${pool.width} threads, ${shownUrl(argv.redis)}`);
    try {
      const done = await workQueue(packages, redis, {
        version,
        width: pool.width,
        takeoverMs,
        idleExitMs,
        perform: (unit) => performHere(unit, pool.ask),
        signal: interrupt.signal,
        say,
      });
      say(`done: ${done} units`);
    } finally {
      redis.disconnect();
      await pool.close();
    }
    return interrupt.exitCode() ?? EXIT.done;
  } catch (error) {
    if (error instanceof QueueError) throw new UsageError(error.message);
    throw error;
  } finally {
    interrupt.release();
  }
}

/** A unit that ends its thread twice is recorded as failed, so that it does not end this worker's turn at others. */
async function performHere(unit: Unit, ask: Ask): Promise<readonly string[]> {
  for (let tries = 0; ; tries++) {
    try {
      const { runs } = await ask({ units: [unit], folder: null });
      return runs.map(({ text }) => text as string);
    } catch (error) {
      if (tries === 0) continue;
      const why = `the worker thread died: ${error instanceof Error ? error.message : String(error)}`;
      return unit.runs.map(({ key }) => recordText({ key, error: why, stack: "" }));
    }
  }
}

function durationMs(option: string, text: string): number {
  const parsed = parseQuantity(text, "duration");
  if (parsed.ok && parsed.value >= 1e9) return parsed.value / 1e6;
  throw new UsageError(`--${option} is ${JSON.stringify(text)}, expected a duration of at least 1s, such as 30s`);
}
