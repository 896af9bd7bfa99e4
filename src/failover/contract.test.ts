/**
 * The contract of strategies and faults: laws that every registered strategy keeps under every registered fault kind,
 * on jobs, times and targets drawn by fast-check. A new one passes by being registered; a fault kind with a key that no
 * other has needs values for that key here.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type * as z from "zod";
import { FAULT_KINDS } from "../faults/registry.js";
import { tinyText } from "../faults/testing/tiny.js";
import { traceDigest } from "../metrics/trace-digest.js";
import type { ModelConfig } from "../model/config.js";
import { checkConfig } from "../scenario/check.js";
import { formatDiagnostic, type ParseResult, parseScenario } from "../scenario/index.js";
import { resultOf, runCase, runTwin, simulateCase } from "../scenario/run-case.js";
import { faultSchema } from "../scenario/schema-faults.js";
import { STRATEGIES } from "./registry.js";

/** Jobs by what their tasks are connected with; the targets of faults exist in each. */
const JOBS = {
  "hash join": { pointwise: false, first: "left", sets: [] },
  "pointwise pipeline": { pointwise: true, first: "reader", sets: [] },
  "tasks without edges": {
    pointwise: true,
    first: "reader",
    sets: [
      "job.edges=[]",
      "job.vertices=[{ id: reader, type: source, parallelism: 4, rate: 400/s, recordSize: 1kB, serviceTime: 100us, sink: true }]",
    ],
  },
} as const;
type JobName = keyof typeof JOBS;

const ms = (low: number, high: number): fc.Arbitrary<string> =>
  fc.integer({ min: low, max: high }).map((value) => `${value}ms`);
const below = (count: number): fc.Arbitrary<string> => fc.nat(count - 1).map(String);
/** Values of every key that a fault may have, as YAML. `vertex` is filled in by the job. */
const VALUES: Readonly<Record<string, fc.Arbitrary<string>>> = {
  at: ms(2500, 4000),
  for: ms(20, 2500),
  taskManager: below(4),
  machine: below(3),
  rack: fc.constant("0"),
  random: fc.constantFrom("1", "2"),
  vertex: fc.constant("FIRST"),
  subtask: below(4),
  factor: fc.constantFrom("1.5", "4", "30"),
  from: fc.constantFrom("[0]", "[1]", "[0, 1]"),
  to: fc.constantFrom("rest", "[2]", "[3, jobManager]", "[jobManager]"),
  oneWay: fc.boolean().map(String),
  side: fc.constantFrom("server", "client"),
  thread: fc.constant("0"),
  count: fc.constantFrom("1", "2"),
  silent: fc.boolean().map(String),
  meanInterval: ms(1500, 6000),
  of: fc.constantFrom("task-manager", "machine"),
  burstShare: fc.constantFrom("0%", "50%"),
  burstSize: fc.constantFrom("2", "3"),
  burstWithin: ms(10, 1000),
};

type Shape = Readonly<Record<string, z.ZodType>>;

function objectOf(shape: Shape): fc.Arbitrary<string> {
  const keys = Object.entries(shape).filter(([key]) => key !== "kind");
  const values = keys.map(([key, type]) => {
    const value = key === "target" ? targetOf(type) : VALUES[key];
    if (value === undefined) throw new Error(`the contract suite has no values for the key ${key}`);
    const entry = value.map((text) => `${key}: ${text}`);
    // `for` is always there: what lasts for good is no matter for liveness.
    return type.safeParse(undefined).success && key !== "for" ? fc.option(entry, { nil: "" }) : entry;
  });
  return fc.tuple(...values).map((entries) => entries.filter((entry) => entry !== "").join(", "));
}

function targetOf(type: z.ZodType): fc.Arbitrary<string> {
  const { options, shape } = type as unknown as { options?: readonly { shape: Shape }[]; shape?: Shape };
  const shapes = options?.map((option) => option.shape) ?? [shape!];
  return fc.oneof(...shapes.map((each) => objectOf(each))).map((text) => `{ ${text} }`);
}

function faultOf(kind: string): fc.Arbitrary<string> {
  const option = faultSchema.options.find((each) => each.shape.kind.value === kind);
  if (option === undefined) throw new Error(`a scenario cannot name the fault kind ${kind}`);
  return objectOf(option.shape as unknown as Shape).map((text) => `kind: ${kind}, ${text}`);
}

interface Drawn {
  readonly job: JobName;
  readonly resolution: "exact" | "100ms";
  readonly provider: "yarn" | "standalone";
  readonly seed: number;
  readonly fault: string;
}
/** Keys that do not go together (`count` without a first machine) are refused by the parser, and drawn again. */
const drawn = (kind: string): fc.Arbitrary<Drawn> =>
  fc
    .record({
      job: fc.constantFrom(...(Object.keys(JOBS) as JobName[])),
      resolution: fc.constantFrom("exact", "exact", "100ms"),
      provider: fc.constantFrom("yarn", "yarn", "standalone"),
      seed: fc.integer({ min: 1, max: 1e6 }),
      fault: faultOf(kind),
    })
    .filter((sample) => parse(sample, "single-task").ok);

