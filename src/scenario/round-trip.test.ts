/** Laws over many scenarios: the normalised form reads back, twins are shared where they must be. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { COSTS } from "./cost-catalogue.js";
import { parseScenario, twinKey, twinOf } from "./index.js";
import { writeDistribution } from "./normalised-yaml.js";
import { SMALL, valid } from "./testing/small.js";
import { formatDuration } from "./units.js";

const ns = fc.integer({ min: 1, max: 1e13 });
const distribution = fc.oneof(
  ns.map((valueNs) => ({ kind: "constant" as const, valueNs })),
  fc.tuple(ns, ns).map(([a, b]) => ({ kind: "uniform" as const, lowNs: Math.min(a, b), highNs: Math.max(a, b) })),
  ns.map((meanNs) => ({ kind: "exponential" as const, meanNs })),
  fc
    .tuple(ns, fc.integer({ min: 0, max: 300 }))
    .map(([medianNs, s]) => ({ kind: "lognormal" as const, medianNs, sigma: s / 100 })),
  fc.tuple(ns, ns).map(([meanNs, sdNs]) => ({ kind: "normal" as const, meanNs, sdNs })),
  fc.array(ns, { minLength: 1, maxLength: 4 }).map((valuesNs) => ({ kind: "empirical" as const, valuesNs })),
);
const costKeys = COSTS.filter((spec) => spec.kind === "distribution").map((spec) => spec.key);
const assignment = fc.oneof(
  fc
    .tuple(fc.constantFrom(...costKeys), distribution)
    .map(([key, d]) => `costs.${key}=${JSON.stringify(writeDistribution(d))}`),
  distribution.map((d) => `job.vertices.joiner.serviceTime=${JSON.stringify(writeDistribution(d))}`),
  ns.map((n) => `engine.config.heartbeat.timeout=${formatDuration(n)}`),
  ns.map((n) => `engine.config.restart-strategy.fixed-delay.delay=${formatDuration(n)}`),
  fc.integer({ min: 1, max: 1000 }).map((n) => `engine.config.taskmanager.network.memory.max-buffers-per-channel=${n}`),
  fc.constantFrom("1.9", "1.10", "1.11", "1.14", "1.15").map((v) => `engine.version="${v}"`),
  fc.constantFrom("yarn", "kubernetes", "standalone").map((v) => `cluster.provider=${v}`),
  fc.constantFrom("exact", "50ms").map((v) => `resolution=${v}`),
  fc.integer({ min: 1, max: 64 }).map((p) => `P=${4 * p}`),
  fc.integer({ min: 1, max: 1e9 }).map((rate) => `job.vertices[0].rate=${rate / 1000}/s`),
  fc.boolean().map((b) => `cases[1].strategyOptions={ discardAtSender: ${b}, fallbackTimer: ${b ? "off" : "3s"} }`),
);

describe("the normalised form", () => {
  test("reads back as the same scenario, whatever was set", () => {
    fc.assert(
      fc.property(fc.array(assignment, { maxLength: 6 }), (sets) => {
        const scenario = valid(SMALL, { sets });
        const again = parseScenario(scenario.normalisedYaml, { file: "again" });
        expect(again.ok && again.scenario).toEqual(scenario);
      }),
      { numRuns: 60 },
    );
  });
});

describe("twins", () => {
  const [all, one] = valid().cases.map((c) => c.config);
  test("have no strategy of their own; the faults stay, since they say from when to measure", () => {
    expect(twinOf(one!)).toEqual({ ...one!, strategy: twinOf(all!).strategy });
    expect(twinOf(one!).strategy.name).toBe("none");
  });
  test("are shared by cases that differ in strategy and its options only", () => {
    const other = { ...all!, strategy: { ...all!.strategy, name: "none", peerReports: true } };
    expect(twinKey(other)).toBe(twinKey(all!));
    expect(twinKey(one!)).not.toBe(twinKey(all!));
    expect(twinKey({ ...all!, seed: "43" })).not.toBe(twinKey(all!));
    expect(twinKey({ ...all!, costs: { ...all!.costs, nettyPerByteNs: 0.51 } })).not.toBe(twinKey(all!));
  });
});

test("no text makes the front door throw", () => {
  const word = fc.constantFrom(
    "version: 1",
    "name: a",
    "job:",
    "  vertices:",
    "    - { id: a",
    "}",
    "type: source",
    "[",
    "*a",
    "&a",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the scenario's own notation
    "${P}",
    "1",
    "\n",
    ": ",
    "- ",
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 30 }), fc.constantFrom(" ", "\n", ""), (words, glue) => {
      const result = parseScenario(words.join(glue), { file: "f", sets: [] });
      if (!result.ok) expect(result.diagnostics.length).toBeGreaterThan(0);
    }),
    { numRuns: 300 },
  );
  fc.assert(
    fc.property(fc.string(), fc.string(), (path, value) => {
      const result = parseScenario(SMALL, { file: "f", sets: [`${path}=${value}`] });
      if (!result.ok) expect(result.diagnostics.length).toBeGreaterThan(0);
    }),
    { numRuns: 200 },
  );
});
