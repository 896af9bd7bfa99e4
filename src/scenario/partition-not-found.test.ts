/** Producers that are not there when consumers ask: the back-off ladder, what uses it up, and a job that keeps losing them. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { criticalPath } from "../metrics/critical-path.js";
import type { RunRecord } from "../model/simulate.js";
import { controlRun } from "../model/testing/control-run.js";
import { parseScenario } from "./index.js";

function restart(sets: string[], slots = 80): RunRecord {
  const file = "bytedance-join-1000.yaml";
  const text = readFileSync(new URL(`../../scenarios/${file}`, import.meta.url), "utf8");
  const parsed = parseScenario(text, { file, sets: [`P=${slots}`, ...sets] });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.diagnostics));
  return controlRun(parsed.scenario.cases.find((each) => each.name === "global restart")!.config);
}

/** Rows of one kind as [start, end] in ns. */
const rows = (record: RunRecord, kind: string): { consumer: number; startNs: number; endNs: number }[] =>
  Array.from({ length: record.log.length }, (_, step) => step)
    .filter((step) => record.log.kindNames[record.log.kind[step]!] === kind)
    .map((step) => ({
      consumer: record.log.entity[step]!,
      startNs: record.log.startNs[step]!,
      endNs: record.log.endNs[step]!,
    }));

/** Flink's defaults: 100 ms, doubled up to 10 s. */
const LADDER_NS = [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10].map((seconds) => seconds * 1e9);
const REQUEST_NS = 20_000;

describe("sources open later than the joiners that read them", () => {
  const late = restart(["costs.taskOpen={ uniform: { low: 0s, high: 12s } }"]);

  test("every wait is a rung of the ladder, after a request of 20 µs for each producer asked again", () => {
    const waits = rows(late, "partition-request-backoff");
    expect(waits.length).toBeGreaterThan(1000);
    for (const { startNs, endNs } of waits) {
      const askNs = endNs - startNs - Math.max(...LADDER_NS.filter((rungNs) => rungNs <= endNs - startNs));
      expect([0, 1, 2, 3, 4].map((asked) => asked * REQUEST_NS)).toContain(Math.round(askNs));
    }
  });

  test("the recovery ends with a retry, and its critical path has no gap", () => {
    const incident = late.incidents[0]!;
    const hops = criticalPath(late.log, incident.lastStep, incident.startNs);
    expect(hops.map(({ kind }) => kind)).toContain("partition-request-backoff");
    expect(hops.at(-1)!.endNs).toBe(incident.recoveredNs);
    for (let i = 1; i < hops.length; i++) expect(hops[i]!.startNs).toBe(hops[i - 1]!.endNs);
    for (const { costs, startNs, endNs } of hops)
      expect(costs.reduce((sum, { ns }) => sum + ns, 0)).toBe(endNs - startNs);
  });
});

test("a source that opens after the whole ladder costs its consumers their attempt, and the job one more restart", () => {
  const never = restart(["costs.taskOpen={ uniform: { low: 0s, high: 40s } }"]);
  expect(never.tasksRestarted).toBeGreaterThan(240);
  const ladderNs = LADDER_NS.reduce((sum, rungNs) => sum + rungNs, 0);
  const gaveUp = rows(never, "failure-report").map(({ consumer, startNs }) => {
    const running = never.taskChanges.findLast(
      ({ task, state, timeNs }) => task === consumer && state === 2 && timeNs <= startNs,
    );
    return startNs - (running?.timeNs ?? Number.NaN);
  });
  const firstsNs = gaveUp.filter((waitedNs) => waitedNs >= ladderNs);
  expect(firstsNs.length).toBeGreaterThan(0);
  // The chain up to the first unanswered request, and seven more requests for up to four producers each.
  for (const waitedNs of firstsNs) expect(waitedNs - ladderNs).toBeLessThan(100e6);
});

test("a deploy loop that outlasts the heartbeat timeout fails the job again and again, and the trace stays small", () => {
  // 600 submissions take 9 s; a TaskManager gives the JobManager up after 5 s without a request.
  const cascade = restart(
    [
      "duration=300s",
      "costs.descriptor=70us",
      "engine.config.heartbeat.interval=1s",
      "engine.config.heartbeat.timeout=5s",
    ],
    200,
  );
  expect(cascade.markers.filter(({ name }) => name.startsWith("false alarm")).length).toBeGreaterThan(100);
  expect(cascade.incidents[0]!.recoveredNs).toBeNaN();
  expect(cascade.tasksRestarted).toBeGreaterThan(2 * 600);
  // A row or so per message, task and restart; not per notice to a task that is gone, nor per unanswered request.
  expect(cascade.log.length).toBeLessThan(60 * cascade.tasksRestarted);
});
