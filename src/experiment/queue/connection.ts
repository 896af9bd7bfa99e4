/**
 * The way to Redis: the optional packages, loaded when asked for, and a connection that outlives a restart of the
 * server. Owns messages about both, no key.
 */
import type { Redis } from "ioredis";
import { orAbort, pause } from "../sweep/abort.js";

/** Something about the queue that the user has to see to: told without a stack. */
export class QueueError extends Error {
  override readonly name = "QueueError";
}

export interface QueuePackages {
  readonly bullmq: typeof import("bullmq");
  readonly ioredis: Pick<typeof import("ioredis"), "Redis">;
}

/** @throws QueueError with the line to install them */
export async function queuePackages(): Promise<QueuePackages> {
  try {
    const [bullmq, ioredis] = await Promise.all([import("bullmq"), import("ioredis")]);
    return { bullmq, ioredis };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new QueueError("--redis needs two packages that are not installed: npm install bullmq@6.7.0 ioredis@5.11.1");
  }
}

const FIRST_CONTACT_MS = 5_000;
const MAX_RETRY_MS = 1_000;

/**
 * Connects and makes sure that there is a server.
 * @param url `redis://[user:password@]host[:port][/db]` or `rediss://…`
 * @throws QueueError if the address is none, nobody answers, or the password is refused
 */
export async function connect({ ioredis }: QueuePackages, url: string): Promise<Redis> {
  if (!/^rediss?:\/\/./.test(url))
    throw new QueueError(`--redis is ${JSON.stringify(shownUrl(url))}, expected redis://host:6379`);
  const redis = new ioredis.Redis(url, {
    // Commands wait for a server that is being restarted.
    maxRetriesPerRequest: null,
    enableReadyCheck: true,
    retryStrategy: (times) => Math.min(MAX_RETRY_MS, 100 * times),
    lazyConnect: true,
  });
  let last = "no answer";
  redis.on("error", (error: Error) => {
    last = error.message;
  });
  // A server that is being started has a few seconds to answer.
  redis.connect().catch(() => undefined);
  try {
    await within(redis.ping(), FIRST_CONTACT_MS);
  } catch (error) {
    redis.disconnect();
    const { message } = error as Error;
    const why = message === "timeout" || message.startsWith("Connection is closed") ? last : message;
    throw new QueueError(`${shownUrl(url)}: Redis cannot be reached (${why})`);
  }
  return redis;
}

/** Rejects with `timeout` if the promise takes longer. */
export function within<T>(promise: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("timeout")), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** The address without its password. */
export function shownUrl(url: string): string {
  return url.replace(/\/\/[^@/]*@/, "//…@");
}

/** What a server says, or its absence causes, while it restarts, loads, fails over or has no memory left. */
const PASSING =
  /Connection is closed|Command aborted|Stream isn't writeable|max retries|ECONN|ETIMEDOUT|EPIPE|EHOSTUNREACH|ENETUNREACH|LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY|OOM/;

/**
 * Repeats an action until it succeeds: a server that restarts refuses commands while it loads its data.
 * @param say told once what is being waited for
 * @returns `null` after an abort
 * @throws whatever has nothing to do with the server's absence
 */
export async function persistently<T>(
  action: () => Promise<T>,
  signal: AbortSignal,
  say: (message: string) => void,
): Promise<T | null> {
  for (let tries = 0; ; tries++) {
    if (signal.aborted) return null;
    try {
      return await orAbort(action(), signal);
    } catch (error) {
      const { message } = error as Error;
      if (/NOAUTH|WRONGPASS|NOPERM/.test(message)) throw new QueueError(`Redis refuses access: ${message}`);
      if (!PASSING.test(message)) throw error;
      if (tries === 0) say(`Redis does not take commands (${message}); waiting for it`);
      await pause(Math.min(MAX_RETRY_MS, 100 * (tries + 1)), signal);
    }
  }
}
