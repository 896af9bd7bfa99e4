/** The commented starter scenario of `outgap init`. */

/** @param name a valid scenario name: letters, digits, `_`, `.` and `-`, starting with a letter or digit */
export function starterScenario(name: string): string {
  return `# A first scenario. Check it with \`outgap check ${name}.yaml\`, run it with \`outgap run ${name}.yaml\`.
# Every quantity carries its unit; unknown keys are errors; \`outgap list costs\` shows what can be tuned.
version: 1
name: ${name}
description: One TaskManager of a small two-stream join is killed.
seed: 42
warmup: 5s                  # not measured
duration: 60s               # virtual time, warm-up included
params: { P: 16 }           # \${P} below; change all places at once with --set P=32
resolution: 100ms           # of healthy traffic; \`exact\` simulates every buffer (small jobs only)

job:
  vertices:
    - { id: clicks, type: source, parallelism: "\${P}", rate: "\${500*P}/s", recordSize: 1kB, serviceTime: 100us }
    - { id: orders, type: source, parallelism: "\${P}", rate: "\${500*P}/s", recordSize: 1kB, serviceTime: 100us }
    - id: joiner
      type: join
      parallelism: "\${P}"
      window: 10s           # a record stays in the state this long
      match: { probability: 0.9, delay: { exponential: 1s } }   # how often, and how much later, its partner comes
      serviceTime: 100us    # per record; \`outgap check\` prints how busy the hottest subtask is
      sink: true            # its matches are the job's output
  edges:
    - { from: clicks, to: joiner, partitioning: hash }          # hash | forward | rebalance | rescale | broadcast
    - { from: orders, to: joiner, partitioning: hash }

cluster:
  taskManagers: "\${P/4}"
  slotsPerTaskManager: 4
  provider: yarn            # yarn | kubernetes | standalone
  reservedTaskManagers: 0   # idle TaskManagers kept ready

engine:
  version: "1.9"            # quote it; see \`outgap list engines\`
  config:                   # Flink's own keys
    heartbeat.timeout: 50s
    restart-strategy: fixed-delay
    restart-strategy.fixed-delay.delay: 1s
    restart-strategy.fixed-delay.attempts: 2147483647

costs: {}                   # such as { containerStart: 30s }

faults:
  - { at: 15s, kind: kill-task-manager, target: { taskManager: 1 } }

cases:                      # same seed, same arrivals, same fault; only these differences
  - { name: global restart, strategy: global-restart }
  - { name: single-task, strategy: single-task }
  - { name: "single-task, reserved TM", strategy: single-task, set: { cluster.reservedTaskManagers: 1 } }

expect:                     # tested after the run, on the median over the seeds
  - { case: "single-task, reserved TM", metric: recoveryTimeMs, atMost: 10s }
  - { case: single-task, metric: tasksRestarted, equals: 12 }
`;
}
