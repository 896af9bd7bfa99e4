/**
 * The edge cases of single-task recovery, each a small scenario of its own on the exact plane (on the plane without
 * data where a drain must take a set time): what happens, what it costs, and that every invariant holds.
 */
import { describe, expect, test } from "vitest";
import { cells, runTiny, type Tiny, type TinyRunOptions, unaccounted, violationsOf } from "../faults/testing/tiny.js";
import type { RunRecord } from "../model/simulate.js";

const fail = (at: string, vertex: string, subtask: number): string =>
  `at: ${at}, kind: fail-task, target: { vertex: ${vertex}, subtask: ${subtask} }`;
const kill = (at: string, tm: number): string => `at: ${at}, kind: kill-task-manager, target: { taskManager: ${tm} }`;
const hang = (at: string, lasts: string): string =>
  `at: ${at}, kind: hang-task, target: { vertex: joiner, subtask: 1 }, for: ${lasts}`;

function sound(tiny: Tiny, options: TinyRunOptions = {}): RunRecord {
  const record = runTiny({ ...tiny, sets: [...(tiny.sets ?? []), "liveness=6s"] }, options);
  expect(violationsOf(record)).toEqual([]);
  expect(unaccounted(record)).toBe(0);
  expect(record.openAtEnd).toEqual({ tasks: 0, channels: 0 });
  return record;
}
const restarted = (record: RunRecord): number[] =>
  Array.from(record.attempts).flatMap((attempt, task) => (attempt > 0 ? [task] : []));
const steps = (record: RunRecord, kind: string): number => {
  const { log } = record;
  return Array.from(log.kind.subarray(0, log.length)).filter((id) => log.kindNames[id] === kind).length;
};
const recoverySeconds = (record: RunRecord, incident = 0): number =>
  (record.incidents[incident]!.recoveredNs - record.incidents[incident]!.startNs) / 1e9;

describe("half records", () => {
  // Small segments and many records: a buffer hardly ever ends on a record's end. From the log's end on, so that what
  // is lost is not read again.
  const torn = [
    ...["left", "right"].flatMap((id) => [`job.vertices.${id}.resume=latest`, `job.vertices.${id}.rate=8000/s`]),
    "engine.config.taskmanager.memory.segment-size=4096b",
  ];
  test("of a dead producer: every receiver drops its own, at most one per channel", () => {
    const { lost } = sound({ faults: [fail("3s", "left", 2)], sets: torn, duration: "8s" }).plane.records;
    expect(lost.partialRecords).toBeGreaterThan(0);
    expect(lost.partialRecords).toBeLessThanOrEqual(4);
  });
  test("for a dead consumer: the queue is gone and the new view starts on a record boundary", () => {
    const { lost } = sound({ faults: [fail("3s", "joiner", 1)], sets: torn, duration: "8s" }).plane.records;
    expect(lost.queuedAtSender).toBeGreaterThan(0);
    expect(lost.partialRecords).toBe(0);
  });
  test("held for a dead consumer: the sender skips the rest of the record at the head of the queue", () => {
    const { lost } = sound({
      strategy: "approximate-local",
      faults: [fail("3s", "joiner", 1)],
      sets: torn,
      duration: "8s",
    }).plane.records;
    expect(lost.queuedAtSender + lost.discardedAtSender).toBe(0);
    expect(lost.partialRecords).toBeGreaterThan(0);
    expect(lost.partialRecords).toBeLessThanOrEqual(8);
  });
});

describe("the update comes before the drain", () => {
  test("it is cached, and applied when the channel is drained", () => {
    const late = sound({ faults: [fail("3s", "left", 2)] }, { drainNs: 2e9 });
    expect(cells(late, "channel")).toEqual(
      expect.arrayContaining(["DRAINING × update RPC", "DRAINING_CACHED × UnavailableEvent consumed"]),
    );
    expect(restarted(late)).toEqual([2]);
    expect(recoverySeconds(late)).toBeGreaterThan(2);
    expect(recoverySeconds(late)).toBeLessThan(2.1);
  });

  test("without the cache the channel never comes back", () => {
    const record = runTiny({ faults: [fail("3s", "left", 2)], options: "cacheUpdate: false" }, { drainNs: 2e9 });
    expect(record.openAtEnd.channels).toBe(4);
  });
});

