/** Published measurements that a simulated value can be held against. Each with its source; owns no simulation. */

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
