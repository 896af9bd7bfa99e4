/**
 * Which values of the four fitted numbers reproduce all six published cells (`npm run study:feasible`). The recovery
 * times are linear in each number near the preset (each is a sum of draws on a path), so the response is measured by
 * raising one number at a time on the same seeds, and the feasible set is sampled from that response.
 *
 * K: notice + slot + open + connect (only the sum is identified; raised through taskOpen) · A: container start ·
 * R: restart delay · m: main-thread cost of a task operation, the descriptor cost tied to it by the published 10k row.
 */
import { RandomStreams } from "../../kernel/random.js";
import type { ModelConfig } from "../../model/config.js";
import { median } from "../../scenario/index.js";
import { type Recover, shortened } from "./recovery.js";

export const FITTED = ["K", "A", "R", "m"] as const;
export type Fitted = (typeof FITTED)[number];

export interface Cell {
  readonly slots: number;
  readonly caseName: string;
  readonly publishedSeconds: number;
  readonly toleranceSeconds: number;
}

export const CELLS: readonly Cell[] = [
  { slots: 1000, caseName: "global restart", publishedSeconds: 40, toleranceSeconds: 4 },
  { slots: 4000, caseName: "global restart", publishedSeconds: 81, toleranceSeconds: 8.1 },
  { slots: 1000, caseName: "single-task", publishedSeconds: 20, toleranceSeconds: 2 },
  { slots: 4000, caseName: "single-task", publishedSeconds: 18, toleranceSeconds: 1.8 },
  { slots: 1000, caseName: "single-task, reserved TM", publishedSeconds: 5, toleranceSeconds: 0.5 },
  { slots: 4000, caseName: "single-task, reserved TM", publishedSeconds: 5, toleranceSeconds: 0.5 },
];

/** 63.118 s for 20,000 tasks and 10⁸ descriptors (Flink 1.12, 10k×10k): what m leaves for one descriptor, in ns. */
export function descriptorNs(taskOperationNs: number): number {
  return Math.round((63.118e9 - 20_000 * taskOperationNs) / 1e8);
}

const STEP: Readonly<Record<Fitted, number>> = { K: 0.2, A: 0.5, R: 1, m: 0.05 };
/** Ranges that are sampled; wider than any plausible value. */
const RANGE: Readonly<Record<Fitted, readonly [number, number]>> = {
  K: [3, 8],
  A: [8, 25],
  R: [0, 30],
  m: [0.05, 1.5],
};
const SAMPLES = 2_000_000;

function constantNs(distribution: ModelConfig["costs"]["taskOpen"]): number {
  if (distribution.kind !== "constant") throw new Error("the preset's value is expected to be a constant");
  return distribution.valueNs;
}

function raised(config: ModelConfig, name: Fitted, by: number): ModelConfig {
  const { costs, engine } = config;
  switch (name) {
    case "K":
      return {
        ...config,
        costs: { ...costs, taskOpen: { kind: "constant", valueNs: constantNs(costs.taskOpen) + by * 1e9 } },
      };
    case "A": {
      const start = costs.containerStart;
      if (start.kind !== "lognormal") throw new Error("the preset's container start is expected to be lognormal");
      return { ...config, costs: { ...costs, containerStart: { ...start, medianNs: start.medianNs + by * 1e9 } } };
    }
    case "R":
      return { ...config, engine: { ...engine, restartDelayNs: engine.restartDelayNs + by * 1e9 } };
    case "m": {
      const operationNs = Math.round(constantNs(costs.taskOperation) + by * 1e6);
      return {
        ...config,
        costs: {
          ...costs,
          taskOperation: { kind: "constant", valueNs: operationNs },
          descriptor: { kind: "constant", valueNs: descriptorNs(operationNs) },
        },
      };
    }
  }
}

/** Recovery times alone are wanted, so the control plane is enough; the slowest setting takes less than this. */
const WITHIN_NS = 110e9;

async function medianRecovery(config: ModelConfig, seeds: number, recover: Recover): Promise<number> {
  const short = shortened(config, WITHIN_NS);
  const tasks = Array.from({ length: seeds }, (_, i) => ({
    config: { ...short, seed: String(i + 1) },
    plane: "control" as const,
  }));
  const seconds = (await recover(tasks)).map(({ recoveryNs }, i) => {
    if (Number.isNaN(recoveryNs)) throw new Error(`no recovery on seed ${i + 1}`);
    return recoveryNs / 1e9;
  });
  return median(seconds);
}

