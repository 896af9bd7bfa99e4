/**
 * Reads a trace as Perfetto's JSON importer does (`json_trace_parser_impl.cc`, `slice_tracker.cc`, `flow_tracker.cc`):
 * times cut off below the nanosecond, events sorted by time with ties as in the file, slices on a stack per thread,
 * arrows tied to the slice that is on top. Owns no expectation; what the importer would count as an error is listed.
 */

export interface ImportedSlice {
  readonly name: string;
  readonly process: string;
  readonly thread: string;
  readonly startNs: number;
  readonly endNs: number;
  readonly depth: number;
  readonly args: Readonly<Record<string, unknown>>;
}

export interface Imported {
  readonly slices: readonly ImportedSlice[];
  readonly arrows: readonly { readonly from: ImportedSlice; readonly to: ImportedSlice }[];
  /** Process → counter → samples. */
  readonly counters: ReadonlyMap<string, readonly { readonly ns: number; readonly value: number }[]>;
  readonly instants: readonly string[];
  readonly errors: readonly string[];
}

interface Raw {
  readonly ph: string;
  readonly name?: string;
  readonly cat?: string;
  readonly ts?: number;
  readonly dur?: number;
  readonly pid?: number;
  readonly tid?: number;
  readonly id?: number;
  readonly bp?: string;
  readonly s?: string;
  readonly args?: Readonly<Record<string, unknown>>;
}

const nanos = (micros: number): number => Math.trunc(micros * 1000);

export function importTrace(text: string): Imported {
  const file = JSON.parse(text) as { traceEvents: Raw[] };
  const errors: string[] = [];
  const processes = new Map<number, string>();
  const threads = new Map<number, { pid: number; name: string }>();
  const timed: { ns: number; raw: Raw }[] = [];
  for (const raw of file.traceEvents) {
    if (typeof raw.pid !== "number" || typeof raw.tid !== "number" || raw.pid < 1 || raw.tid < 1) {
      errors.push(`no process or thread: ${JSON.stringify(raw)}`);
      continue;
    }
    if (raw.ph === "M") {
      const name = String(raw.args?.name);
      if (raw.name === "process_name") processes.set(raw.pid, name);
      // Threads are named by their id alone: two of one id would share a name.
      else if (threads.has(raw.tid)) errors.push(`thread ${raw.tid} is named twice`);
      else threads.set(raw.tid, { pid: raw.pid, name });
      continue;
    }
    if (typeof raw.ts !== "number" || !(raw.ts >= 0)) errors.push(`no time: ${JSON.stringify(raw)}`);
    else timed.push({ ns: nanos(raw.ts), raw });
  }
  timed.sort((a, b) => a.ns - b.ns);

  const slices: ImportedSlice[] = [];
  const stacks = new Map<number, ImportedSlice[]>();
  const arrows: Imported["arrows"][number][] = [];
  const leaving = new Map<string, ImportedSlice>();
  const counters = new Map<string, { ns: number; value: number }[]>();
  const instants: string[] = [];
  const nameOf = (raw: Raw) => {
    const thread = threads.get(raw.tid as number);
    if (thread === undefined || thread.pid !== raw.pid) errors.push(`thread ${raw.tid} has no name in its process`);
    return { process: processes.get(raw.pid as number) ?? "?", thread: thread?.name ?? "?" };
  };
  for (const { ns, raw } of timed) {
    const stack = stacks.get(raw.tid as number) ?? [];
    stacks.set(raw.tid as number, stack);
    const top = () => {
      const slice = stack.at(-1);
      if (slice === undefined || slice.endNs <= ns) errors.push(`an arrow meets no open slice: ${JSON.stringify(raw)}`);
      return slice;
    };
    const flow = `${raw.cat}/${raw.name}/${raw.id}`;
    switch (raw.ph) {
      case "X": {
        while (stack.length > 0 && (stack.at(-1) as ImportedSlice).endNs <= ns) stack.pop();
        const endNs = ns + nanos(raw.dur ?? Number.NaN);
        const parent = stack.at(-1);
        if (!(endNs > ns)) errors.push(`no length: ${JSON.stringify(raw)}`);
        if (parent !== undefined && endNs > parent.endNs) errors.push(`${raw.name} crosses ${parent.name}`);
        const slice = {
          name: raw.name ?? "",
          ...nameOf(raw),
          startNs: ns,
          endNs,
          depth: stack.length,
          args: raw.args ?? {},
        };
        stack.push(slice);
        slices.push(slice);
        break;
      }
      case "s": {
        const from = top();
        if (leaving.has(flow)) errors.push(`flow ${flow} leaves twice`);
        if (from !== undefined) leaving.set(flow, from);
        break;
      }
      case "f": {
        const to = top();
        const from = leaving.get(flow);
        if (raw.bp !== "e") errors.push(`flow ${flow} ends at the next slice`);
        if (from === undefined) errors.push(`flow ${flow} ends before it leaves`);
        else if (to !== undefined) arrows.push({ from, to });
        break;
      }
      case "C": {
        for (const [series, value] of Object.entries(raw.args ?? {})) {
          const key = `${nameOf(raw).process}/${raw.name} ${series}`;
          if (typeof value !== "number") errors.push(`counter ${key} is no number`);
          const samples = counters.get(key) ?? [];
          samples.push({ ns, value: Number(value) });
          counters.set(key, samples);
        }
        break;
      }
      case "i":
        instants.push(raw.name ?? "");
        break;
      default:
        errors.push(`phase ${raw.ph}`);
    }
  }
  return { slices, arrows, counters, instants, errors };
}
