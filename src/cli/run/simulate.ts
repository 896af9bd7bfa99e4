/** Runs a plan, in this thread or on workers, with progress on stderr. Owns the choice of the runner, no result. */
import { type ExecuteOptions, execute } from "../../experiment/execute.js";
import type { Plan } from "../../experiment/plan.js";
import { inlineRunner, threadRunner } from "../../experiment/runners.js";
import { compileLessEagerly } from "../optimiser.js";
import { type Progress, startProgress } from "../progress.js";
import { forShortJob } from "./short-job.js";

export interface SimulateOptions {
  readonly trace: boolean;
  readonly workers: number | undefined;
  /** Small plans: no threads, and no interruption either. */
  readonly inline: boolean;
  /** Inline, and over in the blink of an eye. */
  readonly short: boolean;
  readonly progress: "auto" | "plain" | "none";
  readonly signal: AbortSignal;
  readonly onOutcome: ExecuteOptions["onOutcome"];
}

export async function simulate(plan: Plan, options: SimulateOptions): Promise<void> {
  const durationsNs = [...plan.twins, ...plan.runs].map(({ config }) => config.durationNs);
  const cells = new Float64Array(new SharedArrayBuffer(8 * durationsNs.length));
  let done = 0;
  const work: ExecuteOptions = {
    trace: options.trace,
    signal: options.signal,
    onOutcome: options.onOutcome,
    onTaskEnd: () => {
      done++;
    },
  };
  const totalNs = durationsNs.reduce((sum, each) => sum + each, 0);
  const source = {
    done: () => done,
    total: durationsNs.length,
    totalVirtualMs: totalNs / 1e6,
    fraction: () => Math.min(1, cells.reduce((sum, each) => sum + each, 0) / totalNs),
  };
  const progress: Progress = startProgress(options.progress, source);
  try {
    if (options.inline) {
      const run = async (): Promise<void> => execute(plan, await inlineRunner(cells), work);
      await (options.short ? forShortJob(run) : run());
      return;
    }
    compileLessEagerly();
    const runner = await threadRunner(options.workers, cells, options.signal);
    try {
      await execute(plan, runner, work);
    } finally {
      await runner.close();
    }
  } finally {
    progress.stop();
  }
}
