/**
 * A worker's side of the queue: takes units, has them simulated, leaves their records. Renews its locks while the
 * simulation runs on other threads; when it dies, its units go to others after the takeover time. Owns no thread.
 */
import type { Redis } from "ioredis";
import { pause } from "../sweep/abort.js";
import type { Unit } from "../sweep/units.js";
import { persistently, type QueuePackages, within } from "./connection.js";
import {
  announcedVersions,
  queueName,
  RESULT_SECONDS,
  refuseOtherVersions,
  resultKey,
  type UnitJob,
} from "./protocol.js";

export interface WorkerOptions {
  readonly version: string;
  /** Units at once. */
  readonly width: number;
  /** Silent for so long, a worker counts as dead. */
  readonly takeoverMs: number;
  /** Ends after so long without work; `null`: never. */
  readonly idleExitMs: number | null;
  /** Simulates a unit and gives the records of its runs as texts. */
  readonly perform: (unit: Unit) => Promise<readonly string[]>;
  readonly signal: AbortSignal;
  readonly say: (message: string) => void;
}

/** A unit whose workers died so often is not tried again. */
const MAX_DEATHS = 10;
const LOOK_MS = 1_000;
const CLOSE_MS = 5_000;

/**
 * Works until aborted or idle for long enough.
 * @returns how many units were done
 * @throws QueueError if the sweeps on this Redis are all of other versions
 */
export async function workQueue(packages: QueuePackages, redis: Redis, options: WorkerOptions): Promise<number> {
  const { version, signal, say } = options;
  let active = 0;
  let done = 0;
  let busyMs = performance.now();
  const process = async (data: UnitJob, id: string): Promise<void> => {
    active++;
    try {
      const texts = await options.perform(data.unit);
      // The result first, then the end of the job: a death in between repeats the unit, and equal results overwrite.
      await redis.set(resultKey(version, id), JSON.stringify(texts), "EX", RESULT_SECONDS);
      done++;
    } finally {
      active--;
      busyMs = performance.now();
    }
  };
  const isMine = async (): Promise<boolean> => {
    const announced = await announcedVersions(redis);
    refuseOtherVersions(announced, version);
    return announced.includes(version);
  };
  if ((await persistently(isMine, signal, say)) === false) say("no sweep here yet; waiting for one");
  const worker = new packages.bullmq.Worker<UnitJob>(queueName(version), (job) => process(job.data, job.id as string), {
    connection: redis,
    concurrency: options.width,
    lockDuration: options.takeoverMs,
    stalledInterval: Math.max(500, options.takeoverMs / 2),
    maxStalledCount: MAX_DEATHS,
    // Short, so that a sweep that starts now is noticed soon even after a restart of Redis.
    drainDelay: 2,
    runRetryDelay: LOOK_MS,
  });
  worker.on("error", (error: Error) => {
    if (!/Connection is closed|ECONNREFUSED|ECONNRESET/.test(error.message)) say(error.message);
  });
  try {
    while (!signal.aborted) {
      await pause(LOOK_MS, signal);
      if (active > 0 || signal.aborted) continue;
      if (options.idleExitMs !== null && performance.now() - busyMs > options.idleExitMs) break;
      if (redis.status === "ready") await persistently(isMine, signal, say);
    }
  } finally {
    // Without Redis a worker never closes; what it held is taken over by others anyway.
    await within(worker.close(signal.aborted), CLOSE_MS).catch(() => undefined);
  }
  return done;
}
