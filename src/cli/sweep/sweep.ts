/**
 * `outgap sweep` from arguments to exit code: reads, plans, carries out what is missing, concludes. Whatever ends it
 * early leaves finished runs behind, and the same command goes on from there.
 */
import { mkdirSync } from "node:fs";
import { writeWhole } from "../../experiment/store/run-file.js";
import { RunStore } from "../../experiment/store/run-store.js";
import { ofShard, planSweep, runsOf, type SweepPlan } from "../../experiment/sweep/plan.js";
import type { Shard, SweepRequest } from "../../experiment/sweep/request.js";
import { type UnitPlan, unitsOf, withoutDone } from "../../experiment/sweep/units.js";
import { nextSeeds } from "../../experiment/sweep/until.js";
import { fileError, UsageError } from "../exit.js";
import { onInterrupt } from "../interrupt.js";
import { writeError, writeOut } from "../streams.js";
import type { SweepArguments } from "./arguments.js";
import { requestOf, shardOf } from "./arguments.js";
import { metricByCase } from "./collect.js";
import { concludeSweep, planOrRefuse, shown, sweepFileText } from "./conclude.js";
import { diskFailure } from "./disk.js";
import type { Executor, ExecutorHooks } from "./executor.js";
import { LocalExecutor, threadPool } from "./local-executor.js";
import { assertSweepFolder, locateSweep } from "./location.js";
import { REQUEST_FILE } from "./outputs.js";
import { type SweepProgress, sweepProgress } from "./progress.js";

export async function sweep(argv: SweepArguments): Promise<number> {
  const shard = shardOf(argv.shard);
  const request = requestOf(argv);
  if (shard !== null && request.until !== null) {
    throw new UsageError("--until decides from all results how many seeds to add, so it does not go with --shard");
  }
  if (shard !== null && argv.redis !== undefined)
    throw new UsageError("--shard and --redis: one of them spreads the work");
  const startMs = performance.now();
  const plan = planOrRefuse(planSweep(request, argv.quiet ? undefined : planningNote(argv.progress)));
  const unmodified = isUnmodified(argv);
  const folder = locateSweep({ request, name: plan.name, file: argv.file, unmodified, out: argv.out });
  assertSweepFolder(folder);
  const interrupt = onInterrupt(() => undefined);
  const progress = sweepProgress(argv.quiet ? "none" : argv.progress, startMs);
  let executor: Executor | null = null;
  try {
    openFolder(folder, request, shard);
    executor = await executorOf(argv, request, folder);
    const work = new Work(request, plan, folder, shard, executor, progress, interrupt.signal);
    const counts = await work.carryOut();
    progress.stop();
    const code = interrupt.exitCode();
    if (code !== null) {
      writeError(
        `outgap: interrupted; ${work.finished} finished runs are kept in ${shown(folder)}, and the same command goes on from there`,
      );
      return code;
    }
    if (shard !== null) {
      const text = `Shard ${shard.index} of ${shard.of}: ${work.finished} runs in ${shown(folder)}; put them together with outgap merge\n`;
      if (!argv.quiet && !argv.json) await writeOut(text);
      return work.failed > 0 ? 1 : 0;
    }
    return await concludeSweep(folder, request, plan, counts, {
      charts: !argv["no-charts"],
      quiet: argv.quiet,
      json: argv.json,
    });
  } catch (error) {
    progress.stop();
    const told = diskFailure(error, folder);
    if (told !== null) return told;
    throw error;
  } finally {
    interrupt.release();
    await executor?.close();
  }
}

/** Thousands of settings take a while to read and check: says so on stderr, where progress is wanted. */
function planningNote(mode: SweepArguments["progress"]): ((done: number, of: number) => void) | undefined {
  if (mode === "none" || (mode === "auto" && process.stderr.isTTY !== true)) return undefined;
  let toldMs = performance.now();
  return (done, of) => {
    if (performance.now() - toldMs < PLANNING_NOTE_MS) return;
    toldMs = performance.now();
    writeError(`outgap: ${done} of ${of} settings planned`);
  };
}

const PLANNING_NOTE_MS = 2_000;

