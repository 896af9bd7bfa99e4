/** Published measurements that a simulated value can be held against, and those that belong to a result. Owns no simulation. */
import type { ResultSet } from "./input.js";

export interface PublishedPoint {
  /** Name of the scenario family: every scenario whose name starts with it. */
  readonly family: string;
  readonly parallelism: number;
  readonly case: string;
  readonly recoveryMs: number;
  readonly source: string;
}

const BYTEDANCE = "ByteDance, Flink single-point recovery, 2023-11-06, table";

export const PUBLISHED_RECOVERIES: readonly PublishedPoint[] = (
  [
    [1000, "global restart", 40_000],
    [1000, "single-task", 20_000],
    [1000, "single-task, reserved TM", 5_000],
    [4000, "global restart", 81_000],
    [4000, "single-task", 18_000],
    [4000, "single-task, reserved TM", 5_000],
  ] as const
).map(([parallelism, name, recoveryMs]) => ({
  family: "bytedance-join",
  parallelism,
  case: name,
  recoveryMs,
  source: BYTEDANCE,
}));

export interface Published {
  readonly case: string;
  readonly parallelism: number;
  readonly seconds: number;
  readonly source: string;
}

/** Sink subtasks per vertex: the parallelism that a recovery is about. */
export function parallelismOf(set: ResultSet): number {
  const first = set.gaps[0];
  if (first === undefined) return 0;
  return set.gaps.filter((row) => row.case === first.case && row.seed === first.seed && row.vertex === first.vertex)
    .length;
}

/** The table of a known family; for other scenarios what their `expect` names as published. */
export function publishedFor(sets: readonly ResultSet[], swept: readonly string[] = []): Published[] {
  const found = new Map<string, Published>();
  for (const scenario of [...sets.map((set) => set.scenario), ...swept]) {
    for (const point of PUBLISHED_RECOVERIES) {
      if (!scenario.startsWith(point.family)) continue;
      const { parallelism, source } = point;
      found.set(`${parallelism}/${point.case}`, {
        case: point.case,
        parallelism,
        seconds: point.recoveryMs / 1000,
        source,
      });
    }
  }
  for (const set of sets) {
    for (const expected of set.summary.expect) {
      if (expected.metric !== "recoveryTimeMs" || typeof expected.published !== "number") continue;
      const parallelism = parallelismOf(set);
      const key = `${parallelism}/${expected.case}`;
      if (parallelism === 0 || found.has(key)) continue;
      found.set(key, {
        case: expected.case,
        parallelism,
        seconds: expected.published / 1000,
        source: expected.source ?? set.scenario,
      });
    }
  }
  return [...found.values()];
}

/** The published recovery of one case at the size of this result. */
export function publishedOf(set: ResultSet, name: string): Published | null {
  const parallelism = parallelismOf(set);
  return publishedFor([set]).find((point) => point.case === name && point.parallelism === parallelism) ?? null;
}
