/**
 * What a person reads on stdout after a run: the comparison of the cases, where the seconds went, and the
 * expectations. Owns no number: medians come from `experiment/statistics`, formats from `report/format`.
 */
import Table from "cli-table3";
import { interval } from "../../experiment/statistics.js";
import { replicationStatistics } from "../../experiment/sweep/replications.js";
import type { ExpectEntry } from "../../experiment/verdict.js";
import type { CaseSummary, Measured, PhaseName, RunResult } from "../../metrics/result.js";
import { compact, count, duration, measuredDuration, percent, words } from "../../report/format.js";
import { medianMeasured } from "../../scenario/index.js";
import { paint } from "../streams.js";
import { replicationLines } from "./replication-lines.js";
import { sparkline } from "./sparkline.js";

export interface TableInput {
  readonly scenario: string;
  readonly description: string;
  readonly summaries: readonly CaseSummary[];
  /** The first run of each case, for the picture of its output. */
  readonly firstRuns: readonly RunResult[];
  readonly expect: readonly ExpectEntry[];
}

const SPARK_CELLS = 24;

export function renderScenario(input: TableInput): string {
  const names = [...new Set(input.summaries.map((summary) => summary.case))];
  const groups = names.map((name) => input.summaries.filter((summary) => summary.case === name));
  const parts = [
    heading(input),
    comparison(input, groups),
    seconds(groups),
    replications(input.summaries),
    expectations(input.expect),
  ];
  return `${parts.filter((part) => part !== "").join("\n")}\n`;
}

function heading({ scenario, description, summaries }: TableInput): string {
  const seeds = [...new Set(summaries.map((summary) => summary.seed))];
  const shown = seeds.length === 1 ? `seed ${seeds[0]}` : `${seeds.length} seeds from ${seeds[0]}, medians`;
  const resolutionMs = summaries[0]?.resolutionMs ?? 0;
  const resolution = resolutionMs === 0 ? "exact" : `resolution ${duration(resolutionMs)}`;
  const title = `${paint("bold", scenario)} · ${shown} · ${resolution}`;
  return description === "" ? title : `${title}\n${description}`;
}

type Group = readonly CaseSummary[];

function comparison(input: TableInput, groups: readonly Group[]): string {
  const window = sparkWindow(input.firstRuns);
  const published = new Map<string, string>();
  for (const entry of input.expect) {
    if (entry.metric !== "recoveryTimeMs" || typeof entry.published !== "number") continue;
    published.set(entry.case, duration(entry.published));
  }
  const head = ["case", "recovery", "no output", "missing till\nrecovered", "longest\ngap", "subtasks\naffected"];
  head.push("records\nlost", "tasks\nrestarted");
  if (published.size > 0) head.splice(1, 0, "published");
  if (window !== null) head.push(`output from ${duration(window.fromMs)}\nto ${duration(window.toMs)}`);
  const table = new Table({
    head,
    // cli-table3 colours head and border by itself, in a pipe as well, unless told not to.
    style: { head: [], border: [], compact: groups.every((group) => group.length === 1) },
    colAligns: head.map((_, column) =>
      column === 0 || column >= head.length - (window === null ? 0 : 1) ? "left" : "right",
    ),
  });
  for (const group of groups) {
    const first = group[0] as CaseSummary;
    const row = [
      endNote(group),
      measuredCell(group.map((summary) => summary.recoveryTimeMs)),
      measuredCell(group.map((summary) => summary.jobOutageMs)),
      percent(numberMedian(group, (summary) => summary.outputDeficitRatio)),
      duration(numberMedian(group, (summary) => summary.outputGapMs.max)),
      count(numberMedian(group, (summary) => summary.outputGapMs.affected.count)),
      compact(numberMedian(group, (summary) => summary.records.lostTotal)),
      count(numberMedian(group, (summary) => summary.tasksRestarted)),
    ];
    if (published.size > 0) row.splice(1, 0, published.get(first.case) ?? "");
    if (window !== null) row.push(picture(input.firstRuns, first.case, window));
    table.push(row);
  }
  return table.toString();
}

/** The case's name, with how it ended if that was not as planned. */
function endNote(group: Group): string {
  const first = group[0] as CaseSummary;
  const ends = [...new Set(group.map((summary) => summary.endState))].filter((end) => end !== "completed");
  if (group.some((run) => run.invariants.some((invariant) => invariant.violations !== 0))) ends.push("check-failed");
  return ends.length === 0 ? first.case : `${first.case}\n${paint("red", [...new Set(ends)].join(", "))}`;
}

