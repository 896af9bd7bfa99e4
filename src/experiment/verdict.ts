/**
 * What the runs of one scenario come to: its expectations on the medians over the seeds, and whether a run ended in a
 * way that nobody expected. Owns the verdict, not the expectations' meaning (that is `scenario/expectations`).
 */
import type { CaseSummary, Measured } from "../metrics/result.js";
import { type Expectation, type ExpectationResult, evaluateOnSummaries } from "../scenario/index.js";

/** An entry of `expect` in `--json` and `summary.json`. */
export interface ExpectEntry {
  readonly case: string;
  readonly metric: string;
  readonly published?: number;
  readonly atMost?: number;
  readonly atLeast?: number;
  readonly equals?: number | string;
  readonly within?: number;
  readonly measured: Measured | string | null;
  readonly ok: boolean;
  readonly source?: string;
}

export interface Verdict {
  readonly expect: readonly ExpectEntry[];
  /** In words, what makes the command fail; empty if nothing does. */
  readonly failures: readonly string[];
}

export function judge(expectations: readonly Expectation[], summaries: readonly CaseSummary[]): Verdict {
  const results = expectations.map((expectation) => evaluateOnSummaries(expectation, summaries));
  const expected = new Set(
    results.filter((result) => result.relation === "endState" && result.ok).map((result) => result.case),
  );
  const failures = results
    .filter((result) => !result.ok)
    .map((result) => `${result.case}: ${result.metric} is not as expected`);
  for (const { case: name, seed, endState, invariants } of summaries) {
    if (endState !== "completed" && !expected.has(name)) failures.push(`${name}, seed ${seed}: ${endState}`);
    for (const { name: invariant, violations, first } of invariants) {
      if (violations !== 0) failures.push(`${name}, seed ${seed}: ${invariant} is violated: ${first ?? violations}`);
    }
  }
  return { expect: results.map(toEntry), failures };
}

function toEntry(result: ExpectationResult): ExpectEntry {
  const wanted =
    result.relation === "invariant" || result.relation === "endState"
      ? { equals: result.wanted }
      : { [result.relation]: result.wanted };
  return {
    case: result.case,
    metric: result.metric,
    ...wanted,
    ...(result.within === null ? {} : { within: result.within }),
    measured: typeof result.measured === "number" && Number.isNaN(result.measured) ? null : result.measured,
    ok: result.ok,
    ...(result.source === null ? {} : { source: result.source }),
  };
}
