/** Scenario files from disk to normalised scenarios, with every problem reported at once. Owns no message of its own. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import {
  checkScenario,
  formatDiagnostic,
  type NormalisedScenario,
  type ParseResult,
  parseScenario,
  type ScenarioCheck,
} from "../scenario/index.js";
import { fileError, UsageError } from "./exit.js";

export interface LoadedScenario {
  /** As given on the command line. */
  readonly file: string;
  readonly scenario: NormalisedScenario;
  /** Where the value at a path of the scenario stands. */
  readonly locate: Extract<ParseResult, { ok: true }>["locate"];
}

export interface LoadOptions {
  readonly set: readonly string[];
  readonly case: readonly string[];
  readonly seed: string | undefined;
}

/** Bytes read at most: more than a scenario may have, so that the parser still says what is wrong with the rest. */
const MAX_BYTES = 4 * 1024 * 1024;

/** @throws UsageError with every problem of every file */
export function loadScenarios(files: readonly string[], options: LoadOptions): LoadedScenario[] {
  const loaded: LoadedScenario[] = [];
  const problems: string[] = [];
  for (const file of files) {
    let text: string;
    try {
      text = readText(file);
    } catch (error) {
      const told = fileError(file, error);
      if (!(told instanceof UsageError)) throw told;
      problems.push(`${told.message}, expected a scenario file`);
      continue;
    }
    const { seed } = options;
    const result = parseScenario(text, {
      file,
      sets: options.set,
      cases: options.case,
      ...(seed === undefined ? {} : { seed }),
    });
    if (result.ok) loaded.push({ file, scenario: result.scenario, locate: result.locate });
    else problems.push(...result.diagnostics.map(formatDiagnostic));
  }
  if (problems.length > 0) throw new UsageError([...new Set(problems)].join("\n"), "as it is");
  return loaded;
}

/** What `outgap check` finds in a scenario. */
export function checkLoaded({ scenario, locate }: LoadedScenario): ScenarioCheck {
  return checkScenario(scenario, locate);
}

/** The error that a scenario which cannot be run ends in, or null if all can. */
export function refusalOf(checks: readonly ScenarioCheck[]): UsageError | null {
  const lines = checks.flatMap((found) => found.refusals.map(formatDiagnostic));
  return lines.length === 0 ? null : new UsageError(lines.join("\n"), "as it is");
}

/** @throws UsageError with every problem, those of `outgap check` included */
export function loadChecked(files: readonly string[], options: LoadOptions): LoadedScenario[] {
  const loaded = loadScenarios(files, options);
  const refusal = refusalOf(loaded.map(checkLoaded));
  if (refusal !== null) throw refusal;
  return loaded;
}

function readText(file: string): string {
  const descriptor = openSync(file, "r");
  try {
    if (fstatSync(descriptor).isDirectory()) throw Object.assign(new Error("directory"), { code: "EISDIR" });
    const bytes = Buffer.alloc(MAX_BYTES);
    let length = 0;
    while (length < MAX_BYTES) {
      const read = readSync(descriptor, bytes, length, MAX_BYTES - length, null);
      if (read === 0) break;
      length += read;
    }
    return bytes.toString("utf8", 0, length);
  } finally {
    closeSync(descriptor);
  }
}
