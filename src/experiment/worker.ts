/** What a worker thread does with one task: simulate it, and say how far it is. Has no state between tasks. */
import type { MessagePort } from "node:worker_threads";
import { resultOf, runTwin, simulateCase, type TwinResult } from "../scenario/run-case.js";
import type { ThreadTask, WorkerAnswer, WorkerTask } from "./worker-task.js";

/** @param twinOf asked for once the run is over: the twin may be under way in another thread until then */
export async function perform(task: WorkerTask, twinOf: () => Promise<TwinResult>): Promise<WorkerAnswer> {
  const { config, run, progress } = task;
  const onProgress = (virtualNs: number): void => {
    progress[task.task] = virtualNs;
  };
  const startMs = performance.now();
  if (run === null) {
    const twin = runTwin(config, onProgress);
    return { twin, result: null, ...measured(task, performance.now() - startMs) };
  }
  const record = simulateCase(config, onProgress);
  const simulatedMs = performance.now() - startMs;
  const twin = await twinOf();
  const concludeMs = performance.now();
  const result = resultOf(record, { ...run, twin });
  return { twin: null, result, ...measured(task, simulatedMs + performance.now() - concludeMs) };
}

function measured(
  { config, progress, task }: WorkerTask,
  wallMs: number,
): Pick<WorkerAnswer, "wallMs" | "peakRssBytes"> {
  progress[task] = config.durationNs;
  return { wallMs: Math.round(wallMs), peakRssBytes: process.resourceUsage().maxRSS * 1024 };
}

export default (task: ThreadTask): Promise<WorkerAnswer> => perform(task, () => received(task.twinPort as MessagePort));

function received(port: MessagePort): Promise<TwinResult> {
  return new Promise((resolve) =>
    port.once("message", (twin: TwinResult) => {
      port.close();
      resolve(twin);
    }),
  );
}
