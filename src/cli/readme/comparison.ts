/** The README's result tables: published beside simulated, from the reference results and from the study. */
import type { Study } from "../../experiment/study.js";
import type { CaseSummary, Measured } from "../../metrics/result.js";
import { measuredDuration, percent } from "../../report/format.js";

/** What the table needs of `summary.json`. */
export interface ReferenceResult {
  readonly parallelism: number;
  readonly cases: readonly CaseSummary[];
  readonly expect: readonly { readonly case: string; readonly metric: string; readonly published?: number }[];
}

/** @param results one per size, smallest first, with the same cases */
export function comparisonTable(results: readonly ReferenceResult[]): string {
  const head = ["one container killed"];
  for (const { parallelism } of results) head.push(`P=${parallelism}, published`, `P=${parallelism}, simulated`);
  head.push(`output until recovered, P=${results.at(-1)?.parallelism ?? 0}`, "tasks restarted");
  const names = (results[0]?.cases ?? []).map((summary) => summary.case);
  const rows = names.map((name) => {
    const cells = [name];
    for (const result of results) {
      const published = result.expect.find(
        (entry) => entry.case === name && entry.metric === "recoveryTimeMs",
      )?.published;
      cells.push(published === undefined ? "–" : measuredDuration(published));
      cells.push(`**${measuredDuration(summaryOf(result, name).recoveryTimeMs)}**`);
    }
    const largest = summaryOf(results.at(-1) as ReferenceResult, name);
    cells.push(outputPhrase(largest), String(largest.tasksRestarted));
    return cells;
  });
  const rule = head.map((_, column) => (column === 0 ? "---" : "--:"));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function summaryOf(result: ReferenceResult, name: string): CaseSummary {
  const summary = result.cases.find((candidate) => candidate.case === name);
  if (summary === undefined) throw new RangeError(`P=${result.parallelism} has no case ${JSON.stringify(name)}`);
  return summary;
}

/** `none for 81.3 s` or `0.31 % missing`. */
function outputPhrase({ jobOutageMs, outputDeficitRatio }: CaseSummary): string {
  const lengthOf = (value: Measured): number => (typeof value === "number" ? value : value.atLeastMs);
  return lengthOf(jobOutageMs) > 0
    ? `none for ${measuredDuration(jobOutageMs)}`
    : `${percent(outputDeficitRatio)} missing`;
}

/** The published figures and the runs that they could be one of. @param studies one per size, smallest first */
export function studyTable(studies: readonly { readonly parallelism: number; readonly study: Study }[]): string {
  const head = ["published figure", "published", "median", "95 % of single runs", "inside"];
  const rows = studies.flatMap(({ parallelism, study }) =>
    study.published.map((entry) => [
      `P=${parallelism}, ${entry.case}`,
      measuredDuration(entry.published),
      `${measuredDuration(entry.median)}${entry.ok ? "" : " (off)"}`,
      `${measuredDuration(entry.low)} – ${measuredDuration(entry.high)}`,
      entry.insideInterval ? "yes" : "no",
    ]),
  );
  const seeds = studies[0]?.study.seeds.length ?? 0;
  const table = [head, head.map((_, column) => (column === 0 ? "---" : "--:")), ...rows];
  return `The same on ${seeds} seeds:\n\n${table.map((cells) => `| ${cells.join(" | ")} |`).join("\n")}`;
}
