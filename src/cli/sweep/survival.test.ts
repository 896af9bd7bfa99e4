/** Nothing finished is lost: sweeps that are killed, run out of disk or lose threads end like undisturbed ones. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { isFailure, parseRecord } from "../../experiment/store/run-file.js";
import { RunStore } from "../../experiment/store/run-store.js";
import { planSweep, runsOf } from "../../experiment/sweep/plan.js";
import { unitsOf } from "../../experiment/sweep/units.js";
import { smallScenario } from "../../experiment/testing/small-scenario.js";
import { temporaryFolder } from "../testing/program.js";
import { readSweepFile } from "./conclude.js";
import { LocalExecutor } from "./local-executor.js";
import { writeOutputs } from "./outputs.js";
import { contents, runFiles, sleep, startProgram } from "./study/processes.js";
import { performUnits } from "./unit-worker.js";

const cwd = temporaryFolder();
writeFileSync(join(cwd, "small.yaml"), smallScenario({ durationS: 40, extra: "costs: { containerStart: 3s }\n" }));
const ARGS = ["sweep", "small.yaml", "--vary", "cluster.reservedTaskManagers=0..3:1", "--seeds", "8", "--workers", "2"];
const args = (out: string): string[] => [...ARGS, "--out", out];
const folder = (out: string): string => join(cwd, out);
let wanted: Record<string, string> = {};

beforeAll(async () => {
  const { code, stderr } = await startProgram(args("undisturbed"), cwd).ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  wanted = contents(folder("undisturbed"));
  expect(runFiles(folder("undisturbed"))).toBe(64);
}, 120_000);

test("killed five times at different moments, it ends with the same bytes", async () => {
  let before = 0;
  // Times from the start of the process; the later ones hit the writing of the tables when the machine is fast.
  for (const afterMs of [450, 800, 1100, 1500, 700]) {
    const { child, ended } = startProgram(args("killed"), cwd);
    await sleep(afterMs);
    child.kill("SIGKILL");
    await ended;
    const now = runSafe("killed");
    expect(now).toBeGreaterThanOrEqual(before);
    before = now;
  }
  const { code } = await startProgram(args("killed"), cwd).ended;
  expect(code).toBe(0);
  expect(contents(folder("killed"))).toEqual(wanted);
}, 120_000);

test("asked to stop, it says what it keeps and goes on from there", async () => {
  const { child, ended } = startProgram([...args("stopped"), "--progress=plain"], cwd);
  while (runSafe("stopped") < 5) await sleep(20);
  child.kill("SIGTERM");
  const { code, stderr } = await ended;
  expect(code).toBe(143);
  expect(stderr).toMatch(/interrupted; \d+ finished runs are kept in stopped, and the same command goes on from there/);
  const kept = runFiles(folder("stopped"));
  expect(kept).toBeGreaterThanOrEqual(5);
  expect(kept).toBeLessThan(64);
  expect((await startProgram(args("stopped"), cwd).ended).code).toBe(0);
  expect(contents(folder("stopped"))).toEqual(wanted);
}, 120_000);

function runSafe(out: string): number {
  try {
    return runFiles(folder(out));
  } catch {
    return 0;
  }
}

/** A module that makes the file system or the thread fail when a run's file is written. */
function preload(name: string, onRunFile: string): string {
  const path = join(cwd, `${name}.mjs`);
  writeFileSync(
    path,
    `import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { isMainThread, threadId } from "node:worker_threads";
const real = fs.writeFileSync;
let written = 0;
fs.writeFileSync = (path, ...rest) => {
  const text = String(rest[0]);
  if (String(path).includes("/runs/")) { written++; ${onRunFile} }
  return real(path, ...rest);
};
syncBuiltinESMExports();
`,
  );
  return path;
}

test("on a full disk it ends with 3, keeps what is finished, and goes on when there is room", async () => {
  const full = preload(
    "full",
    'if (written > 7) { real(path, "half a ru"); throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" }); }',
  );
  const { code, stdout, stderr } = await startProgram(args("full"), cwd, full).ended;
  expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
  expect(stderr).toMatch(/^outgap: full: no space left on the device\nFinished runs are kept and valid/);
  const kept = Object.keys(contents(folder("full"))).filter((name) => name.endsWith(".run"));
  expect(kept.length).toBeGreaterThanOrEqual(4);
  expect(kept.length).toBeLessThan(64);
  for (const name of kept) {
    const record = parseRecord(readFileSync(join(folder("full"), name), "utf8"), name.slice(-44, -4));
    expect(record).not.toBeNull();
  }
  expect((await startProgram(args("full"), cwd).ended).code).toBe(0);
  expect(contents(folder("full"))).toEqual(wanted);
}, 120_000);

