/**
 * `outgap check`: what a scenario would ask of the cluster, and whether it can be run at all. Owns the layout; the
 * findings are `scenario/check`'s.
 */
import Table from "cli-table3";
import { figures, percent } from "../../report/format.js";
import type { CheckReport, ScenarioCheck } from "../../scenario/index.js";
import { EXIT } from "../exit.js";
import type { SharedArguments } from "../options.js";
import { checkLoaded, type LoadedScenario, loadScenarios, refusalOf } from "../scenario-files.js";
import { paint, writeOut } from "../streams.js";

export interface CheckArguments extends Pick<SharedArguments, "seed" | "case" | "set" | "json" | "quiet"> {
  readonly files: readonly string[];
  readonly print: boolean;
}

export async function check(argv: CheckArguments): Promise<number> {
  const checked = loadScenarios(argv.files, argv).map((loaded) => ({ loaded, found: checkLoaded(loaded) }));
  const refusal = refusalOf(checked.map(({ found }) => found));
  if (argv.json) await writeOut(`${JSON.stringify({ scenarios: checked.map(toJson) }, null, 2)}\n`);
  else if (argv.print) for (const { loaded } of checked) await writeOut(loaded.scenario.normalisedYaml);
  else if (!argv.quiet) for (const { loaded, found } of checked) await writeOut(describe(loaded, found));
  if (refusal !== null) throw refusal;
  return EXIT.done;
}

interface Checked {
  readonly loaded: LoadedScenario;
  readonly found: ScenarioCheck;
}

function toJson({ loaded, found }: Checked): object {
  const cases = found.cases.map(({ name, report: { findings: _, ...rest } }) => ({ case: name, ...rest }));
  const { refusals, warnings } = found;
  return { scenario: loaded.scenario.name, file: loaded.file, ok: refusals.length === 0, refusals, warnings, cases };
}

function describe({ file, scenario }: LoadedScenario, found: ScenarioCheck): string {
  const lines = [`${paint("bold", scenario.name)} (${file})`];
  // Cases that ask for the same are described once.
  const groups = new Map<string, { names: string[]; report: CheckReport }>();
  for (const { name, report } of found.cases) {
    const { findings: _, ...rest } = report;
    const key = JSON.stringify(rest);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { names: [name], report });
    else group.names.push(name);
  }
  for (const { names, report } of groups.values()) {
    if (groups.size > 1) lines.push(`case ${names.join(" · ")}`);
    lines.push(demand(report));
  }
  for (const { file: place, line, column, message } of found.warnings) {
    lines.push(`${paint("yellow", "warning")} ${place}:${line}:${column}: ${message}`);
  }
  const cases = `${scenario.cases.length} case${scenario.cases.length === 1 ? "" : "s"}`;
  if (found.refusals.length === 0) lines.push(`${paint("green", "✓")} ${cases}, ready to run`);
  return `${lines.join("\n")}\n`;
}

const MIB = 1024 ** 2;

function demand({ loads, memory, slotsNeeded, slotsAvailable }: CheckReport): string {
  const lines: string[] = [];
  if (loads.length > 0) {
    const table = new Table({
      head: ["vertex", "hottest subtask", "records/s", "× mean", "busy"],
      style: { head: [], border: [], compact: true },
      colAligns: ["left", "right", "right", "right", "right"],
    });
    for (const { vertex, subtask, ratePerSecond, timesMean, utilisation } of loads) {
      const busy = percent(utilisation);
      table.push([
        vertex,
        String(subtask),
        figures(ratePerSecond),
        timesMean.toFixed(2),
        utilisation >= 1 ? paint("red", busy) : busy,
      ]);
    }
    lines.push(table.toString(), `slots: ${slotsNeeded} needed of ${slotsAvailable}`);
  }
  if (memory !== null) {
    const mib = (bytes: number): string => `${(bytes / MIB).toFixed(1)} MiB`;
    const { neededBytes, wantedBytes, availableBytes } = memory;
    lines.push(
      `network memory of a TaskManager: ${mib(neededBytes)} to start, ${mib(wantedBytes)} with full pools, ` +
        `${mib(availableBytes)} there`,
    );
  }
  return lines.join("\n");
}
