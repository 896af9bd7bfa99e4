/** The rows from which the charts of a sweep are drawn: means with their intervals, over what really varies. */
import type { SweepRow } from "../../report/input.js";
import { parseQuantity } from "../../scenario/units.js";
import type { SweepSummary } from "./summary.js";

/** Charts stand one below the other; more than these say less. */
const MAX_METRICS = 3;

export function sweepRows(summary: SweepSummary): SweepRow[] {
  const varied = summary.parameters.flatMap((path): Axis[] => {
    const values = summary.points.flatMap(({ parameters }) => parameters[path] ?? []);
    return new Set(values).size > 1 ? [axisOf(path, values)] : [];
  });
  return summary.metrics.slice(0, MAX_METRICS).flatMap(({ metric, unit }) =>
    summary.points.flatMap(({ parameters, cases }) =>
      cases.flatMap((each): SweepRow[] => {
        const spread = each.metrics[metric];
        if (spread === undefined) return [];
        const { mean, low, high, n, censored } = spread;
        const chosen = Object.fromEntries(
          varied.flatMap(({ path, label, value }) => {
            const own = parameters[path];
            return own === undefined ? [] : [[label, value(own)]];
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
            ...(censored > 0 ? { censored } : {}),
          },
        ];
      }),
    ),
  );
}

interface Axis {
  readonly path: string;
  readonly label: string;
  readonly value: (written: number | string) => number | string;
}

/** A parameter as axes and tables name it, without the part of the scenario that it stands in. */
export function parameterLabel(path: string): string {
  return path.replace(/^(engine\.config|strategyOptions|cluster|costs)\./, "");
}

/** Durations become seconds, so that their axis is one of numbers; anything else stays as it is written. */
function axisOf(path: string, values: readonly (number | string)[]): Axis {
  const label = parameterLabel(path);
  const seconds = (written: number | string): number | null => {
    const parsed = typeof written === "string" ? parseQuantity(written, "duration") : null;
    return parsed?.ok === true ? parsed.value / 1e9 : null;
  };
  if (values.some((written) => seconds(written) === null)) return { path, label, value: (written) => written };
  return { path, label: `${label} (s)`, value: (written) => seconds(written) ?? written };
}