test("threads that die are replaced, and the result is the same", async () => {
  const dying = preload("dying", "if (!isMainThread && threadId <= 4 && written === 9) process.exit(1);");
  const { code, stderr } = await startProgram(args("dying"), cwd, dying).ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(contents(folder("dying"))).toEqual(wanted);
}, 120_000);

test("a run that ends every thread is recorded with seed and error and the command ends with 1; the next one tries it again", async () => {
  const path = Object.keys(contents(folder("undisturbed"))).filter((name) => name.endsWith(".run"))[11] as string;
  const key = path.slice(-44, -4);
  const poisoned = preload("poisoned", `if (!isMainThread && text.includes('"key":"${key}"')) process.exit(1);`);
  const { code, stdout } = await startProgram(args("poisoned"), cwd, poisoned).ended;
  expect(code).toBe(1);
  expect(stdout).toMatch(/63 runs/);
  const { caseName, seed } = whose(key);
  const rows = readFileSync(join(folder("poisoned"), "failures.csv"), "utf8")
    .trim()
    .split("\n")
    .slice(1);
  expect(rows).toHaveLength(1);
  expect(rows[0]).toContain(`,${caseName},${seed},the worker thread died: `);
  // Runs of the same unit and of others keep their results.
  expect(runFiles(folder("poisoned"))).toBe(64);
  expect((await startProgram(args("poisoned"), cwd).ended).code).toBe(0);
  expect(contents(folder("poisoned"))).toEqual(wanted);
}, 120_000);

/** Which run a file of the undisturbed sweep is. */
function whose(key: string): { readonly caseName: string; readonly seed: string } {
  const record = new RunStore(folder("undisturbed")).read(key);
  if (record === null || isFailure(record)) throw new Error(`no result of ${key}`);
  return { caseName: record.summary.case, seed: record.summary.seed };
}

test("a run that ends every thread fails, and the others of its unit and of others go on", async () => {
  const { request } = readSweepFile(folder("undisturbed"));
  const planned = planSweep(request);
  if (!planned.ok) throw new Error("no plan");
  const units = unitsOf(runsOf(request, planned.plan, [2, 2, 2, 2]));
  const poison = units[3]?.runs[0]?.key;
  const store = new RunStore(folder("poison"));
  const executor = new LocalExecutor(
    {
      width: 2,
      ask: async (task) => {
        if (task.units.some((unit) => unit.runs.some(({ key }) => key === poison))) throw new Error("out of memory");
        return performUnits(task);
      },
      close: async () => undefined,
    },
    folder("poison"),
  );
  const errors: (string | null)[] = [];
  await executor.run(units, { signal: new AbortController().signal, onRun: ({ error }) => errors.push(error) });
  expect(errors).toHaveLength(16);
  // The other run of its unit is tried without it.
  expect(units[3]?.runs).toHaveLength(2);
  expect(errors.filter((error) => error !== null)).toEqual(["the worker thread died: out of memory"]);
  expect(store.read(poison as string)).toMatchObject({ error: "the worker thread died: out of memory" });
  // A failed run is tried again by the next command.
  expect(store.finished(units.flatMap((unit) => unit.runs.map(({ key }) => key))).size).toBe(15);
});

test("a run that fails is recorded with its seed and error, and ends up in the tables", async () => {
  const { request } = readSweepFile(folder("undisturbed"));
  const planned = planSweep(request);
  if (!planned.ok) throw new Error("no plan");
  const { plan } = planned;
  const runs = runsOf(request, plan, [1, 1, 1, 1]).map((run, index) => {
    if (index !== 3) return run;
    const strategy = { ...run.case.config.strategy, name: "nonsense" };
    return { ...run, case: { ...run.case, config: { ...run.case.config, strategy } } };
  });
  const executor = new LocalExecutor(
    { width: 1, ask: async (task) => performUnits(task), close: async () => undefined },
    folder("failing"),
  );
  let failed = 0;
  await executor.run(unitsOf(runs), {
    signal: new AbortController().signal,
    onRun: ({ error }) => {
      if (error !== null) failed++;
    },
  });
  expect(failed).toBe(1);
  const store = new RunStore(folder("failing"));
  const record = store.read(runs[3]?.key as string);
  expect(record !== null && isFailure(record) ? record.error : "").toBe("no strategy nonsense");
  const summary = await writeOutputs(folder("failing"), request, plan, [1, 1, 1, 1], store, { charts: false });
  expect(summary).toMatchObject({ runs: 7, failed: 1 });
  expect(readFileSync(join(folder("failing"), "failures.csv"), "utf8")).toBe(
    "point,cluster_reservedTaskManagers,case,seed,error\n1,1,single-task,7,no strategy nonsense\n",
  );
});
