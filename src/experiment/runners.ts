/**
 * Two ways to simulate the runs of a plan: in this thread, for small plans, and on worker threads. Both give the same
 * results. Owns the threads.
 */
import { availableParallelism } from "node:os";
import { MessageChannel } from "node:worker_threads";
import type { RunResult } from "../metrics/result.js";
import type { ModelConfig } from "../model/config.js";
import type { TwinResult } from "../scenario/run-case.js";
import type { Outcome, Runner, TaskIndex } from "./execute.js";
import type { PlannedRun } from "./plan.js";
import type { ProgressCells, ThreadTask, WorkerAnswer, WorkerTask } from "./worker-task.js";

/** Simulates in this thread; nothing else happens meanwhile. */
export async function inlineRunner(progress: ProgressCells): Promise<Runner<TwinResult>> {
  const { perform } = await import("./worker.js");
  return runnerOver(1, progress, (task, twin) => perform(task, () => twin as Promise<TwinResult>));
}

/** Size of a worker's young generation; the default is 48 MB. */
const YOUNG_MB = 12;

export interface ThreadRunner extends Runner<TwinResult> {
  /** Ends the threads, whatever they are doing. */
  close(): Promise<void>;
}

/** @param workers threads at most; all cores if undefined */
export async function threadRunner(
  workers: number | undefined,
  progress: ProgressCells,
  signal: AbortSignal,
): Promise<ThreadRunner> {
  const { Piscina } = await import("piscina");
  const width = workers ?? availableParallelism();
  const pool = new Piscina({
    filename: workerFile(),
    minThreads: 0,
    maxThreads: width,
    idleTimeout: 60_000,
    // Not inherited: flags of a test runner or of tsx do not suit a worker.
    execArgv: [],
    recordTiming: false,
    // A run allocates next to nothing as it goes: a small nursery saves what garbage would fill before it is collected.
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
  });
  // A worker that dies outside a task has no promise to reject; here it rejects those of all tasks.
  const broken = new Promise<never>((_, reject) => pool.on("error", reject));
  broken.catch(() => undefined);
  const ask = (task: ThreadTask): Promise<WorkerAnswer> =>
    Promise.race([
      pool.run(task, { signal, ...(task.twinPort && { transferList: [task.twinPort] }) }) as Promise<WorkerAnswer>,
      broken,
    ]);
  const runner = runnerOver(width, progress, async (task, twin) => {
    if (twin === null) return ask({ ...task, twinPort: null });
    const { port1, port2 } = new MessageChannel();
    try {
      // A twin that fails ends the wait at once.
      const sent = twin.then((result) => port1.postMessage(result));
      return (await Promise.all([ask({ ...task, twinPort: port2 }), sent]))[0];
    } finally {
      port1.close();
    }
  });
  return { ...runner, close: () => pool.destroy() };
}

/** Compiled, the worker is a module beside this one; from source, workers need tsx to read TypeScript. */
function workerFile(): string {
  const fromSource = import.meta.url.endsWith(".ts");
  return new URL(fromSource ? "./worker-boot.mjs" : "./worker.js", import.meta.url).href;
}

function runnerOver(
  width: number,
  progress: ProgressCells,
  ask: (task: WorkerTask, twin: Promise<TwinResult> | null) => Promise<WorkerAnswer>,
): Runner<TwinResult> {
  return {
    width,
    async twin(config: ModelConfig, task: TaskIndex): Promise<TwinResult> {
      const answer = await ask({ config, run: null, progress, task }, null);
      return answer.twin as TwinResult;
    },
    async run(run: PlannedRun, twin: Promise<TwinResult>, trace: boolean, task: TaskIndex): Promise<Outcome> {
      const answer = await ask({ config: run.config, run: { caseName: run.caseName, trace }, progress, task }, twin);
      const { wallMs, peakRssBytes } = answer;
      return { result: answer.result as RunResult, wallMs, peakRssBytes };
    },
  };
}
