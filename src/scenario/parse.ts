/**
 * YAML text → plain tree plus positions. Syntax errors end here, before any schema sees the tree. Hostile input
 * (too large, binary, alias bombs, deep nesting) is refused quickly.
 */
import type { Document, Node, Pair } from "yaml";
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import type { Diagnostic, Problem } from "./messages.js";
import { messages } from "./messages.js";
import type { Path } from "./schema-values.js";

/** Ten times what a large scenario needs; the YAML parser takes about a second for a hostile megabyte. */
export const MAX_CHARACTERS = 256 * 1024;
const MAX_ALIASES = 100;
const MAX_DEPTH = 100;

export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface YamlTree {
  readonly tree: Record<string, unknown>;
  /** Position of the value at `path` (`key`: of its key), or of its nearest ancestor that exists. */
  readonly locate: (path: Path, what?: "key" | "value") => Position;
}
export type YamlResult =
  | { readonly ok: true; readonly value: YamlTree }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const CONTROL = /[\u0000-\u0008\u000e-\u001f\ufffe\uffff]/;

/** Reads one YAML document whose top is a mapping. */
export function parseYaml(text: string, file: string): YamlResult {
  const fail = (p: Problem, line = 1, column = 1): YamlResult => ({
    ok: false,
    diagnostics: [{ ...p, file, line, column }],
  });
  if (text.length > MAX_CHARACTERS) return fail(messages.tooLarge(text.length, MAX_CHARACTERS));
  const control = CONTROL.exec(text);
  if (control !== null) {
    const before = text.slice(0, control.index).split("\n");
    return fail(messages.notText(), before.length, (before.at(-1)?.length ?? 0) + 1);
  }
  if (text.trim() === "") return fail(messages.empty());
  const deep = tooDeep(text);
  if (deep !== null) return fail(messages.nesting(), deep.line, deep.column);
  const lines = new LineCounter();
  let doc: Document.Parsed;
  try {
    doc = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      logLevel: "error",
      uniqueKeys: false,
      stringKeys: false,
    });
  } catch (error) {
    if (error instanceof RangeError) return fail(messages.nesting());
    throw error;
  }
  // Warnings (unknown tags and directives) are errors too: nothing in a scenario is ignored.
  const faults = [...doc.errors, ...doc.warnings];
  if (faults.length > 0) {
    const diagnostics = faults.slice(0, 10).map((error): Diagnostic => {
      const { line, col } = lines.linePos(error.pos[0]);
      return { ...messages.yaml(firstLine(error.message)), file, line: Math.max(1, line), column: Math.max(1, col) };
    });
    return { ok: false, diagnostics };
  }
  const positionOf = (node: Node | null | undefined): Position | null => {
    if (node?.range == null) return null;
    const { line, col } = lines.linePos(node.range[0]);
    return { line, column: col };
  };
  let tree: unknown;
  try {
    const strange = strangeKey(doc.contents, 0);
    if (strange !== null) {
      const at = positionOf(strange.node) ?? { line: 1, column: 1 };
      return fail(strange.problem, at.line, at.column);
    }
    tree = doc.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (error) {
    if (error instanceof ReferenceError) {
      const name = /^Unresolved alias.*: (.*)$/.exec(error.message)?.[1];
      if (name === undefined) return fail(messages.aliases());
      const { line, col } = lines.linePos(Math.max(0, text.indexOf(`*${name}`)));
      return fail(messages.yaml(`alias *${name} comes before its anchor`), line, col);
    }
    if (error instanceof RangeError) return fail(messages.nesting());
    throw error;
  }
  if (typeof tree !== "object" || tree === null || Array.isArray(tree)) {
    const at = positionOf(doc.contents) ?? { line: 1, column: 1 };
    return fail(messages.notAMapping(tree), at.line, at.column);
  }
  const locate = (path: Path, what: "key" | "value" = "value"): Position => locateIn(doc, positionOf, path, what);
  return { ok: true, value: { tree: tree as Record<string, unknown>, locate } };
}

