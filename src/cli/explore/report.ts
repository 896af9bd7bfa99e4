/** What `outgap explore` shows and keeps: coverage of the state tables, findings, and the commands that replay them. */
import Table from "cli-table3";
import type { Explored } from "../../experiment/explore/explore.js";

/** A finding that was shrunk and saved. */
export interface SavedFinding {
  readonly run: number;
  readonly broken: readonly { readonly name: string; readonly first: string }[];
  readonly faults: number;
  readonly file: string;
  readonly command: string;
}

export interface Report {
  readonly seed: string;
  readonly scenario: string | null;
  readonly explored: Explored;
  readonly saved: readonly SavedFinding[];
}

/** Equal for equal seed and runs, whatever the threads: no time, no thread count. */
export function document({ seed, scenario, explored, saved }: Report): object {
  const { runs, refused, simulations, events, coverage, neverReached, impossibleReached, stale, findings } = explored;
  return {
    outgap: "explore",
    schema: 1,
    seed,
    scenario,
    runs,
    refused: refused.length,
    simulations,
    events,
    coverage,
    neverReached,
    impossibleReached,
    stale,
    findings: findings.map(({ run, broken }) => ({ run, broken })),
    saved,
  };
}

export function coverageCsv({ explored }: Report): string {
  const rows = explored.coverage.map(({ cell, uses, runs }) => `"${cell}",${uses},${runs}`);
  return `cell,uses,runs\r\n${rows.join("\r\n")}\r\n`;
}

export function render(report: Report, seconds: number): string {
  const { explored, saved } = report;
  const table = new Table({
    head: ["cell of the state tables", "runs", "uses"],
    colAligns: ["left", "right", "right"],
    style: { head: [], border: [] },
  });
  for (const { cell, runs, uses } of explored.coverage) table.push([cell, runs, uses]);
  const perCore = explored.runs / seconds / explored.workers;
  const lines = [
    table.toString(),
    `${explored.runs} runs (${explored.simulations} simulations, ${explored.events} events) from seed ${report.seed} in ${seconds.toFixed(1)} s: ${perCore.toFixed(1)} runs per second and thread`,
    explored.neverReached.length === 0
      ? "Every cell was reached; none that is marked impossible was."
      : `Never reached: ${explored.neverReached.join("; ")}`,
  ];
  if (explored.impossibleReached.length > 0)
    lines.push(`Reached though impossible: ${explored.impossibleReached.join("; ")}`);
  if (explored.refused.length > 0)
    lines.push(`${explored.refused.length} generated cases were no valid scenarios: ${explored.refused[0]!.reason}`);
  lines.push(
    explored.findings.length === 0
      ? "No invariant was broken."
      : `${explored.findings.length} runs broke an invariant:`,
  );
  for (const { run, broken, faults, command } of saved) {
    lines.push("", `run ${run}, shrunk to ${faults} ${faults === 1 ? "fault" : "faults"}:`);
    for (const { name, first } of broken) lines.push(`  ${name}: ${first}`);
    lines.push(`  replay: ${command}`);
  }
  return `${lines.join("\n")}\n`;
}
