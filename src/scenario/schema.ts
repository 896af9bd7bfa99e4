/**
 * The one schema of a scenario: source of the types, of the defaults, of the JSON Schema (`json-schema.ts`) and of
 * the docs. It sees values after `${…}` has been replaced. Relations between keys are normalise.ts's matter.
 */
import * as z from "zod";
import { COST_JSON, parseCosts } from "./costs.js";
import { ENGINE_VERSIONS } from "./engines.js";
import { FLINK_CONFIG_JSON, parseFlinkConfig } from "./flink-config.js";
import { ALLOWANCES, END_STATES, STRATEGY_NAMES } from "./names.js";
import { faultSchema } from "./schema-faults.js";
import { sweepSchema } from "./schema-sweep.js";
import { distribution, duration, parsedBy, quantity, ratio, whole } from "./schema-values.js";

const text = (description: string) => z.string().meta({ description });
const id = z
  .string()
  .regex(/^[A-Za-z][\w-]*$/)
  .meta({ description: "Name of the vertex: letters, digits, _ and -." });

const common = {
  id,
  parallelism: whole("Number of subtasks.", 1, 32768),
  maxParallelism: whole(
    "Number of key groups. Default: Flink's rule, the next power of two ≥ 1.5 × parallelism, within 128 and 32768.",
    1,
    32768,
  ).optional(),
  serviceTime: distribution("Time of the task thread per record."),
  recordSize: quantity("bytes", "Size of one record that it emits.", { positive: true }).prefault("1kB"),
  slotSharingGroup: text("Subtasks of one group share slots, one of each vertex per slot.").prefault("default"),
};
const sink = (fallback: boolean) =>
  z.boolean().meta({ description: "What it emits leaves the job here and counts as output." }).prefault(fallback);

export const vertexSchema = z
  .discriminatedUnion("type", [
    z.strictObject({
      ...common,
      type: z.literal("source").meta({ description: "Reads an external log whose producers never stop." }),
      rate: quantity("rate", "Records per second appended to the log, for the whole vertex.", { positive: true }),
      arrivals: z
        .enum(["poisson", "periodic"])
        .meta({ description: "How records arrive in the log." })
        .prefault("poisson"),
      resume: z
        .enum(["committed", "latest"])
        .meta({ description: "Where a new attempt resumes: at the last committed offset, or at the end of the log." })
        .prefault("committed"),
      sink: sink(false),
    }),
    z.strictObject({
      ...common,
      type: z.literal("operator").meta({ description: "Maps records one by one." }),
      selectivity: z.number().min(0).meta({ description: "Records emitted per record processed." }).prefault(1),
      sink: sink(false),
    }),
    z.strictObject({
      ...common,
      type: z.literal("join").meta({ description: "Windowed inner join of all its inputs, by key." }),
      window: duration("How long a record stays in the state after its arrival there.", { positive: true }),
      match: z
        .strictObject({
          probability: ratio("A record's partner on each other input exists with this probability."),
          delay: distribution("This much later or earlier."),
        })
        .meta({ description: "Which records have partners, and when." }),
      sink: sink(false),
    }),
    z.strictObject({
      ...common,
      type: z.literal("sink").meta({ description: "Takes records out of the job." }),
    }),
  ])
  .meta({ description: "A vertex of the job graph: `type` decides its keys." });

const edgeSchema = z
  .strictObject({
    from: text("Id of the producing vertex."),
    to: text("Id of the consuming vertex."),
    partitioning: z
      .enum(["hash", "forward", "rebalance", "rescale", "broadcast"])
      .meta({ description: "How records are distributed over the consumer's subtasks." }),
    keySkew: z
      .number()
      .min(0)
      .max(10)
      .meta({ description: "Hash edges: Zipf exponent of the weights of the key groups; 0 = uniform." })
      .prefault(0),
  })
  .meta({ description: "All subtasks of `from` feed subtasks of `to`." });

const strategyName = z.enum(STRATEGY_NAMES as [string, ...string[]]).meta({ description: "Failover strategy." });

export const strategyOptionsSchema = z
  .strictObject({
    fallbackTimer: duration(
      "single-task: a consumer that has not drained a dead channel this long after the update fails itself. `off`: never.",
      { words: { off: -1 } },
    ).optional(),
    onReservesExhausted: z
      .enum(["wait", "escalate"])
      .meta({
        description: "No slot left although TaskManagers were reserved: wait for a container, or restart the job.",
      })
      .optional(),
    escalateAfterFailovers: whole(
      "Restart the job after this many failovers of one task within escalateWindow; 0 = never.",
      0,
    ).optional(),
    escalateWindow: duration("See escalateAfterFailovers.", { positive: true }).optional(),
    peerReports: z.boolean().meta({ description: "Survivors report lost peers to the JobManager." }).optional(),
    discardAtSender: z.boolean().meta({ description: "Ablation: false holds data for a dead consumer." }).optional(),
    clearHalfRecord: z
      .boolean()
      .meta({ description: "Ablation: false keeps the half record of a dead producer." })
      .optional(),
    cacheUpdate: z
      .boolean()
      .meta({ description: "Ablation: false drops an update that comes before the drain." })
      .optional(),
  })
  .meta({
    description:
      "Options of the strategy. Defaults: fallbackTimer 10s, onReservesExhausted wait, escalateAfterFailovers 0, escalateWindow 60s, peerReports false, the ablations true.",
  });

const caseSchema = z
  .strictObject({
    name: text("Name of the case."),
    strategy: strategyName.optional(),
    strategyOptions: strategyOptionsSchema.optional(),
    set: z
      .record(z.string(), z.unknown())
      .meta({ description: "Differences of this case: dotted path → value, such as cluster.reservedTaskManagers: 1." })
      .prefault({}),
  })
  .meta({ description: "Same seed, same arrivals, same faults; only these differences." });