function measuredCell(values: readonly Measured[]): string {
  const middle = measuredDuration(medianMeasured(values));
  if (values.length === 1) return middle;
  const [low, high] = interval(values);
  return `${middle}\n${measuredDuration(low)} – ${measuredDuration(high)}`;
}

function numberMedian(group: Group, value: (summary: CaseSummary) => number): number {
  return medianMeasured(group.map(value)) as number;
}

interface Window {
  readonly fromMs: number;
  readonly toMs: number;
}

/** From a little before the first fault until the slowest case is whole again, and a little more. */
function sparkWindow(runs: readonly RunResult[]): Window | null {
  let fromMs = Number.POSITIVE_INFINITY;
  let toMs = 0;
  for (const { summary, timeline } of runs) {
    for (const { startMs, recoveryTimeMs } of summary.incidents) {
      const length = typeof recoveryTimeMs === "number" ? recoveryTimeMs : recoveryTimeMs.atLeastMs;
      fromMs = Math.min(fromMs, startMs);
      toMs = Math.min(timeline.bins * timeline.binMs, Math.max(toMs, startMs + length));
    }
  }
  if (toMs <= fromMs) return null;
  const marginMs = Math.max(1_000, 0.15 * (toMs - fromMs));
  const lastMs = Math.max(...runs.map(({ timeline }) => timeline.bins * timeline.binMs));
  return { fromMs: Math.max(0, fromMs - marginMs), toMs: Math.min(lastMs, toMs + marginMs) };
}

function picture(runs: readonly RunResult[], name: string, { fromMs, toMs }: Window): string {
  const run = runs.find((candidate) => candidate.summary.case === name);
  if (run === undefined) return "";
  const { timeline, twinTimeline } = run;
  const cut = (column: Float64Array): Float64Array =>
    column.subarray(Math.floor(fromMs / timeline.binMs), Math.ceil(toMs / timeline.binMs));
  const twin = cut(twinTimeline.emitted);
  const full = twin.reduce((sum, value) => sum + value, 0) / Math.max(1, twin.length);
  return sparkline(cut(timeline.emitted), SPARK_CELLS, full);
}

/** One line per case: the critical path of the longest incident, by phase (first seed). */
function seconds(groups: readonly Group[]): string {
  const rows = groups.flatMap((group) => {
    const { case: name, phases } = group[0] as CaseSummary;
    const lengths = new Map<PhaseName, number>();
    for (const span of phases) lengths.set(span.phase, (lengths.get(span.phase) ?? 0) + span.endMs - span.startMs);
    const words = [...lengths].map(([phase, ms]) => `${phase} ${paint("bold", duration(ms))}`);
    return words.length === 0 ? [] : [{ name, line: words.join(" · ") }];
  });
  if (rows.length === 0) return "";
  const width = Math.max(...rows.map((row) => row.name.length));
  return ["Where the seconds went:", ...rows.map(({ name, line }) => `  ${name.padEnd(width)}  ${line}`)].join("\n");
}

/** Expectations that say the same of several cases take one line. */
function replications(summaries: readonly CaseSummary[]): string {
  return replicationLines(replicationStatistics(summaries));
}

function expectations(expect: readonly ExpectEntry[]): string {
  if (expect.length === 0) return "";
  const casesOf = new Map<string, string[]>();
  for (const entry of expect) {
    const line = `  ${entry.ok ? paint("green", "✓") : paint("red", "✗")} ${describeExpectation(entry)}`;
    casesOf.set(line, [...(casesOf.get(line) ?? []), entry.case]);
  }
  return ["Expected:", ...[...casesOf].map(([line, cases]) => `${line} (${cases.join(" · ")})`)].join("\n");
}

/** `recoveryTimeMs is 18.3 s; published 18 s, within 1.8 s`. */
function describeExpectation(entry: ExpectEntry): string {
  const inMs = /Ms(\.|$)/.test(entry.metric);
  const shown = (value: unknown): string => {
    if (typeof value === "number") return inMs ? duration(value) : String(value);
    return typeof value === "object" && value !== null ? measuredDuration(value as Measured) : String(value);
  };
  const wanted = (["published", "atMost", "atLeast", "equals"] as const)
    .filter((relation) => entry[relation] !== undefined)
    .map((relation) => `${words(relation)} ${shown(entry[relation])}`);
  if (entry.within !== undefined) wanted.push(`within ${shown(entry.within)}`);
  return `${entry.metric} is ${shown(entry.measured)}; ${wanted.join(", ")}`;
}
