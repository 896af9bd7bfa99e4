/** What the parts of the study share: a finding, a folder, the program run to its end. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { SweepSummary } from "../summary.js";
import { startProgram } from "./processes.js";

export interface Finding {
  readonly what: string;
  readonly measured: string;
  /** The same as numbers, units in the names. */
  readonly figures?: Readonly<Record<string, number>>;
  readonly wanted: string;
  readonly ok: boolean;
}

/** Runs the program; a code other than 0 is an error. @returns seconds */
export async function outgap(cwd: string, ...args: string[]): Promise<number> {
  const startMs = performance.now();
  const { code, stderr } = await startProgram(args, cwd).ended;
  if (code !== 0) throw new Error(`outgap ${args.join(" ")} ended with ${code}: ${stderr}`);
  return (performance.now() - startMs) / 1000;
}

export function summaryOf(cwd: string, out: string): SweepSummary {
  return JSON.parse(readFileSync(join(cwd, out, "summary.json"), "utf8")) as SweepSummary;
}
