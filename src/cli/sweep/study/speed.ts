/** How fast sweeps are: a thousand small runs, two workers against one, workers against the main thread. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { planSweep, runsOf } from "../../../experiment/sweep/plan.js";
import type { SweepRequest } from "../../../experiment/sweep/request.js";
import { materialise, unitsOf } from "../../../experiment/sweep/units.js";
import { threadPool } from "../local-executor.js";
import { performUnits, type UnitAnswer, type UnitTask } from "../unit-worker.js";
import { type Finding, outgap } from "./study.js";

const TINY = ["sweep", "tiny-join.yaml", "--case", "single-task", "--no-charts", "--quiet"];

export async function thousandRuns(cwd: string): Promise<Finding> {
  const seconds = await outgap(cwd, ...TINY, "--seeds", "1000", "--out", "thousand");
  const what = "1,000 runs of tiny-join, one case, one seed each";
  return { what, measured: `${seconds.toFixed(1)} s`, wanted: "≤ 20 s", ok: seconds <= 20 };
}

/** The best of three, alternating, so that a busy moment of the machine does not decide. */
export async function speedUp(cwd: string): Promise<Finding> {
  const best: Record<"1" | "2", number> = { 1: Number.POSITIVE_INFINITY, 2: Number.POSITIVE_INFINITY };
  for (let round = 0; round < 3; round++) {
    for (const workers of ["1", "2"] as const) {
      const out = `speed-${round}-${workers}`;
      const seconds = await outgap(cwd, ...TINY, "--seeds", "500", "--workers", workers, "--out", out);
      best[workers] = Math.min(best[workers], seconds);
    }
  }
  const ratio = best[1] / best[2];
  const measured = `${ratio.toFixed(2)} (${best[1].toFixed(1)} s, ${best[2].toFixed(1)} s)`;
  return {
    what: "two workers against one, 500 runs, start of the program included",
    measured,
    wanted: "≥ 1.8",
    ok: ratio >= 1.8,
  };
}

export async function eventRate(cwd: string): Promise<Finding> {
  const request: SweepRequest = {
    outgap: "study",
    file: "tiny-join.yaml",
    scenario: readFileSync(join(cwd, "tiny-join.yaml"), "utf8"),
    sets: [],
    cases: ["single-task"],
    seed: null,
    grids: [{ vary: [], seeds: 200 }],
    until: null,
    maxSeeds: 200,
    metrics: [],
    objective: null,
    subjectTo: [],
  };
  const planned = planSweep(request);
  if (!planned.ok) throw new Error("tiny-join cannot be planned");
  const units = unitsOf(runsOf(request, planned.plan, [200])).map(materialise);
  const pool = await threadPool(1);
  const rates = { here: 0, worker: 0 };
  const rate = ({ runs, wallMs }: UnitAnswer): number => runs.reduce((sum, run) => sum + run.events, 0) / wallMs;
  try {
    for (let round = 0; round < 4; round++) {
      // Warm both, then the best of three.
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
  const measured = `${(100 * share).toFixed(1)} % (${(rates.worker / 1000).toFixed(2)} M events/s)`;
  return { what: "event rate in a worker, of that in the main thread", measured, wanted: "≥ 95 %", ok: share >= 0.95 };
}