/** Nesting beyond any sane scenario, seen before the YAML parser recurses on it (and runs out of memory). */
function tooDeep(text: string): Position | null {
  let flow = 0;
  let line = 1;
  let column = 0;
  let leading = true;
  let block = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    column++;
    if (c === 10) {
      line++;
      column = 0;
      leading = true;
      block = 0;
      continue;
    }
    // Indentation, `-` and `?` before a line's first other character each may open a level.
    if (leading && (c === 32 || c === 45 || c === 63)) {
      if (++block > 4 * MAX_DEPTH) return { line, column };
    } else leading = false;
    if (c === 91 || c === 123) {
      if (++flow > MAX_DEPTH) return { line, column };
    } else if ((c === 93 || c === 125) && flow > 0) flow--;
  }
  return null;
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] as string;
}

/** A key that is not text, stands twice (yaml's own check takes quadratic time), or would touch a prototype. */
function strangeKey(node: unknown, depth: number): { node: Node | null; problem: Problem } | null {
  if (depth > MAX_DEPTH) throw new RangeError("depth");
  if (isMap(node)) {
    const seen = new Set<string>();
    for (const pair of node.items as Pair<unknown, unknown>[]) {
      const key = isScalar(pair.key) ? pair.key.value : pair.key;
      const keyNode = (isScalar(pair.key) ? pair.key : null) as Node | null;
      if (typeof key !== "string") {
        return { node: keyNode, problem: messages.nonTextKey(isScalar(pair.key) ? key : "a collection") };
      }
      if (key === "__proto__") return { node: keyNode, problem: messages.prototypeKey(key) };
      if (seen.has(key)) return { node: keyNode, problem: messages.duplicate("key", key) };
      seen.add(key);
      const inner = strangeKey(pair.value, depth + 1);
      if (inner !== null) return inner;
    }
  } else if (isSeq(node)) {
    for (const item of node.items) {
      const inner = strangeKey(item, depth + 1);
      if (inner !== null) return inner;
    }
  }
  return null;
}

function locateIn(
  doc: Document.Parsed,
  positionOf: (node: Node | null | undefined) => Position | null,
  path: Path,
  what: "key" | "value",
): Position {
  let node: unknown = doc.contents;
  let best = positionOf(doc.contents) ?? { line: 1, column: 1 };
  const queue = [...path];
  while (queue.length > 0) {
    if (isAlias(node)) node = node.resolve(doc);
    const segment = queue.shift() as string | number;
    if (isSeq(node)) {
      node = node.items[Number(segment)];
    } else if (isMap(node)) {
      const found = findPair(node.items as Pair<unknown, unknown>[], String(segment));
      if (found === null) return best;
      if (found.rest !== "") queue.unshift(found.rest);
      const last = queue.length === 0;
      const keyAt = positionOf(found.pair.key as Node);
      const valueAt = positionOf(found.pair.value as Node | null);
      best = (last && what === "key" ? keyAt : valueAt) ?? keyAt ?? best;
      node = found.pair.value;
      continue;
    } else return best;
    best = positionOf(node as Node | null) ?? best;
  }
  return best;
}

/** The pair of a key; a dotted key is also found nested (`heartbeat: { timeout: … }`). */
function findPair(
  items: readonly Pair<unknown, unknown>[],
  key: string,
): { pair: Pair<unknown, unknown>; rest: string } | null {
  const named = (name: string) => items.find((pair) => isScalar(pair.key) && pair.key.value === name);
  const exact = named(key);
  if (exact !== undefined) return { pair: exact, rest: "" };
  for (let dot = key.lastIndexOf("."); dot > 0; dot = key.lastIndexOf(".", dot - 1)) {
    const pair = named(key.slice(0, dot));
    if (pair !== undefined && (isMap(pair.value) || isAlias(pair.value))) return { pair, rest: key.slice(dot + 1) };
  }
  return null;
}
