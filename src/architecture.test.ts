/**
 * Enforces the rooms of `src/README.md`: imports point inward, no cycles, and the pure rooms know neither Node nor the
 * wall clock nor unseeded randomness, so that they run unchanged in a browser.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const SRC = dirname(fileURLToPath(import.meta.url));

/** What a room may import from other rooms; `metrics/result` and `model/config` are contracts, open to those named. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  kernel: [],
  model: ["kernel"],
  failover: ["model", "kernel"],
  faults: ["model", "kernel"],
  invariants: ["model", "kernel"],
  metrics: ["model", "kernel"],
  scenario: ["failover", "faults", "invariants", "metrics", "model", "kernel"],
  experiment: ["scenario", "metrics/result", "model/config", "kernel"],
  report: ["metrics/result"],
  cli: ["experiment", "report", "scenario", "failover", "faults", "invariants", "metrics", "model", "kernel"],
  index: ["cli", "experiment", "report", "scenario", "metrics", "model"],
};

const PURE_ROOMS = ["kernel", "model", "failover", "faults", "invariants", "metrics", "scenario"];
/** Packages that pure rooms may use: they run in a browser, too. */
const PURE_PACKAGES = ["seedrandom", "yaml", "zod"];
const FORBIDDEN_IN_PURE_ROOMS =
  /\b(process\s*\.|Buffer\s*\.|__dirname\b|Math\s*\.\s*random|Date\s*\.\s*now|new\s+Date\b|performance\s*\.\s*now|setTimeout\s*\(|setInterval\s*\(|setImmediate\s*\(|fetch\s*\(|console\s*\.)/;

interface Source {
  /** Relative to `src/`, with slashes, without extension. */
  readonly name: string;
  readonly room: string;
  readonly code: string;
  readonly imports: readonly string[];
}

function stripComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, " ").replace(/(^|[^:"'`\\])\/\/[^\n]*/g, "$1");
}

function stripStrings(text: string): string {
  return text.replace(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g, '""');
}

function importsOf(code: string): string[] {
  const statements = code.matchAll(/^\s*(?:import|export)\b[^;'"]*?\bfrom\s*["']([^"']+)["']/gm);
  const bare = code.matchAll(/^\s*import\s*["']([^"']+)["']/gm);
  const dynamic = code.matchAll(/\bimport\s*\(\s*["']([^"']+)["']\s*\)/g);
  return [...statements, ...bare, ...dynamic].map((match) => match[1] as string);
}

function readSources(): Source[] {
  const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).map((file) => file.split(sep).join("/"));
  return files
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && !/(^|\/)testing\//.test(file))
    .map((file) => {
      const code = stripComments(readFileSync(join(SRC, file), "utf8"));
      const name = file.slice(0, -".ts".length);
      return { name, room: name.split("/")[0] as string, code, imports: importsOf(code) };
    });
}

function resolve(source: Source, specifier: string): string {
  const path = relative(SRC, join(SRC, dirname(source.name), specifier));
  return path.split(sep).join("/").replace(/\.js$/, "");
}

const sources = readSources();
const byName = new Map(sources.map((source) => [source.name, source]));
const local = (source: Source): string[] =>
  source.imports.filter((specifier) => specifier.startsWith(".")).map((specifier) => resolve(source, specifier));

describe("the rooms of src/", () => {
  test("every file is in a known room", () => {
    expect(sources.length).toBeGreaterThan(10);
    expect(sources.filter((source) => MAY_IMPORT[source.room] === undefined).map((source) => source.name)).toEqual([]);
  });

  test("imports point inward", () => {
    const wrong: string[] = [];
    for (const source of sources) {
      const allowed = MAY_IMPORT[source.room] ?? [];
      for (const target of local(source)) {
        const room = target.split("/")[0] as string;
        const ok = room === source.room || allowed.some((name) => target === name || target.startsWith(`${name}/`));
        if (!ok) wrong.push(`${source.name} imports ${target}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test("nothing imports in a circle", () => {
    const circles: string[] = [];
    const state = new Map<string, "open" | "done">();
    const visit = (name: string, path: readonly string[]): void => {
      if (state.get(name) === "done") return;
      if (state.get(name) === "open") {
        circles.push([...path.slice(path.indexOf(name)), name].join(" → "));
        return;
      }
      state.set(name, "open");
      const source = byName.get(name);
      if (source !== undefined) for (const target of local(source)) visit(target, [...path, name]);
      state.set(name, "done");
    };
    for (const source of sources) visit(source.name, []);
    expect(circles).toEqual([]);
  });

  test("only cli, experiment and report use Node's modules", () => {
    const wrong: string[] = [];
    for (const source of sources.filter(({ room }) => PURE_ROOMS.includes(room))) {
      for (const specifier of source.imports) {
        if (specifier.startsWith(".")) continue;
        const name = specifier.split("/")[0] as string;
        if (!PURE_PACKAGES.includes(name)) wrong.push(`${source.name} imports ${specifier}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test("no wall clock, no unseeded randomness, no Node global in the pure rooms", () => {
    const wrong: string[] = [];
    for (const source of sources.filter(({ room }) => PURE_ROOMS.includes(room))) {
      const found = FORBIDDEN_IN_PURE_ROOMS.exec(stripStrings(source.code));
      if (found !== null) wrong.push(`${source.name} uses ${found[0].trim()}`);
    }
    expect(wrong).toEqual([]);
  });
});

describe("the rules themselves", () => {
  test("catch what they are for", () => {
    expect(importsOf('import type { A } from "../cli/x.js";\nexport * from "./y.js";\nimport "z";')).toEqual([
      "../cli/x.js",
      "./y.js",
      "z",
    ]);
    expect(importsOf('const m = await import("../report/a.js");')).toEqual(["../report/a.js"]);
    expect(FORBIDDEN_IN_PURE_ROOMS.test("const t = Date.now();")).toBe(true);
    expect(FORBIDDEN_IN_PURE_ROOMS.test("const t = Math.random();")).toBe(true);
    expect(importsOf('names(["from", "to"]);\nconst a = { from: "x", to: "y" };')).toEqual([]);
    expect(importsOf('import {\n  a,\n  b,\n} from "./c.js";')).toEqual(["./c.js"]);
    expect(FORBIDDEN_IN_PURE_ROOMS.test("const updated = state.now();")).toBe(false);
    expect(stripComments("a(); // Date.now()\n/* process.env */ b();")).not.toMatch(/Date|process/);
  });
});
