/** The program given what is no scenario: exit 2, one message with its place, nothing on stdout, nothing on disk. */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { smallScenario } from "../experiment/testing/small-scenario.js";
import { program, temporaryFolder } from "./testing/program.js";

const cwd = temporaryFolder();

async function refused(text: string | Buffer, args: readonly string[] = []): Promise<string> {
  writeFileSync(join(cwd, "bad.yaml"), text);
  const { code, stdout, stderr } = await program(["run", "bad.yaml", ...args], { cwd });
  expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: "" });
  expect(readdirSync(cwd).filter((name) => name.includes("outgap"))).toEqual([]);
  expect(stderr).not.toMatch(/\n\s+at |internal error/);
  return stderr;
}

const good = smallScenario();

test("an unknown key is named with its line and the nearest valid one", async () => {
  const message = await refused(good.replace("warmup:", "warmpu:"));
  expect(message).toMatch(/^bad\.yaml:5:1: unknown key "warmpu".*did you mean warmup\?/);
});

test("a bare number where a unit is due", async () => {
  const message = await refused(good.replace("duration: 60s", "duration: 60"));
  expect(message).toMatch(/^bad\.yaml:6:\d+: .*60.*unit/);
});

test("a unit that does not exist, or of another kind", async () => {
  expect(await refused(good.replace("duration: 60s", "duration: 60sec"))).toMatch(/^bad\.yaml:6:\d+: .*60sec/);
  expect(await refused(good.replace("recordSize: 1kB", "recordSize: 1s"))).toMatch(/^bad\.yaml:10:\d+: /);
});

test("every problem is reported, not only the first", async () => {
  const message = await refused(good.replace("duration: 60s", "duration: 60").replace("warmup:", "warmpu:"));
  expect(message.trim().split("\n").length).toBeGreaterThanOrEqual(2);
});

test("what is not YAML", async () => {
  expect(await refused("version: 1\nname: [unclosed\n")).toMatch(/^bad\.yaml:\d+:\d+: not valid YAML/);
  expect(await refused("")).toMatch(/^bad\.yaml:1:1: the file is empty/);
  expect(await refused("just words\n")).toMatch(/^bad\.yaml:1:1: /);
  expect(await refused(Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2, 3]))).toMatch(/^bad\.yaml:1:\d+: not a text file/);
});

test("an anchor bomb", async () => {
  const levels = Array.from({ length: 12 }, (_, at) => `a${at + 1}: &a${at + 1} [${`*a${at},`.repeat(10)}]`);
  const message = await refused(["a0: &a0 [x]", ...levels, ""].join("\n"));
  expect(message).toMatch(/^bad\.yaml:\d+:\d+: .*alias/);
});

test("10 MB of noise, printable and not, in no time", async () => {
  let state = 1;
  const noise = Buffer.alloc(10_000_000);
  for (let at = 0; at < noise.length; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    noise[at] = state >>> 24;
  }
  const startMs = performance.now();
  expect(await refused(noise)).toMatch(/^bad\.yaml:/);
  expect(await refused(noise.toString("hex"))).toMatch(/^bad\.yaml:1:1: the file has/);
  expect(performance.now() - startMs).toBeLessThan(10_000);
}, 30_000);

test("deep nesting", async () => {
  expect(await refused("[".repeat(100_000))).toMatch(/^bad\.yaml:1:\d+: nested too deeply/);
});

test("a file that is missing, a folder, and several bad files at once", async () => {
  mkdirSync(join(cwd, "folder"), { recursive: true });
  const { code, stdout, stderr } = await program(["run", "missing.yaml", "folder"], { cwd });
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(/^missing\.yaml: no such file.*\nfolder: this is a directory/);
});

test("--set and --case that fit nothing", async () => {
  expect(await refused(good, ["--set", "Q=5"])).toMatch(/^--set:1:1: cannot set "Q"/);
  expect(await refused(good, ["--set", "duration=5"])).toMatch(/^--set:1:\d+: .*unit/);
  expect(await refused(good, ["--set", "nothing"])).toMatch(/^--set:1:1: /);
  expect(await refused(good, ["--case", "single-tsk"])).toMatch(
    /unknown case "single-tsk".*did you mean single-task\?/,
  );
});

test("--seeds counts up from a whole number only", async () => {
  expect(await refused(good, ["--seed", "blue", "--seeds", "2"])).toMatch(/"blue" has to be a whole number/);
});

test("--out on a folder that is no result is left alone", async () => {
  mkdirSync(join(cwd, "photos"), { recursive: true });
  writeFileSync(join(cwd, "photos", "cat.jpg"), "");
  expect(await refused(good, ["--out", "photos"])).toMatch(/photos: this folder holds other things/);
  expect(readdirSync(join(cwd, "photos"))).toEqual(["cat.jpg"]);
});
