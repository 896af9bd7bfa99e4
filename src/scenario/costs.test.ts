import { describe, expect, test } from "vitest";
import type { CostName } from "../model/config.js";
import { COSTS } from "./cost-catalogue.js";
import { costDefault, parseCosts, resolveCosts } from "./costs.js";
import { meanNs } from "./schema-values.js";

const constant = (valueNs: number) => ({ kind: "constant", valueNs });

describe("costs", () => {
  test("the values of preset 1.9; the three that were fitted are tested by the laws below", () => {
    const { containerStart, taskOperation, descriptor, ...others } = resolveCosts("1.9", "yarn", {});
    expect(containerStart).toMatchObject({ kind: "lognormal", sigma: 0.05 });
    expect([taskOperation.kind, descriptor.kind]).toEqual(["constant", "constant"]);
    expect(others).toEqual({
      containerExitNotice: constant(0.8e9),
      nodeManagerHeartbeat: { kind: "uniform", lowNs: 0, highNs: 1e9 },
      applicationMasterHeartbeat: { kind: "uniform", lowNs: 0, highNs: 1e9 },
      peerErrorReport: constant(50e6),
      reservedSlot: constant(0.2e9),
      taskOpen: constant(2.65e9),
      taskCreate: constant(1e6),
      restartSetPerEdge: constant(372),
      taskCancel: { kind: "lognormal", medianNs: 30e6, sigma: 1.1 },
      heartbeatMessage: constant(20_000),
      tcpConnect: constant(200_000),
      partitionRequest: constant(20_000),
      partitionRequestServe: constant(20_000),
      partitionStateCheck: constant(20_000),
      updateRpcMainThread: constant(50_000),
      updateRpcWire: constant(1e6),
      rpcLatency: constant(100_000),
      nettyMessage: constant(5000),
      nettyPerByteNs: 0.5,
      descriptorBytes: 90,
      offsetCommitIntervalNs: 5e9,
      stuckTaskProbability: 0,
      flagVisibility: constant(0),
      eventVisibility: constant(0),
    });
  });
  test("what was fitted obeys what was published", () => {
    const { containerStart, taskOperation, descriptor, restartSetPerEdge } = resolveCosts("1.9", "yarn", {});
    // 10k×10k deploys in 63.118 s: 20,000 task operations and 10⁸ descriptors.
    expect(Math.round((63.118e9 - 20_000 * meanNs(taskOperation)) / 1e8)).toBe(meanNs(descriptor));
    expect(Math.round(37.195e9 / 1e8)).toBe(meanNs(restartSetPerEdge));
    // 18 − 5 … 20 − 5 s, less than a second of which is anything but the container.
    expect(containerStart.kind === "lognormal" && containerStart.medianNs).toBeGreaterThan(13e9);
    expect(containerStart.kind === "lognormal" && containerStart.medianNs).toBeLessThan(15e9);
  });
  test("providers and later lines differ only where a figure says so", () => {
    const differing = (version: "1.9" | "1.13" | "1.14" | "1.15", provider: "yarn" | "kubernetes") =>
      COSTS.filter((spec) => costDefault(spec, version, provider).value !== spec.value).map((spec) => spec.name);
    expect(differing("1.9", "kubernetes")).toEqual<CostName[]>(["containerStart"]);
    expect(differing("1.13", "yarn")).toEqual<CostName[]>(["restartSetPerEdge"]);
    expect(differing("1.15", "yarn")).toEqual<CostName[]>(["restartSetPerEdge", "descriptorBytes"]);
    expect(resolveCosts("1.9", "kubernetes", {}).containerStart).toEqual({
      kind: "normal",
      meanNs: 11.9e9,
      sdNs: 2.8e9,
    });
  });
  test("an override wins over preset and provider", () => {
    const parsed = parseCosts({
      containerStart: "10min",
      nettyPerByte: "0.25ns",
      stuckTaskProbability: "0.1%",
      descriptorBytes: "1kB",
    });
    if (!("ok" in parsed) || !parsed.ok) throw new Error("valid");
    expect(resolveCosts("1.9", "kubernetes", parsed.value)).toMatchObject({
      containerStart: constant(600e9),
      nettyPerByteNs: 0.25,
      stuckTaskProbability: 0.001,
      descriptorBytes: 1000,
    });
  });
  test.each([
    [{ containerStrat: "1s" }, "containerStart"],
    [{ containerStart: 14 }, "14s"],
    [{ nettyPerByte: 0.5 }, "0.5ns"],
    [{ offsetCommitInterval: "0s" }, null],
    [{ stuckTaskProbability: 2 }, null],
    ["text", null],
  ])("refuses %j", (value, nearest) => {
    const parsed = parseCosts(value);
    if ("ok" in parsed) throw new Error("expected problems");
    expect(parsed.map((p) => p.problem.nearest)).toEqual([nearest]);
  });
  test("every cost has grade, source and docs, and one row", () => {
    expect(new Set(COSTS.map((spec) => spec.name)).size).toBe(COSTS.length);
    for (const spec of COSTS) {
      expect(spec.grade).toMatch(/^[PSDI](\+[PSDI])?$/);
      expect(spec.doc.length).toBeGreaterThan(10);
      expect(spec.source.length).toBeGreaterThan(5);
    }
  });
});
