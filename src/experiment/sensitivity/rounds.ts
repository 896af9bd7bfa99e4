/**
 * Performs the rounds of a sensitivity study on one runner: turns varied runs into a plan, and keeps the twins of the
 * unchanged cases from round to round. Owns neither the choice of the runs nor the threads.
 */
import type { CaseSummary } from "../../metrics/result.js";
import type { ModelConfig } from "../../model/config.js";
import { twinKey, twinOf } from "../../scenario/index.js";
import type { TwinResult } from "../../scenario/run-case.js";
import { execute, type Runner } from "../execute.js";
import type { Plan, PlannedRun } from "../plan.js";
import type { Perform, VariedRun } from "./study.js";

/** Metrics that compare a run with its twin; for the others the unchanged case's twin will do. */
const AGAINST_TWIN = /^(catchUpMs|jobOutageMs|outputGapMs\.affected\..*|outputDeficitRatio|deficitUntilCatchUpRatio)$/;

export interface RoundOptions {
  readonly metrics: readonly string[];
  readonly signal: AbortSignal;
  /** Tasks that the runner's progress cells have room for; numbered on from round to round. */
  readonly capacity: number;
  /** A round begins: its runs, and the number of the first one's progress cell. */
  readonly onRound?: (runs: readonly VariedRun[], firstCell: number) => void;
  readonly onRunEnd?: () => void;
}

export function performOn(runner: Runner<TwinResult>, options: RoundOptions): Perform {
  const ownTwins = options.metrics.some((metric) => AGAINST_TWIN.test(metric));
  const baseTwins = new Map<string, Promise<TwinResult>>();
  let firstTask = 0;
  let isFirstRound = true;
  return async (runs) => {
    const plan = planOf(runs, ownTwins);
    const offset = firstTask;
    firstTask += plan.twins.length + plan.runs.length;
    if (firstTask > options.capacity) throw new RangeError("more tasks than progress cells");
    options.onRound?.(runs, offset + plan.twins.length);
    const keep = isFirstRound;
    isFirstRound = false;
    const shifted: Runner<TwinResult> = {
      width: runner.width,
      twin: (config, task) => {
        const key = JSON.stringify(config);
        const known = baseTwins.get(key);
        if (known !== undefined) return known;
        const twin = runner.twin(config, offset + task);
        if (keep) baseTwins.set(key, twin);
        return twin;
      },
      run: (run, twin, trace, task) => runner.run(run, twin, trace, offset + task),
    };
    const summaries: (CaseSummary | null)[] = runs.map(() => null);
    await execute(plan, shifted, {
      trace: false,
      signal: options.signal,
      onOutcome: ({ index }, { result }) => {
        summaries[index] = result.summary;
      },
      onTaskEnd: (task) => {
        if (task >= plan.twins.length) options.onRunEnd?.();
      },
    });
    return summaries;
  };
}

function planOf(varied: readonly VariedRun[], ownTwins: boolean): Plan {
  const twins: { index: number; config: ModelConfig; users: number }[] = [];
  const twinByKey = new Map<string, number>();
  const runs = varied.map(({ caseName, config, base }, index): PlannedRun => {
    const compared = ownTwins ? config : base;
    const { faults } = compared;
    const key = `${twinKey(compared)} ${JSON.stringify(faults)}`;
    let twin = twinByKey.get(key);
    if (twin === undefined) {
      twin = twins.length;
      twinByKey.set(key, twin);
      twins.push({ index: twin, config: { ...twinOf(compared), faults }, users: 0 });
    }
    (twins[twin] as { users: number }).users++;
    return { index, scenario: 0, caseName, config, twin };
  });
  return { runs, twins };
}
