/**
 * `trace.json` in Chrome's trace-event format, which ui.perfetto.dev opens: a process per machine, TaskManager or
 * JobManager, a track per thread, flow arrows along causes, counters for backlog and discards. Pieces of text, since
 * a long trace is better written than held. Times in microseconds of virtual time.
 */
import type { RunResult, TraceEvent } from "../metrics/result.js";

const JOB_MANAGER = /^(JobManager|ResourceManager|log|chaos|DFS|client)\b/;
const TASK_MANAGER = /^(?:TM|TaskManager)\s*(\d+)\b\s*(.*)$/;
/** `joiner (3) task`: the thread of a subtask, on no machine that its name tells. */
const SUBTASK = /^(.+?) \((\d+)\)\s*(.*)$/;

interface Track {
  readonly process: number;
  readonly thread: number;
}

/** Slices that overlap without one holding the other go to a lane of their own, or the viewer misplaces them. */
interface Lane {
  readonly thread: number;
  /** Ends of the slices that are open, the innermost last. */
  readonly open: number[];
}

const COUNTERS_PROCESS = 1;

/** @returns the pieces of the file; empty if the run was made without `--trace` */
export function* traceChunks(run: RunResult): Generator<string> {
  if (run.trace === null) return;
  const { case: name, seed, strategy } = run.summary;
  const other = JSON.stringify({ case: name, seed, strategy, clock: "virtual time" });
  yield `{"displayTimeUnit":"ms","otherData":${other},"traceEvents":[\n`;
  yield metadata("process_name", COUNTERS_PROCESS, 0, `${name}, seed ${seed}`);
  yield* counters(run);
  yield* slices(run.trace);
  yield `{"ph":"i","s":"g","name":"end of trace","ts":${micros(endNs(run))},"pid":${COUNTERS_PROCESS},"tid":0}\n]}\n`;
}

function endNs(run: RunResult): number {
  return run.timeline.bins * run.timeline.binMs * 1e6;
}

/** Integer nanoseconds as microseconds, exact to the nanosecond. */
function micros(ns: number): string {
  const whole = Math.floor(ns / 1000);
  const rest = ns - whole * 1000;
  return rest === 0 ? String(whole) : `${whole}.${String(rest).padStart(3, "0")}`;
}

function metadata(kind: "process_name" | "thread_name", process: number, thread: number, name: string): string {
  return `${JSON.stringify({ ph: "M", name: kind, pid: process, tid: thread, args: { name } })},\n`;
}

function* counters(run: RunResult): Generator<string> {
  const { timeline } = run;
  const columns = [
    ["backlog in the log (records)", timeline.backlogLogRecords],
    ["backlog in the network (records)", timeline.backlogNetworkRecords],
    ["discarded (records per bin)", timeline.discarded],
    ["output (matches per bin)", timeline.emitted],
  ] as const;
  for (const [name, column] of columns) {
    const label = JSON.stringify(name);
    let last = Number.NaN;
    for (let bin = 0; bin < timeline.bins; bin++) {
      const value = column[bin] as number;
      if (value === last) continue;
      last = value;
      const at = micros(bin * timeline.binMs * 1e6);
      yield `{"ph":"C","name":${label},"ts":${at},"pid":${COUNTERS_PROCESS},"tid":0,"args":{"value":${value}}},\n`;
    }
  }
  const { queueTimeMs, queueLength } = run.playback;
  for (let sample = 0; sample < queueTimeMs.length; sample++) {
    const at = micros(Math.round((queueTimeMs[sample] as number) * 1e6));
    yield `{"ph":"C","name":"queue of the JobManager (messages)","ts":${at},"pid":${COUNTERS_PROCESS},"tid":0,"args":{"value":${queueLength[sample]}}},\n`;
  }
}

