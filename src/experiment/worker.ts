/** What a worker thread does with one task: simulate it, and say how far it is. Has no state between tasks. */
import { runCase, runTwin } from "../scenario/run-case.js";
import type { WorkerAnswer, WorkerTask } from "./worker-task.js";

export function perform({ config, run, progress, task }: WorkerTask): WorkerAnswer {
  const startMs = performance.now();
  const onProgress = (virtualNs: number): void => {
    progress[task] = virtualNs;
  };
  const twin = run === null ? runTwin(config, onProgress) : null;
  const result = run === null ? null : runCase(config, { ...run, onProgress });
  progress[task] = config.durationNs;
  return {
    twin,
    result,
    wallMs: Math.round(performance.now() - startMs),
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
  };
}

export default perform;
