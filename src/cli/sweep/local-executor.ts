/**
 * Units on worker threads of this machine, several small ones at a time, so that a thread is asked at most every few
 * milliseconds. A thread that dies is replaced; what it had is tried again one by one. Owns the threads.
 */
import { availableParallelism, totalmem } from "node:os";
import { RunStore } from "../../experiment/store/run-store.js";
import { orAbort } from "../../experiment/sweep/abort.js";
import { materialise, type UnitPlan } from "../../experiment/sweep/units.js";
import { DiskError, type Executor, type ExecutorHooks } from "./executor.js";
import type { UnitAnswer, UnitTask } from "./unit-worker.js";

/** A task should take about so long: far more than asking a thread costs, far less than anyone waits for progress. */
const TASK_MS = 150;
const MAX_UNITS = 512;

/** Asks a thread; rejects if the thread died. */
export type Ask = (task: UnitTask) => Promise<UnitAnswer>;

export interface ThreadPool {
  readonly width: number;
  readonly ask: Ask;
  close(): Promise<void>;
}

/** @param workers threads at most; all cores if undefined */
export async function threadPool(workers: number | undefined): Promise<ThreadPool> {
  const { Piscina } = await import("piscina");
  const width = workers ?? availableParallelism();
  const pool = new Piscina({
    filename: new URL("./unit-worker.js", import.meta.url).href,
    minThreads: 0,
    maxThreads: width,
    idleTimeout: 60_000,
    // Not inherited: flags of a test runner do not suit a worker.
    execArgv: [],
    recordTiming: false,
    // With a limit of its own a thread that runs out of memory ends alone; without one it takes the program along.
    resourceLimits: { maxOldGenerationSizeMb: heapMegabytes(width) },
  });
  // The death of a thread rejects its task, which is where it is handled; unheard, the event would end the program.
  pool.on("error", () => undefined);
  return { width, ask: (task) => pool.run(task) as Promise<UnitAnswer>, close: () => pool.destroy() };
}

/** What a thread may hold: its share of the machine, or a quarter of it at most. */
function heapMegabytes(width: number): number {
  return Math.max(512, Math.floor((0.75 * totalmem()) / 2 ** 20 / Math.max(4, width)));
}

interface Chunk {
  readonly units: readonly UnitPlan[];
  /** After the death of a thread each unit is tried alone, once. */
  readonly alone: boolean;
}

export class LocalExecutor implements Executor {
  readonly #pool: ThreadPool;
  readonly #folder: string;
  #msPerUnit: number | null = null;

  constructor(pool: ThreadPool, folder: string) {
    this.#pool = pool;
    this.#folder = folder;
  }

  async run(units: readonly UnitPlan[], hooks: ExecutorHooks): Promise<void> {
    const again: Chunk[] = [];
    const underWay = new Set<Promise<void>>();
    let next = 0;
    let failure: { readonly error: unknown } | null = null;
    const take = (): Chunk | null => {
      const waiting = again.shift();
      if (waiting !== undefined) return waiting;
      if (next >= units.length) return null;
      const chunk = units.slice(next, next + this.#chunkSize(units.length - next));
      next += chunk.length;
      return { units: chunk, alone: false };
    };
    for (;;) {
      while (underWay.size < this.#pool.width && failure === null && !hooks.signal.aborted) {
        const chunk = take();
        if (chunk === null) break;
        const task: Promise<void> = this.#perform(chunk, again, hooks)
          .catch((error: unknown) => {
            failure ??= { error };
          })
          .finally(() => underWay.delete(task));
        underWay.add(task);
      }
      if (hooks.signal.aborted || underWay.size === 0) break;
      await orAbort(Promise.race(underWay), hooks.signal);
    }
    if (failure !== null && !hooks.signal.aborted) throw (failure as { error: unknown }).error;
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  async #perform(chunk: Chunk, again: Chunk[], hooks: ExecutorHooks): Promise<void> {
    let answer: UnitAnswer;
    try {
      answer = await this.#pool.ask({ units: chunk.units.map(materialise), folder: this.#folder });
    } catch (error) {
      if (hooks.signal.aborted) return;
      if (chunk.alone) this.#giveUp(chunk.units, error, hooks);
      else again.push(...chunk.units.map((unit) => ({ units: [unit], alone: true })));
      return;
    }
    for (const run of answer.runs) hooks.onRun(run);
    if (answer.disk !== null) throw new DiskError(answer.disk.code, answer.disk.message);
    const ms = answer.wallMs / chunk.units.length;
    this.#msPerUnit = this.#msPerUnit === null ? ms : 0.7 * this.#msPerUnit + 0.3 * ms;
  }

  /** A unit that ends its thread twice: its runs are recorded as failed. Those it had finished keep their result. */
  #giveUp(units: readonly UnitPlan[], error: unknown, hooks: ExecutorHooks): void {
    const store = new RunStore(this.#folder);
    const why = `the worker thread died: ${error instanceof Error ? error.message : String(error)}`;
    for (const { key } of units.flatMap((unit) => unit.runs)) {
      const done = store.finished([key]).has(key);
      if (!done) store.write({ key, error: why, stack: "" });
      hooks.onRun({ key, error: done ? null : why, events: 0 });
    }
  }

  #chunkSize(left: number): number {
    if (this.#msPerUnit === null) return 1;
    // Towards the end smaller pieces, so that no thread waits long for the last one.
    const share = Math.ceil(left / (2 * this.#pool.width));
    return Math.max(1, Math.min(MAX_UNITS, share, Math.floor(TASK_MS / this.#msPerUnit)));
  }
}
