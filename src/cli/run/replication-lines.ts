/** What several seeds say about the means: one line per case, with the difference from the first, paired by seed. */
import type { StatisticsEntry } from "../../experiment/sweep/replications.js";
import { duration } from "../../report/format.js";

/** Nothing for a single seed. */
export function replicationLines(statistics: readonly StatisticsEntry[]): string {
  if (statistics.length === 0) return "";
  const width = Math.max(...statistics.map((entry) => entry.case.length));
  const lines = statistics.map(({ case: name, metrics, paired }) => {
    const own = metrics.recoveryTimeMs;
    if (own === undefined) return `  ${name}`;
    const words = [`${own.censored > 0 ? "≥ " : ""}${withHalf(own)}`];
    const difference = paired?.metrics.recoveryTimeMs;
    if (difference !== undefined) words.push(`${difference.mean > 0 ? "+" : ""}${withHalf(difference)}`);
    return `  ${name.padEnd(width)}  ${words.join("; ")}`;
  });
  const baseline = statistics.find(({ paired }) => paired !== undefined)?.paired?.baseline;
  const how = baseline === undefined ? "" : `; difference from “${baseline}”, paired by seed`;
  return [`Mean recovery time ± half of its 95 % interval${how}:`, ...lines].join("\n");
}

function withHalf({ mean, low, high }: { mean: number; low: number | null; high: number | null }): string {
  const text = mean < 0 ? `−${duration(-mean)}` : duration(mean);
  return low === null || high === null || low === high ? text : `${text} ± ${duration((high - low) / 2)}`;
}
