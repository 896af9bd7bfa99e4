/** The sweep benchmark as a whole program, small: every part does its work; seconds are never judged. */
import { expect, test } from "vitest";
import { program, temporaryFolder } from "../testing/program.js";
import type { SweepBenchResult } from "./sweep-bench.js";

const cwd = temporaryFolder();

test("measures runs, speed-up and the rate in a worker, as words and as numbers", async () => {
  const args = ["bench", "sweeps", "--runs", "10", "--rounds", "1", "--json"];
  const { code, stdout, stderr } = await program(args, { cwd });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const { findings, machine } = JSON.parse(stdout) as SweepBenchResult;
  expect(machine.cores).toBeGreaterThan(0);
  expect(findings.map(({ wanted }) => wanted)).toEqual(["≤ 0.2 s", "≥ 1.8", "≥ 95 %"]);
  const [many, speed, rate] = findings.map(({ figures }) => figures ?? {});
  expect(many?.runs).toBe(10);
  expect(many?.runsPerSecond).toBeCloseTo(10 / (many?.seconds as number), 9);
  expect(speed?.speedUp).toBeCloseTo((speed?.oneWorkerSeconds as number) / (speed?.twoWorkersSeconds as number), 9);
  const { share = 0, workerEventsPerSecond = 0, mainThreadEventsPerSecond = 0 } = rate ?? {};
  expect(workerEventsPerSecond).toBeGreaterThan(1_000);
  expect(share).toBeCloseTo(workerEventsPerSecond / mainThreadEventsPerSecond, 9);
});

test("an unknown benchmark is refused with the names of those that there are", async () => {
  const { code, stderr } = await program(["bench", "nonsense"], { cwd });
  expect(code).toBe(2);
  expect(stderr).toMatch(/no benchmark "nonsense", expected kernel, model, swarm or sweeps/);
});
