/**
 * What a worker thread does with units: the twin once, then each run that is compared with it. Each result is a record,
 * written to the store as soon as it is there, or handed back for whoever has the store. Has no state between tasks.
 */

import { isFailure, type RunRecord, recordText } from "../../experiment/store/run-file.js";
import { RunStore } from "../../experiment/store/run-store.js";
import type { Unit, UnitRun } from "../../experiment/sweep/units.js";
import { runCase, runTwin, type TwinResult } from "../../scenario/run-case.js";
import { runTexts } from "../results/run-texts.js";

export interface UnitTask {
  readonly units: readonly Unit[];
  /** Where to write; `null`: hand back. */
  readonly folder: string | null;
}

export interface RunAnswer {
  readonly key: string;
  /** What went wrong, if the run failed. */
  readonly error: string | null;
  readonly events: number;
  /** The record's text, if it was not written here. */
  readonly text: string | null;
}

export interface UnitAnswer {
  readonly runs: readonly RunAnswer[];
  /** The disk did not take a result: nothing can go on. Errors lose their code between threads, so it stands here. */
  readonly disk: { readonly code: string; readonly message: string } | null;
  readonly wallMs: number;
}

export function performUnits({ units, folder }: UnitTask): UnitAnswer {
  const startMs = performance.now();
  const store = folder === null ? null : new RunStore(folder);
  const runs: RunAnswer[] = [];
  let disk: UnitAnswer["disk"] = null;
  const keep = (record: RunRecord, events: number): void => {
    try {
      store?.write(record);
    } catch (error) {
      const { code = "", message } = error as NodeJS.ErrnoException;
      disk = { code, message };
      return;
    }
    const error = isFailure(record) ? record.error : null;
    runs.push({ key: record.key, error, events, text: store === null ? recordText(record) : null });
  };
  for (const unit of units) {
    for (const { record, events } of recordsOf(unit)) {
      keep(record, events);
      if (disk !== null) break;
    }
    if (disk !== null) break;
  }
  return { runs, disk, wallMs: performance.now() - startMs };
}

function* recordsOf(unit: Unit): Generator<{ record: RunRecord; events: number }> {
  let twin: TwinResult;
  try {
    twin = runTwin(unit.twin);
  } catch (error) {
    // Without its twin no run of the unit can be measured.
    for (const { key } of unit.runs) yield { record: failure(key, error), events: 0 };
    return;
  }
  for (const run of unit.runs) {
    try {
      const summary = summaryOf(run, twin);
      yield { record: { key: run.key, summary }, events: summary.events };
    } catch (error) {
      yield { record: failure(run.key, error), events: 0 };
    }
  }
}

function summaryOf({ config, caseName }: UnitRun, twin: TwinResult) {
  return runTexts(runCase(config, { caseName, twin, trace: false })).summary;
}

function failure(key: string, error: unknown): RunRecord {
  if (!(error instanceof Error)) return { key, error: String(error), stack: "" };
  return { key, error: error.message, stack: error.stack ?? "" };
}

export default performUnits;
