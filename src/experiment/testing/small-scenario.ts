/** A job small enough for whole-program tests: eight slots, two cases, one killed container. */

export interface SmallOptions {
  readonly name?: string;
  readonly durationS?: number;
  /** Lines of YAML added at the top level. */
  readonly extra?: string;
}

export function smallScenario({ name = "small", durationS = 60, extra = "" }: SmallOptions = {}): string {
  return `version: 1
name: ${name}
description: A small join loses a container.
seed: 7
warmup: 10s
duration: ${durationS}s
params: { P: 8 }
job:
  vertices:
    - { id: left, type: source, parallelism: "\${P}", rate: "\${500*P}/s", recordSize: 1kB, serviceTime: 100us }
    - { id: right, type: source, parallelism: "\${P}", rate: "\${500*P}/s", recordSize: 1kB, serviceTime: 100us }
    - id: joiner
      type: join
      parallelism: "\${P}"
      window: 5s
      match: { probability: 0.9, delay: { exponential: 1s } }
      serviceTime: 100us
      sink: true
  edges:
    - { from: left, to: joiner, partitioning: hash }
    - { from: right, to: joiner, partitioning: hash }
cluster: { taskManagers: "\${P/4}", slotsPerTaskManager: 4, provider: yarn, reservedTaskManagers: 1 }
engine:
  version: "1.9"
  config: { restart-strategy: fixed-delay, restart-strategy.fixed-delay.delay: 1s }
faults:
  - { at: 20s, kind: kill-task-manager, target: { taskManager: 1 } }
cases:
  - { name: global restart, strategy: global-restart }
  - { name: single-task, strategy: single-task }
${extra}`;
}
