/** All runs of one scenario as one call, for the module API: plan, simulate, collect. The command line streams instead. */
import type { RunResult } from "../metrics/result.js";
import type { NormalisedScenario } from "../scenario/index.js";
import { execute, type Outcome } from "./execute.js";
import { planRuns, seedSequence } from "./plan.js";
import { inlineRunner, threadRunner } from "./runners.js";

export interface RunScenarioOptions {
  /** How many seeds from the scenario's own on; 1 if not given. */
  readonly seeds?: number;
  /** Worker threads; 0 simulates in this thread, which is the default for code that runs from TypeScript sources. */
  readonly workers?: number;
  /** Also keep every control event. */
  readonly trace?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Runs every case of a scenario, and the fault-free twins that they are compared with.
 * @returns one result per (seed, case), seed by seed, cases in the order of the scenario
 * @throws RangeError if more than one seed is asked for and the scenario's is not a whole number
 */
export async function runScenario(
  scenario: NormalisedScenario,
  options: RunScenarioOptions = {},
): Promise<RunResult[]> {
  const seeds = seedSequence(scenario.seed, options.seeds ?? 1);
  if (seeds === null) throw new RangeError(`seed ${JSON.stringify(scenario.seed)} is not a whole number to count from`);
  const plan = planRuns([scenario], [seeds]);
  const progress = new Float64Array(new SharedArrayBuffer(8 * (plan.runs.length + plan.twins.length)));
  const results: RunResult[] = [];
  const signal = options.signal ?? new AbortController().signal;
  const work = {
    trace: options.trace ?? false,
    signal,
    onOutcome: (_: unknown, { result }: Outcome): void => {
      results.push(result);
    },
  };
  if (options.workers === 0 || (options.workers === undefined && import.meta.url.endsWith(".ts"))) {
    await execute(plan, await inlineRunner(progress), work);
    return results;
  }
  const runner = await threadRunner(options.workers, progress, signal);
  try {
    await execute(plan, runner, work);
  } finally {
    await runner.close();
  }
  return results;
}