describe("a channel that never drains", () => {
  test("the timer fails its task, and the cascade stops after one hop", () => {
    const record = sound({ faults: [hang("2900ms", "8s"), fail("3s", "left", 2)], options: "fallbackTimer: 1s" });
    expect(restarted(record)).toEqual([2, 9]);
    expect(steps(record, "fallback-timer")).toBe(1);
    expect(recoverySeconds(record)).toBeGreaterThan(1.6);
  });

  test("without the timer the job waits as long as the task hangs", () => {
    const record = sound({ faults: [hang("2900ms", "5s"), fail("3s", "left", 2)], options: "fallbackTimer: off" });
    expect(restarted(record)).toEqual([2]);
    expect(recoverySeconds(record)).toBeGreaterThan(4.9);
  });
});

describe("both ends of a channel", () => {
  test("die together with their TaskManager and find each other again", () => {
    const record = sound({ faults: [kill("3s", 1)] });
    expect(restarted(record)).toEqual([1, 5, 9]);
    expect(record.plane.bins.emitted.subarray(80).every((emitted) => emitted > 0)).toBe(true);
  });

  test("die one after the other, either first", () => {
    expect(restarted(sound({ faults: [fail("3s", "left", 1), fail("3002ms", "joiner", 1)] }))).toEqual([1, 9]);
    expect(restarted(sound({ faults: [fail("3s", "joiner", 1), fail("3002ms", "left", 1)] }))).toEqual([1, 9]);
  });
});

test("a stale close after the new PartitionRequest is ignored: data goes on to the new attempt", () => {
  const cut = "at: 2900ms, kind: partition, target: { from: [1], to: [0], oneWay: true }, for: 4s";
  const record = sound({ faults: [cut, kill("3s", 1)] });
  expect(cells(record, "subpartition")).toContain("AVAILABLE × stale close or older attempt");
  // Delivered late is delivered: after the cut nothing is discarded any more.
  expect(record.plane.bins.discarded.subarray(75).reduce((sum, each) => sum + each, 0)).toBe(0);
});

describe("failures in quick succession", () => {
  test.each(["10ms", "100ms", "250ms", "320ms", "400ms"])("of one task, %s apart", (gap) => {
    const every = Number.parseInt(gap, 10);
    const faults = Array.from({ length: 6 }, (_, i) => fail(`${3000 + i * every}ms`, "joiner", 1));
    expect(restarted(sound({ faults }))).toEqual([9]);
  });

  test("a neighbour dies while the first recovers", () => {
    expect(restarted(sound({ faults: [kill("3s", 1), kill("3600ms", 2)] }))).toEqual([1, 2, 5, 6, 9, 10]);
  });

  test("the new attempt dies where it opens, and once more when it has just started", () => {
    const there = (at: string): string => `at: ${at}, kind: kill-task-manager, target: { vertex: joiner, subtask: 1 }`;
    const record = sound({ faults: [kill("3s", 1), there("4600ms"), there("6500ms")], duration: "16s" });
    expect(record.slotsLost).toBe(3);
    expect(record.attempts[9]).toBe(3);
    expect(restarted(record)).toEqual([1, 5, 9]);
  });

  test("all four TaskManagers, one every 300 ms", () => {
    const faults = [0, 1, 2, 3].map((tm) => kill(`${3000 + tm * 300}ms`, tm));
    expect(restarted(sound({ faults, duration: "14s" }))).toHaveLength(12);
  });
});

