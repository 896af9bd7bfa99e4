/** Every fault kind end to end on the exact plane: who notices, what happens to queued data, what is over when it is over. */
import { describe, expect, test } from "vitest";
import { RandomStreams } from "../kernel/random.js";
import type { ModelConfig } from "../model/config.js";
import type { RunRecord } from "../model/simulate.js";
import { checkConfig } from "../scenario/check.js";
import { parseScenario } from "../scenario/index.js";
import { failuresOf } from "./mtbf.js";
import { FAULT_KINDS } from "./registry.js";
import { cells, runTiny, type Tiny, tinyConfig, tinyText, unaccounted, violationsOf } from "./testing/tiny.js";

const recoverySeconds = (record: RunRecord): number =>
  (record.incidents[0]!.recoveredNs - record.incidents[0]!.startNs) / 1e9;
const sound = (record: RunRecord): void => {
  expect(violationsOf(record)).toEqual([]);
  expect(unaccounted(record)).toBe(0);
  expect(record.openAtEnd).toEqual({ tasks: 0, channels: 0 });
};
const emittedIn = (record: RunRecord, fromS: number, toS: number): number =>
  record.plane.bins.emitted.subarray(fromS * 10, toS * 10).reduce((sum, each) => sum + each, 0);
const run = (tiny: Tiny): RunRecord => {
  const record = runTiny(tiny);
  sound(record);
  return record;
};

describe("kill-machines", () => {
  test("processes die on two neighbouring machines, and peers and provider notice", () => {
    const record = run({ faults: ["at: 3s, kind: kill-machines, target: { machine: 1 }, count: 2, silent: false"] });
    expect(record.tasksFailed).toBe(6);
    expect(recoverySeconds(record)).toBeLessThan(2.5);
  });

  test("silently, only heartbeats notice", () => {
    const record = run({ faults: ["at: 3s, kind: kill-machines, target: { machine: 1 }"] });
    expect(recoverySeconds(record)).toBeGreaterThan(3);
    expect(cells(record, "channel")).toContain("ACTIVE × update RPC");
  });

  test("a random draw is the same in every case, a rack is all its machines", () => {
    const victims = (strategy: string): string[] =>
      run({ strategy, faults: ["at: 3s, kind: kill-machines, target: { random: 2 }, silent: false"] }).incidents[0]!
        .faults;
    expect(victims("single-task")).toHaveLength(2);
    expect(victims("global-restart")).toEqual(victims("single-task"));
    const rack = run({
      sets: ["cluster.machinesPerRack=2"],
      faults: ["at: 3s, kind: kill-machines, target: { rack: 1 }, silent: false"],
    });
    expect(rack.incidents[0]!.faults).toEqual(["kill-machine 2", "kill-machine 3"]);
  });

  test("without a provider the job waits until the machines are back", () => {
    const forever = runTiny({
      provider: "standalone",
      faults: ["at: 3s, kind: kill-machines, target: { machine: 1 }, silent: false"],
    });
    expect(forever.openAtEnd.tasks).toBe(3);
    const back = run({
      provider: "standalone",
      faults: ["at: 3s, kind: kill-machines, target: { machine: 1 }, silent: false, for: 3s"],
    });
    expect(recoverySeconds(back)).toBeGreaterThan(4);
  });
});

describe("mtbf", () => {
  const config = (fault: string): ModelConfig =>
    tinyConfig({ duration: "2000s", faults: [fault], sets: ["job.vertices.left.rate=4/s"] });
  const times = (fault: string, seed = "1") => {
    const made = config(fault);
    return failuresOf(made.faults[0]!, { config: made, streams: new RandomStreams(seed) }, 0).map(
      ({ atNs }) => atNs / 1e9,
    );
  };
  test("failures come at the rate that is asked for, bursts included", () => {
    let single = 0;
    let bursts = 0;
    let close = 0;
    for (let seed = 0; seed < 40; seed++) {
      single += times("kind: mtbf, meanInterval: 10s", String(seed)).length;
      const grouped = times("kind: mtbf, meanInterval: 10s, burstShare: 51%, burstWithin: 1s", String(seed));
      bursts += grouped.length;
      close += grouped.filter((time, i) => i > 0 && time - grouped[i - 1]! < 1).length;
    }
    // 40 × 200 expected; five standard errors of a Poisson count, wider with groups of three.
    expect(Math.abs(single - 8000)).toBeLessThan(450);
    expect(Math.abs(bursts - 8000)).toBeLessThan(700);
    expect(close / bursts).toBeGreaterThan(0.3);
  });

  test("the times do not depend on the case", () => {
    const incidents = (strategy: string): number[] =>
      runTiny({ strategy, duration: "20s", faults: ["kind: mtbf, meanInterval: 6s, at: 2s"] }).incidents.map(
        ({ startNs }) => startNs,
      );
    expect(incidents("single-task")[0]).toBe(incidents("global-restart")[0]);
    const record = runTiny({ duration: "40s", faults: ["kind: mtbf, meanInterval: 8s, at: 2s"] });
    expect(record.incidents.length).toBeGreaterThan(1);
    expect(violationsOf(record)).toEqual([]);
    expect(unaccounted(record)).toBe(0);
  });
});