/** Names of process and thread of a trace event's `thread`. */
export function trackNames(thread: string): { readonly process: string; readonly thread: string } {
  const manager = TASK_MANAGER.exec(thread);
  if (manager !== null) return { process: `TaskManager ${manager[1]}`, thread: manager[2] || "process" };
  const control = JOB_MANAGER.exec(thread);
  if (control !== null)
    return { process: control[1] as string, thread: thread.slice(control[0].length).trim() || "main" };
  const subtask = SUBTASK.exec(thread);
  if (subtask !== null) return { process: `${subtask[1]} tasks`, thread: thread };
  return { process: thread, thread: "main" };
}

function* slices(trace: readonly TraceEvent[]): Generator<string> {
  const processes = new Map<string, number>();
  const threads = new Map<string, Lane[]>();
  const placed = new Map<number, Track>();
  const byId = new Map(trace.map((event) => [event.id, event]));
  let nextThread = 1;
  // A slice must be placed after those that hold it: by start, the longer first, then as they were handled.
  const order = trace
    .map((event, index) => ({ event, index }))
    .sort((a, b) => a.event.startNs - b.event.startNs || b.event.endNs - a.event.endNs || a.index - b.index);
  for (const { event } of order) {
    const names = trackNames(event.thread);
    let process = processes.get(names.process);
    if (process === undefined) {
      process = COUNTERS_PROCESS + 1 + processes.size;
      processes.set(names.process, process);
      yield metadata("process_name", process, 0, names.process);
    }
    const key = `${process}/${names.thread}`;
    let lanes = threads.get(key);
    if (lanes === undefined) {
      lanes = [];
      threads.set(key, lanes);
    }
    let lane = lanes.find((candidate) => fits(candidate, event));
    if (lane === undefined) {
      lane = { thread: nextThread++, open: [] };
      lanes.push(lane);
      const label = lanes.length === 1 ? names.thread : `${names.thread} (${lanes.length})`;
      yield metadata("thread_name", process, lane.thread, label);
    }
    lane.open.push(sliceEnd(event));
    placed.set(event.id, { process, thread: lane.thread });
    yield slice(event, process, lane.thread);
  }
  for (const { event } of order) {
    const cause = byId.get(event.cause);
    const from = placed.get(event.cause);
    const to = placed.get(event.id);
    if (cause === undefined || from === undefined || to === undefined) continue;
    const head = `"cat":"cause","name":"cause","id":${event.id}`;
    // The arrow leaves from the last instant of its slice; the viewer binds it to the slice that holds that instant.
    const leavesNs = Math.max(cause.startNs, Math.min(cause.endNs, event.startNs) - 1);
    yield `{"ph":"s",${head},"ts":${micros(leavesNs)},"pid":${from.process},"tid":${from.thread}},\n`;
    yield `{"ph":"f","bp":"e",${head},"ts":${micros(Math.max(event.startNs, leavesNs))},"pid":${to.process},"tid":${to.thread}},\n`;
  }
}

/** A slice of no length is drawn as one nanosecond, or arrows could not hold on to it. */
function sliceEnd(event: TraceEvent): number {
  return Math.max(event.endNs, event.startNs + 1);
}

/** Closes what has ended; true if the event lies behind or within what is still open. */
function fits(lane: Lane, event: TraceEvent): boolean {
  while (lane.open.length > 0 && (lane.open.at(-1) as number) <= event.startNs) lane.open.pop();
  return lane.open.length === 0 || sliceEnd(event) <= (lane.open.at(-1) as number);
}

function slice(event: TraceEvent, process: number, thread: number): string {
  const text = JSON.stringify({
    name: event.label === "" ? event.kind : event.label,
    cat: event.phase ?? "event",
    args: { kind: event.kind, phase: event.phase, id: event.id, cause: event.cause },
  });
  const duration = micros(sliceEnd(event) - event.startNs);
  return `{"ph":"X","ts":${micros(event.startNs)},"dur":${duration},"pid":${process},"tid":${thread},${text.slice(1)},\n`;
}
