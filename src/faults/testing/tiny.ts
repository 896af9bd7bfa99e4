/**
 * A job of four subtasks per vertex on four TaskManagers of one slot, and runs of it, for tests of faults and protocols
 * end to end. Costs are shortened so that a failover takes a second or two; the mechanisms stay the same.
 */
import { strategyNamed } from "../../failover/registry.js";
import { INVARIANTS } from "../../invariants/registry.js";
import type { FailoverStrategy } from "../../model/cluster/strategy-port.js";
import type { ModelConfig } from "../../model/config.js";
import { createNullPlane, type NullPlane } from "../../model/network/null-plane.js";
import { createPlane } from "../../model/network/planes.js";
import type { ProbeFactory } from "../../model/probe.js";
import { type RunRecord, simulate } from "../../model/simulate.js";
import { checkConfig } from "../../scenario/check.js";
import { formatDiagnostic, parseScenario } from "../../scenario/index.js";
import { scheduleFaults } from "../registry.js";

export interface Tiny {
  readonly strategy?: string;
  /** Flow-style YAML of each fault, without its braces. */
  readonly faults?: readonly string[];
  readonly provider?: "yarn" | "standalone";
  readonly duration?: string;
  readonly sets?: readonly string[];
  readonly seed?: number;
  readonly options?: string;
  readonly resolution?: string;
  /** Instead of the two-stream join: reader → parser → writer, forward and rescale. */
  readonly pointwise?: boolean;
}

const JOIN = `
    - { id: left, type: source, parallelism: 4, rate: 400/s, recordSize: 1kB, serviceTime: 100us }
    - { id: right, type: source, parallelism: 4, rate: 400/s, recordSize: 1kB, serviceTime: 100us }
    - { id: joiner, type: join, parallelism: 4, window: 2s, match: { probability: 0.9, delay: { exponential: 100ms } }, serviceTime: 50us, sink: true }
  edges:
    - { from: left, to: joiner, partitioning: hash }
    - { from: right, to: joiner, partitioning: hash }`;
const POINTWISE = `
    - { id: reader, type: source, parallelism: 4, rate: 400/s, recordSize: 1kB, serviceTime: 100us }
    - { id: parser, type: operator, parallelism: 4, serviceTime: 100us }
    - { id: writer, type: sink, parallelism: 2, serviceTime: 100us }
  edges:
    - { from: reader, to: parser, partitioning: forward }
    - { from: parser, to: writer, partitioning: rescale }`;

/** As scenario text: what a test shows is what a user would write. */
export function tinyText(tiny: Tiny = {}): string {
  return `version: 1
name: tiny
seed: ${tiny.seed ?? 7}
duration: ${tiny.duration ?? "12s"}
resolution: ${tiny.resolution ?? "exact"}
job:
  vertices:${tiny.pointwise ? POINTWISE : JOIN}
cluster: { taskManagers: 4, slotsPerTaskManager: 1, provider: ${tiny.provider ?? "yarn"} }
engine:
  version: "1.9"
  config:
    heartbeat.interval: 500ms
    heartbeat.timeout: 2500ms
    akka.ask.timeout: 1s
    restart-strategy: fixed-delay
    restart-strategy.fixed-delay.delay: 500ms
    restart-strategy.fixed-delay.attempts: 2147483647
costs:
  containerStart: 1s
  taskOpen: 300ms
  containerExitNotice: 200ms
  nodeManagerHeartbeat: 100ms
  applicationMasterHeartbeat: 100ms
strategy: ${tiny.strategy ?? "single-task"}
strategyOptions: { ${tiny.options ?? ""} }
faults:${(tiny.faults ?? []).map((fault) => `\n  - { ${fault} }`).join("") || " []"}
`;
}

export function tinyConfig(tiny: Tiny = {}): ModelConfig {
  const parsed = parseScenario(tinyText(tiny), { file: "tiny.yaml", sets: tiny.sets ?? [] });
  if (!parsed.ok) throw new Error(parsed.diagnostics.map(formatDiagnostic).join("\n"));
  const { config } = parsed.scenario.cases[0]!;
  const refusals = checkConfig(config).findings.filter((finding) => finding.severity === "error");
  if (refusals.length > 0) throw new Error(refusals.map((finding) => finding.problem.message).join("\n"));
  return config;
}

export interface TinyRunOptions {
  readonly strategy?: FailoverStrategy;
  readonly shuffleSalt?: number;
  /** On a data plane without data, where a channel drains so long after its UnavailableEvent. */
  readonly drainNs?: number;
  /** Watches the run beside the invariants. */
  readonly probe?: ProbeFactory;
}

export function runTiny(
  tiny: Tiny | ModelConfig = {},
  options: TinyRunOptions = {},
): RunRecord & { nullPlane: NullPlane | null } {
  const config = "vertices" in tiny ? tiny : tinyConfig(tiny);
  let nullPlane: NullPlane | null = null;
  const record = simulate(
    config,
    {
      strategy: options.strategy ?? strategyNamed(config.strategy.name)!,
      createPlane: (context, listener) => {
        if (options.drainNs === undefined) return createPlane(context, listener);
        nullPlane = createNullPlane(context, listener, { drainNs: options.drainNs });
        return nullPlane;
      },
      scheduleFaults,
      probes: [
        ...INVARIANTS.map((invariant) => invariant.probe),
        ...(options.probe === undefined ? [] : [options.probe]),
      ],
    },
    { measureFromNs: 0, ...(options.shuffleSalt === undefined ? {} : { shuffleSalt: options.shuffleSalt }) },
  );
  return { ...record, nullPlane };
}

/** All broken invariants of a run, the plane's and the probes'. */
export function violationsOf(record: RunRecord): string[] {
  return [...record.violations, ...record.plane.violations].map(
    ({ name, count, first }) => `${name} ×${count}: ${first}`,
  );
}

/** What must balance whatever happened. */
export function unaccounted(record: RunRecord): number {
  const { produced, delivered, inFlight, lost } = record.plane.records;
  return produced - delivered - inFlight - Object.values(lost).reduce((sum, each) => sum + each, 0);
}

/** Cells of the state tables that the run used, of one machine. */
export function cells(record: RunRecord, machine: "channel" | "subpartition"): string[] {
  return [...record.coverage.keys()]
    .filter((key) => key.startsWith(`${machine}: `))
    .map((key) => key.slice(machine.length + 2));
}
