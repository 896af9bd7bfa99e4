/** Result sets made of synthetic results, for the tests of charts and report. */
import { syntheticResults } from "../../experiment/testing/synthetic-result.js";
import { resultSetFromRuns } from "../files/read.js";
import type { ResultSet, SeedRow, SensitivityRow, SweepRow } from "../input.js";

export function syntheticSet(parallelism: number, seeds = 1, name = `bytedance-join-${parallelism}`): ResultSet {
  const runs = Array.from({ length: seeds }, (_, index) =>
    syntheticResults({ parallelism, seed: String(42 + index) }),
  ).flat();
  const summary = {
    scenario: name,
    file: `${name}.yaml`,
    cases: runs.map((run) => run.summary),
    expect: [
      {
        case: "global restart",
        metric: "recoveryTimeMs",
        published: 81_000,
        within: 8_100,
        measured: runs[0]?.summary.recoveryTimeMs ?? null,
        ok: true,
        source: "a published table",
      },
      { case: "single-task, reserved TM", metric: "tasksRestarted", equals: 13, measured: 12, ok: false },
    ],
  };
  return resultSetFromRuns(summary, runs, `version: 1\nname: ${name}\nseed: 42\n`);
}

/** Three cases over one or two parameters. */
export function syntheticSweep(parameters: 1 | 2): SweepRow[] {
  const cases = [
    ["global restart", "global-restart", 40_000],
    ["single-task", "single-task", 20_000],
    ["single-task, reserved TM", "single-task", 5_000],
  ] as const;
  const metrics = [
    ["recoveryTimeMs", "ms", 1],
    ["records.lostTotal", "", 20],
  ] as const;
  return metrics.flatMap(([metric, unit, factor]) =>
    cases.flatMap(([name, strategy, base]) =>
      [5, 10, 30, 50].flatMap((timeout) =>
        (parameters === 1 ? [0] : [0, 1, 2, 4]).map((reserved) => {
          const mean = factor * (base + timeout * 300) * (1 - 0.1 * reserved);
          return {
            case: name,
            strategy,
            metric,
            unit,
            parameters:
              parameters === 1 ? { "heartbeat.timeout (s)": timeout } : { "heartbeat.timeout (s)": timeout, reserved },
            mean,
            low: mean * 0.93,
            high: mean * 1.07,
            seeds: 10,
          };
        }),
      ),
    ),
  );
}

/** Forty runs of each of two cases around a published value. */
export function syntheticSeeds(): SeedRow[] {
  const cases = [
    ["global restart", "global-restart", 81_000],
    ["single-task, reserved TM", "single-task", 5_000],
  ] as const;
  return cases.flatMap(([name, strategy, publishedMs]) =>
    Array.from({ length: 40 }, (_, index) => ({
      scenario: "bytedance-join-4000",
      case: name,
      strategy,
      seed: String(42 + index),
      recoveryMs: publishedMs * (0.95 + 0.004 * ((index * 7) % 40)),
      isCut: false,
      publishedMs,
    })),
  );
}

/** Two cases; costs from one that decides the metric down to one that does nothing. */
export function syntheticSensitivity(): SensitivityRow[] {
  const cases = [
    ["global restart", "global-restart", 81_000],
    ["single-task, reserved TM", "single-task", 5_000],
  ] as const;
  const costs = [
    ["taskOperation", "I", 0.2],
    ["taskOpen", "I", 0.11],
    ["descriptor", "P+D", 0.07],
    ["bandwidth", "I", -0.03],
    ["tcpConnect", "I", 0],
  ] as const;
  const metrics = [
    ["recoveryTimeMs", "ms"],
    ["records.lostTotal", ""],
  ] as const;
  return metrics.flatMap(([metric, unit]) =>
    cases.flatMap(([name, strategy, base]) =>
      costs.map(([cost, grade, share]) => ({
        case: name,
        strategy,
        metric,
        unit,
        cost,
        value: "1ms",
        grade,
        criticalPathShare: Math.abs(share),
        base,
        lower: base * (1 - 0.2 * share),
        higher: base * (1 + 0.2 * share),
      })),
    ),
  );
}
