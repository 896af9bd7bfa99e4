/** `outgap explore` as a whole program: what it prints, what it keeps, that a finding replays, how it ends. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { tinyText } from "../../faults/testing/tiny.js";
import { fingerprints } from "../testing/folder.js";
import { program, temporaryFolder } from "../testing/program.js";

const root = temporaryFolder();
/** A folder of its own for each command, so that equal commands may write equal files. */
function place(name: string): string {
  const cwd = join(root, name);
  mkdirSync(cwd, { recursive: true });
  writeFileSync(join(cwd, "sound.yaml"), scenario(""));
  writeFileSync(join(cwd, "ablated.yaml"), scenario("cacheUpdate: false"));
  return cwd;
}
const scenario = (options: string): string => `${tinyText({ duration: "14s", options })}liveness: 5s\n`;
const outgap = (cwd: string, ...args: string[]) => program(args, { cwd });

describe("random jobs", () => {
  const command = ["explore", "--runs", "60", "--seed", "7", "--out", "found"];
  test("a table of the cells, the counts and where the files are; the same bytes on one thread and on two", async () => {
    const one = place("one");
    const two = place("two");
    const [alone, together] = await Promise.all([
      outgap(one, ...command, "--workers", "1"),
      outgap(two, ...command, "--workers", "2"),
    ]);
    expect({ code: alone.code, stderr: alone.stderr }).toEqual({ code: 0, stderr: "" });
    expect(together.code).toBe(0);
    expect(alone.stdout).toContain("channel: DRAINING × UnavailableEvent consumed");
    expect(alone.stdout).toMatch(/60 runs \(\d+ simulations, \d+ events\) from seed 7 in [\d.]+ s/);
    expect(alone.stdout).toContain("No invariant was broken.");
    expect(alone.stdout).toMatch(/Results: found\n$/);
    expect(readdirSync(join(one, "found")).sort()).toEqual(["coverage.csv", "explore.json"]);
    expect(fingerprints(join(two, "found"))).toEqual(fingerprints(join(one, "found")));
    expect(readFileSync(join(one, "found", "coverage.csv"), "utf8")).toMatch(/^cell,uses,runs\r\n"subpartition: /);
  });

  test("--json prints the document that is kept, and nothing else", async () => {
    const cwd = place("json");
    const { code, stdout, stderr } = await outgap(cwd, ...command, "--json");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toBe(readFileSync(join(cwd, "found", "explore.json"), "utf8"));
    expect(JSON.parse(stdout)).toMatchObject({ outgap: "explore", seed: "7", runs: 60, findings: [], saved: [] });
  });

  test("an interrupt keeps what was done", async () => {
    const cwd = place("interrupt");
    const { code } = await program(["explore", "--runs", "100000", "--progress=plain", "--out", "found"], {
      cwd,
      signal: { name: "SIGINT", after: /, [1-9]\d* of 100000 runs/ },
    });
    expect(code).toBe(130);
    const { runs } = JSON.parse(readFileSync(join(cwd, "found", "explore.json"), "utf8")) as { runs: number };
    expect(runs).toBeGreaterThan(0);
    expect(runs).toBeLessThan(100_000);
  });
});

describe("a given scenario", () => {
  test("that is sound: exit 0", async () => {
    const { code, stdout } = await outgap(place("sound"), "explore", "sound.yaml", "--runs", "20", "--seed", "2");
    expect(code).toBe(0);
    expect(stdout).toContain("No invariant was broken.");
    expect(stdout).toMatch(/Results: outgap-results\/explore-tiny-2\n$/);
  });

  test("that breaks an invariant: exit 1, shrunk, kept, and one pasted command replays it", async () => {
    const args = ["explore", "ablated.yaml", "--runs", "40", "--seed", "2", "--out", "found"];
    const one = place("found-one");
    const two = place("found-two");
    const [alone, together] = await Promise.all([
      outgap(one, ...args, "--workers", "1"),
      outgap(two, ...args, "--workers", "2"),
    ]);
    expect([alone.code, together.code]).toEqual([1, 1]);
    expect(fingerprints(join(two, "found"))).toEqual(fingerprints(join(one, "found")));
    expect(alone.stdout).toMatch(/\d+ runs broke an invariant:/);
    expect(alone.stdout).toMatch(/run \d+, shrunk to [12] faults?:\n {2}recovers: /);
    const command = /replay: npx outgap (run \S+)\n/.exec(alone.stdout)![1]!;
    const replayed = await outgap(one, ...command.split(" "), "--no-charts");
    expect(replayed.code).toBe(1);
    expect(replayed.stdout + replayed.stderr).toContain("recovers");
    const file = command.split(" ")[1]!;
    expect(readFileSync(join(one, file), "utf8")).toMatch(
      /^# Found by `outgap explore`, run \d+\. Replay: npx outgap run /,
    );
  });
});

describe("bad input ends with 2 and says what was expected", () => {
  test.each([
    [["explore", "missing.yaml"], /missing\.yaml/],
    [["explore", "--runs", "0"], /runs/],
    [["explore", "--runs", "many"], /runs/],
  ])("%j", async (args, message) => {
    const { code, stdout, stderr } = await outgap(place("bad"), ...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
  });
});