describe("hang-task and slow-task", () => {
  test("a hung joiner keeps its queue, stops emitting, and goes on where it was", () => {
    const record = run({ faults: ["at: 3s, kind: hang-task, target: { vertex: joiner, subtask: 1 }, for: 2s"] });
    const free = run({});
    expect(record.tasksRestarted).toBe(0);
    expect(recoverySeconds(record)).toBe(0);
    expect(record.plane.gapNs[1]! / 1e9).toBeGreaterThan(1.9);
    expect(record.plane.gapNs[2]! / 1e9).toBeLessThan(1);
    expect(Object.values(record.plane.records.lost).reduce((a, b) => a + b)).toBe(0);
    expect(emittedIn(record, 0, 12) / emittedIn(free, 0, 12)).toBeGreaterThan(0.98);
  });

  test("a hung source leaves its records in the log", () => {
    const record = run({ faults: ["at: 3s, kind: hang-task, target: { vertex: left, subtask: 0 }, for: 3s"] });
    expect(Math.max(...record.plane.bins.backlogLog)).toBeGreaterThan(250);
    expect(record.plane.bins.backlogLog.at(-1)).toBeLessThan(20);
  });

  test("a slow joiner falls behind and catches up", () => {
    const record = run({
      faults: ["at: 3s, kind: slow-task, target: { vertex: joiner, subtask: 1 }, factor: 200, for: 2s"],
    });
    const backlog = record.plane.bins.backlogNetwork;
    expect(Math.max(...backlog.subarray(35, 50))).toBeGreaterThan(4 * Math.max(...backlog.subarray(10, 30)));
    expect(record.plane.bins.backlogNetwork.at(-1)).toBeLessThan(200);
  });

  test("a hung consumer that must drain is failed by its fallback timer, alone", () => {
    const record = run({
      options: "fallbackTimer: 700ms",
      faults: [
        "at: 3s, kind: hang-task, target: { vertex: joiner, subtask: 1 }, for: 8s",
        "at: 4s, kind: fail-task, target: { vertex: left, subtask: 2 }",
      ],
    });
    expect(cells(record, "channel")).toContain("DRAINING_CACHED × timer");
    expect(Array.from(record.attempts).flatMap((attempt, task) => (attempt > 0 ? [task] : []))).toEqual([2, 9]);
  });
});

describe("slow-machine", () => {
  test("tasks on it serve slowly, and opening a task there takes longer", () => {
    const at = (factor: number): number =>
      recoverySeconds(
        run({
          faults: [
            `at: 2s, kind: slow-machine, target: { machine: 1 }, factor: ${factor}, for: 6s`,
            "at: 3s, kind: fail-task, target: { vertex: joiner, subtask: 1 }",
          ],
        }),
      );
    // 300 ms to open, times five.
    expect(at(5) - at(1)).toBeGreaterThan(1.15);
    expect(at(5) - at(1)).toBeLessThan(1.3);
  });
});

describe("hang-io-thread", () => {
  test("a hung server loop holds what its connections carry, and nothing is lost", () => {
    const record = run({
      faults: ["at: 3s, kind: hang-io-thread, target: { taskManager: 0 }, for: 2s"],
      sets: ["engine.config.taskmanager.network.netty.server.numThreads=1"],
    });
    expect(Object.values(record.plane.records.lost).reduce((a, b) => a + b)).toBe(0);
    const free = run({});
    expect(emittedIn(record, 3, 5)).toBeLessThan(0.9 * emittedIn(free, 3, 5));
    expect(emittedIn(record, 0, 12) / emittedIn(free, 0, 12)).toBeGreaterThan(0.97);
  });

  test("the news of a lost peer waits for a hung client loop", () => {
    const hung = [
      "at: 2500ms, kind: hang-io-thread, target: { taskManager: 0 }, side: client, for: 3s",
      "at: 3s, kind: kill-task-manager, target: { taskManager: 2 }",
    ];
    const sets = ["engine.config.taskmanager.network.netty.client.numThreads=1"];
    const record = run({ faults: hung, sets });
    expect(record.openAtEnd.channels).toBe(0);
    expect(cells(record, "channel")).toContain("ACTIVE × update RPC");
  });
});

