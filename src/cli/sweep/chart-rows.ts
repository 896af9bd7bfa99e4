/** The rows from which the charts of a sweep are drawn: means with their intervals, over what really varies. */
import type { SweepRow } from "../../report/input.js";
import type { SweepSummary } from "./summary.js";

/** Charts stand one below the other; more than these say less. */
const MAX_METRICS = 3;

export function sweepRows(summary: SweepSummary): SweepRow[] {
  const varied = summary.parameters.filter((path) => {
    return new Set(summary.points.map(({ parameters }) => parameters[path])).size > 1;
  });
  return summary.metrics.slice(0, MAX_METRICS).flatMap(({ metric, unit }) =>
    summary.points.flatMap(({ parameters, cases }) =>
      cases.flatMap((each): SweepRow[] => {
        const spread = each.metrics[metric];
        if (spread === undefined) return [];
        const { mean, low, high, n } = spread;
        const chosen = Object.fromEntries(
          varied.flatMap((path) => {
            const value = parameters[path];
            return value === undefined ? [] : [[path, value]];
          }),
        );
        return [
          {
            scenario: summary.sweep,
            case: each.case,
            strategy: each.strategy,
            metric,
            unit: unit === "ms" ? "ms" : "",
            parameters: chosen,
            mean,
            low: low ?? mean,
            high: high ?? mean,
            seeds: n,
          },
        ];
      }),
    ),
  );
}
