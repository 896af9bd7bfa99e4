/** How fast sweeps are: many small runs, two workers against one, workers against the main thread. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { planSweep, runsOf } from "../../../experiment/sweep/plan.js";
import type { SweepRequest } from "../../../experiment/sweep/request.js";
import { materialise, unitsOf } from "../../../experiment/sweep/units.js";
import { packageRoot } from "../../package-info.js";
import { threadPool } from "../local-executor.js";
import { performUnits, type UnitAnswer, type UnitTask } from "../unit-worker.js";
import { type Finding, outgap } from "./study.js";

const TINY = ["sweep", "tiny-join.yaml", "--case", "single-task", "--no-charts", "--quiet"];
/** `runs` runs of tiny-join on all cores, from the start of the program to its end. */
export async function manyRuns(cwd: string, runs = 1_000): Promise<Finding> {
  const seconds = await outgap(cwd, ...TINY, "--seeds", String(runs), "--out", "many");
  const limit = (20 * runs) / 1_000;
  return {
    what: `${runs} runs of tiny-join, one case, one seed each, start of the program included`,
    measured: `${seconds.toFixed(1)} s`,
    figures: { runs, seconds, runsPerSecond: runs / seconds },
    wanted: `≤ ${limit} s`,
    ok: seconds <= limit,
  };
}

/** The least that is asked, of runs of any length. */
const LEAST = 1.8;

/** A sweep on which one worker and two are compared. */
interface Contest {
  /** Slots of the two-stream join. */
  readonly slots: number;
  readonly runs: number;
  /** The best of so many rounds, alternating, so that a busy moment of the machine does not decide. */
  readonly rounds: number;
}

/**
 * Sweeps of about a minute with two workers. Each worker starts cold, and one ends before the other: in a sweep of
 * twenty seconds that is 3 to 8 % of the time, in one of thousands of runs nothing.
 */
export const LONG_RUNS: Contest = { slots: 4_000, runs: 12, rounds: 2 };
export const MANY_RUNS: Contest = { slots: 1_000, runs: 50, rounds: 2 };
/** Runs of half a second. V8's compiler and collector have threads of their own, which use the second core with one worker already. */
export const SHORT_RUNS: Contest = { slots: 200, runs: 120, rounds: 2 };

/** Two workers against one. */
export async function speedUp(cwd: string, { slots, runs, rounds }: Contest): Promise<Finding> {
  const sweep = [
    ...["sweep", join(packageRoot, "scenarios", "bytedance-join-1000.yaml"), "--set", `P=${slots}`],
    ...["--case", "single-task", "--no-charts", "--quiet", "--seeds", String(runs)],
  ];
  const best: Record<"1" | "2", number> = { 1: Number.POSITIVE_INFINITY, 2: Number.POSITIVE_INFINITY };
  for (let round = 0; round < rounds; round++) {
    for (const workers of ["1", "2"] as const) {
      const out = `speed-${slots}-${round}-${workers}`;
      const seconds = await outgap(cwd, ...sweep, "--workers", workers, "--out", out);
      best[workers] = Math.min(best[workers], seconds);
    }
  }
  const ratio = best[1] / best[2];
  return {
    what: `two workers against one, ${runs} runs of a ${slots.toLocaleString("en")}-slot join, start of the program included`,
    measured: `${ratio.toFixed(2)} (${best[1].toFixed(1)} s, ${best[2].toFixed(1)} s)`,
    figures: { speedUp: ratio, oneWorkerSeconds: best[1], twoWorkersSeconds: best[2] },
    wanted: `≥ ${LEAST}`,
    ok: ratio >= LEAST,
  };
}

export async function eventRate(cwd: string, runs = 200, rounds = 4): Promise<Finding> {
  const request: SweepRequest = {
    outgap: "study",
    file: "tiny-join.yaml",
    scenario: readFileSync(join(cwd, "tiny-join.yaml"), "utf8"),
    sets: [],
    cases: ["single-task"],
    seed: null,
    grids: [{ vary: [], seeds: runs }],
    until: null,
    maxSeeds: runs,
    metrics: [],
    objective: null,
    subjectTo: [],
  };
  const planned = planSweep(request);
  if (!planned.ok) throw new Error("tiny-join cannot be planned");
  const units = unitsOf(runsOf(request, planned.plan, [runs])).map(materialise);
  const pool = await threadPool(1);
  const rates = { here: 0, worker: 0 };
  const rate = ({ runs: done, wallMs }: UnitAnswer): number => done.reduce((sum, run) => sum + run.events, 0) / wallMs;
  try {
    // Warm both, then the best of the rounds.
    for (let round = 0; round <= rounds; round++) {
      const task: UnitTask = { units, folder: null };
      const [here, worker] = [rate(performUnits(task)), rate(await pool.ask(task))];
      if (round === 0) continue;
      rates.here = Math.max(rates.here, here);
      rates.worker = Math.max(rates.worker, worker);
    }
  } finally {
    await pool.close();
  }
  const share = rates.worker / rates.here;
  return {
    what: "event rate in a worker, of that in the main thread",
    measured: `${(100 * share).toFixed(1)} % (${(rates.worker / 1000).toFixed(2)} M events/s)`,
    figures: { share, workerEventsPerSecond: 1e3 * rates.worker, mainThreadEventsPerSecond: 1e3 * rates.here },
    wanted: "≥ 95 %",
    ok: share >= 0.95,
  };
}
