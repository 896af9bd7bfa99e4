/**
 * Random small jobs on at least four TaskManagers, as scenario text: shapes, partitionings, sizes, engine line,
 * provider, reserves. Costs are short, so that several failovers fit into a few virtual seconds.
 */
import type { Dice } from "../../scenario/dice.js";

export interface Job {
  readonly text: string;
  readonly taskManagers: number;
  readonly slots: number;
  /** Vertex ids with their parallelism. */
  readonly vertices: readonly (readonly [id: string, parallelism: number])[];
  readonly edges: readonly (readonly [from: string, to: string])[];
  readonly provider: "yarn" | "kubernetes" | "standalone";
  readonly strategy: string;
}

/**
 * How long after the last fault the job may take to be well again, in ns: a slow open on a slow machine, and a back-off
 * ladder that at most doubles what it waits for.
 */
export const LIVENESS_NS = 30e9;

const EDGE = (from: string, to: string, partitioning: string): string =>
  `    - { from: ${from}, to: ${to}, partitioning: ${partitioning} }`;

export function randomJob(dice: Dice): Job {
  const taskManagers = 4 + dice.below(3);
  const slotsEach = dice.weighted([
    [3, 1],
    [1, 2],
  ] as const);
  const parallelism = taskManagers * slotsEach;
  const rate =
    dice.weighted([
      [3, 10],
      [3, 30],
      [1, 120],
    ] as const) * parallelism;
  const recordSize = dice.pick(["200B", "1kB", "5kB"]);
  const resume = dice.pick(["committed", "latest"]);
  const source = (id: string): string =>
    `    - { id: ${id}, type: source, parallelism: ${parallelism}, rate: ${rate}/s, recordSize: ${recordSize}, serviceTime: 100us, resume: ${resume} }`;
  const join = (id: string, sink: boolean): string =>
    `    - { id: ${id}, type: join, parallelism: ${parallelism}, window: 2s, match: { probability: 0.9, delay: { exponential: 100ms } }, serviceTime: 50us, recordSize: ${recordSize}, sink: ${sink} }`;
  const anyEdge = (): string => dice.pick(["forward", "rebalance", "rescale", "hash", "broadcast"]);
  const half = Math.max(1, parallelism >> 1);
  const shapes: readonly (readonly [
    number,
    () => { vertices: string[]; edges: string[]; sizes: [string, number][] },
  ])[] = [
    [
      5,
      () => ({
        vertices: [source("left"), source("right"), join("joiner", true)],
        edges: [EDGE("left", "joiner", "hash"), EDGE("right", "joiner", "hash")],
        sizes: [
          ["left", parallelism],
          ["right", parallelism],
          ["joiner", parallelism],
        ],
      }),
    ],
    [
      2,
      () => ({
        vertices: [
          source("left"),
          source("right"),
          join("joiner", false),
          `    - { id: out, type: sink, parallelism: ${half}, serviceTime: 50us }`,
        ],
        edges: [
          EDGE("left", "joiner", "hash"),
          EDGE("right", "joiner", "hash"),
          EDGE("joiner", "out", dice.pick(["rebalance", "rescale", "hash"])),
        ],
        sizes: [
          ["left", parallelism],
          ["right", parallelism],
          ["joiner", parallelism],
          ["out", half],
        ],
      }),
    ],
    [
      2,
      () => ({
        vertices: [
          source("reader"),
          `    - { id: parser, type: operator, parallelism: ${parallelism}, serviceTime: 100us, recordSize: ${recordSize}, selectivity: ${dice.pick([0.5, 1, 2])} }`,
          `    - { id: writer, type: sink, parallelism: ${half}, serviceTime: 50us }`,
        ],
        edges: [
          EDGE("reader", "parser", anyEdge()),
          EDGE("parser", "writer", dice.pick(["rebalance", "rescale", "hash"])),
        ],
        sizes: [
          ["reader", parallelism],
          ["parser", parallelism],
          ["writer", half],
        ],
      }),
    ],
  ];
  const { vertices, edges, sizes } = dice.weighted(shapes)();
  const pairs = edges.map((edge): [string, string] => {
    const [, from, to] = /from: (\w+), to: (\w+)/.exec(edge)!;
    return [from!, to!];
  });
  const version = dice.weighted([
    [4, "1.9"],
    [1, "1.12"],
    [1, "1.14"],
  ] as const);
  const provider = dice.weighted([
    [6, "yarn"],
    [1, "kubernetes"],
    [2, "standalone"],
  ] as const);
  const strategy = dice.weighted([
    [8, "single-task"],
    [1, "global-restart"],
    [1, "region-restart"],
    [1, "approximate-local"],
  ] as const);
  const reserved = dice.weighted([
    [4, 0],
    [2, 1],
    [1, 2],
  ] as const);
  const interval = dice.pick([100, 200, 400]);
  const text = `version: 1
name: swarm
seed: ${1 + dice.below(1_000_000)}
duration: 20s
liveness: ${LIVENESS_NS}ns
resolution: exact
job:
  vertices:
${vertices.join("\n")}
  edges:
${edges.join("\n")}
cluster:
  taskManagers: ${taskManagers}
  slotsPerTaskManager: ${slotsEach}
  taskManagersPerMachine: ${dice.weighted([
    [4, 1],
    [1, 2],
  ] as const)}
  provider: ${provider}
  reservedTaskManagers: ${reserved}
engine:
  version: "${version}"
  config:
    heartbeat.interval: ${interval}ms
    heartbeat.timeout: ${interval * dice.pick([3, 5])}ms
    execution.buffer-timeout: ${dice.weighted([
      [1, 100],
      [3, 400],
    ] as const)}ms
    akka.ask.timeout: ${dice.pick([200, 500, 1000])}ms
    restart-strategy: fixed-delay
    restart-strategy.fixed-delay.delay: ${dice.pick([0, 100, 700])}ms
    restart-strategy.fixed-delay.attempts: 2147483647
costs:
  containerStart: ${dice.pick([200, 500, 1000])}ms
  taskOpen: ${dice.pick([20, 100, 400])}ms
  containerExitNotice: ${dice.pick([20, 100, 500])}ms
  nodeManagerHeartbeat: 20ms
  applicationMasterHeartbeat: 20ms
strategy: ${strategy}
`;
  return { text, taskManagers, slots: slotsEach, vertices: sizes, edges: pairs, provider, strategy };
}
