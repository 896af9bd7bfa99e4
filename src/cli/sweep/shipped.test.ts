/** The sweeps that ship with the program: each can be planned whole, and runs at a small size. */
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { planSweep } from "../../experiment/sweep/plan.js";
import { formatDiagnostic, parseScenario } from "../../scenario/index.js";
import { program, temporaryFolder } from "../testing/program.js";
import type { SweepSummary } from "./summary.js";

const cwd = temporaryFolder();
const folder = resolve("scenarios/sweeps");
const files = readdirSync(folder).filter((name) => name.endsWith(".yaml"));

/** One small setting of each: what CI has time for. */
const SMALL: Readonly<Record<string, readonly string[]>> = {
  "bytedance-join-by-parallelism.yaml": ["--vary", "P=80"],
  "reserved-task-managers.yaml": ["--vary", "P=80", "--set", "params.ACCELERATION=1000", "--set", "duration=300s"],
  "heartbeats.yaml": ["--vary", "P=80"],
  "fallback-timer.yaml": ["--vary", "strategyOptions.fallbackTimer=1s,10s"],
  "slots-per-task-manager.yaml": ["--vary", "SLOTS=8", "--set", "params.P=160"],
};

describe.each(files)("%s", (name) => {
  test("is explained, has a sweep block, and every setting of it can be run", () => {
    const text = readFileSync(join(folder, name), "utf8");
    expect(text.split("\n")[0]).toBe("# yaml-language-server: $schema=../scenario.schema.json");
    expect(readFileSync(join(folder, "README.md"), "utf8")).toContain(name);
    const parsed = parseScenario(text, { file: name });
    if (!parsed.ok) throw new Error(parsed.diagnostics.map(formatDiagnostic).join("\n"));
    const { sweep } = parsed.scenario;
    expect(`${parsed.scenario.name}.yaml`).toBe(name);
    const grids = (sweep?.grids ?? []).map((grid) => ({ vary: grid.vary, seeds: grid.seeds ?? sweep?.seeds ?? 1 }));
    expect(grids.length).toBeGreaterThan(0);
    const request = { outgap: "test", file: name, scenario: text, sets: [], cases: [], seed: null, grids };
    const rest = { until: null, maxSeeds: 1, metrics: [], objective: null, subjectTo: [] };
    const planned = planSweep({ ...request, ...rest });
    expect(planned.ok ? [] : planned.problems).toEqual([]);
    expect(planned.ok && planned.plan.points.length).toBeGreaterThan(3);
  });

  test("runs at a small size", async () => {
    const small = SMALL[name];
    if (small === undefined) throw new Error(`no small size of ${name}`);
    const args = ["sweep", join(folder, name), ...small, "--seeds", "2", "--json", "--no-charts", "--out", name];
    const { code, stdout, stderr } = await program(args, { cwd });
    // No run of a shipped sweep breaks an invariant.
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const { runs, failed } = JSON.parse(stdout) as SweepSummary;
    expect(failed).toBe(0);
    expect(runs).toBeGreaterThan(1);
  });
});
