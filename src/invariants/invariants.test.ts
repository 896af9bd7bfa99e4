/** Every invariant broken on purpose, at the probe: it reports, and names the place. Whole runs are the swarm's matter. */
import { describe, expect, test } from "vitest";
import { tinyConfig } from "../faults/testing/tiny.js";
import { CHANNEL } from "../model/network/input-channel.js";
import type { Probe, ProbeView, RunEnd } from "../model/probe.js";
import { TASK_STATE, TaskTable } from "../model/task-table.js";
import { buildTopology } from "../model/topology/topology.js";
import { INVARIANT_NAMES } from "../scenario/names.js";
import { INVARIANTS } from "./registry.js";

/** The probe of an invariant on a job that runs, at a time that the test moves. */
function watch(name: string, change: Partial<ReturnType<typeof tinyConfig>> = {}) {
  const config = { ...tinyConfig(), ...change };
  const topology = buildTopology(config);
  const tasks = new TaskTable(topology.tasks);
  tasks.state.fill(TASK_STATE.running);
  const sim = { nowNs: 0 };
  const reports: string[] = [];
  const view = {
    context: { config, topology, tasks, sim },
    policy: { receiver: "survive", sender: "discard" },
    violated: (_name: string, place: string) => void reports.push(place),
  } as unknown as ProbeView;
  const probe: Probe = INVARIANTS.find((invariant) => invariant.name === name)!.probe(view);
  return { probe, sim, tasks, reports };
}

const END: RunEnd = {
  endNs: 20e9,
  jobFailed: false,
  tasksDown: 0,
  channelsDown: 0,
  healthySinceNs: 4e9,
  backlogLog: new Float64Array(200).fill(5),
  backlogNetwork: new Float64Array(200).fill(5),
};
const VIEW = { edge: 0, producer: 2, producerAttempt: 0, consumer: 9, consumerAttempt: 1 };

describe("survivors-stay-running", () => {
  test.each(["peer", "partition-not-found"] as const)("a survivor fails because of a %s", (reason) => {
    const { probe, reports } = watch("survivors-stay-running");
    probe.attemptEnded!(9, 0, "failed", "timer");
    probe.attemptEnded!(9, 1, "failed", "fault");
    expect(reports).toEqual([]);
    probe.attemptEnded!(9, 2, "failed", reason);
    expect(reports).toEqual([expect.stringContaining("task 9, attempt 2")]);
  });
  test("a task is cancelled that no cancelling restart includes", () => {
    const { probe, reports } = watch("survivors-stay-running");
    probe.restarting!(Int32Array.of(1, 2), true);
    probe.attemptEnded!(1, 0, "canceled", "canceled");
    expect(reports).toEqual([]);
    probe.restarting!(Int32Array.of(3, 4), false);
    probe.attemptEnded!(4, 0, "canceled", "canceled");
    expect(reports).toHaveLength(1);
  });
});

describe("monotone-attempts", () => {
  test("an attempt is placed twice, before the last has ended, or runs without having been placed", () => {
    const { probe, reports } = watch("monotone-attempts");
    probe.attemptEnded!(3, 0, "failed", "fault");
    probe.attemptDeployed!(3, 1, 0);
    probe.attemptRunning!(3, 1);
    expect(reports).toEqual([]);
    probe.attemptDeployed!(3, 2, 0);
    expect(reports).toEqual([expect.stringContaining("while 1 has not ended")]);
    probe.attemptEnded!(3, 2, "failed", "fault");
    probe.attemptDeployed!(3, 2, 0);
    expect(reports[1]).toContain("attempt 2 after 2");
    probe.attemptRunning!(3, 5);
    expect(reports[2]).toContain("attempt 5 runs");
  });
});

describe("one-view-per-subpartition", () => {
  test("an older or equal attempt registers, the producer is gone, a stale close takes the view down", () => {
    const { probe, reports, tasks } = watch("one-view-per-subpartition");
    probe.viewRegistered!(VIEW);
    probe.viewClosed!(VIEW, 1);
    expect(reports).toEqual([]);
    probe.viewRegistered!({ ...VIEW, consumerAttempt: 0 });
    probe.viewClosed!({ ...VIEW, consumerAttempt: 2 }, 1);
    tasks.attempt[2] = 1;
    probe.viewRegistered!({ ...VIEW, consumerAttempt: 3 });
    expect(reports).toHaveLength(3);
    for (const place of reports) expect(place).toContain("2 → 9");
  });
});

describe("dead-attempts-are-silent", () => {
  test("something is handled for an older attempt, or for one that is down", () => {
    const { probe, reports, tasks } = watch("dead-attempts-are-silent");
    probe.handled!("timer", 4, 0);
    expect(reports).toEqual([]);
    tasks.attempt[4] = 1;
    probe.handled!("timer", 4, 0);
    tasks.state[4] = TASK_STATE.down;
    probe.handled!("timer", 4, 1);
    expect(reports).toHaveLength(2);
  });
});

test("possible-transitions: an impossible cell is reached", () => {
  const { probe, reports } = watch("possible-transitions");
  probe.impossible!("channel EMPTY × onError", 1, 9);
  expect(reports).toEqual([expect.stringContaining("channel EMPTY × onError, 1 → 9")]);
});

describe("cached-updates-expire", () => {
  test("an update stays cached for longer than the timer", () => {
    const { probe, reports, sim } = watch("cached-updates-expire");
    const cache = (): void => probe.channelMoves!(0, 1, 9, CHANNEL.draining, CHANNEL.drainingCached);
    cache();
    sim.nowNs = 10e9;
    probe.channelMoves!(0, 1, 9, CHANNEL.drainingCached, CHANNEL.reconnecting);
    expect(reports).toEqual([]);
    cache();
    sim.nowNs = 20e9 + 1;
    probe.finished!(END);
    expect(reports).toEqual([expect.stringContaining("1 → 9")]);
  });
});

describe("recovers", () => {
  const bound = { livenessNs: 5e9 };
  const reportsAfter = (end: Partial<RunEnd>, endsNs: number | null = 3e9): string[] => {
    const { probe, reports, sim } = watch("recovers", bound);
    sim.nowNs = 2e9;
    probe.fault!("x", endsNs);
    probe.finished!({ ...END, ...end });
    return reports;
  };
  test("what is well in time passes", () => expect(reportsAfter({})).toEqual([]));
  test("something is still down", () =>
    expect(reportsAfter({ tasksDown: 1 })).toEqual([expect.stringContaining("1 tasks")]));
  test("it took longer than the bound", () => expect(reportsAfter({ healthySinceNs: 9e9 })).toHaveLength(1));
  test("the backlog is not drained", () =>
    expect(reportsAfter({ backlogLog: new Float64Array(200).fill(5, 0, 20).fill(900, 20) })).toEqual([
      expect.stringContaining("backlog"),
    ]));
  test("a fault that lasts for good, a job that gave up, or too short a run is not judged", () => {
    expect(reportsAfter({ tasksDown: 1 }, null)).toEqual([]);
    expect(reportsAfter({ tasksDown: 1, jobFailed: true })).toEqual([]);
    expect(reportsAfter({ tasksDown: 1 }, 18e9)).toEqual([]);
  });
});

test("every invariant can be named in a scenario and explains itself", () => {
  for (const { name, summary } of INVARIANTS) {
    expect(INVARIANT_NAMES).toContain(name);
    expect(summary.length).toBeGreaterThan(20);
  }
});
