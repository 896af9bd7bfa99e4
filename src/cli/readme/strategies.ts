/** The README's table of strategies: what each restarts and loses by its own word, and what a run of it measured. */
import { STRATEGIES } from "../../failover/registry.js";
import type { CaseSummary, Measured } from "../../metrics/result.js";
import { measuredDuration, percent } from "../../report/format.js";

/** @param cases runs of one scenario, a case per strategy, by the strategy's name */
export function strategyTable(cases: readonly CaseSummary[]): string {
  const head = ["strategy", "restarts", "tasks restarted", "recovery", "no output", "missing until recovered", "lost"];
  const rows = STRATEGIES.map(({ name, restarts }) => {
    const summary = cases.find((each) => each.strategy === name);
    if (summary === undefined) return [`\`${name}\``, restarts, "–", "–", "–", "–", "refuses this job"];
    const recovered = summary.endState === "completed";
    return [
      `\`${name}\``,
      restarts,
      summary.tasksRestarted.toLocaleString("en-US"),
      recovered ? measuredDuration(summary.recoveryTimeMs) : "never",
      isNone(summary.jobOutageMs) ? "–" : measuredDuration(summary.jobOutageMs),
      percent(summary.outputDeficitRatio),
      `${summary.records.lostTotal.toLocaleString("en-US")} records`,
    ];
  });
  const rule = head.map((_, column) => (column < 2 ? "---" : "--:"));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function isNone(outage: Measured): boolean {
  return outage === 0;
}