export interface FeasibleSet {
  readonly seeds: number;
  readonly preset: Readonly<Record<Fitted, number>>;
  readonly cells: readonly {
    readonly slots: number;
    readonly caseName: string;
    readonly publishedSeconds: number;
    readonly presetSeconds: number;
    readonly slope: Readonly<Record<Fitted, number>>;
  }[];
  /** Interval of each number over the sampled settings that reproduce all six cells. */
  readonly feasible: Readonly<Record<Fitted, { readonly low: number; readonly high: number }>>;
  readonly share: number;
  /** What the cells at P=1000 alone would allow for the global restart at P=4000. */
  readonly predictedFromSmall: { readonly lowSeconds: number; readonly highSeconds: number };
}

/** @param configOf the shipped configuration of a cell; seconds and milliseconds throughout. */
export async function feasibleSet(
  configOf: (cell: Cell) => ModelConfig,
  seeds: number,
  recover: Recover,
): Promise<FeasibleSet> {
  const cells = await Promise.all(
    CELLS.map(async (cell) => {
      const config = configOf(cell);
      const presetSeconds = await medianRecovery(config, seeds, recover);
      const slope = { K: 0, A: 0, R: 0, m: 0 };
      for (const name of FITTED) {
        const seconds = await medianRecovery(raised(config, name, STEP[name]), seeds, recover);
        slope[name] = (seconds - presetSeconds) / STEP[name];
      }
      const { slots, caseName, publishedSeconds } = cell;
      return { slots, caseName, publishedSeconds, presetSeconds, slope };
    }),
  );
  const first = configOf(CELLS[0]!);
  const { costs } = first;
  const start = costs.containerStart;
  const reserved = cells.find((cell) => cell.caseName.includes("reserved"))!;
  const preset = {
    K: reserved.presetSeconds,
    A: start.kind === "lognormal" ? start.medianNs / 1e9 : Number.NaN,
    R: first.engine.restartDelayNs / 1e9,
    m: constantNs(costs.taskOperation) / 1e6,
  };
  const draws = new RandomStreams("feasible-set").family("samples");
  const low = {
    K: Number.POSITIVE_INFINITY,
    A: Number.POSITIVE_INFINITY,
    R: Number.POSITIVE_INFINITY,
    m: Number.POSITIVE_INFINITY,
  };
  const high = {
    K: Number.NEGATIVE_INFINITY,
    A: Number.NEGATIVE_INFINITY,
    R: Number.NEGATIVE_INFINITY,
    m: Number.NEGATIVE_INFINITY,
  };
  const fromSmall = { lowSeconds: Number.POSITIVE_INFINITY, highSeconds: Number.NEGATIVE_INFINITY };
  let kept = 0;
  for (let sample = 0; sample < SAMPLES; sample++) {
    const value = { K: 0, A: 0, R: 0, m: 0 };
    FITTED.forEach((name, i) => {
      const [from, to] = RANGE[name];
      value[name] = from + (to - from) * draws.uniform(i, sample);
    });
    const predict = (i: number): number =>
      FITTED.reduce((sum, name) => sum + cells[i]!.slope[name] * (value[name] - preset[name]), cells[i]!.presetSeconds);
    const fits = (i: number): boolean =>
      Math.abs(predict(i) - CELLS[i]!.publishedSeconds) <= CELLS[i]!.toleranceSeconds;
    if (!CELLS.every((cell, i) => cell.slots !== 1000 || fits(i))) continue;
    fromSmall.lowSeconds = Math.min(fromSmall.lowSeconds, predict(1));
    fromSmall.highSeconds = Math.max(fromSmall.highSeconds, predict(1));
    if (!CELLS.every((_, i) => fits(i))) continue;
    kept++;
    for (const name of FITTED) {
      low[name] = Math.min(low[name], value[name]);
      high[name] = Math.max(high[name], value[name]);
    }
  }
  return {
    seeds,
    preset,
    cells,
    feasible: {
      K: { low: low.K, high: high.K },
      A: { low: low.A, high: high.A },
      R: { low: low.R, high: high.R },
      m: { low: low.m, high: high.m },
    },
    share: kept / SAMPLES,
    predictedFromSmall: fromSmall,
  };
}
