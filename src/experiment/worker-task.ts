/** What passes between the program and its worker threads: plain data, structured-cloneable. */
import type { MessagePort } from "node:worker_threads";
import type { RunResult } from "../metrics/result.js";
import type { ModelConfig } from "../model/config.js";
import type { TwinResult } from "../scenario/run-case.js";
import type { TaskIndex } from "./execute.js";

/** Virtual time reached by each task, in nanoseconds; written by workers, read by the progress display. */
export type ProgressCells = Float64Array;

/** What a worker is asked to do. */
export interface WorkerTask {
  readonly config: ModelConfig;
  /** `null`: simulate `config` as a twin. */
  readonly run: { readonly caseName: string; readonly trace: boolean } | null;
  readonly progress: ProgressCells;
  readonly task: TaskIndex;
}

/** As it reaches a thread: the twin of a run comes by its port, maybe only once the run is over. */
export interface ThreadTask extends WorkerTask {
  readonly twinPort: MessagePort | null;
}

export interface WorkerAnswer {
  readonly twin: TwinResult | null;
  readonly result: RunResult | null;
  readonly wallMs: number;
  readonly peakRssBytes: number;
}
