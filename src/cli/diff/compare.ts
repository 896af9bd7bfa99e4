/** Compares two summaries value by value. Pure; the layout is `diff.ts`'s. */
import type { CaseSummary } from "../../metrics/result.js";

export interface Change {
  /** Path in the summary, such as `outputGapMs.affected.max`. */
  readonly path: string;
  /** As JSON would show it; undefined where there is no such value. */
  readonly before: unknown;
  readonly after: unknown;
}

export interface RunChange {
  readonly case: string;
  readonly seed: string;
  /** `added` and `removed` runs have no changes listed. */
  readonly kind: "same" | "changed" | "added" | "removed";
  readonly changes: readonly Change[];
}

/** Compares runs of equal (case, seed), in the order of `before`, then what is new. */
export function compareSummaries(before: readonly CaseSummary[], after: readonly CaseSummary[]): RunChange[] {
  const keyOf = (summary: CaseSummary): string => JSON.stringify([summary.case, summary.seed]);
  const later = new Map(after.map((summary) => [keyOf(summary), summary]));
  const result: RunChange[] = before.map((summary) => {
    const other = later.get(keyOf(summary));
    later.delete(keyOf(summary));
    const { case: name, seed } = summary;
    if (other === undefined) return { case: name, seed, kind: "removed", changes: [] };
    const changes = changesBetween(summary, other);
    return { case: name, seed, kind: changes.length === 0 ? "same" : "changed", changes };
  });
  for (const { case: name, seed } of later.values()) result.push({ case: name, seed, kind: "added", changes: [] });
  return result;
}

/** Lists and censored values are compared as wholes. */
function changesBetween(before: unknown, after: unknown, path = ""): Change[] {
  if (isPlain(before) && isPlain(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) => changesBetween(before[key], after[key], path === "" ? key : `${path}.${key}`));
  }
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ path, before, after }];
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !("censored" in value);
}
