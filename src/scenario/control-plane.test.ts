/** The control plane end to end on a data plane without data: restart sets, shape over P, critical path, no constants. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { costShares, criticalPath } from "../metrics/critical-path.js";
import { THREAD, threadCategory } from "../model/causal-log.js";
import type { ModelConfig } from "../model/config.js";
import type { RunRecord } from "../model/simulate.js";
import { controlRun } from "../model/testing/control-run.js";
import { parseScenario } from "./index.js";

function configOf(file: string, caseName: string, sets: string[] = []): ModelConfig {
  const text = readFileSync(new URL(`../../scenarios/${file}`, import.meta.url), "utf8");
  const parsed = parseScenario(text, { file, sets });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.diagnostics));
  const found = parsed.scenario.cases.find((each) => each.name === caseName);
  if (!found) throw new Error(`no case ${caseName}`);
  return found.config;
}

const recoverySeconds = (record: RunRecord): number => {
  const incident = record.incidents[0]!;
  return (incident.recoveredNs - incident.startNs) / 1e9;
};

const RESERVED = "single-task, reserved TM";

describe("restart sets", () => {
  test("a killed TaskManager costs 12 new attempts under single-task, 3P under global restart", () => {
    const single = controlRun(configOf("bytedance-join-1000.yaml", RESERVED));
    expect(single.tasksRestarted).toBe(12);
    expect(single.tasksFailed).toBe(12);
    expect(single.tasksFailedByPeers).toBe(0);
    expect(single.slotsLost).toBe(4);
    expect(single.attempts.filter((attempt) => attempt > 0)).toHaveLength(12);
    const global = controlRun(configOf("bytedance-join-1000.yaml", "global restart"));
    expect(global.tasksRestarted).toBe(3000);
    expect(global.tasksFailedByPeers).toBe(996);
    expect(global.attempts.every((attempt) => attempt === 1)).toBe(true);
  });

  test("fail-task under single-task needs no container and takes about three seconds", () => {
    const config = configOf("bytedance-join-1000.yaml", "single-task");
    const record = controlRun({
      ...config,
      faults: [
        { kind: "fail-task", atNs: 60e9, forNs: null, target: { kind: "task", vertex: 2, subtask: 7 }, options: {} },
      ],
    });
    expect(record.tasksRestarted).toBe(1);
    expect(recoverySeconds(record)).toBeGreaterThan(2.6);
    expect(recoverySeconds(record)).toBeLessThan(3.5);
    expect(record.log.kindNames).toContain("container-start");
    const started = Array.from(record.log.kind.subarray(0, record.log.length)).filter(
      (kind) => record.log.kindNames[kind] === "container-start",
    );
    expect(started).toHaveLength(0);
  });

  test("nothing is redeployed under none, and the incident stays open", () => {
    const config = configOf("bytedance-join-1000.yaml", "single-task");
    const record = controlRun({ ...config, strategy: { ...config.strategy, name: "none" } });
    expect(record.tasksRestarted).toBe(0);
    expect(record.incidents[0]!.recoveredNs).toBeNaN();
    expect(record.openAtEnd.tasks).toBe(12 + 996);
  });
});

describe("shape over the parallelism", () => {
  const sets = (P: number): string[] => [`P=${P}`, "engine.config.heartbeat.timeout=10min"];
  test("single-task recovery stays flat within two seconds, global restart grows", () => {
    const reserved: number[] = [];
    const global: number[] = [];
    for (const P of [500, 1000, 2000]) {
      reserved.push(recoverySeconds(controlRun(configOf("bytedance-join-1000.yaml", RESERVED, sets(P)))));
      global.push(recoverySeconds(controlRun(configOf("bytedance-join-1000.yaml", "global restart", sets(P)))));
    }
    expect(Math.max(...reserved) - Math.min(...reserved)).toBeLessThan(2);
    expect(global[1]!).toBeGreaterThan(global[0]! + 1);
    expect(global[2]!).toBeGreaterThan(global[1]! + 3);
  });
});

describe("critical path", () => {
  test.each(["global restart", "global restart, reserved TM", "single-task", RESERVED])(
    "%s: hops meet end to end and add up to the recovery time",
    (name) => {
      const record = controlRun(configOf("bytedance-join-1000.yaml", name));
      const incident = record.incidents[0]!;
      const hops = criticalPath(record.log, incident.lastStep, incident.startNs);
      expect(hops[0]!.startNs).toBe(incident.startNs);
      expect(hops.at(-1)!.endNs).toBe(incident.recoveredNs);
      for (let i = 1; i < hops.length; i++) expect(hops[i]!.startNs).toBe(hops[i - 1]!.endNs);
      for (const hop of hops) {
        const explained = hop.costs.reduce((sum, { ns }) => sum + ns, 0);
        expect(explained).toBe(hop.endNs - hop.startNs);
      }
    },
  );

  const pathOf = (record: RunRecord) => {
    const incident = record.incidents[0]!;
    return criticalPath(record.log, incident.lastStep, incident.startNs);
  };
  const names = [
    "taskOpen",
    "taskOperation",
    "containerStart",
    "containerExitNotice",
    "reservedSlot",
    "taskCreate",
    "rpcLatency",
    "updateRpcMainThread",
    "updateRpcWire",
    "descriptor",
    "tcpConnect",
    "partitionRequest",
    "partitionRequestServe",
    "peerErrorReport",
    "heartbeatMessage",
    "nodeManagerHeartbeat",
    "applicationMasterHeartbeat",
    "taskCancel",
    "nettyMessage",
    "partitionStateCheck",
    "restartSetPerEdge",
  ] as const;
  test.each(["single-task", RESERVED, "global restart"])(
    "%s: one percent more of one cost moves the recovery by exactly its draws on the path",
    (name) => {
      const config = configOf("bytedance-join-1000.yaml", name, ["P=80"]);
      const base = controlRun(config);
      const basePath = pathOf(base);
      const unchanged: string[] = [];
      for (const cost of names) {
        const raised = controlRun({ ...config, costs: { ...config.costs, [cost]: scaled(config.costs[cost], 1.01) } });
        const path = pathOf(raised);
        const same =
          path.length === basePath.length &&
          path.every((hop, i) => hop.kind === basePath[i]!.kind && hop.thread === basePath[i]!.thread);
        const onPath = (hops: typeof path): number =>
          hops.reduce(
            (sum, hop) => sum + hop.costs.reduce((s, c) => s + (c.cost === cost || c.cost === "queue" ? c.ns : 0), 0),
            0,
          );
        if (!same) continue;
        unchanged.push(cost);
        const change = Math.round((recoverySeconds(raised) - recoverySeconds(base)) * 1e9);
        expect(change, cost).toBe(onPath(path) - onPath(basePath));
      }
      expect(unchanged.length).toBeGreaterThan(5);
    },
  );

  /** Which messages the main thread served, in order. */
  const served = ({ log }: RunRecord): string => {
    const messages: string[] = [];
    for (let step = 0; step < log.length; step++)
      if (threadCategory(log.thread[step]!) === THREAD.jobManager)
        messages.push(`${log.kind[step]} ${log.entity[step]}`);
    return messages.join();
  };
  const sharesOf = (record: RunRecord): Map<string, number> => costShares(pathOf(record));

  test.each(["single-task", RESERVED, "global restart"])(
    "%s: doubling a cost never changes the recovery by less than its share of the path",
    (name) => {
      const config = configOf("bytedance-join-1000.yaml", name, ["P=80"]);
      const base = controlRun(config);
      const shares = sharesOf(base);
      const orders = served(base);
      let onPath = 0;
      for (const cost of names) {
        const share = shares.get(cost) ?? 0;
        if (share === 0) continue;
        onPath++;
        const doubled = controlRun({ ...config, costs: { ...config.costs, [cost]: scaled(config.costs[cost], 2) } });
        const changeNs = Math.round((recoverySeconds(doubled) - recoverySeconds(base)) * 1e9);
        // Rounding of a draw to whole nanoseconds.
        if (changeNs >= share - pathOf(base).length) continue;
        expect(served(doubled), `${cost}: ${changeNs} ns for ${share} ns, and no queue changed its order`).not.toBe(
          orders,
        );
        process.stdout.write(
          `${name}: twice ${cost} moves ${changeNs} ns for ${share} ns: a queue changed its order\n`,
        );
      }
      expect(onPath).toBeGreaterThan(5);
    },
  );
});

function scaled(distribution: ModelConfig["costs"]["taskOpen"], factor: number): ModelConfig["costs"]["taskOpen"] {
  switch (distribution.kind) {
    case "constant":
      return { kind: "constant", valueNs: Math.round(distribution.valueNs * factor) };
    case "lognormal":
      return { ...distribution, medianNs: distribution.medianNs * factor };
    case "uniform":
      return { kind: "uniform", lowNs: distribution.lowNs * factor, highNs: distribution.highNs * factor };
    default:
      throw new Error("not used here");
  }
}
