/** `outgap sensitivity` from arguments to exit code: loads, studies, judges, writes, prints. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import type { Sensitivity } from "../../experiment/sensitivity/study.js";
import { judge } from "../../experiment/verdict.js";
import { findMetric, type NormalisedScenario } from "../../scenario/index.js";
import { EXIT, fileError, UsageError } from "../exit.js";
import { onInterrupt } from "../interrupt.js";
import type { SharedArguments } from "../options.js";
import { locateResults } from "../results/location.js";
import { reportFiles } from "../results/report-files.js";
import { StagedDirectory } from "../results/staged-directory.js";
import { seedsOf } from "../run/arguments.js";
import { loadChecked } from "../scenario-files.js";
import { paint, writeOut } from "../streams.js";
import { documentOf, type SensitivityDocument, sensitivityCsv } from "./document.js";
import { simulateStudy } from "./simulate.js";
import { sensitivityStudy } from "./study-report.js";
import { renderSensitivity } from "./table.js";

export interface SensitivityArguments extends Omit<SharedArguments, "trace" | "summary-only"> {
  readonly file: string;
  readonly metric: readonly string[];
}

/** Printed at most. */
const MOST_FAILURES = 20;

export async function sensitivity(argv: SensitivityArguments): Promise<number> {
  const metrics = metricsOf(argv.metric);
  const [{ scenario, file }] = loadChecked([argv.file], argv) as [ReturnType<typeof loadChecked>[number]];
  const seeds = seedsOf(argv, scenario.seed);
  const folder = openFolder(argv, scenario, file, seeds, metrics);
  const interrupt = onInterrupt(() => folder.discard());
  try {
    const progress = argv.quiet ? "none" : argv.progress;
    const { workers } = argv;
    const study = await simulateStudy(scenario.cases, seeds, metrics, { workers, progress, signal: interrupt.signal });
    const interruptCode = interrupt.exitCode();
    const document = documentOf({
      scenario: scenario.name,
      file,
      interrupted: interruptCode !== null,
      metrics,
      cases: study.cases,
      configOf: (name) => (scenario.cases.find((each) => each.name === name) as (typeof scenario.cases)[number]).config,
    });
    const failures = failuresOf(scenario, study);
    await conclude(argv, scenario, document, folder, failures);
    return interruptCode ?? (failures.length > 0 ? EXIT.failed : EXIT.done);
  } finally {
    interrupt.release();
    folder.discard();
  }
}

/** Full paths of the metrics, each once. */
function metricsOf(names: readonly string[]): string[] {
  const paths = names.map((name) => {
    const found = findMetric(name);
    if (found.ok) return found.value.path;
    const { message, expected, nearest } = found.problem;
    const hint = nearest === null ? "" : `; did you mean ${nearest}?`;
    throw new UsageError(`--metric: ${message}, expected ${expected}${hint}`);
  });
  return [...new Set(paths)];
}

function openFolder(
  argv: SensitivityArguments,
  scenario: NormalisedScenario,
  file: string,
  seeds: readonly string[],
  metrics: readonly string[],
): StagedDirectory {
  const { path } = locateResults({
    scenario: `${scenario.name}-sensitivity`,
    file,
    normalisedYaml: `${scenario.normalisedYaml}\0${metrics.join(" ")}`,
    seeds,
    unmodified: false,
    out: argv.out,
    several: false,
  });
  const folder = new StagedDirectory(path);
  write(folder, "scenario.yaml", scenario.normalisedYaml);
  return folder;
}

/**
 * Invariants that were violated in any run, changed or not, and unchanged runs that ended as nobody expects. What the
 * scenario expects of a metric is `outgap run`'s matter; with a cost changed it means nothing.
 */
function failuresOf(scenario: NormalisedScenario, { baseRuns, changedRuns }: Sensitivity): string[] {
  const expected = scenario.expect.filter((expectation) => expectation.kind !== "metric");
  const unchanged = judge(expected, baseRuns).failures;
  const changed = changedRuns.flatMap(({ variable, summary }) =>
    judge([], [{ ...summary, endState: "completed" }]).failures.map(
      (failure) => `${failure} (with ${variable} changed)`,
    ),
  );
  return [...unchanged, ...changed];
}

async function conclude(
  argv: SensitivityArguments,
  scenario: NormalisedScenario,
  document: SensitivityDocument,
  folder: StagedDirectory,
  failures: readonly string[],
): Promise<void> {
  const json = (of: SensitivityDocument): string => `${JSON.stringify(of, null, 2)}\n`;
  if (argv.json) await writeOut(json(document));
  else if (!argv.quiet && document.cases.length > 0) await writeOut(renderSensitivity(document));
  if (!argv.quiet && !argv.json) {
    for (const failure of failures.slice(0, MOST_FAILURES)) await writeOut(`${paint("red", "✗")} ${failure}\n`);
  }
  if (document.cases.length === 0) return;
  // On disk the scenario's place on this machine is nobody's business.
  write(folder, "sensitivity.json", json({ ...document, file: basename(document.file) }));
  write(folder, "sensitivity.csv", sensitivityCsv(document));
  const interrupted = document.interrupted === true;
  if (!argv["no-charts"] && !interrupted) await addReport(folder, document, scenario.normalisedYaml);
  // An interrupted study never takes the place of a whole one.
  const target = interrupted && existsSync(folder.target) ? folder.commit(`${folder.target}-partial`) : folder.commit();
  if (argv.quiet || argv.json) return;
  const near = relative(".", target);
  const shown = near.startsWith("..") || near === "" ? target : near;
  await writeOut(`${interrupted ? "Interrupted; what was finished is in" : "Results:"} ${paint("cyan", shown)}\n`);
}

async function addReport(folder: StagedDirectory, document: SensitivityDocument, scenarioText: string): Promise<void> {
  mkdirSync(join(folder.path, "charts"));
  const study = sensitivityStudy({ ...document, file: basename(document.file) }, scenarioText);
  for await (const { name, content } of reportFiles([], [study])) write(folder, name, content);
}

function write(folder: StagedDirectory, file: string, content: string | Uint8Array): void {
  const path = join(folder.path, file);
  try {
    writeFileSync(path, content);
  } catch (error) {
    throw fileError(path, error);
  }
}
