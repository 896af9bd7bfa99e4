/**
 * The published cells on many seeds (`npm run study`): median and 95 % interval of single runs of the recovery time of
 * each, and where the published value lies. On the full model; only what decides recovery is run.
 */
import type { Measured } from "../../metrics/result.js";
import type { ModelConfig } from "../../model/config.js";
import { evaluateExpectation, type MetricExpectation, medianMeasured } from "../../scenario/index.js";
import { interval } from "../statistics.js";
import type { Study } from "../study.js";
import { type Recover, shortened } from "./recovery.js";

export interface PublishedCase {
  readonly name: string;
  readonly config: ModelConfig;
  readonly expectation: MetricExpectation;
}

export interface PublishedStudy {
  readonly study: Study;
  /** Case, seed and recovery time in ms; null if the run ended before. */
  readonly runs: readonly { readonly case: string; readonly seed: string; readonly recoveryTimeMs: number | null }[];
}

/** Of the published value: how far the median over the seeds may lie from it. The scenarios say it of one run. */
const MEDIAN_WITHIN = 0.1;

/** How long a run goes on after its fault, in published recovery times: beyond it the value counts as a lower bound. */
const ENOUGH = 1.5;

export async function publishedStudy(
  scenario: string,
  cases: readonly PublishedCase[],
  seeds: readonly string[],
  recover: Recover,
): Promise<PublishedStudy> {
  const results = await Promise.all(
    cases.map(async ({ name, config, expectation }) => {
      const withinNs = ENOUGH * expectation.value * 1e6 + 3e9;
      const short = shortened(config, withinNs);
      const recoveries = await recover(seeds.map((seed) => ({ config: { ...short, seed }, plane: "full" as const })));
      const broken = recoveries.flatMap((each) => each.broken);
      if (broken.length > 0) throw new Error(`${scenario}, ${name}: ${broken.join(", ")} broken`);
      const values = recoveries.map(
        ({ recoveryNs }): Measured =>
          Number.isNaN(recoveryNs) ? { censored: true, atLeastMs: withinNs / 1e6 } : recoveryNs / 1e6,
      );
      return { name, expectation, values };
    }),
  );
  return {
    study: {
      scenario,
      seeds,
      cases: results.map(({ name, values }) => ({ case: name, metrics: { recoveryTimeMs: spread(values) } })),
      published: results.map(({ name, expectation, values }) => {
        const found = spread(values);
        return {
          case: name,
          metric: expectation.metric,
          published: expectation.value,
          ...found,
          ok: evaluateExpectation({ ...expectation, within: MEDIAN_WITHIN * expectation.value }, values).ok,
          insideInterval: inside(found, expectation.value),
        };
      }),
    },
    runs: results.flatMap(({ name, values }) =>
      values.map((value, i) => ({
        case: name,
        seed: seeds[i]!,
        recoveryTimeMs: typeof value === "number" ? value : null,
      })),
    ),
  };
}

function spread(values: readonly Measured[]): { median: Measured; low: Measured; high: Measured } {
  const [low, high] = interval(values);
  return { median: medianMeasured(values), low, high };
}

function inside({ low, high }: { low: Measured; high: Measured }, value: number): boolean {
  return value >= (typeof low === "number" ? low : low.atLeastMs) && (typeof high !== "number" || value <= high);
}