const scalar = z.union([z.string(), z.number()]);
const expectSchema = z
  .strictObject({
    case: text("Name of the case. Default: every case.").optional(),
    metric: text("Path in a case's summary, such as recoveryTimeMs or outputGapMs.affected.max.").optional(),
    published: scalar.meta({ description: "A published figure; needs `within`." }).optional(),
    atMost: scalar.meta({ description: "Upper bound." }).optional(),
    atLeast: scalar.meta({ description: "Lower bound." }).optional(),
    equals: scalar.meta({ description: "Exact value." }).optional(),
    within: scalar
      .meta({ description: "Tolerance around `published`: a percentage of it, or a value of its own unit." })
      .optional(),
    invariant: text("An invariant by name: it must never be violated.").optional(),
    endState: z.enum(END_STATES).meta({ description: "How the run must end." }).optional(),
    source: text("Where a published figure comes from.").optional(),
  })
  .meta({ description: "A pass criterion, tested on the median over the seeds of the command." });

export const scenarioSchema = z
  .strictObject({
    version: z.literal(1).meta({ description: "Version of this format." }),
    name: z
      .string()
      .regex(/^[A-Za-z0-9][\w.-]*$/)
      .meta({ description: "Name of the scenario and of its results: letters, digits, _ . and -." }),
    description: text("What it shows.").prefault(""),
    tags: z.array(z.string()).meta({ description: "`ci`: runs whole in CI." }).prefault([]),
    seed: z
      .union([z.int().min(0), z.string().min(1)])
      .meta({ description: "Seed of all random streams." })
      .prefault(42),
    warmup: duration("Rates, gaps and latency are not measured before its end.").prefault("0s"),
    duration: duration("Virtual time, warm-up included.", { positive: true }),
    liveness: duration(
      "Two-phase check: this long after the last fault is over everything must run and the backlog be drained. Default: not checked.",
      { positive: true },
    ).optional(),
    sameTimeOrder: whole(
      "Order of events at the same instant: 0 = by entity, else drawn from this number. Conclusions must not depend on it.",
      0,
      2 ** 31 - 1,
    ).prefault(0),
    params: z
      .record(z.string().regex(/^[A-Za-z_]\w*$/), z.union([z.number(), z.string()]))
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the scenario's own notation
      .meta({ description: "Values that several places share: ${P}, ${P/4}." })
      .prefault({}),
    resolution: duration("Interval of a quantum of healthy traffic; `exact` simulates every buffer of every channel.", {
      positive: true,
      words: { exact: 0 },
    }).prefault("100ms"),
    allow: z
      .array(z.enum(ALLOWANCES))
      .meta({ description: "Refusals of `check` that this scenario means." })
      .prefault([]),
    job: z
      .strictObject({
        vertices: z.array(vertexSchema).min(1).max(64).meta({ description: "The vertices of the job graph." }),
        edges: z.array(edgeSchema).max(256).meta({ description: "The edges of the job graph." }).prefault([]),
      })
      .meta({ description: "The job." }),
    cluster: z
      .strictObject({
        taskManagers: whole("TaskManagers that run the job at the start.", 1, 100_000),
        slotsPerTaskManager: whole("Slots of each.", 1, 1024).prefault(1),
        taskManagersPerMachine: whole("TaskManagers that share a machine and its link.", 1, 1024).prefault(1),
        machinesPerRack: whole("Machines of a rack.", 1, 100_000).prefault(40),
        provider: z
          .enum(["yarn", "kubernetes", "standalone"])
          .meta({ description: "Who starts containers and notices their exit; nobody in a standalone cluster." })
          .prefault("yarn"),
        reservedTaskManagers: whole("Idle TaskManagers held in reserve.", 0, 100_000).prefault(0),
        linkLatency: duration("One-way latency of a link.").prefault("0.1ms"),
        linkBandwidth: quantity("bandwidth", "Bandwidth of a machine's link.", { positive: true }).prefault("10Gbit/s"),
        jobManagerBandwidth: quantity("bandwidth", "Bandwidth of the JobManager's link.", { positive: true }).prefault(
          "10Gbit/s",
        ),
      })
      .meta({ description: "The machines." }),
    engine: z
      .strictObject({
        version: z
          .enum(ENGINE_VERSIONS as unknown as [string, ...string[]])
          .meta({ description: "Preset of behaviour and costs; quote it." })
          .prefault("1.9"),
        config: parsedBy(FLINK_CONFIG_JSON, parseFlinkConfig).prefault({}),
      })
      .meta({ description: "The stream processor." })
      .prefault({}),
    costs: parsedBy(COST_JSON, parseCosts).prefault({}),
    faults: z.array(faultSchema).max(1000).meta({ description: "What goes wrong, and when." }).prefault([]),
    strategy: strategyName.optional(),
    strategyOptions: strategyOptionsSchema.prefault({}),
    cases: z
      .array(caseSchema)
      .min(1)
      .max(100)
      .meta({ description: "Variants run side by side. Default: one, from `strategy`." })
      .optional(),
    expect: z.array(expectSchema).max(1000).meta({ description: "Pass criteria." }).prefault([]),
    sweep: sweepSchema.optional(),
  })
  .meta({ title: "Outgap scenario", description: "A job, a cluster, faults, and the cases to compare." });

export type ScenarioInput = z.output<typeof scenarioSchema>;
export type VertexInput = z.output<typeof vertexSchema>;
export type StrategyOptionsInput = z.output<typeof strategyOptionsSchema>;
export type ExpectInput = ScenarioInput["expect"][number];