function parse({ job, resolution, provider, seed, fault }: Drawn, strategy: string): ParseResult {
  const { pointwise, first, sets } = JOBS[job];
  const text = tinyText({
    strategy,
    pointwise,
    resolution,
    provider,
    seed,
    duration: "16s",
    faults: [fault.replace("FIRST", first)],
  });
  return parseScenario(text, { file: "contract.yaml", sets });
}

function configOf(sample: Drawn, strategy: string): ModelConfig {
  const parsed = parse(sample, strategy);
  if (!parsed.ok) throw new Error(parsed.diagnostics.map(formatDiagnostic).join("\n"));
  return parsed.scenario.cases[0]!.config;
}

/** Why `check` refuses the case; each reason must tell the reader what to do about it. */
function refusalsOf(config: ModelConfig): string[] {
  return checkConfig(config).findings.flatMap(({ severity, problem }) =>
    severity === "error" ? [problem.message] : [],
  );
}

/** Strategies that accept the job, and that the others refuse with a reason that names them. */
function acceptedBy(sample: Drawn): { name: string; config: ModelConfig }[] {
  return STRATEGIES.flatMap((strategy) => {
    const config = configOf(sample, strategy.name);
    const refusal = strategy.refuses(config);
    if (refusal === null) {
      expect(refusalsOf(config)).toEqual([]);
      return [{ name: strategy.name, config }];
    }
    expect(refusalsOf(config).join("\n")).toContain(refusal);
    expect(refusalsOf(config).join("\n")).toContain(strategy.name);
    return [];
  });
}

/** On the plane that can carry job and fault; what needs the exact one is refused in words. */
function onFittingPlane(sample: Drawn): Drawn {
  const refusals = refusalsOf(configOf(sample, "global-restart"));
  if (sample.resolution === "exact" || refusals.length === 0) return sample;
  for (const refusal of refusals) expect(refusal).toMatch(/needs resolution: exact|cannot be carried in quanta/);
  return { ...sample, resolution: "exact" };
}

describe.each(FAULT_KINDS.map(({ name }) => name))("every strategy under %s", (kind) => {
  test("keeps the laws", () => {
    fc.assert(
      fc.property(drawn(kind), (asked) => {
        const sample = onFittingPlane(asked);
        const accepted = acceptedBy(sample);
        expect(accepted.length).toBeGreaterThan(0);
        const twin = runTwin(accepted[0]!.config);
        const beforeFault = new Set<string>();
        const exogenous = new Set<string>();
        for (const { name, config } of accepted) {
          const restarts = STRATEGIES.find((each) => each.name === name)!.restarts !== "nothing";
          // Without a provider a lost TaskManager is lost for good; mtbf goes on until the end.
          const recovers = restarts && kind !== "mtbf" && (sample.provider === "yarn" || !/kill|power/.test(kind));
          const watched = recovers ? { ...config, livenessNs: 9e9 } : config;
          const record = simulateCase(watched);
          const where = `${name}: ${JSON.stringify(sample)}`;
          expect([...record.violations, ...record.plane.violations], where).toEqual([]);
          const { records, matches } = record.plane;
          const sum = (counts: Record<string, number>): number => Object.values(counts).reduce((a, b) => a + b, 0);
          expect(records.produced - records.delivered - records.inFlight - sum(records.lost), where).toBe(0);
          expect(matches.expected - matches.emitted - matches.pending - sum(matches.missed), where).toBe(0);
          const options = { caseName: name, twin, trace: false };
          const { summary } = resultOf(record, options);
          expect(runCase(watched, options).summary.digest, where).toBe(summary.digest);
          exogenous.add(summary.exogenousDigest);
          const firstNs = record.incidents[0]?.startNs ?? config.durationNs;
          if (kind !== "mtbf") beforeFault.add(traceDigest(record.log, Math.min(firstNs, config.faults[0]!.atNs)));
        }
        expect(exogenous.size).toBe(1);
        expect(beforeFault.size).toBeLessThanOrEqual(1);
      }),
      { numRuns: 4, seed: 20261123, endOnFailure: true },
    );
  });
});

test("every strategy accepts some job", () => {
  const sample = {
    resolution: "exact",
    provider: "yarn",
    seed: 1,
    fault: "at: 3s, kind: fail-task, target: { vertex: FIRST, subtask: 0 }",
  } as const;
  for (const strategy of STRATEGIES) {
    const jobs = (Object.keys(JOBS) as JobName[]).filter(
      (job) => strategy.refuses(configOf({ ...sample, job }, strategy.name)) === null,
    );
    expect(jobs, strategy.name).not.toEqual([]);
  }
});
