import { describe, expect, test } from "vitest";
import { STRATEGIES } from "../failover/registry.js";
import { FAULT_KINDS } from "../faults/registry.js";
import { CATALOGUES, catalogueRows, costRows, flinkKeyRows } from "./catalogue.js";
import { STRATEGY_NAMES } from "./names.js";
import { FAULT_KINDS as PARSED_KINDS } from "./schema-faults.js";

describe("outgap list", () => {
  test.each(CATALOGUES)("%s: every row has a name of its own and a line of docs", (name) => {
    const rows = catalogueRows(name);
    expect(rows.length).toBeGreaterThan(4);
    expect(new Set(rows.map((row) => row.name)).size).toBe(rows.length);
    for (const row of rows) expect(row.doc, row.name).toMatch(/^.{10,}[.)]$/);
  });
  test("costs by preset and provider", () => {
    const start = (rows: ReturnType<typeof costRows>) => rows.find((row) => row.name === "containerStart");
    expect(start(costRows())).toMatchObject({
      default: expect.stringMatching(/^\{ lognormal: \{ median: 1\d\.?\d*s, sigma: 0\.05 \} \}$/),
      grade: "D",
    });
    expect(start(costRows("1.9", "kubernetes"))).toMatchObject({
      default: "{ normal: { mean: 11.9s, sd: 2.8s } }",
      grade: "P",
    });
  });
  test("Flink's keys all have a default", () => {
    const without = flinkKeyRows().filter((row) => row.default === null);
    expect(without.map((row) => row.name)).toEqual(["jobmanager.execution.failover-strategy"]);
    expect(flinkKeyRows("1.14").find((row) => row.name === "heartbeat.rpc-failure-threshold")?.default).toBe("2");
  });
  test("what the simulator runs can be written", () => {
    expect(STRATEGIES.filter((s) => !STRATEGY_NAMES.includes(s.name))).toEqual([]);
    expect(FAULT_KINDS.filter((k) => !PARSED_KINDS.includes(k.name))).toEqual([]);
  });
});
