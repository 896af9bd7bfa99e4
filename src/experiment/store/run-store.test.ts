import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { syntheticResult } from "../testing/synthetic-result.js";
import type { RunRecord } from "./run-file.js";
import { parseRecord, recordText, writeWhole } from "./run-file.js";
import { RunStore } from "./run-store.js";

const key = (digit: string): string => digit.repeat(40);
const record = (digit: string): RunRecord => ({ key: key(digit), summary: syntheticResult().summary });

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "outgap-store-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("a written run reads back, and only it counts as finished", () => {
  const store = new RunStore(folder);
  store.write(record("a"));
  store.write({ key: key("b"), error: "no plane", stack: "" });
  expect(store.read(key("a"))).toEqual(record("a"));
  expect(store.read(key("c"))).toBeNull();
  expect([...store.finished([key("a"), key("b"), key("c")])]).toEqual([key("a")]);
});

test("a torn, changed or misnamed file is no result", () => {
  const store = new RunStore(folder);
  store.write(record("a"));
  store.write(record("b"));
  const text = readFileSync(store.path(key("a")), "utf8");
  for (const length of [0, 10, 64, 65, 200, text.length - 1])
    expect(parseRecord(text.slice(0, length), key("a"))).toBeNull();
  expect(parseRecord(text.replace('"recoveryTimeMs":', '"recoveryTimeMs":1'), key("a"))).toBeNull();
  expect(parseRecord(text, key("b"))).toBeNull();
  truncateSync(store.path(key("b")), Math.floor(text.length / 2));
  expect([...store.finished([key("a"), key("b")])]).toEqual([key("a")]);
});

test("equal records have equal bytes", () => {
  expect(recordText(record("a"))).toBe(recordText(record("a")));
});

test("what a killed writer left is no result, and goes away when it is old", () => {
  const store = new RunStore(folder);
  store.write(record("a"));
  const group = dirname(store.path(key("a")));
  const [old, young] = [join(group, ".1-x-0.tmp"), join(group, ".2-x-0.tmp")];
  writeFileSync(old, "half a ru");
  writeFileSync(young, "half a ru");
  utimesSync(old, 1, 1);
  expect(store.finished([key("a")]).size).toBe(1);
  store.tidy(Date.now());
  expect(readdirSync(group).sort()).toEqual([".2-x-0.tmp", `${key("a")}.run`]);
});

test("a write that fails leaves nothing and says why", () => {
  mkdirSync(join(folder, "taken"));
  mkdirSync(join(folder, "taken", "x"));
  expect(() => writeWhole(join(folder, "taken"), "text")).toThrow(/EISDIR|ENOTEMPTY|EEXIST|EPERM/);
  expect(readdirSync(folder)).toEqual(["taken"]);
});
