/**
 * What planner and workers agree on: the names in Redis, a job's content, the version check. A queue belongs to one
 * version of the program, so no worker of another one ever sees its jobs; sweeps announce themselves, so that such a
 * worker can say why it has nothing to do.
 */
import type { Redis } from "ioredis";
import { sha256 } from "../sweep/keys.js";
import type { Unit } from "../sweep/units.js";
import { QueueError } from "./connection.js";

/** A job carries all that a run depends on, so that workers share no disk with the planner. */
export interface UnitJob {
  readonly unit: Unit;
}

const PREFIX = "outgap";
/** A sweep whose planner was not heard of for so long is not there. */
const ANNOUNCED_MS = 20_000;
/** Results that nobody fetches: of runs that were delivered twice, or whose planner was stopped. */
export const RESULT_SECONDS = 2 * 24 * 3600;

export function queueName(version: string): string {
  return `${PREFIX}-${version.replace(/[^A-Za-z0-9.]+/g, "-")}`;
}

/** BullMQ takes neither plain numbers nor colons. */
export function jobId(unitKey: string): string {
  return `unit-${unitKey}`;
}

/** Where a worker leaves the records of a unit: a JSON list of texts. */
export function resultKey(version: string, id: string): string {
  return `${PREFIX}:result:${sha256(version).slice(0, 12)}:${id}`;
}

function announcement(id: string): string {
  return `${PREFIX}:sweep:${id}`;
}

/** Says that a sweep of this version is here; to be repeated every few seconds. */
export async function announce(redis: Redis, id: string, version: string): Promise<void> {
  await redis.set(announcement(id), version, "PX", ANNOUNCED_MS);
}

export async function withdraw(redis: Redis, id: string): Promise<void> {
  await redis.del(announcement(id));
}

/** The versions of the sweeps that are announced now. */
export async function announcedVersions(redis: Redis): Promise<string[]> {
  const versions = new Set<string>();
  let cursor = "0";
  do {
    const [next, keys] = await redis.scan(cursor, "MATCH", announcement("*"), "COUNT", 1000);
    cursor = next;
    const values = keys.length === 0 ? [] : await redis.mget(keys);
    for (const value of values) if (value !== null) versions.add(value);
  } while (cursor !== "0");
  return [...versions].sort();
}

/** @throws QueueError if there are sweeps here, but all of other versions */
export function refuseOtherVersions(announced: readonly string[], own: string): void {
  if (announced.length === 0 || announced.includes(own)) return;
  throw new QueueError(
    `this worker is Outgap ${own}, but the sweep on this Redis is of Outgap ${announced.join(" and ")}; ` +
      "results of different programs are never mixed: install the sweep's version here",
  );
}
