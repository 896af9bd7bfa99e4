/**
 * The planner's side of the queue: puts units in, a bounded number at a time, and takes their results out. Polls rather
 * than listens, so that nothing is missed while Redis or this program restarts; whatever is lost is put in again, under
 * the same name, which the queue takes once. Owns no file.
 */
import { randomUUID } from "node:crypto";
import type { Queue } from "bullmq";
import type { Redis } from "ioredis";
import { pause } from "../sweep/abort.js";
import { materialise, type UnitPlan, unitKey } from "../sweep/units.js";
import { persistently } from "./connection.js";
import { announce, jobId, queueName, resultKey, type UnitJob, withdraw } from "./protocol.js";

export interface PlannerHooks {
  /** The records of a unit, as texts. */
  readonly onUnit: (unit: UnitPlan, texts: readonly string[]) => void;
  /** A unit that its workers died of, again and again. */
  readonly onLost: (unit: UnitPlan, why: string) => void;
  readonly signal: AbortSignal;
  readonly say: (message: string) => void;
}

/** Units in the queue at most: bounds Redis's memory, and feeds thousands of workers. */
const WINDOW = 2_000;
const AT_ONCE = 200;
const POLL_MS = 100;
const ANNOUNCE_MS = 5_000;
const LOOK_AFTER_MS = 3_000;
/** Completed jobs are gone at once: their results are under `resultKey`. */
const JOB_OPTIONS = { removeOnComplete: true, removeOnFail: false } as const;

export class QueuePlanner {
  readonly #redis: Redis;
  readonly #queue: Queue;
  readonly #version: string;
  readonly #id = randomUUID();
  readonly #outstanding = new Map<string, UnitPlan>();

  constructor(redis: Redis, bullmq: typeof import("bullmq"), version: string) {
    this.#redis = redis;
    this.#version = version;
    this.#queue = new bullmq.Queue(queueName(version), { connection: redis });
    // Connection errors are met where commands are given.
    this.#queue.on("error", () => undefined);
  }

  /** Carries out all units; returns early after an abort. */
  async run(units: readonly UnitPlan[], hooks: PlannerHooks): Promise<void> {
    const { signal, say } = hooks;
    const insist = <T>(action: () => Promise<T>): Promise<T | null> => persistently(action, signal, say);
    let next = 0;
    let announcedMs = Number.NEGATIVE_INFINITY;
    let lookedMs = performance.now();
    while (!signal.aborted && (next < units.length || this.#outstanding.size > 0)) {
      if (performance.now() - announcedMs > ANNOUNCE_MS) {
        await insist(() => announce(this.#redis, this.#id, this.#version));
        announcedMs = performance.now();
      }
      while (next < units.length && this.#outstanding.size < WINDOW && !signal.aborted) {
        const batch = units.slice(next, next + Math.min(AT_ONCE, WINDOW - this.#outstanding.size));
        next += batch.length;
        for (const unit of batch) this.#outstanding.set(jobId(unitKey(unit)), unit);
        await insist(() => this.#add(batch));
      }
      const got = (await insist(() => this.#fetch(hooks))) ?? 0;
      if (performance.now() - lookedMs > LOOK_AFTER_MS) {
        await insist(() => this.#lookAfter(hooks));
        lookedMs = performance.now();
      }
      if (got === 0) await pause(POLL_MS, signal);
    }
  }

  async close(): Promise<void> {
    await withdraw(this.#redis, this.#id).catch(() => undefined);
    await this.#queue.close().catch(() => undefined);
  }

  async #add(units: readonly UnitPlan[]): Promise<void> {
    const jobs = units.map((plan) => {
      const data: UnitJob = { unit: materialise(plan) };
      return { name: "unit", data, opts: { ...JOB_OPTIONS, jobId: jobId(unitKey(plan)) } };
    });
    await this.#queue.addBulk(jobs);
  }

  /** Takes what results there are. A result leaves Redis only after it is safe here. */
  async #fetch({ onUnit }: PlannerHooks): Promise<number> {
    let got = 0;
    const ids = [...this.#outstanding.keys()];
    for (let at = 0; at < ids.length; at += AT_ONCE) {
      const some = ids.slice(at, at + AT_ONCE);
      const values = await this.#redis.mget(some.map((id) => resultKey(this.#version, id)));
      for (const [index, value] of values.entries()) {
        const id = some[index] as string;
        const unit = this.#outstanding.get(id);
        if (value === null || unit === undefined) continue;
        onUnit(unit, JSON.parse(value) as string[]);
        this.#outstanding.delete(id);
        got++;
        await this.#redis.del(resultKey(this.#version, id));
      }
    }
    return got;
  }

  /** Finds units that the queue gave up, and puts in again what it has forgotten (a Redis without persistence). */
  async #lookAfter({ onLost }: PlannerHooks): Promise<void> {
    for (const job of await this.#queue.getJobs(["failed"], 0, AT_ONCE - 1)) {
      const unit = this.#outstanding.get(job.id ?? "");
      if (unit === undefined) continue;
      onLost(unit, job.failedReason ?? "unknown");
      this.#outstanding.delete(job.id as string);
      await job.remove();
    }
    const ids = [...this.#outstanding.keys()];
    for (let at = 0; at < ids.length; at += AT_ONCE) {
      const some = ids.slice(at, at + AT_ONCE);
      const pipeline = this.#redis.pipeline();
      for (const id of some) pipeline.exists(this.#queue.toKey(id), resultKey(this.#version, id));
      const found = (await pipeline.exec()) ?? [];
      for (const [error] of found) if (error !== null) throw error;
      const forgotten = some.filter((_, index) => found[index]?.[1] === 0);
      const units = forgotten.flatMap((id) => this.#outstanding.get(id) ?? []);
      if (units.length > 0) await this.#add(units);
    }
  }
}