/** Whether a shipped sweep runs as it was shipped, so that its results are the reference ones. */
function isUnmodified(argv: SweepArguments): boolean {
  const lists = [argv.vary, argv.set, argv.case, argv.metric, argv["subject-to"]];
  const values = [argv.seed, argv.seeds, argv.until, argv["max-seeds"], argv.minimise, argv.maximise, argv.shard];
  return lists.every((list) => list.length === 0) && values.every((value) => value === undefined) && !argv["no-charts"];
}

function openFolder(folder: string, request: SweepRequest, shard: Shard | null): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw fileError(folder, error);
  }
  writeWhole(`${folder}/${REQUEST_FILE}`, sweepFileText(request, shard));
}

async function executorOf(argv: SweepArguments, request: SweepRequest, folder: string): Promise<Executor> {
  if (argv.redis === undefined) return new LocalExecutor(await threadPool(argv.workers), folder);
  const [{ openQueueExecutor }, { QueueError }] = await Promise.all([
    import("./queue-executor.js"),
    import("../../experiment/queue/connection.js"),
  ]);
  try {
    return await openQueueExecutor(argv.redis, request.outgap, folder);
  } catch (error) {
    if (error instanceof QueueError) throw new UsageError(error.message);
    throw error;
  }
}

/** The runs of a sweep on their way, in rounds: `until` decides after each how many more there are. */
class Work {
  readonly #request: SweepRequest;
  readonly #plan: SweepPlan;
  readonly #store: RunStore;
  readonly #shard: Shard | null;
  readonly #executor: Executor;
  readonly #progress: SweepProgress;
  readonly #signal: AbortSignal;
  /** Runs with a result, those of earlier commands included. */
  readonly #done = new Set<string>();
  finished = 0;
  failed = 0;

  constructor(
    request: SweepRequest,
    plan: SweepPlan,
    folder: string,
    shard: Shard | null,
    executor: Executor,
    progress: SweepProgress,
    signal: AbortSignal,
  ) {
    this.#request = request;
    this.#plan = plan;
    this.#store = new RunStore(folder);
    this.#shard = shard;
    this.#executor = executor;
    this.#progress = progress;
    this.#signal = signal;
  }

  /** @returns how many seeds each point has in the end */
  async carryOut(): Promise<number[]> {
    this.#store.tidy(Date.now());
    const { until, maxSeeds } = this.#request;
    const counts = this.#plan.points.map((point) => point.seeds);
    let before: number[] = counts.map(() => 0);
    for (;;) {
      await this.#round(counts);
      if (until === null || this.#signal.aborted) return counts;
      const now = [...counts];
      for (const point of this.#plan.points) {
        const seeds = counts[point.index] as number;
        // A point that got no seed in the last round has enough: nothing about it has changed.
        if (seeds === before[point.index]) continue;
        const values = metricByCase(this.#request, this.#store, point, seeds, until.metric);
        counts[point.index] = nextSeeds(values, until, seeds, maxSeeds);
      }
      before = now;
      if (counts.every((count, index) => count === now[index])) return counts;
    }
  }

  async #round(counts: readonly number[]): Promise<void> {
    const units = ofShard(unitsOf(runsOf(this.#request, this.#plan, counts)), this.#shard);
    const keys = units.flatMap((unit) => unit.runs.map(({ key }) => key));
    this.#progress.plan(keys.length);
    const unknown = keys.filter((key) => !this.#done.has(key));
    for (const key of this.#store.finished(unknown)) {
      this.#done.add(key);
      this.finished++;
      this.#progress.done(1, "before");
    }
    const missing = units.map((unit) => withoutDone(unit, (key) => this.#done.has(key)));
    const hooks: ExecutorHooks = {
      signal: this.#signal,
      onRun: ({ key, error }) => {
        // A run may be delivered twice, by a worker that was thought dead; it counts once.
        if (this.#done.has(key)) return;
        this.#done.add(key);
        if (error === null) this.finished++;
        else this.failed++;
        this.#progress.done(1, "now");
      },
    };
    const left = missing.filter((unit): unit is UnitPlan => unit !== null);
    if (left.length > 0) await this.#executor.run(left, hooks);
  }
}
