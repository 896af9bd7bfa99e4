/**
 * What all notebooks share: the module API, the size of the study, and how to show a chart or a table. A notebook reads
 * its scenario through `load`, so that `OUTGAP_NOTEBOOK_QUICK=1` turns all of them into runs of a few seconds.
 */
import {
  formatDiagnostic,
  type NormalisedScenario,
  parse,
  renderSvg,
  type RunResult,
  runScenario,
  type Spec,
  styled,
} from "../dist/index.js";

export * from "../dist/index.js";

/** True where the notebook is only to show that it runs: eight slots, few seeds. */
export const QUICK = Deno.env.get("OUTGAP_NOTEBOOK_QUICK") === "1";

/** `full` in the committed notebooks, `quick` under OUTGAP_NOTEBOOK_QUICK=1. */
export function size<T>(choice: { full: T; quick: T }): T {
  return QUICK ? choice.quick : choice.full;
}

export interface LoadOptions {
  /** `PATH=VALUE`, as `--set` takes them. */
  sets?: readonly string[];
  /** The time of its only fault; with it the rest of the run can be shorter. */
  faultAt?: string;
  /** Only these cases. */
  cases?: readonly string[];
  seed?: string;
}

/** A shipped scenario by its name, or YAML text. */
export function load(nameOrYaml: string, options: LoadOptions = {}): NormalisedScenario {
  const isText = nameOrYaml.includes("\n");
  const file = isText ? "notebook.yaml" : `scenarios/${nameOrYaml}.yaml`;
  const { faultAt, ...rest } = options;
  let text = isText ? nameOrYaml : Deno.readTextFileSync(new URL(`../${file}`, import.meta.url));
  if (faultAt !== undefined) text = withFaultAt(text, faultAt);
  const parsed = parse(text, { file, ...rest });
  if (parsed.ok) return parsed.scenario;
  throw new Error(parsed.diagnostics.map(formatDiagnostic).join("\n"));
}

function withFaultAt(text: string, at: string): string {
  const [before, faults] = text.split(/^faults:$/m);
  if (faults === undefined || faults.split(/\bat: /).length !== 2) throw new Error("expected a scenario with one fault");
  return `${before}faults:${faults.replace(/\bat: \w+/, `at: ${at}`)}`;
}

/**
 * Runs all cases on `seeds` seeds, a few at a time, and keeps of each run only what `take` makes of it: a hundred runs
 * of a thousand slots would fill the memory otherwise.
 */
export async function runSeeds<T>(
  scenario: NormalisedScenario,
  seeds: number,
  take: (result: RunResult) => T,
  batch = 4,
): Promise<T[]> {
  const taken: T[] = [];
  for (let done = 0; done < seeds; done += batch) {
    const seed = String(BigInt(scenario.seed) + BigInt(done));
    const part = { ...scenario, seed };
    for (const result of await runScenario(part, { seeds: Math.min(batch, seeds - done) })) taken.push(take(result));
  }
  return taken;
}

interface Jupyter {
  display(data: Record<string, unknown>, options: { raw: true }): Promise<void>;
}
const jupyter = (Deno as unknown as { jupyter: Jupyter }).jupyter;

/** Shows a chart: as a specification for notebooks that draw Vega-Lite themselves, and as SVG for everyone else. */
export async function show(spec: Spec): Promise<void> {
  const whole = "config" in spec && "$schema" in spec ? spec : styled(spec);
  const data = { "application/vnd.vegalite.v5+json": whole, "image/svg+xml": await renderSvg(whole) };
  await jupyter.display(data, { raw: true });
}

type Cell = string | number;

/** Shows rows as a table; numbers to the right. */
export async function table(columns: readonly string[], rows: readonly (readonly Cell[])[]): Promise<void> {
  const escape = (cell: Cell): string => String(cell).replace(/[&<>]/g, (c) => `&#${c.charCodeAt(0)};`);
  const isNumeric = columns.map((_, at) =>
    rows.every((row) => /^[≥<−–-]?\s?[\d.,]+( \S{1,4})?$|^–$/.test(String(row[at]))),
  );
  const cells = (row: readonly Cell[], tag: string): string =>
    row
      .map((cell, at) => `<${tag} style="text-align:${isNumeric[at] ? "right" : "left"}">${escape(cell)}</${tag}>`)
      .join("");
  const html = [columns, ...rows].map((row, at) => `<tr>${cells(row, at === 0 ? "th" : "td")}</tr>`).join("\n");
  const widths = columns.map((name, at) => Math.max(name.length, ...rows.map((row) => String(row[at]).length)));
  const line = (row: readonly Cell[]): string =>
    row
      .map((cell, at) => (isNumeric[at] ? String(cell).padStart(widths[at]!) : String(cell).padEnd(widths[at]!)))
      .join("  ");
  const data = { "text/html": `<table>\n${html}\n</table>`, "text/plain": [columns, ...rows].map(line).join("\n") };
  await jupyter.display(data, { raw: true });
}

/** Nearest-rank quantile. */
export function quantile(values: Iterable<number>, q: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))]!;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** A duration as people read it: `240 ms`, `5.23 s`. A value cut off by the end of the run reads `≥ 300 s`. */
export function time(value: number | { atLeastMs: number }): string {
  if (typeof value !== "number") return `≥ ${time(value.atLeastMs)}`;
  if (Math.abs(value) < 1) return value === 0 ? "0 s" : `${(1000 * value).toPrecision(3)} µs`;
  return Math.abs(value) < 1000 ? `${Number(value.toPrecision(3))} ms` : `${Number((value / 1000).toPrecision(3))} s`;
}

/** The number behind a measured value; one cut off by the end of the run counts as its lower bound. */
export function atLeast(value: number | { atLeastMs: number }): number {
  return typeof value === "number" ? value : value.atLeastMs;
}

export function percent(ratio: number): string {
  return `${Number((100 * ratio).toPrecision(3))} %`;
}
