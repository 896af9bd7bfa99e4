/** What arguments mean together: seeds to run, folders to write. Throws UsageError where they cannot. */
import { resolve } from "node:path";
import { seedSequence } from "../../experiment/plan.js";
import { nextSeeds, precisionOf } from "../../experiment/sweep/until.js";
import type { CaseSummary, Measured } from "../../metrics/result.js";
import { type Precision, parsePrecision, readMetric } from "../../scenario/index.js";
import { UsageError } from "../exit.js";

/** The seeds of one scenario. `ownSeed` already is `--seed`, if that was given. */
export function seedsOf(argv: { readonly seeds: number }, ownSeed: string): string[] {
  const seeds = seedSequence(ownSeed, argv.seeds);
  if (seeds === null) {
    throw new UsageError(`--seeds counts up from the seed, so ${JSON.stringify(ownSeed)} has to be a whole number`);
  }
  return seeds;
}

/** Two scenarios must not write to one folder. */
export function assertDistinct(paths: readonly string[]): void {
  const seen = new Set<string>();
  for (const path of paths.map((each) => resolve(each))) {
    if (seen.has(path)) throw new UsageError(`${path}: two of the scenarios would write their results here`);
    seen.add(path);
  }
}

/** With `--until`: how narrow the intervals have to be, and how many seeds that may take. */
export interface Until {
  readonly precision: Precision;
  readonly maxSeeds: number;
}

const DEFAULT_MAX_SEEDS = 1_000;

/** @throws UsageError if it cannot be read, or a scenario's seed cannot be counted up from */
export function untilOf(
  argv: { readonly until: string | undefined; readonly "max-seeds": number | undefined },
  scenarios: readonly { readonly scenario: { readonly seed: string } }[],
): Until | null {
  if (argv.until === undefined) return null;
  const parsed = parsePrecision(argv.until);
  if (!parsed.ok) {
    const { message, expected } = parsed.problem;
    throw new UsageError(`--until: ${message}${expected === null ? "" : `, expected ${expected}`}`);
  }
  for (const { scenario } of scenarios) seedsOf({ seeds: 2 }, scenario.seed);
  return { precision: parsed.value, maxSeeds: argv["max-seeds"] ?? DEFAULT_MAX_SEEDS };
}

/** The seeds that the next round adds; none if the intervals of all cases are narrow enough. */
export function moreSeeds({ precision, maxSeeds }: Until, first: string, summaries: readonly CaseSummary[]): string[] {
  const values = valuesByCase(precision, summaries);
  const seeds = new Set(summaries.map((summary) => summary.seed)).size;
  const wanted = nextSeeds(values, precision, seeds, maxSeeds);
  return wanted === seeds ? [] : seedsOf({ seeds: wanted }, first).slice(seeds);
}

/** Whether the intervals of all cases are narrow enough. */
export function isPrecise({ precision }: Until, summaries: readonly CaseSummary[]): boolean {
  return precisionOf(valuesByCase(precision, summaries), precision).reached;
}

function valuesByCase({ metric }: Precision, summaries: readonly CaseSummary[]): Measured[][] {
  const cases = [...new Set(summaries.map((summary) => summary.case))];
  return cases.map((name) =>
    summaries.filter((summary) => summary.case === name).map((summary) => readMetric(summary, metric)),
  );
}
