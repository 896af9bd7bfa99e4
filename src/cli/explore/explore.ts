/** `outgap explore` from arguments to exit code: scenario or random jobs, the swarm, what it found, files. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { type Explored, explore as exploreSwarm } from "../../experiment/explore/explore.js";
import type { GivenScenario } from "../../experiment/explore/generate.js";
import { EXIT, fileError } from "../exit.js";
import { onInterrupt } from "../interrupt.js";
import { startProgress } from "../progress.js";
import { type LoadedScenario, loadChecked } from "../scenario-files.js";
import { writeOut } from "../streams.js";
import type { ExploreArguments } from "./arguments.js";
import { coverageCsv, document, type Report, render, type SavedFinding } from "./report.js";

const DEFAULT_SEED = "1";

export async function explore(argv: ExploreArguments): Promise<number> {
  const loaded =
    argv.file === undefined ? null : loadChecked([argv.file], { set: argv.set, case: argv.case, seed: undefined })[0]!;
  const seed = argv.seed ?? DEFAULT_SEED;
  const interrupt = onInterrupt(() => undefined);
  let done = 0;
  const progress = startProgress(argv.quiet ? "none" : argv.progress, {
    done: () => done,
    total: argv.runs,
    fraction: () => done / argv.runs,
  });
  const startMs = performance.now();
  let explored: Explored;
  try {
    explored = await exploreSwarm({
      seed,
      runs: argv.runs,
      given: loaded === null ? null : givenFrom(loaded),
      workers: argv.workers,
      signal: interrupt.signal,
      onProgress: (runs) => {
        done = runs;
      },
    });
  } finally {
    progress.stop();
    interrupt.release();
  }
  const seconds = (performance.now() - startMs) / 1000;
  const name = loaded?.scenario.name ?? null;
  const folder = argv.out ?? join("outgap-results", `explore-${name ?? "swarm"}-${seed}`);
  const report: Report = { seed, scenario: name, explored, saved: save(folder, explored) };
  keep(folder, report);
  if (argv.json) await writeOut(`${JSON.stringify(document(report), null, 2)}\n`);
  else if (!argv.quiet) await writeOut(`${render(report, seconds)}Results: ${folder}\n`);
  return (
    interrupt.exitCode() ??
    (explored.findings.length > 0 || explored.impossibleReached.length > 0 ? EXIT.failed : EXIT.done)
  );
}

/** Every case of the scenario is disturbed, from its warm-up on. */
function givenFrom({ scenario }: LoadedScenario): GivenScenario {
  const { config } = scenario.cases[0]!;
  const { cluster } = config;
  return {
    text: scenario.normalisedYaml,
    sets: [],
    caseNames: scenario.cases.map((each) => each.name),
    strategies: scenario.cases.map((each) => each.strategy),
    victims: {
      taskManagers: cluster.taskManagers,
      taskManagersPerMachine: cluster.taskManagersPerMachine,
      slots: cluster.slotsPerTaskManager,
      vertices: config.vertices.map((vertex) => [vertex.id, vertex.parallelism] as const),
      edges: config.edges.map(({ from, to }) => [config.vertices[from]!.id, config.vertices[to]!.id] as const),
      provider: cluster.provider,
      exact: config.resolutionNs === 0,
    },
    fromNs: config.warmupNs,
    durationNs: config.durationNs,
  };
}

function save(folder: string, explored: Explored): SavedFinding[] {
  return explored.investigated.map(({ run, broken, scenario, faults }) => {
    const file = join(folder, `run-${run}.yaml`);
    const command = `npx outgap run ${shown(file)}`;
    const head = [
      `# Found by \`outgap explore\`, run ${run}. Replay: ${command}`,
      ...broken.map(({ name, first }) => `# ${name}: ${first}`),
    ];
    write(file, `${head.join("\n")}\n${scenario}`);
    return { run, broken, faults, file: shown(file), command };
  });
}

function keep(folder: string, report: Report): void {
  write(join(folder, "explore.json"), `${JSON.stringify(document(report), null, 2)}\n`);
  write(join(folder, "coverage.csv"), coverageCsv(report));
}

function write(file: string, text: string): void {
  try {
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, text);
  } catch (error) {
    throw fileError(file, error);
  }
}

function shown(path: string): string {
  const near = relative(".", path);
  return near === "" || near.startsWith("..") ? path : near;
}
