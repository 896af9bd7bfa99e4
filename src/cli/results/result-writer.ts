/**
 * Writes the result folder of one scenario, run by run in the order of the plan, so that hundreds of seeds need no
 * memory. Owns the files; their columns belong to `report/files`, texts and digest of a run to `run-texts`.
 */
import { appendFileSync, closeSync, existsSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { studyOf } from "../../experiment/study.js";
import type { CaseSummary, RunResult } from "../../metrics/result.js";
import { playbackFile } from "../../report/files/playback-file.js";
import { traceChunks } from "../../report/trace.js";
import { fileError } from "../exit.js";
import { runTexts } from "./run-texts.js";
import { StagedDirectory } from "./staged-directory.js";
import { type ScenarioEntry, summaryJson } from "./summary-document.js";

/** Files that grow with the size of the job or the length of the run; a study of many seeds does without them. */
const SERIES = ["output-gap.csv", "timeline.csv"];

export interface WriterOptions {
  /** No series, no playback, and `study.json` in place of `summary.json`. */
  readonly summaryOnly?: boolean;
}

export class ResultWriter {
  readonly #directory: StagedDirectory;
  readonly #summaryOnly: boolean;
  readonly #summaries: CaseSummary[] = [];
  /** The first run of each case, whose series and playback are kept. */
  readonly #firstRuns = new Map<string, RunResult>();

  constructor(target: string, scenarioYaml: string, options: WriterOptions = {}) {
    this.#directory = new StagedDirectory(target);
    this.#summaryOnly = options.summaryOnly ?? false;
    this.#write("scenario.yaml", scenarioYaml);
  }

  get target(): string {
    return this.#directory.target;
  }

  /** The hidden folder, for whoever adds files (charts) before the end. */
  get path(): string {
    return this.#directory.path;
  }

  /** The first run of each case so far. */
  get firstRuns(): readonly RunResult[] {
    return [...this.#firstRuns.values()];
  }

  /** Adds one run and gives its summary with the final digest. */
  add(run: RunResult): CaseSummary {
    const { summary, texts } = runTexts(run);
    for (const [file, text] of texts) {
      if (!this.#summaryOnly || !SERIES.includes(file)) this.#append(file, text);
    }
    this.#summaries.push(summary);
    const { case: name } = summary;
    if (run.trace !== null) this.#writeTrace(run);
    if (!this.#firstRuns.has(name)) this.#firstRuns.set(name, { ...run, summary, trace: null });
    return summary;
  }

  /** Writes what needs all runs. After it, `commit`. */
  finish(entry: ScenarioEntry): void {
    const seeds = new Set(this.#summaries.map((summary) => summary.seed));
    if (seeds.size > 1 || this.#summaryOnly) {
      const study = studyOf(entry.scenario, this.#summaries, entry.expect);
      this.#write("study.json", `${JSON.stringify(study, null, 1)}\n`);
    }
    if (this.#summaryOnly) return;
    this.#write("summary.json", summaryJson(entry));
    this.#write("playback.json", playbackFile(this.firstRuns));
  }

  /** Puts the folder where it belongs. An interrupted result never takes the place of an older one. */
  commit(interrupted: boolean): string {
    const { target } = this.#directory;
    if (!interrupted || !existsSync(target)) return this.#directory.commit();
    return this.#directory.commit(`${target}-partial`);
  }

  discard(): void {
    this.#directory.discard();
  }

  /** Rows of a run follow those of the runs before it; only the first brings the header along. */
  #append(file: string, text: string): void {
    const isFirst = this.#summaries.length === 0;
    const path = join(this.#directory.path, file);
    try {
      appendFileSync(path, isFirst ? text : text.slice(text.indexOf("\n") + 1));
    } catch (error) {
      throw fileError(path, error);
    }
  }

  /** The first run's is `trace.json`; those of others say whose they are. */
  #writeTrace(run: RunResult): void {
    const { case: name, seed } = run.summary;
    const whose = `${name}-${seed}`.replace(/[^A-Za-z0-9]+/g, "-").toLowerCase();
    const path = join(this.#directory.path, this.#summaries.length === 1 ? "trace.json" : `trace-${whose}.json`);
    try {
      const file = openSync(path, "w");
      try {
        for (const text of batches(traceChunks(run))) writeSync(file, text);
      } finally {
        closeSync(file);
      }
    } catch (error) {
      throw fileError(path, error);
    }
  }

  #write(file: string, text: string): void {
    const path = join(this.#directory.path, file);
    try {
      writeFileSync(path, text);
    } catch (error) {
      throw fileError(path, error);
    }
  }
}

const BATCH_CHARACTERS = 1 << 16;

/** Joins small pieces, so that each is not a system call of its own. */
function* batches(pieces: Iterable<string>): Generator<string> {
  let batch = "";
  for (const piece of pieces) {
    batch += piece;
    if (batch.length < BATCH_CHARACTERS) continue;
    yield batch;
    batch = "";
  }
  yield batch;
}