describe("partition", () => {
  test("between TaskManagers: data waits, no one notices, nothing is lost", () => {
    const record = run({ faults: ["at: 3s, kind: partition, target: { from: [0], to: [1, 2, 3] }, for: 2s"] });
    expect(record.tasksRestarted).toBe(0);
    expect(Object.values(record.plane.records.lost).reduce((a, b) => a + b)).toBe(0);
    const free = run({});
    expect(emittedIn(record, 4, 5)).toBeLessThan(0.8 * emittedIn(free, 4, 5));
    expect(emittedIn(record, 0, 12) / emittedIn(free, 0, 12)).toBeGreaterThan(0.95);
  });

  test("one way: the other direction flows, credits come back", () => {
    const record = run({ faults: ["at: 3s, kind: partition, target: { from: [0], to: [1], oneWay: true }, for: 2s"] });
    expect(record.tasksRestarted).toBe(0);
    expect(Object.values(record.plane.records.lost).reduce((a, b) => a + b)).toBe(0);
  });

  test("isolated for less than the heartbeat timeout: back as if nothing had been", () => {
    const record = run({ faults: ["at: 3s, kind: partition, target: { from: [1], to: rest }, for: 1500ms"] });
    expect(record.tasksRestarted).toBe(0);
    expect(recoverySeconds(record)).toBe(0);
  });

  test("isolated for longer: replaced elsewhere, a zombie until its own monitor fires or the link is back, then registered anew", () => {
    const record = run({ faults: ["at: 3s, kind: partition, target: { from: [1], to: rest }, for: 4s"] });
    expect(record.tasksRestarted).toBe(3);
    expect(Array.from(record.attempts).flatMap((attempt, task) => (attempt > 0 ? [task] : []))).toEqual([1, 5, 9]);
    expect(Array.from(record.taskManagerOf).filter((tm) => tm === 1)).toEqual([]);
    expect(record.markers.map(({ name }) => name)).toContain("false alarm: TaskManager 1");
  });

  test("cut off from the JobManager only: the TaskManager fails its tasks when its own monitor fires", () => {
    const record = run({ faults: ["at: 3s, kind: partition, target: { from: [1], to: [jobManager] }, for: 5s"] });
    expect(record.tasksFailed).toBeGreaterThanOrEqual(3);
    expect(record.attempts.some((attempt) => attempt > 0)).toBe(true);
  });

  test("under global restart the job comes back on the TaskManagers that can be reached", () => {
    const record = run({
      strategy: "global-restart",
      faults: ["at: 3s, kind: partition, target: { from: [1], to: rest }, for: 6s"],
    });
    expect(Array.from(record.attempts).every((attempt) => attempt === 1)).toBe(true);
  });
});

describe("the registry", () => {
  test.each(FAULT_KINDS.map((kind) => [kind.name, kind]))("%s explains itself", (name, kind) => {
    expect(name).toBe(kind.name);
    expect(kind.summary.length).toBeGreaterThan(20);
    expect(kind.noticedBy.length).toBeGreaterThan(5);
  });

  test.each([
    "at: 1s, kind: hang-task, target: { vertex: joiner, subtask: 0 }",
    "at: 1s, kind: slow-task, target: { vertex: joiner, subtask: 0 }, factor: 2",
    "at: 1s, kind: slow-machine, target: { machine: 0 }, factor: 2",
    "at: 1s, kind: hang-io-thread, target: { taskManager: 0 }",
    "at: 1s, kind: partition, target: { from: [0], to: [1] }",
  ])("a plane without the verb refuses it, with a reason: %s", (fault) => {
    const parsed = parseScenario(tinyText({ faults: [fault], resolution: "100ms" }), { file: "tiny.yaml" });
    if (!parsed.ok) throw new Error("does not parse");
    const messages = checkConfig(parsed.scenario.cases[0]!.config).findings.map(({ problem }) => problem.message);
    expect(messages.join("\n")).toContain("needs resolution: exact");
  });

  test("a cut between a TaskManager and the JobManager alone needs no verb", () => {
    expect(() =>
      tinyConfig({ resolution: "100ms", faults: ["at: 1s, kind: partition, target: { from: [0], to: [jobManager] }"] }),
    ).not.toThrow();
  });
});
