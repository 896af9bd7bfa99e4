/** Units on a queue: this program plans and collects, `outgap worker` simulates. Results go into the store here. */
import { connect, queuePackages } from "../../experiment/queue/connection.js";
import { QueuePlanner } from "../../experiment/queue/planner.js";
import { isFailure, parseRecord, writeWhole } from "../../experiment/store/run-file.js";
import { RunStore } from "../../experiment/store/run-store.js";
import type { UnitPlan } from "../../experiment/sweep/units.js";
import { writeError } from "../streams.js";
import { DiskError, type Executor, type ExecutorHooks } from "./executor.js";

/** @throws QueueError if Redis or the packages are not there */
export async function openQueueExecutor(url: string, version: string, folder: string): Promise<Executor> {
  const packages = await queuePackages();
  const redis = await connect(packages, url);
  const planner = new QueuePlanner(redis, packages.bullmq, version);
  const store = new RunStore(folder);
  return {
    run: (units, hooks) =>
      planner.run(units, {
        signal: hooks.signal,
        say: (message) => writeError(`outgap: ${message}`),
        onUnit: (unit, texts) => keep(store, unit, texts, hooks),
        onLost: (unit, why) => {
          for (const { key } of unit.runs) {
            const error = `its workers died: ${why}`;
            onDisk(() => store.write({ key, error, stack: "" }));
            hooks.onRun({ key, error, events: 0 });
          }
        },
      }),
    close: async () => {
      await planner.close();
      redis.disconnect();
    },
  };
}

/** Writes the texts as they came: the same bytes that a thread of this machine would have written. */
function keep(store: RunStore, unit: UnitPlan, texts: readonly string[], { onRun }: ExecutorHooks): void {
  for (const [index, { key }] of unit.runs.entries()) {
    const text = texts[index] ?? "";
    const record = parseRecord(text, key);
    if (record === null) throw new Error(`a worker left no whole record of run ${key}`);
    onDisk(() => writeWhole(store.path(key), text));
    const failed = isFailure(record);
    onRun({ key, error: failed ? record.error : null, events: failed ? 0 : record.summary.events });
  }
}

function onDisk(write: () => void): void {
  try {
    write();
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    throw new DiskError(code, message);
  }
}
