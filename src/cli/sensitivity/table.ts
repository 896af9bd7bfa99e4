/** What a person reads on stdout: per case and metric the costs by their effect, and which ones do not matter. */
import Table from "cli-table3";
import type { Effect } from "../../experiment/sensitivity/study.js";
import type { Measured } from "../../metrics/result.js";
import { lowerBound, percent } from "../../report/format.js";
import { paint } from "../streams.js";
import type { DocumentCase, DocumentRow, SensitivityDocument } from "./document.js";
import { shownValue, WORTH_A_ROW } from "./words.js";

export function renderSensitivity(document: SensitivityDocument): string {
  const change = `${Math.round(100 * document.change)} %`;
  const parts = [`${paint("bold", document.scenario)} · each cost ±${change}, one at a time`];
  for (const each of document.cases) {
    for (const metric of document.metrics) parts.push(caseTable(each, metric, change));
  }
  return `${parts.join("\n")}\n`;
}

function caseTable(each: DocumentCase, metric: string, change: string): string {
  const show = (value: Measured): string => shownValue(value, metric);
  const base = each.base[metric] as Measured;
  const seeds = each.seeds.length === 1 ? `seed ${each.seeds[0]}` : `median of ${each.seeds.length} seeds`;
  const heading = `\n${paint("bold", each.case)}: ${metric} is ${paint("bold", show(base))} (${seeds})`;
  const effect = (row: DocumentRow): Effect => row.effects[metric] as Effect;
  const sorted = [...each.variables].sort((a, b) => effect(b).size - effect(a).size);
  const least = WORTH_A_ROW * Math.abs(lowerBound(base));
  const rows = sorted.filter((row) => effect(row).size > 0 && effect(row).size >= least);
  const little = sorted.filter((row) => row.drawn && !rows.includes(row));
  const undrawn = sorted.filter((row) => !row.drawn);
  const lines = [heading];
  if (rows.length > 0) {
    const head = ["cost", "value", "grade", "critical\npath", `−${change}`, `+${change}`, "moves it by"];
    const table = new Table({
      head,
      style: { head: [], border: [], compact: true },
      colAligns: head.map((_, column) => (column < 3 ? "left" : "right")),
    });
    for (const row of rows) {
      const { lower, higher, size } = effect(row);
      const relative = lowerBound(base) === 0 ? "" : ` (${percent(size / Math.abs(lowerBound(base)))})`;
      const name = row.kind === "setting" ? `${row.name} (setting)` : row.name;
      const path = row.criticalPathShare === 0 ? "–" : percent(row.criticalPathShare);
      table.push([
        name,
        row.value,
        row.grade,
        path,
        show(lower),
        show(higher),
        `${shownValue(size, metric)}${relative}`,
      ]);
    }
    lines.push(table.toString());
  } else lines.push("Nothing moves it.");
  if (little.length > 0) lines.push(`Moved by less than ${percent(WORTH_A_ROW)}: ${names(little)}`);
  if (undrawn.length > 0) lines.push(paint("dim", `Not drawn in this run: ${names(undrawn)}`));
  return lines.join("\n");
}

function names(rows: readonly DocumentRow[]): string {
  return rows.map((row) => row.name).join(", ");
}
