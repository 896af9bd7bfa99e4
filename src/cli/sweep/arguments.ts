/** From the command line and the scenario's `sweep` block to a request. Options win over the block. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import type { GridRequest, Shard, SweepRequest } from "../../experiment/sweep/request.js";
import { FIRST_SEEDS } from "../../experiment/sweep/until.js";
import {
  type Constraint,
  findMetric,
  type Objective,
  type Problem,
  parseConstraint,
  parseMeasure,
  parsePrecision,
  parseVariation,
  type SweepBlock,
} from "../../scenario/index.js";
import { UsageError } from "../exit.js";
import type { SharedArguments } from "../options.js";
import { loadScenarios } from "../scenario-files.js";
import { codeVersion } from "./code-version.js";

export interface SweepArguments extends Omit<SharedArguments, "seeds" | "trace" | "summary-only"> {
  readonly file: string;
  readonly seeds: number | undefined;
  readonly vary: readonly string[];
  readonly until: string | undefined;
  readonly "max-seeds": number | undefined;
  readonly metric: readonly string[];
  readonly minimise: string | undefined;
  readonly maximise: string | undefined;
  readonly "subject-to": readonly string[];
  readonly shard: string | undefined;
  readonly redis: string | undefined;
}

const DEFAULT_METRICS = [
  "recoveryTimeMs",
  "jobOutageMs",
  "outputDeficitRatio",
  "records.lostTotal",
  "outputGapMs.max",
  "matches.missedTotal",
  "tasksRestarted",
];
const DEFAULT_MAX_SEEDS = 1_000;

const EMPTY: SweepBlock = {
  grids: [],
  seeds: null,
  until: null,
  maxSeeds: null,
  metrics: [],
  objective: null,
  subjectTo: [],
};

type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: Problem };

function read<T>(option: string, parsed: Parsed<T>): T {
  if (parsed.ok) return parsed.value;
  const { message, expected, nearest } = parsed.problem;
  const hint = nearest === null ? (expected === null ? "" : `, expected ${expected}`) : `; did you mean ${nearest}?`;
  throw new UsageError(`--${option}: ${message}${hint}`);
}

/** @throws UsageError with what is wrong with the scenario or an option */
export function requestOf(argv: SweepArguments): SweepRequest {
  const [loaded] = loadScenarios([argv.file], argv);
  const block = loaded?.scenario.sweep ?? EMPTY;
  const until = argv.until === undefined ? block.until : read("until", parsePrecision(argv.until));
  const objective = objectiveOf(argv) ?? block.objective;
  const own = argv.vary.map((text) => read("vary", parseVariation(text)));
  const paths = own.map(({ path }) => path);
  const twice = paths.find((path, index) => paths.indexOf(path) < index);
  if (twice !== undefined) throw new UsageError(`--vary ${twice}: given twice; list all values after one =`);
  const wanted = own.length > 0 ? [{ vary: own, seeds: null }] : block.grids;
  const grids = (wanted.length > 0 ? wanted : [{ vary: [], seeds: null }]).map((grid): GridRequest => {
    const seeds = argv.seeds ?? grid.seeds ?? block.seeds ?? 1;
    return { vary: grid.vary, seeds: until === null ? seeds : Math.max(seeds, FIRST_SEEDS) };
  });
  const constraints = argv["subject-to"].map((text): Constraint => read("subject-to", parseConstraint(text)));
  const metrics = argv.metric.map((name) => read("metric", findMetric(name)).path);
  const chosen = metrics.length > 0 ? metrics : block.metrics.length > 0 ? block.metrics : DEFAULT_METRICS;
  const decisive = [...(objective === null ? [] : [objective.metric]), ...(until === null ? [] : [until.metric])];
  return {
    outgap: codeVersion(),
    file: basename(argv.file),
    scenario: readFileSync(argv.file, "utf8"),
    sets: argv.set,
    cases: argv.case,
    seed: argv.seed ?? null,
    grids,
    until,
    maxSeeds: argv["max-seeds"] ?? block.maxSeeds ?? DEFAULT_MAX_SEEDS,
    metrics: [...new Set([...chosen, ...decisive])],
    objective,
    subjectTo: constraints.length > 0 ? constraints : block.subjectTo,
  };
}

function objectiveOf({ minimise, maximise }: SweepArguments): Objective | null {
  if (minimise !== undefined && maximise !== undefined) {
    throw new UsageError("--minimise and --maximise: a sweep has one objective");
  }
  if (minimise !== undefined) return { goal: "minimise", ...read("minimise", parseMeasure(minimise)) };
  if (maximise !== undefined) return { goal: "maximise", ...read("maximise", parseMeasure(maximise)) };
  return null;
}

/** `I/N`, counted from 1. */
export function shardOf(text: string | undefined): Shard | null {
  if (text === undefined) return null;
  const match = /^(\d{1,7})\/(\d{1,7})$/.exec(text);
  const [index, of] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || index < 1 || index > of) {
    throw new UsageError(`--shard is ${JSON.stringify(text)}, expected I/N with I from 1 to N, such as 2/8`);
  }
  return { index, of };
}
