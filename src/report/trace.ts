/**
 * `trace.json` in Chrome's trace-event format, which ui.perfetto.dev opens: a process per TaskManager (with its machine),
 * per vertex, for the JobManager and the ResourceManager, a track per thread, flow arrows along causes, counters for
 * backlog and discards. Pieces of text, since a long trace is better written than held. Microseconds of virtual time.
 */
import type { RunResult, TraceEvent } from "../metrics/result.js";
import { Lanes, type Placed } from "./trace-lanes.js";

const CONTROL = /^(JobManager|ResourceManager)\b/;
const TASK_MANAGER = /^TaskManager (\d+)\b\s*(.*)$/;
/** `joiner (3) task`: the thread of a subtask, on no machine that its name tells. */
const SUBTASK = /^(.+) \((\d+)\) task$/;

/**
 * Ids of processes and threads are drawn from one row of numbers, for the viewer names threads by their id alone, and
 * takes the thread whose id is that of its process as its main thread. 0 is the idle thread of the machine.
 */
const COUNTERS_ID = 1;

/** @returns the pieces of the file; empty if the run was made without `--trace` */
export function* traceChunks(run: RunResult): Generator<string> {
  if (run.trace === null) return;
  const { case: name, seed, strategy } = run.summary;
  const other = JSON.stringify({ case: name, seed, strategy, clock: "virtual time" });
  yield `{"displayTimeUnit":"ms","otherData":${other},"traceEvents":[\n`;
  yield metadata("process_name", COUNTERS_ID, COUNTERS_ID, `${name}, seed ${seed}`);
  yield metadata("thread_name", COUNTERS_ID, COUNTERS_ID, "counters");
  yield* counters(run);
  yield* slices(run.trace, run.playback.taskManagersPerMachine);
  yield `{"ph":"i","s":"g","name":"end of the run",${at(endNs(run), COUNTERS_ID, COUNTERS_ID)}}\n]}\n`;
}

function endNs(run: RunResult): number {
  return run.timeline.bins * run.timeline.binMs * 1e6;
}

/**
 * Integer nanoseconds as microseconds. What is not a whole number of them ends half a nanosecond higher: readers cut
 * off below the nanosecond, and no rounding of theirs then loses one.
 */
export function micros(ns: number): string {
  const whole = Math.floor(ns / 1000);
  const rest = ns - whole * 1000;
  return rest === 0 ? String(whole) : `${whole}.${String(rest).padStart(3, "0")}5`;
}

function at(ns: number, process: number, thread: number): string {
  return `"ts":${micros(ns)},"pid":${process},"tid":${thread}`;
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
    let last = Number.NaN;
    for (let bin = 0; bin < timeline.bins; bin++) {
      const value = column[bin] as number;
      if (value === last) continue;
      last = value;
      yield counter(name, bin * timeline.binMs * 1e6, value);
    }
  }
  const { queueTimeMs, queueLength } = run.playback;
  for (let sample = 0; sample < queueTimeMs.length; sample++) {
    const ns = Math.round((queueTimeMs[sample] as number) * 1e6);
    yield counter("queue of the JobManager (messages)", ns, queueLength[sample] as number);
  }
}

function counter(name: string, ns: number, value: number): string {
  return `{"ph":"C","name":${JSON.stringify(name)},${at(ns, COUNTERS_ID, COUNTERS_ID)},"args":{"value":${value}}},\n`;
}

/** Names of process and thread of a trace event's `thread`. */
export function trackNames(
  thread: string,
  taskManagersPerMachine = 1,
): { readonly process: string; readonly thread: string } {
  const subtask = SUBTASK.exec(thread);
  if (subtask !== null) return { process: `${subtask[1]} tasks`, thread };
  const manager = TASK_MANAGER.exec(thread);
  if (manager !== null) {
    const machine = Math.floor(Number(manager[1]) / taskManagersPerMachine);
    return { process: `TaskManager ${manager[1]} on machine ${machine}`, thread: manager[2] || "process" };
  }
  const control = CONTROL.exec(thread);
  if (control !== null)
    return { process: control[1] as string, thread: thread.slice(control[0].length).trim() || "main" };
  return { process: thread, thread: "main" };
}

interface Track {
  readonly process: number;
  readonly names: ReturnType<typeof trackNames>;
  readonly lanes: Lanes;
  /** Ids of the lanes, in their order. */
  readonly threads: number[];
}

/**
 * Slices in the order in which they were handled, each followed at once by the ends of its arrows: the viewer sorts by
 * time alone and ties an arrow's end to the slice that opened last on its track.
 */
function* slices(trace: readonly TraceEvent[], taskManagersPerMachine: number): Generator<string> {
  const processes = new Map<string, number>();
  const tracks = new Map<string, Track>();
  const placed = new Map<number, Placed>();
  const effects = effectsOf(trace);
  let lastId = COUNTERS_ID;
  const order = [...trace.keys()].sort(
    (a, b) => (trace[a] as TraceEvent).startNs - (trace[b] as TraceEvent).startNs || a - b,
  );
  for (const index of order) {
    const event = trace[index] as TraceEvent;
    let track = tracks.get(event.thread);
    if (track === undefined) {
      const names = trackNames(event.thread, taskManagersPerMachine);
      let process = processes.get(names.process);
      const threads: number[] = [];
      if (process === undefined) {
        process = ++lastId;
        processes.set(names.process, process);
        threads.push(process);
        yield metadata("process_name", process, process, names.process);
        yield metadata("thread_name", process, process, names.thread);
      }
      track = { process, names, lanes: new Lanes(), threads };
      tracks.set(event.thread, track);
    }
    const cause = placed.get(event.cause);
    const place = track.lanes.place(event.startNs, event.endNs, cause?.startNs ?? 0);
    placed.set(event.id, place);
    let thread = track.threads[place.lane];
    if (thread === undefined) {
      thread = ++lastId;
      track.threads.push(thread);
      const lane = place.lane === 0 ? "" : ` (${place.lane + 1})`;
      yield metadata("thread_name", track.process, thread, `${track.names.thread}${lane}`);
    }
    const where = at(place.startNs, track.process, thread);
    yield slice(event, place, where);
    if (cause !== undefined) yield arrow("f", event.id, where);
    for (const effect of effects.get(event.id) ?? []) yield arrow("s", effect, where);
  }
}

/** Causes that are in the trace, with the ids of their effects. */
function effectsOf(trace: readonly TraceEvent[]): Map<number, number[]> {
  const known = new Set(trace.map((event) => event.id));
  const effects = new Map<number, number[]>();
  for (const { id, cause } of trace) {
    if (!known.has(cause)) continue;
    const list = effects.get(cause);
    if (list === undefined) effects.set(cause, [id]);
    else list.push(id);
  }
  return effects;
}

/** One end of the arrow to an event: `s` where it leaves its cause, `f` where it meets the event's own slice. */
function arrow(end: "s" | "f", event: number, where: string): string {
  const binding = end === "f" ? '"bp":"e",' : "";
  return `{"ph":"${end}",${binding}"cat":"cause","name":"cause","id":${event},${where}},\n`;
}

function slice(event: TraceEvent, place: Placed, where: string): string {
  const text = JSON.stringify({
    name: event.label === "" ? event.kind : event.label,
    cat: event.phase ?? "event",
    args: { kind: event.kind, phase: event.phase, id: event.id, cause: event.cause },
  });
  return `{"ph":"X",${where},"dur":${micros(place.endNs - place.startNs)},${text.slice(1)},\n`;
}
