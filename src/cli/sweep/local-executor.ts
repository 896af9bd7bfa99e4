/**
 * Units on worker threads of this machine, several small ones at a time, so that a thread is asked at most every few
 * milliseconds. A thread that dies is replaced; what it had is tried again unit by unit, then run by run. Owns the threads.
 */
import { availableParallelism, totalmem } from "node:os";
import { RunStore } from "../../experiment/store/run-store.js";
import { orAbort } from "../../experiment/sweep/abort.js";
import { materialise, type UnitPlan } from "../../experiment/sweep/units.js";
import { compileLessEagerly } from "../optimiser.js";
import { DiskError, type Executor, type ExecutorHooks } from "./executor.js";
import { collectLessOften } from "./heap-growth.js";
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
  compileLessEagerly();
  collectLessOften();
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
  /** After the death of a thread each unit is tried alone, once, and after that each of its runs. */
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
      if (!chunk.alone) again.push(...chunk.units.map((unit) => ({ units: [unit], alone: true })));
      else for (const unit of chunk.units) again.push(...this.#apart(unit, error, hooks));
      return;
    }
    for (const run of answer.runs) hooks.onRun(run);
    if (answer.disk !== null) throw new DiskError(answer.disk.code, answer.disk.message);
    const ms = answer.wallMs / chunk.units.length;
    this.#msPerUnit = this.#msPerUnit === null ? ms : 0.7 * this.#msPerUnit + 0.3 * ms;
  }

  /**
   * A unit that ended its thread alone: what it had finished keeps its result, the rest is tried run by run, and a run
   * that ends its thread even so is recorded as failed.
   */
  #apart({ runs }: UnitPlan, error: unknown, hooks: ExecutorHooks): Chunk[] {
    const store = new RunStore(this.#folder);
    const finished = store.finished(runs.map(({ key }) => key));
    for (const { key } of runs) if (finished.has(key)) hooks.onRun({ key, error: null, events: 0 });
    const left = runs.filter(({ key }) => !finished.has(key));
    if (runs.length > 1) return left.map((run) => ({ units: [{ runs: [run] }], alone: true }));
    const why = `the worker thread died: ${error instanceof Error ? error.message : String(error)}`;
    for (const { key } of left) {
      store.write({ key, error: why, stack: "" });
      hooks.onRun({ key, error: why, events: 0 });
    }
    return [];
  }

  #chunkSize(left: number): number {
    if (this.#msPerUnit === null) return 1;
    // Towards the end smaller pieces, so that no thread waits long for the last one.
    const share = Math.ceil(left / (2 * this.#pool.width));
    return Math.max(1, Math.min(MAX_UNITS, share, Math.floor(TASK_MS / this.#msPerUnit)));
  }
}
