/** A small valid scenario for tests, with its parts replaceable. */
import type { NormalisedScenario } from "../index.js";
import { formatDiagnostic, parseScenario } from "../index.js";

export const SMALL = `version: 1
name: small
duration: 60s
params: { P: 8 }
job:
  vertices:
    - { id: left, type: source, parallelism: "\${P}", rate: "\${100*P}/s", serviceTime: 1ms }
    - { id: right, type: source, parallelism: "\${P}", rate: "\${100*P}/s", serviceTime: 1ms }
    - { id: joiner, type: join, parallelism: "\${P}", window: 10s, match: { probability: 0.9, delay: 1s }, serviceTime: 1ms, sink: true }
  edges:
    - { from: left, to: joiner, partitioning: hash }
    - { from: right, to: joiner, partitioning: hash }
cluster:
  taskManagers: "\${P/4}"
  slotsPerTaskManager: 4
engine:
  version: "1.9"
  config:
    heartbeat.timeout: 50s
faults:
  - { at: 20s, kind: kill-task-manager, target: { taskManager: 1 } }
cases:
  - { name: all, strategy: global-restart }
  - { name: one, strategy: single-task, set: { cluster.reservedTaskManagers: 1 } }
expect:
  - { case: one, metric: recoveryTimeMs, published: 5s, within: 10% }
`;

export interface Extra {
  readonly sets?: readonly string[];
  readonly cases?: readonly string[];
  readonly seed?: string;
}

/** Parses a text that must be valid. */
export function valid(text: string = SMALL, extra: Extra = {}): NormalisedScenario {
  const result = parseScenario(text, { file: "small.yaml", ...extra });
  if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join("\n"));
  return result.scenario;
}

/** The printed diagnostics of a text that must be refused. */
export function refused(text: string = SMALL, extra: Extra = {}): string[] {
  const result = parseScenario(text, { file: "small.yaml", ...extra });
  if (result.ok) throw new Error("expected diagnostics");
  return result.diagnostics.map(formatDiagnostic);
}

/** SMALL with one piece of text replaced; the piece must exist. */
export function small(piece: string, by: string): string {
  if (!SMALL.includes(piece)) throw new Error(`SMALL has no ${piece}`);
  return SMALL.replace(piece, () => by);
}
