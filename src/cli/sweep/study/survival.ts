/**
 * Nothing finished is lost: a sweep killed twenty times, one on a disk that fills up, and one on a queue whose workers
 * die every few seconds.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import seedrandom from "seedrandom";
import { contents, runFiles, type Started, sleep, startProgram } from "./processes.js";
import { RedisServer } from "./redis.js";
import { type Finding, outgap, summaryOf } from "./study.js";

const SWEEP = ["sweep", "tiny-join.yaml", "--set", "resolution=100ms", "--quiet"];

export async function killedTwentyTimes(cwd: string): Promise<Finding> {
  const args = [...SWEEP, "--vary", "cluster.reservedTaskManagers=0..3:1", "--seeds", "120"];
  await outgap(cwd, ...args, "--out", "undisturbed");
  const random = seedrandom.alea("kills");
  let kills = 0;
  for (let attempt = 0; attempt < 20; attempt++) {
    const { child, ended } = startProgram([...args, "--out", "killed"], cwd);
    await Promise.race([sleep(400 + 1_200 * random()), ended]);
    if (child.exitCode === null) {
      child.kill("SIGKILL");
      kills++;
    }
    await ended;
  }
  await outgap(cwd, ...args, "--out", "killed");
  const same = isDeepStrictEqual(contents(join(cwd, "killed")), contents(join(cwd, "undisturbed")));
  const { runs, digest } = summaryOf(cwd, "killed");
  return {
    what: `a sweep of ${runs} runs killed ${kills} times (kill -9) and resumed`,
    measured: same ? `same bytes, digest ${digest.slice(0, 12)}…` : "other bytes",
    wanted: "same bytes",
    ok: same && kills === 20,
  };
}

/** On a file system of its own, which only root can mount. */
export async function fullDisk(cwd: string): Promise<Finding | string> {
  const args = [...SWEEP, "--case", "single-task", "--seeds", "200"];
  const disk = join(cwd, "disk");
  mkdirSync(disk);
  const mounted = (option: string): boolean =>
    spawnSync("mount", ["-t", "tmpfs", "-o", option, "tmpfs", disk], { stdio: "ignore" }).status === 0;
  if (!mounted("size=1m")) return "a full disk: no file system can be mounted here";
  try {
    await outgap(cwd, ...args, "--out", "roomy");
    const { code, stderr } = await startProgram([...args, "--out", "disk/small"], cwd).ended;
    const kept = runFiles(join(disk, "small"));
    const told = code === 3 && /no space left on the device/.test(stderr);
    if (!mounted("remount,size=64m")) return "a full disk: the file system cannot be made larger here";
    await outgap(cwd, ...args, "--out", "disk/small");
    const same = isDeepStrictEqual(contents(join(disk, "small")), contents(join(cwd, "roomy")));
    const words = told ? "ended with 3 and said so" : `ended with ${code}`;
    return {
      what: "a sweep of 200 runs on a disk of 1 MB, made larger then, and resumed",
      measured: `${words}, ${kept} runs kept, ${same ? "same bytes" : "other bytes"}`,
      wanted: "exit code 3, same bytes",
      ok: told && kept > 0 && kept < 200 && same,
    };
  } finally {
    spawnSync("umount", [disk], { stdio: "ignore" });
  }
}

export async function stormyQueue(cwd: string): Promise<Finding> {
  const args = [...SWEEP, "--case", "single-task", "--vary", "cluster.reservedTaskManagers=0,1", "--seeds", "500"];
  await outgap(cwd, ...args, "--out", "queue-local");
  const random = seedrandom.alea("storm");
  const redis = await RedisServer.open();
  const worker = (): Started =>
    startProgram(["worker", "--redis", redis.url, "--workers", "1", "--takeover", "3s", "--quiet"], cwd);
  let workers = [worker(), worker(), worker()];
  let kills = 0;
  let restarts = 0;
  let over = false;
  const planner = startProgram([...args, "--redis", redis.url, "--out", "queue"], cwd);
  void planner.ended.then(() => {
    over = true;
  });
  try {
    for (let step = 0; !over; step++) {
      await Promise.race([sleep(1_000 + 2_000 * random()), planner.ended]);
      if (over) break;
      const victim = workers.splice(Math.floor(random() * workers.length), 1)[0] as Started;
      victim.child.kill("SIGKILL");
      kills++;
      workers = [...workers, worker()];
      if (step % 4 === 3) {
        await redis.kill(step % 8 === 3 ? "SIGKILL" : "SIGTERM");
        await redis.start();
        restarts++;
      }
    }
  } finally {
    for (const { child } of workers) child.kill("SIGKILL");
    await redis.close();
  }
  const same = isDeepStrictEqual(contents(join(cwd, "queue")), contents(join(cwd, "queue-local")));
  return {
    what: `1,000 runs on a queue, ${kills} workers killed at random, Redis restarted ${restarts} times`,
    measured: `${summaryOf(cwd, "queue").runs} runs, ${same ? "same bytes as a local sweep" : "other bytes than a local sweep"}`,
    wanted: "1,000 runs, same bytes",
    ok: same && summaryOf(cwd, "queue").runs === 1000 && kills > 0,
  };
}
