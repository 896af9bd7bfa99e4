/**
 * `playback.json`: the playable state changes of each case's first run, small enough to keep beside the results.
 * Integer columns are `integers.ts`; times in microseconds.
 */
import type { RunResult } from "../../metrics/result.js";
import type { PlaybackColumns } from "../input.js";
import { decodeIntegers, encodeIntegers } from "./integers.js";

const FORMAT = 1;

/** What one case looks like in the file; the report carries the same objects into the page. */
export interface EncodedPlayback {
  readonly case: string;
  readonly strategy: string;
  readonly seed: string;
  readonly slots: number;
  readonly slotsPerTaskManager: number;
  readonly taskManagersPerMachine: number;
  readonly vertices: readonly string[];
  readonly markers: PlaybackColumns["markers"];
  readonly changes: number;
  readonly taskTimeUs: string;
  readonly taskSlot: string;
  readonly taskVertex: string;
  readonly taskState: string;
  readonly taskAttempt: string;
  readonly queueSamples: number;
  readonly queueTimeUs: string;
  readonly queueLength: string;
  /** Both may be missing in an older file. */
  readonly channelTimeUs?: string;
  readonly channelsDown?: string;
}

export function toPlaybackColumns(run: RunResult): PlaybackColumns {
  const { case: name, strategy, seed } = run.summary;
  return { case: name, strategy, seed, ...run.playback };
}

export function encodePlayback(columns: PlaybackColumns): EncodedPlayback {
  const micros = (times: Float64Array): string => encodeIntegers(times.map((time) => time * 1000));
  return {
    case: columns.case,
    strategy: columns.strategy,
    seed: columns.seed,
    slots: columns.slots,
    slotsPerTaskManager: columns.slotsPerTaskManager,
    taskManagersPerMachine: columns.taskManagersPerMachine,
    vertices: columns.vertices,
    markers: columns.markers,
    changes: columns.taskTimeMs.length,
    taskTimeUs: micros(columns.taskTimeMs),
    taskSlot: encodeIntegers(columns.taskSlot),
    taskVertex: encodeIntegers(columns.taskVertex),
    taskState: encodeIntegers(columns.taskState),
    taskAttempt: encodeIntegers(columns.taskAttempt),
    queueSamples: columns.queueTimeMs.length,
    queueTimeUs: micros(columns.queueTimeMs),
    queueLength: encodeIntegers(columns.queueLength),
    channelTimeUs: micros(columns.channelTimeMs),
    channelsDown: encodeIntegers(columns.channelsDown),
  };
}

export function decodePlayback(encoded: EncodedPlayback): PlaybackColumns {
  const millis = (text: string): Float64Array => Float64Array.from(decodeIntegers(text), (time) => time / 1000);
  return {
    case: encoded.case,
    strategy: encoded.strategy,
    seed: encoded.seed,
    slots: encoded.slots,
    slotsPerTaskManager: encoded.slotsPerTaskManager,
    taskManagersPerMachine: encoded.taskManagersPerMachine,
    vertices: encoded.vertices,
    markers: encoded.markers,
    taskTimeMs: millis(encoded.taskTimeUs),
    taskSlot: Int32Array.from(decodeIntegers(encoded.taskSlot)),
    taskVertex: Int32Array.from(decodeIntegers(encoded.taskVertex)),
    taskState: Uint8Array.from(decodeIntegers(encoded.taskState)),
    taskAttempt: Int32Array.from(decodeIntegers(encoded.taskAttempt)),
    queueTimeMs: millis(encoded.queueTimeUs),
    queueLength: Int32Array.from(decodeIntegers(encoded.queueLength)),
    channelTimeMs: millis(encoded.channelTimeUs ?? ""),
    channelsDown: Int32Array.from(decodeIntegers(encoded.channelsDown ?? "")),
  };
}

/** The runs whose playback is kept: the first of each case, in the order given. */
export function firstRuns(runs: readonly RunResult[]): RunResult[] {
  return runs.filter((run, index) => runs.findIndex((other) => other.summary.case === run.summary.case) === index);
}

/** The text of `playback.json` for the runs of one scenario (first seed of each case). */
export function playbackFile(runs: readonly RunResult[]): string {
  const cases = firstRuns(runs).map((run) => encodePlayback(toPlaybackColumns(run)));
  return `${JSON.stringify({ format: FORMAT, cases }, null, 1)}\n`;
}

/** Reads `playback.json`. Throws RangeError on a format it does not know. */
export function parsePlaybackFile(text: string): PlaybackColumns[] {
  const file = JSON.parse(text) as { format?: number; cases?: EncodedPlayback[] };
  if (file.format !== FORMAT || !Array.isArray(file.cases)) {
    throw new RangeError(`playback.json: expected format ${FORMAT}, found ${JSON.stringify(file.format ?? null)}`);
  }
  return file.cases.map(decodePlayback);
}
