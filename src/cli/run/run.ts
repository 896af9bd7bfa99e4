/**
 * `outgap run` from arguments to exit code: loads, plans, simulates, writes, judges, prints. Each step is a module of
 * its own; here is only their order.
 */
import { relative } from "node:path";
import { estimateQuanta, planRuns } from "../../experiment/plan.js";
import { judge } from "../../experiment/verdict.js";
import type { CaseSummary } from "../../metrics/result.js";
import { EXIT } from "../exit.js";
import { onInterrupt } from "../interrupt.js";
import type { SharedArguments } from "../options.js";
import { addReport } from "../results/charts.js";
import { locateResults } from "../results/location.js";
import { ResultWriter } from "../results/result-writer.js";
import { jsonDocument, type MeasuredSummary, type ScenarioEntry } from "../results/summary-document.js";
import { type LoadedScenario, loadChecked } from "../scenario-files.js";
import { paint, writeError, writeOut } from "../streams.js";
import { assertDistinct, isPrecise, moreSeeds, seedsOf, untilOf } from "./arguments.js";
import { simulate } from "./simulate.js";

/** One scenario on its way through the command. */
interface Job {
  readonly loaded: LoadedScenario;
  readonly writer: ResultWriter;
  readonly note: string | null;
  readonly measured: MeasuredSummary[];
}

export interface RunArguments extends SharedArguments {
  readonly files: readonly string[];
  readonly until: string | undefined;
  readonly "max-seeds": number | undefined;
}

export async function run(argv: RunArguments): Promise<number> {
  const scenarios = loadChecked(argv.files, argv);
  const seeds = scenarios.map(({ scenario }) => seedsOf(argv, scenario.seed));
  const until = untilOf(argv, scenarios);
  const jobs = openJobs(argv, scenarios, seeds);
  const discard = (): void => jobs.forEach((job) => void job.writer.discard());
  const interrupt = onInterrupt(discard);
  try {
    let wanted = seeds;
    while (wanted.some((more) => more.length > 0) && !interrupt.signal.aborted) {
      const plan = planRuns(
        scenarios.map(({ scenario }) => scenario),
        wanted,
      );
      const quanta = estimateQuanta(plan);
      await simulate(plan, {
        trace: argv.trace,
        workers: argv.workers,
        inline: argv.workers === undefined && quanta < INLINE_QUANTA,
        // With `--until` there are more rounds to come.
        short: quanta < SHORT_QUANTA && until === null,
        progress: argv.quiet ? "none" : argv.progress,
        signal: interrupt.signal,
        onOutcome: ({ scenario }, { result, wallMs, peakRssBytes }) => {
          const job = jobs[scenario] as Job;
          job.measured.push({ summary: job.writer.add(result), wallMs, peakRssBytes });
        },
      });
      wanted = jobs.map((job) => {
        return until === null ? [] : moreSeeds(until, job.loaded.scenario.seed, summariesOf(job));
      });
    }
    const code = await conclude(argv, jobs, interrupt.exitCode());
    const open =
      until === null || interrupt.signal.aborted ? [] : jobs.filter((job) => !isPrecise(until, summariesOf(job)));
    for (const { loaded } of open) writeError(`outgap: ${loaded.scenario.name} did not reach ${argv.until}`);
    return code === EXIT.done && open.length > 0 ? EXIT.failed : code;
  } catch (error) {
    discard();
    throw error;
  } finally {
    interrupt.release();
  }
}

function summariesOf({ measured }: Job): CaseSummary[] {
  return measured.map(({ summary }) => summary);
}

/** Printed at most; all of them are in the files. */
const MOST_FAILURES = 20;

/** Below this many quanta a plan takes about as long as starting threads for it. */
const INLINE_QUANTA = 2_000_000;
/** Below this many a plan is done before V8 has compiled all that it runs. */
const SHORT_QUANTA = 300_000;

function openJobs(argv: RunArguments, scenarios: readonly LoadedScenario[], seeds: readonly string[][]): Job[] {
  const places = scenarios.map(({ file, scenario }, index) =>
    locateResults({
      scenario: scenario.name,
      file,
      normalisedYaml: scenario.normalisedYaml,
      seeds: seeds[index] as string[],
      unmodified: isUnmodified(argv),
      out: argv.out,
      several: scenarios.length > 1,
    }),
  );
  assertDistinct(places.map((place) => place.path));
  const jobs: Job[] = [];
  try {
    for (const [index, loaded] of scenarios.entries()) {
      const { path, note } = places[index] as (typeof places)[number];
      const writer = new ResultWriter(path, loaded.scenario.normalisedYaml, { summaryOnly: argv["summary-only"] });
      jobs.push({ loaded, note, writer, measured: [] });
    }
  } catch (error) {
    for (const job of jobs) job.writer.discard();
    throw error;
  }
  return jobs;
}

/** Whether the scenario runs as it was shipped, so that its results are the reference ones. */
function isUnmodified(argv: RunArguments): boolean {
  const changed =
    argv.set.length > 0 ||
    argv.case.length > 0 ||
    argv.seed !== undefined ||
    argv.seeds !== 1 ||
    argv.until !== undefined;
  return !changed && !argv["no-charts"] && !argv["summary-only"];
}

/** Writes, judges and prints what the runs gave; after an interrupt only what was finished. */
async function conclude(argv: RunArguments, jobs: readonly Job[], interruptCode: number | null): Promise<number> {
  const interrupted = interruptCode !== null;
  const entries: ScenarioEntry[] = [];
  let failed = false;
  for (const { loaded, writer, measured } of jobs) {
    const { scenario, file } = loaded;
    const summaries = measured.map(({ summary }) => summary);
    const verdict = judge(scenario.expect, summaries);
    failed ||= verdict.failures.length > 0;
    // Medians over some of the seeds would say something else than was asked for.
    const expect = interrupted ? [] : verdict.expect;
    const entry = { scenario: scenario.name, file, interrupted, cases: measured, expect };
    entries.push(entry);
    if (measured.length === 0) continue;
    writer.finish(entry);
    if (argv.quiet || argv.json) continue;
    const { renderScenario } = await import("./table.js");
    const { name, description } = scenario;
    await writeOut(renderScenario({ scenario: name, description, summaries, firstRuns: writer.firstRuns, expect }));
    for (const failure of verdict.failures.slice(0, MOST_FAILURES)) await writeOut(`${paint("red", "✗")} ${failure}\n`);
  }
  if (argv.json) await writeOut(jsonDocument(entries));
  const pictures: unknown[] = [];
  for (const { writer, measured, note } of jobs) {
    if (measured.length === 0) {
      writer.discard();
      continue;
    }
    if (!argv["no-charts"] && !argv["summary-only"] && !interrupted) {
      // What was simulated is kept, whatever happens to its pictures.
      await addReport(writer.path).catch((error: unknown) => pictures.push(error));
    }
    const target = writer.commit(interrupted);
    if (argv.quiet || argv.json) continue;
    if (note !== null) await writeOut(`${note}\n`);
    await writeOut(
      `${interrupted ? "Interrupted; finished runs are in" : "Results:"} ${paint("cyan", shown(target))}\n`,
    );
  }
  if (pictures.length > 0) throw pictures[0];
  return interruptCode ?? (failed ? EXIT.failed : EXIT.done);
}

/** As short as it can be said from here. */
function shown(path: string): string {
  const near = relative(".", path);
  return near.startsWith("..") || near === "" ? path : near;
}
