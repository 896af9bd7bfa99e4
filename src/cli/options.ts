/**
 * The options that several commands share, declared once, and the strict reading of their values. Owns no command.
 */
import type { Options } from "yargs";
import { UsageError } from "./exit.js";

/** Repeated `--case A --case B` and single `--case A` alike become a list. */
function list(value: unknown): string[] {
  if (value === undefined) return [];
  return (Array.isArray(value) ? value : [value]).map(String);
}

/** A value that may be given once. */
function once(name: string): (value: unknown) => string | undefined {
  return (value) => {
    if (Array.isArray(value)) throw new UsageError(`--${name} is given ${value.length} times, once is meant`);
    if (value === "") throw new UsageError(`--${name} has no value`);
    return value as string | undefined;
  };
}

function wholeNumber(name: string, low: number, high: number): (value: unknown) => number | undefined {
  return (value) => {
    const text = once(name)(value);
    if (text === undefined) return undefined;
    const number = Number(text);
    if (!/^\d+$/.test(text) || number < low || number > high) {
      throw new UsageError(`--${name} is ${JSON.stringify(text)}, expected a whole number from ${low} to ${high}`);
    }
    return number;
  };
}

/** A text that may be given once. */
export const textOption = (name: string, describe: string): Options => ({
  type: "string",
  nargs: 1,
  requiresArg: true,
  describe,
  coerce: once(name),
});

/** A whole number within bounds. */
export const numberOption = (name: string, describe: string, low: number, high: number): Options => ({
  type: "string",
  nargs: 1,
  requiresArg: true,
  describe,
  coerce: wholeNumber(name, low, high),
});

/** A text that may be given several times. */
export const repeatedOption = (describe: string): Options => ({
  type: "string",
  nargs: 1,
  requiresArg: true,
  describe,
  coerce: list,
  default: [] as string[],
  defaultDescription: "none",
});

const flag = (describe: string): Options => ({ type: "boolean", default: false, describe });

export const SHARED = {
  seed: textOption("seed", "Seed of the (first) run instead of the scenario's own"),
  seeds: { ...numberOption("seeds", "How many seeds: S, S+1, …", 1, 1_000_000), default: "1" },
  case: repeatedOption("Only this case; repeatable"),
  set: repeatedOption("PATH=VALUE: change the scenario, e.g. P=500 or cluster.reservedTaskManagers=1; repeatable"),
  out: textOption("out", "Folder for the results"),
  json: flag("Machine output on stdout and nothing else there"),
  quiet: flag("No table, no progress; errors only"),
  trace: flag("Also write trace.json, which ui.perfetto.dev opens"),
  workers: numberOption("workers", "Worker threads; all cores if not given", 1, 1_024),
  "no-charts": flag("Write data files only: no charts, no report.html"),
  "summary-only": flag("For many seeds: scalars, losses and phases only, and study.json with their intervals"),
  progress: {
    type: "string",
    nargs: 1,
    requiresArg: true,
    choices: ["auto", "plain", "none"],
    default: "auto",
    describe: "auto: a bar, if stderr is a terminal; plain: lines on stderr",
  },
} as const satisfies Record<string, Options>;

/** What the options above become. */
export interface SharedArguments {
  readonly seed: string | undefined;
  readonly seeds: number;
  readonly case: readonly string[];
  readonly set: readonly string[];
  readonly out: string | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly trace: boolean;
  readonly workers: number | undefined;
  readonly "no-charts": boolean;
  readonly "summary-only": boolean;
  readonly progress: "auto" | "plain" | "none";
}
