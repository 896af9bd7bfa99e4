/** Sweeps over a real Redis with several worker processes: nothing lost, nothing doubled, equal to a local sweep. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { queueName } from "../../experiment/queue/protocol.js";
import { smallScenario } from "../../experiment/testing/small-scenario.js";
import { temporaryFolder } from "../testing/program.js";
import { readSweepFile } from "./conclude.js";
import { contents, runFiles, type Started, sleep, startProgram } from "./study/processes.js";
import { RedisServer, redisMissing } from "./study/redis.js";

const missing = redisMissing();
if (missing !== null) process.stderr.write(`Tests of sweeps over Redis are skipped: ${missing}\n`);

const cwd = temporaryFolder();
const folder = (out: string): string => join(cwd, out);
const SWEEP = ["sweep", "small.yaml", "--vary", "cluster.reservedTaskManagers=0..2:1", "--seeds", "8"];

describe.skipIf(missing !== null && !process.env.CI)("a sweep on a queue", () => {
  let redis: RedisServer;
  let wanted: Record<string, string>;

  beforeAll(async () => {
    redis = await RedisServer.open();
    writeFileSync(join(cwd, "small.yaml"), smallScenario({ durationS: 40, extra: "costs: { containerStart: 3s }\n" }));
    expect((await startProgram([...SWEEP, "--out", "local"], cwd).ended).code).toBe(0);
    wanted = contents(folder("local"));
    expect(runFiles(folder("local"))).toBe(48);
  }, 120_000);
  afterAll(() => redis.close());

  const worker = (...more: string[]): Started =>
    startProgram(["worker", "--redis", redis.url, "--workers", "1", "--takeover", "2s", ...more], cwd);
  const planner = (out: string, ...more: string[]): Started =>
    startProgram([...SWEEP, "--redis", redis.url, "--out", out, ...more], cwd);
  const leftovers = async (): Promise<number> => {
    const { request } = readSweepFile(folder("local"));
    const connection = new Redis(redis.url, { maxRetriesPerRequest: null });
    connection.on("error", () => undefined);
    const queue = new Queue(queueName(request.outgap), { connection });
    const counts = await queue.getJobCounts();
    await queue.close();
    connection.disconnect();
    return Object.values(counts).reduce((sum, count) => sum + count, 0);
  };
  async function stop(workers: readonly Started[]): Promise<void> {
    for (const { child } of workers) child.kill("SIGTERM");
    for (const { ended } of workers) expect((await ended).code).toBe(143);
  }

  test("gives the same bytes as a local one, and leaves the queue empty", async () => {
    const workers = [worker(), worker()];
    const { code, stderr } = await planner("queued").ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(contents(folder("queued"))).toEqual(wanted);
    expect(await leftovers()).toBe(0);
    await stop(workers);
  }, 120_000);

  test("loses and doubles nothing while workers are killed, Redis is restarted and the planner is killed", async () => {
    let workers = [worker(), worker()];
    let plan = planner("stormy");
    let over = false;
    const watch = (started: Started): void => {
      void started.ended.then(({ code }) => {
        if (code === 0) over = true;
      });
    };
    watch(plan);
    const waitFor = async (runs: number): Promise<void> => {
      while (!over && safeRuns("stormy") < runs) await sleep(20);
    };
    const replaceWorker = async (): Promise<void> => {
      const victim = workers[0] as Started;
      victim.child.kill("SIGKILL");
      await victim.ended;
      workers = [...workers.slice(1), worker()];
    };
    await waitFor(4);
    await replaceWorker();
    await waitFor(12);
    await redis.kill("SIGKILL");
    await sleep(300);
    await redis.start();
    await waitFor(20);
    await replaceWorker();
    plan.child.kill("SIGKILL");
    await plan.ended;
    plan = planner("stormy");
    watch(plan);
    await waitFor(30);
    await redis.kill("SIGTERM");
    await redis.start();
    await replaceWorker();
    expect((await plan.ended).code).toBe(0);
    expect(contents(folder("stormy"))).toEqual(wanted);
    // Units whose worker died after it had left the result are carried out once more, and then nothing is left.
    const deadlineMs = performance.now() + 30_000;
    while ((await leftovers()) > 0 && performance.now() < deadlineMs) await sleep(200);
    expect(await leftovers()).toBe(0);
    await stop(workers);
  }, 180_000);

  test("a worker of another version refuses, and says which one is meant", async () => {
    const connection = new Redis(redis.url);
    connection.on("error", () => undefined);
    await connection.set("outgap:sweep:other", "9.9.9+0123456789ab.node20", "PX", 60_000);
    const { code, stdout, stderr } = await worker().ended;
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/this worker is Outgap 0\.\d+\.\d+\+\w{12}\.node\d+, but the sweep .* is of Outgap 9\.9\.9/);
    await connection.del("outgap:sweep:other");
    connection.disconnect();
  });

  test("a worker ends after the time without work that it was given", async () => {
    const { code, stderr } = await worker("--idle-exit", "1s").ended;
    expect(code).toBe(0);
    expect(stderr).toMatch(/no sweep here yet; waiting for one\n(.*\n)*outgap worker: done: 0 units/);
  });

  test("without Redis both commands say so and end", async () => {
    const nobody = ["--redis", "redis://user:secret@127.0.0.1:1"];
    const { code, stderr } = await startProgram(["worker", ...nobody], cwd).ended;
    expect(code).toBe(2);
    expect(stderr).toMatch(/redis:\/\/…@127\.0\.0\.1:1: Redis cannot be reached \(.*ECONNREFUSED/);
    expect(stderr).not.toContain("secret");
    const sweep = await startProgram([...SWEEP, ...nobody, "--out", "nobody"], cwd).ended;
    expect(sweep.code).toBe(2);
    expect(sweep.stderr).toMatch(/Redis cannot be reached/);
  });

  function safeRuns(out: string): number {
    try {
      return runFiles(folder(out));
    } catch {
      return 0;
    }
  }
});
