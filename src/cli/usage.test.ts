/** The program without a scenario: help, version, completion, mistyped commands and options. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { program, temporaryFolder } from "./testing/program.js";

const cwd = temporaryFolder();
const outgap = (...args: string[]) => program(args, { cwd });

test("--help lists every command with examples, on stdout, and exits 0", async () => {
  const { code, stdout, stderr } = await outgap("--help");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  for (const word of ["outgap run", "Examples:", "Exit codes", "completion"]) expect(stdout).toContain(word);
});

test("run --help describes every shared option", async () => {
  const { code, stdout } = await outgap("run", "--help");
  expect(code).toBe(0);
  const options = [
    "seed",
    "seeds",
    "case",
    "set",
    "out",
    "json",
    "quiet",
    "trace",
    "workers",
    "no-charts",
    "summary-only",
    "progress",
  ];
  for (const option of options) expect(stdout).toContain(`--${option}`);
  expect(stdout).toContain("Examples:");
});

test("--version is that of package.json", async () => {
  const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
  expect(await outgap("--version")).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
});

test("completion prints a script", async () => {
  const { code, stdout } = await outgap("completion");
  expect(code).toBe(0);
  expect(stdout).toContain("complete");
});

test("a reader that goes away (outgap … | head) is no error", async () => {
  const { code, stderr } = await program(["list", "flink-keys"], { cwd, closeStdout: true });
  expect(stderr).toBe("");
  expect(code).toBe(0);
});

test.each([
  [["rnu", "x.yaml"], /unknown command rnu; did you mean run\?/],
  [["run", "x.yaml", "--sede", "3"], /unknown option --sede; did you mean --seed\?/],
  [["run", "x.yaml", "--no-chart"], /unknown option --no-chart; did you mean --no-charts\?/],
  [["frobnicate"], /unknown command frobnicate\n/],
  [[], /no command is given/],
  [["run"], /run needs more arguments/],
  [["run", "x.yaml", "--seeds", "many"], /--seeds is "many", expected a whole number from 1/],
  [["run", "x.yaml", "--seeds", "0"], /--seeds is "0"/],
  [["run", "x.yaml", "--seeds", "1e3"], /--seeds is "1e3"/],
  [["run", "x.yaml", "--workers", "-1"], /workers/],
  [["run", "x.yaml", "--seed"], /seed/],
  [["run", "x.yaml", "--seed", "1", "--seed", "2"], /--seed is given 2 times/],
  [["run", "x.yaml", "--progress=often"], /progress.*"often".*"plain"/s],
])("%j is bad usage: exit 2, a message, nothing on stdout", async (args, message) => {
  const { code, stdout, stderr } = await outgap(...args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/\n\s+at /);
});
