/**
 * `set` and `--set`: dotted paths into the raw tree, before `${…}` is replaced. Under `engine.config` the rest of a
 * path is one Flink key; list entries are named by id (`job.vertices.joiner.rate`) or index (`job.vertices[2].rate`).
 */
import { parse as parseYamlValue } from "yaml";
import { canonicalFlinkKey, flattenKeys } from "./flink-config.js";
import type { Problem } from "./messages.js";
import { messages } from "./messages.js";
import type { Path } from "./schema-values.js";
import type { Parsed } from "./units.js";

type Tree = Record<string, unknown>;

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Splits `PATH=VALUE`; the value reads as YAML (so `{ lognormal: … }` and lists work). */
export function parseAssignment(text: string): Parsed<{ path: string; value: unknown }> {
  const equals = text.indexOf("=");
  if (equals <= 0) return { ok: false, problem: messages.setSyntax(text) };
  const path = text.slice(0, equals).trim();
  const raw = text.slice(equals + 1).trim();
  try {
    return {
      ok: true,
      value: { path, value: raw === "" ? "" : parseYamlValue(raw, { maxAliasCount: 0, logLevel: "error" }) },
    };
  } catch {
    return { ok: false, problem: messages.setSyntax(text) };
  }
}

/** Replaces nested spellings under `engine.config` by dotted keys, so that a `set` finds what it replaces. */
export function withFlatConfig(tree: Tree): Tree {
  const engine = tree.engine;
  if (!isTree(engine) || !isTree(engine.config)) return tree;
  const entries = flattenKeys(engine.config).entries;
  // Written twice, dotted and nested: left as it is, so that the schema reports the duplicate.
  if (new Set(entries.map(([key]) => key)).size < entries.length) return tree;
  return { ...tree, engine: { ...engine, config: Object.fromEntries(entries) } };
}

/** Path text → segments of the tree. Names of list entries become indices. */
export function resolvePath(tree: Tree, text: string, topLevelKeys: readonly string[]): Parsed<Path> {
  const fail = (p: Problem): Parsed<Path> => ({ ok: false, problem: p });
  const params = isTree(tree.params) ? tree.params : {};
  const pieces = text.split(".");
  const first = (pieces[0] ?? "").replace(/\[\d+\]$/, "");
  if (!topLevelKeys.includes(first)) {
    if (pieces.length === 1 && Object.hasOwn(params, text)) return { ok: true, value: ["params", text] };
    return fail(
      messages.setPath(
        text,
        `no key or param ${JSON.stringify(first)}`,
        [...topLevelKeys, ...Object.keys(params)],
        first,
      ),
    );
  }
  const path: (string | number)[] = [];
  let node: unknown = tree;
  for (let i = 0; i < pieces.length; i++) {
    if (path.length === 2 && path[0] === "engine" && path[1] === "config") {
      path.push(pieces.slice(i).join("."));
      return { ok: true, value: path };
    }
    const match = /^([^[\]]*)((?:\[\d+\])*)$/.exec(pieces[i] as string);
    if (match === null || (match[1] === "" && match[2] === "") || match[1] === "__proto__")
      return fail(messages.setPath(text, "it is not a path", [], ""));
    const name = match[1] as string;
    if (name !== "") {
      if (Array.isArray(node)) {
        const ids = node.map((entry) => (isTree(entry) ? String(entry.id ?? entry.name ?? "") : ""));
        const index = ids.indexOf(name);
        if (index < 0)
          return fail(
            messages.setPath(
              text,
              `no entry ${JSON.stringify(name)}`,
              ids.filter((id) => id !== ""),
              name,
            ),
          );
        path.push(index);
        node = node[index];
      } else {
        path.push(name);
        node = isTree(node) ? node[name] : undefined;
      }
    }
    for (const [, digits] of (match[2] as string).matchAll(/\[(\d+)\]/g)) {
      const index = Number(digits);
      if (!Array.isArray(node) || index >= node.length)
        return fail(messages.setPath(text, `no entry [${index}]`, [], ""));
      path.push(index);
      node = node[index];
    }
  }
  return { ok: true, value: path };
}

/** A copy of `tree` with `value` at `path`; missing mappings on the way are made. */
export function setAt(tree: Tree, path: Path, value: unknown, text: string): Parsed<Tree> {
  let problem: Problem | null = null;
  const write = (node: unknown, depth: number): unknown => {
    if (depth === path.length) return value;
    const segment = path[depth] as string | number;
    if (Array.isArray(node)) return node.map((entry, i) => (i === segment ? write(entry, depth + 1) : entry));
    if (node !== undefined && node !== null && !isTree(node)) {
      problem = messages.setPath(text, `${path.slice(0, depth).join(".")} has no parts`, [], "");
      return node;
    }
    const copy: Tree = { ...(node as Tree | undefined) };
    if (depth === 2 && path[0] === "engine" && path[1] === "config") {
      const canonical = canonicalFlinkKey(String(segment));
      for (const key of Object.keys(copy)) {
        if (canonical !== undefined && canonicalFlinkKey(key) === canonical) delete copy[key];
      }
    }
    copy[segment] = write(copy[segment], depth + 1);
    return copy;
  };
  const result = write(tree, 0) as Tree;
  return problem === null ? { ok: true, value: result } : { ok: false, problem };
}