describe("no slot is left", () => {
  const twoKills = [kill("3s", 1), kill("3050ms", 2)];
  const reserve = ["cluster.reservedTaskManagers=1", "costs.containerStart=3s"];
  test("wait: the second TaskManager's tasks wait for a container", () => {
    const record = sound({ faults: twoKills, sets: reserve, options: "onReservesExhausted: wait" });
    expect(restarted(record)).toHaveLength(6);
    expect(recoverySeconds(record)).toBeGreaterThan(3.5);
  });

  test("wait: the reserved TaskManager dies while it is being handed over, and a container takes its place", () => {
    const record = sound({
      faults: [kill("3s", 1), "at: 3s, kind: power-loss, target: { machine: 4 }"],
      sets: ["cluster.reservedTaskManagers=1", "costs.reservedSlot=2800ms"],
    });
    expect(restarted(record)).toEqual([1, 5, 9]);
    expect(Array.from(record.taskManagerOf)).not.toContain(4);
  });

  test("wait, where nobody starts containers: until a machine comes back", () => {
    const record = sound({
      provider: "standalone",
      faults: ["at: 3s, kind: power-loss, target: { machine: 1 }, for: 4s"],
    });
    expect(restarted(record)).toEqual([1, 5, 9]);
    expect(recoverySeconds(record)).toBeGreaterThan(5);
  });

  test("escalate: the whole job restarts once it has slots again", () => {
    const record = sound({
      provider: "standalone",
      faults: ["at: 3s, kind: power-loss, target: { machine: 1 }, for: 4s"],
      options: "onReservesExhausted: escalate",
    });
    expect(restarted(record)).toHaveLength(12);
  });

  test("retry: a request that is not served in time is made again", () => {
    const record = sound({
      provider: "standalone",
      faults: ["at: 3s, kind: power-loss, target: { machine: 1 }, for: 4s"],
      sets: ["engine.config.slot.request.timeout=1s"],
    });
    expect(record.markers.map(({ name }) => name)).toContain("slot-request-timeout");
    expect(restarted(record)).toEqual([1, 5, 9]);
  });
});

test("redeploy onto a TaskManager that is dead but not yet known dead: the deployment times out and is made again elsewhere", () => {
  const slowNotice = ["costs.containerExitNotice=2500ms"];
  const record = sound({ faults: [kill("3s", 1)], options: "peerReports: true", sets: slowNotice });
  expect(steps(record, "ask-timeout")).toBeGreaterThan(0);
  expect(record.tasksRestarted).toBeGreaterThan(3);
  expect(restarted(record)).toEqual([1, 5, 9]);
});

describe("a zombie", () => {
  const isolated = (lasts: string): string => `at: 3s, kind: partition, target: { from: [1], to: rest }, for: ${lasts}`;
  test("is replaced while it runs; the newest attempt wins", () => {
    const record = sound({ faults: [isolated("4s")] });
    expect(restarted(record)).toEqual([1, 5, 9]);
    expect(Array.from(record.taskManagerOf)).not.toContain(1);
  });
  test("of a short isolation is none", () => expect(restarted(sound({ faults: [isolated("1s")] }))).toEqual([]));
  test("whose tasks fail again elsewhere", () => {
    expect(
      restarted(sound({ faults: [isolated("4s"), fail("6800ms", "joiner", 1), fail("7300ms", "left", 1)] })),
    ).toEqual([1, 5, 9]);
  });
});

describe("escalation", () => {
  const failures = (count: number): string[] =>
    Array.from({ length: count }, (_, i) => fail(`${3000 + i * 700}ms`, "joiner", 1));
  const options = "escalateAfterFailovers: 2, escalateWindow: 3s";
  test("after more than k failovers of one task within w the job restarts", () => {
    expect(restarted(sound({ faults: failures(2), options }))).toEqual([9]);
    expect(restarted(sound({ faults: failures(3), options }))).toHaveLength(12);
  });
  test("older failovers are forgotten", () => {
    const spread = [fail("2s", "joiner", 1), fail("5s", "joiner", 1), fail("8s", "joiner", 1)];
    expect(restarted(sound({ faults: spread, options, duration: "15s" }))).toEqual([9]);
  });
  test("a TaskManager dies while the escalated restart is under way", () => {
    for (const at of ["4450ms", "4600ms", "4900ms", "5150ms", "5200ms", "5210ms", "5300ms"]) {
      expect(restarted(sound({ faults: [...failures(3), kill(at, 2)], options, duration: "15s" })), at).toHaveLength(
        12,
      );
    }
  });
});

