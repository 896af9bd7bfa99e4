/** The bundle and its code cache make the program start sooner; whatever is wrong with them, it says the same. */
import { spawnSync } from "node:child_process";
import { cpSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { smallScenario } from "../../experiment/testing/small-scenario.js";
import { fingerprints } from "../testing/folder.js";
import { temporaryFolder } from "../testing/program.js";

const cwd = temporaryFolder();
/** A copy of the package, to be damaged. */
const copy = join(cwd, "package");
const BUILT = resolve("dist", "bundle");
const bundle = join(copy, "dist", "bundle");
const script = join(bundle, "program.cjs");
const cache = join(bundle, "program.cache");

const node = (...args: string[]) => {
  const { status, stderr } = spawnSync(process.execPath, args, { cwd, encoding: "utf8", env: { NO_COLOR: "1" } });
  return { status, stderr };
};
const takesCache = () => node(resolve("src/cli/bundle/warm-up.mjs"), bundle, "check").status === 0;

function results(out: string, ...flags: string[]): Record<string, string> {
  const program = join(copy, "dist", "cli", "main.js");
  const ended = node(...flags, program, "run", "small.yaml", "--no-charts", "--quiet", "--out", out);
  expect(ended).toEqual({ status: 0, stderr: "" });
  return fingerprints(join(cwd, out));
}

beforeAll(() => {
  writeFileSync(join(cwd, "small.yaml"), smallScenario());
  cpSync(resolve("dist"), join(copy, "dist"), { recursive: true });
  cpSync(resolve("package.json"), join(copy, "package.json"));
  symlinkSync(resolve("node_modules"), join(copy, "node_modules"));
});

describe("the same results", () => {
  const restore = () => {
    rmSync(bundle, { recursive: true, force: true });
    cpSync(BUILT, bundle, { recursive: true });
  };
  let expected: Record<string, string>;
  beforeAll(() => {
    expect(takesCache()).toBe(true);
    expected = results("as-built");
  });

  test.each<readonly [string, () => void]>([
    ["without a code cache", () => rmSync(cache)],
    ["with an empty one", () => truncateSync(cache, 0)],
    ["with half of one", () => truncateSync(cache, readFileSync(cache).length >> 1)],
    [
      "with a damaged one",
      () => {
        const bytes = readFileSync(cache);
        bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
        writeFileSync(cache, bytes);
      },
    ],
    // V8 alone would take it: it compares no more than the length.
    [
      "with that of another script of the same length",
      () => writeFileSync(script, readFileSync(script, "latin1").replace("var ", "let "), "latin1"),
    ],
  ])("%s", (name, damage) => {
    restore();
    damage();
    expect(takesCache()).toBe(false);
    expect(results(name.replaceAll(" ", "-"))).toEqual(expected);
  });

  test("under other flags of V8 than those of the code cache", () => {
    restore();
    expect(results("flags", "--no-opt")).toEqual(expected);
  });

  test("from the modules, without a bundle", () => {
    rmSync(bundle, { recursive: true });
    expect(results("modules")).toEqual(expected);
  });
});

test("the licences of what is bundled are beside it", () => {
  const text = readFileSync(join(BUILT, "LICENSES.txt"), "utf8");
  for (const name of ["yaml", "yargs", "zod", "csv-stringify"]) expect(text).toMatch(new RegExp(`^${name} \\d`, "m"));
  expect(text).not.toContain("vega");
});

test("the script is ASCII, as which it is read, and names no folder of the machine that built it", () => {
  const bytes = readFileSync(join(BUILT, "program.cjs"));
  expect(bytes.findIndex((byte) => byte > 127)).toBe(-1);
  expect(bytes.includes(resolve("."))).toBe(false);
});
