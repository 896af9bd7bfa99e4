/** `${…}` replaced over a whole tree: every text but those of `params`, which are resolved among themselves. */
import type { RawParams } from "./expression.js";
import { Params } from "./expression.js";
import type { Issue } from "./issues.js";
import { messages } from "./messages.js";
import type { Path } from "./schema-values.js";

type Tree = Record<string, unknown>;

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Replaces `${…}` everywhere but in `params`; keys stay as they are. */
export function interpolated(tree: Tree): { tree: Tree; issues: Issue[] } {
  const issues: Issue[] = [];
  const raw = isTree(tree.params) ? tree.params : {};
  if (tree.params !== undefined && !isTree(tree.params)) {
    return {
      tree,
      issues: [{ path: ["params"], at: "value", problem: messages.wrongType(tree.params, "a mapping") }],
    };
  }
  const usable = Object.fromEntries(
    Object.entries(raw).filter(([, value]) => typeof value === "number" || typeof value === "string"),
  ) as RawParams;
  const params = new Params(usable);
  const values: Tree = {};
  for (const name of params.names()) {
    const value = params.value(name);
    if (value.ok) values[name] = value.value;
    else issues.push({ path: ["params", name], at: "value", problem: value.problem });
  }
  if (issues.length > 0) return { tree, issues };
  const visit = (node: unknown, path: Path): unknown => {
    if (typeof node === "string") {
      if (!node.includes("${")) return node;
      const value = params.interpolate(node);
      if (value.ok) return value.value;
      issues.push({ path, at: "value", problem: value.problem });
      return node;
    }
    if (Array.isArray(node)) return node.map((entry, i) => visit(entry, [...path, i]));
    if (isTree(node))
      return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, visit(child, [...path, key])]));
    return node;
  };
  const result = visit({ ...tree, params: {} }, []) as Tree;
  if (tree.params === undefined) delete result.params;
  else result.params = { ...raw, ...values };
  return { tree: result, issues };
}