test("a loss that peers, provider and heartbeats all report is one failover", () => {
  const record = sound({
    faults: [kill("3s", 1)],
    options: "peerReports: true",
    sets: ['engine.version="1.14"', "costs.taskOpen=3s", "costs.containerStart=2s"],
    duration: "20s",
  });
  // The neighbours' reports come within milliseconds, the provider's after 0.3 s, two refused heartbeats after a second.
  const lost = steps(record, "task-lost") + steps(record, "task-failed");
  expect(steps(record, "task-manager-lost")).toBeGreaterThan(1);
  expect(lost).toBeGreaterThan(3);
  expect(record.tasksRestarted - steps(record, "ask-timeout")).toBe(3);
  expect(restarted(record)).toEqual([1, 5, 9]);
});

describe("flags and events that become visible late", () => {
  test("a channel drains later by as much as its event is late", () => {
    const at = (visibility: string): RunRecord =>
      sound({ faults: [fail("3s", "left", 2)], sets: [`costs.eventVisibility=${visibility}`] });
    expect(cells(at("2s"), "channel")).toContain("DRAINING_CACHED × UnavailableEvent consumed");
    expect(recoverySeconds(at("2s"))).toBeGreaterThan(2);
    expect(recoverySeconds(at("2s"))).toBeLessThan(2.1);
    expect(recoverySeconds(at("0s"))).toBeLessThan(1);
  });

  test("more is queued for the dead consumer, less is discarded, nothing else changes", () => {
    const at = (visibility: string): RunRecord =>
      sound({ faults: [fail("3s", "joiner", 1)], sets: [`costs.flagVisibility=${visibility}`] });
    const now = at("0ms").plane.records.lost;
    const late = at("200ms").plane.records.lost;
    expect(late.queuedAtSender).toBeGreaterThan(now.queuedAtSender);
    expect(late.discardedAtSender + late.queuedAtSender).toBeGreaterThan(now.discardedAtSender);
  });
  test("a flag on its way does not outlive a restart that takes the channel over", () => {
    // The first new attempt's request waits for a hung event loop, and is served while the second one connects.
    sound({
      strategy: "approximate-local",
      faults: [
        "at: 2900ms, kind: hang-io-thread, target: { taskManager: 0 }, for: 1650ms",
        fail("3s", "joiner", 3),
        fail("3100ms", "right", 3),
      ],
      sets: [
        "costs.flagVisibility=190ms",
        "costs.taskOpen=20ms",
        "engine.config.restart-strategy.fixed-delay.delay=0ms",
      ],
    });
  });
  test("an older value never comes after a newer one", () => {
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const sets = ["costs.flagVisibility={ uniform: { low: 0ms, high: 900ms } }"];
      sound({
        seed,
        sets,
        faults: [
          fail("3s", "joiner", 1),
          fail("3500ms", "joiner", 1),
          fail("4s", "joiner", 1),
          fail("4500ms", "joiner", 1),
        ],
      });
    }
  });
});

test("notifications late and out of order change nothing but the time", () => {
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    const sets = [
      "costs.updateRpcWire={ exponential: 400ms }",
      "costs.rpcLatency={ exponential: 30ms }",
      "costs.nettyMessage={ exponential: 1ms }",
    ];
    const record = sound({
      seed,
      sets,
      faults: [
        fail("3s", "left", 2),
        fail("3300ms", "left", 1),
        fail("3400ms", "joiner", 1),
        fail("3900ms", "left", 2),
      ],
      duration: "14s",
    });
    expect(restarted(record)).toEqual([1, 2, 9]);
  }
});

test("a farewell that a cut held up until after the new registration: the TaskManager watches the JobManager again", () => {
  // Found by the swarm. Without a provider nobody else comes: the TaskManager has to notice the second cut itself.
  const cut = (at: string, to: string, lasts: string): string =>
    `at: ${at}, kind: partition, target: { from: [1], to: ${to} }, for: ${lasts}`;
  sound({
    seed: 611377,
    sets: [
      "cluster.provider=standalone",
      "engine.config.heartbeat.interval=200ms",
      "engine.config.heartbeat.timeout=600ms",
      "engine.config.akka.ask.timeout=500ms",
      "costs.taskOpen=100ms",
      "costs.rpcLatency={ exponential: 8.896882ms }",
    ],
    faults: [cut("700ms", "[jobManager]", "1s"), cut("1800ms", "rest", "4s")],
    duration: "16s",
  });
});
