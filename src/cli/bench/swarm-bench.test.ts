/** The swarm benchmark as a whole program, small: counts are compared, seconds never. */
import { expect, test } from "vitest";
import { program, temporaryFolder } from "../testing/program.js";
import type { SwarmBenchResult } from "./swarm-bench.js";

const cwd = temporaryFolder();

test("counts are equal in every round and process; the rates follow from them", async () => {
  const measured = async (rounds: number): Promise<SwarmBenchResult> => {
    const args = ["bench", "swarm", "--runs", "12", "--rounds", String(rounds), "--json"];
    const { code, stdout, stderr } = await program(args, { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    return JSON.parse(stdout) as SwarmBenchResult;
  };
  const once = await measured(1);
  const twice = await measured(2);
  expect(twice.counts).toEqual(once.counts);
  expect(once.counts.runs).toBe(12);
  expect(once.counts.simulations).toBeGreaterThanOrEqual(12);
  expect(once.findings).toBe(0);
  for (const { counts, eventsPerSecondAndCore, runsPerSecondAndCore } of [once, twice])
    expect(eventsPerSecondAndCore / runsPerSecondAndCore).toBeCloseTo(counts.events / counts.runs, 6);
});
