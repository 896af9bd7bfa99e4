/**
 * Runs a plan on a runner of some width: each twin started before the runs that need it, as many at once as the runner
 * is wide. Results are handed over in the order of the plan, whatever the order in which they finish; so they do not
 * depend on the number of workers. Owns no thread.
 */
import type { RunResult } from "../metrics/result.js";
import type { Plan, PlannedRun } from "./plan.js";

/** One finished run with what it took; the two measurements never enter a file or a digest. */
export interface Outcome {
  readonly result: RunResult;
  readonly wallMs: number;
  readonly peakRssBytes: number;
}

/** Where a task of the plan is, for progress: twins first, then runs, in one numbering. */
export type TaskIndex = number;

/** Something that simulates. `Twin` is opaque here. */
export interface Runner<Twin> {
  /** How many tasks it takes at once. */
  readonly width: number;
  twin(config: PlannedRun["config"], task: TaskIndex): Promise<Twin>;
  /** `twin` may still be under way: a run is compared with it only in the end. */
  run(run: PlannedRun, twin: Promise<Twin>, trace: boolean, task: TaskIndex): Promise<Outcome>;
}

export interface ExecuteOptions {
  readonly trace: boolean;
  /** Once aborted, no task starts; tasks under way are the runner's affair. */
  readonly signal?: AbortSignal;
  /** Called in the order of the plan. */
  readonly onOutcome: (run: PlannedRun, outcome: Outcome) => void;
  readonly onTaskStart?: (task: TaskIndex) => void;
  readonly onTaskEnd?: (task: TaskIndex) => void;
}

/** How far beyond the first unfinished task the execution looks, in widths: bounds what waits in memory. */
const LOOK_AHEAD = 4;

/**
 * Runs the whole plan. After an abort it resolves too, with every finished run handed over.
 * @throws the first error of the runner (not after an abort)
 */
export async function execute<Twin>(plan: Plan, runner: Runner<Twin>, options: ExecuteOptions): Promise<void> {
  const tasks = orderTasks(plan);
  const twins = new Map<number, Promise<Twin>>();
  const usersLeft = plan.twins.map((twin) => twin.users);
  const finished = new Map<number, Outcome>();
  const underWay = new Map<TaskIndex, Promise<void>>();
  const started = new Set<TaskIndex>();
  let firstUnstarted = 0;
  let handedOver = 0;
  let failure: { error: unknown } | null = null;

  const handOver = (evenWithGaps: boolean): void => {
    for (; handedOver < plan.runs.length; handedOver++) {
      const outcome = finished.get(handedOver);
      if (outcome === undefined && !evenWithGaps) return;
      if (outcome === undefined) continue;
      finished.delete(handedOver);
      options.onOutcome(plan.runs[handedOver] as PlannedRun, outcome);
    }
  };

  const perform = async (task: TaskIndex): Promise<void> => {
    if (task < plan.twins.length) {
      const { config } = plan.twins[task] as Plan["twins"][number];
      const twin = runner.twin(config, task);
      twins.set(task, twin);
      await twin;
      return;
    }
    const run = plan.runs[task - plan.twins.length] as PlannedRun;
    const outcome = await runner.run(run, twins.get(run.twin) as Promise<Twin>, options.trace, task);
    usersLeft[run.twin] = (usersLeft[run.twin] as number) - 1;
    if (usersLeft[run.twin] === 0) twins.delete(run.twin);
    finished.set(run.index, outcome);
    handOver(false);
  };

  const isReady = (task: TaskIndex, evenIfTwinUnderWay: boolean): boolean => {
    if (task < plan.twins.length) return true;
    const { twin } = plan.runs[task - plan.twins.length] as PlannedRun;
    return twins.has(twin) && (evenIfTwinUnderWay || !underWay.has(twin));
  };

  /** Rather what waits for nothing; but no thread is idle while a twin is under way that a run could go beside. */
  const next = (): TaskIndex | null => {
    while (firstUnstarted < tasks.length && started.has(tasks[firstUnstarted] as TaskIndex)) firstUnstarted++;
    const end = Math.min(tasks.length, firstUnstarted + LOOK_AHEAD * runner.width);
    for (const evenIfTwinUnderWay of [false, true])
      for (let at = firstUnstarted; at < end; at++) {
        const task = tasks[at] as TaskIndex;
        if (!started.has(task) && isReady(task, evenIfTwinUnderWay)) return task;
      }
    return null;
  };

  for (;;) {
    while (underWay.size < runner.width && failure === null && options.signal?.aborted !== true) {
      const task = next();
      if (task === null) break;
      started.add(task);
      options.onTaskStart?.(task);
      underWay.set(
        task,
        perform(task)
          .then(() => options.onTaskEnd?.(task))
          .catch((error: unknown) => {
            failure ??= { error };
          })
          .finally(() => underWay.delete(task)),
      );
    }
    if (underWay.size === 0) break;
    await Promise.race(underWay.values());
  }
  handOver(true);
  if (failure !== null && options.signal?.aborted !== true) throw (failure as { error: unknown }).error;
}

/** Each twin right before the first run that needs it. */
function orderTasks(plan: Plan): TaskIndex[] {
  const tasks: TaskIndex[] = [];
  const seen = new Set<number>();
  for (const run of plan.runs) {
    if (!seen.has(run.twin)) tasks.push(run.twin);
    seen.add(run.twin);
    tasks.push(plan.twins.length + run.index);
  }
  return tasks;
}
