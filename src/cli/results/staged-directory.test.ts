import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { UsageError } from "../exit.js";
import { StagedDirectory } from "./staged-directory.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "outgap-staged-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(directory: StagedDirectory, text: string): void {
  writeFileSync(join(directory.path, "summary.json"), text);
}

test("nothing is at the target before commit, everything after it", () => {
  const target = join(folder, "deep", "result");
  const directory = new StagedDirectory(target);
  put(directory, "one");
  expect(existsSync(target)).toBe(false);
  directory.commit();
  expect(readFileSync(join(target, "summary.json"), "utf8")).toBe("one");
  expect(readdirSync(join(folder, "deep"))).toEqual(["result"]);
  expect(statSync(target).mode).toBe(statSync(join(folder, "deep")).mode);
});

test("an older result is replaced as a whole", () => {
  const target = join(folder, "result");
  const first = new StagedDirectory(target);
  put(first, "one");
  writeFileSync(join(first.path, "old-chart.svg"), "");
  first.commit();
  const second = new StagedDirectory(target);
  put(second, "two");
  expect(readFileSync(join(target, "summary.json"), "utf8")).toBe("one");
  second.commit();
  expect(readdirSync(folder)).toEqual(["result"]);
  expect(readdirSync(target)).toEqual(["summary.json"]);
});

test("discard leaves no trace, and after commit it does nothing", () => {
  const target = join(folder, "result");
  for (const path of [target, join(folder, "made", "for", "it")]) {
    const dropped = new StagedDirectory(path);
    put(dropped, "one");
    dropped.discard();
  }
  expect(readdirSync(folder)).toEqual([]);
  const kept = new StagedDirectory(target);
  put(kept, "two");
  kept.commit();
  kept.discard();
  expect(existsSync(join(target, "summary.json"))).toBe(true);
});

test("a program that ends in the middle leaves nothing behind", () => {
  const module = new URL("../../../dist/cli/results/staged-directory.js", import.meta.url).href;
  const target = JSON.stringify(join(folder, "deep", "result"));
  const script = `import { StagedDirectory } from ${JSON.stringify(module)};
    new StagedDirectory(${target}); throw new Error("in the middle");`;
  const child = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
  expect(child.stderr).toContain("in the middle");
  expect(readdirSync(folder)).toEqual([]);
});

test("a folder that is no result, and a file, are refused", () => {
  mkdirSync(join(folder, "photos"));
  writeFileSync(join(folder, "photos", "cat.jpg"), "");
  expect(() => new StagedDirectory(join(folder, "photos"))).toThrow(UsageError);
  expect(() => new StagedDirectory(join(folder, "photos", "cat.jpg"))).toThrow(/this is a file/);
  expect(() => new StagedDirectory(join(folder, "photos", "cat.jpg", "result"))).toThrow(UsageError);
  expect(readdirSync(folder)).toEqual(["photos"]);
});
