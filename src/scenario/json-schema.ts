/** The JSON Schema (draft-07) of the scenario format, for editors, `outgap schema` and the lists of valid keys. */
import * as z from "zod";
import { scenarioSchema } from "./schema.js";
import type { Path } from "./schema-values.js";

export type JsonSchema = Record<string, unknown>;

let cached: JsonSchema | null = null;

/** The schema as plain JSON data. Whole and decimal numbers may also be written as `${…}`. */
export function scenarioJsonSchema(): JsonSchema {
  cached ??= z.toJSONSchema(scenarioSchema, {
    target: "draft-7",
    io: "input",
    override: ({ jsonSchema }) => {
      const json = jsonSchema as JsonSchema;
      if (json.maximum === Number.MAX_SAFE_INTEGER) delete json.maximum;
      if (json.minimum === Number.MIN_SAFE_INTEGER) delete json.minimum;
      if ((json.type === "integer" || json.type === "number") && json.const === undefined) {
        const { description, default: fallback, ...rest } = json;
        for (const key of Object.keys(rest)) delete json[key];
        json.anyOf = [rest, { type: "string", pattern: "\\$\\{" }];
      }
    },
  }) as JsonSchema;
  return cached;
}

function asSchema(value: unknown): JsonSchema | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonSchema) : null;
}

/** The schemas that may stand at `path` of `tree` (several where a union is open; one where `type`/`kind` decides). */
export function schemasAt(tree: unknown, path: Path): JsonSchema[] {
  let nodes: JsonSchema[] = [scenarioJsonSchema()];
  let value = tree;
  for (const segment of path) {
    nodes = nodes.flatMap((node) => alternatives(node, value));
    nodes = nodes.flatMap((node) => {
      const child = typeof segment === "number" ? asSchema(node.items) : asSchema(asSchema(node.properties)?.[segment]);
      return child === null ? [] : [child];
    });
    value =
      typeof value === "object" && value !== null ? (value as Record<string | number, unknown>)[segment] : undefined;
  }
  return nodes.flatMap((node) => alternatives(node, value));
}

function alternatives(node: JsonSchema, value: unknown): JsonSchema[] {
  const union = (node.oneOf ?? node.anyOf) as JsonSchema[] | undefined;
  if (union === undefined) return [node];
  const given = asSchema(value);
  const matching = union.filter((option) => {
    const properties = asSchema(option.properties) ?? {};
    return ["type", "kind"].some(
      (name) => given?.[name] !== undefined && asSchema(properties[name])?.const === given[name],
    );
  });
  return (matching.length > 0 ? matching : union).flatMap((option) => alternatives(option, value));
}

/** The keys that are valid in the mapping at `path`. */
export function validKeysAt(tree: unknown, path: Path): string[] {
  return [...new Set(schemasAt(tree, path).flatMap((node) => Object.keys(asSchema(node.properties) ?? {})))];
}

/** The description of the key at `path`, if it has one. */
export function descriptionAt(tree: unknown, path: Path): string | null {
  let nodes = schemasAt(tree, path.slice(0, -1));
  const last = path.at(-1);
  nodes = nodes.flatMap((node) => {
    const child = typeof last === "string" ? asSchema(asSchema(node.properties)?.[last]) : null;
    return child === null ? [] : [child];
  });
  const text = nodes.map((node) => node.description).find((d) => typeof d === "string");
  return typeof text === "string" ? text.replace(/\.$/, "") : null;
}
