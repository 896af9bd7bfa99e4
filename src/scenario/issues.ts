/** zod's issues → our problems with full paths. Messages are messages.ts's; this file only translates. */
import type * as z from "zod";
import { descriptionAt, schemasAt, validKeysAt } from "./json-schema.js";
import type { Problem } from "./messages.js";
import { messages, problem } from "./messages.js";
import type { Path } from "./schema-values.js";

export interface Issue {
  readonly path: Path;
  /** Point at the key (unknown keys) or at the value. */
  readonly at: "key" | "value";
  readonly problem: Problem;
  /** Path of the key that is missing, if that is the problem. */
  readonly missing?: Path;
}

function valueAt(tree: unknown, path: Path): unknown {
  let value = tree;
  for (const segment of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Record<string | number, unknown>)[segment];
  }
  return value;
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  int: "a whole number",
  number: "a number",
  string: "text",
  boolean: "true or false",
  array: "a list",
  object: "a mapping",
  record: "a mapping",
};

/** Spells an allowed value so that it can be typed as it stands: text that YAML would read as a number is quoted. */
function spelled(value: unknown): string {
  return typeof value === "string" && value !== "" && !Number.isNaN(Number(value))
    ? JSON.stringify(value)
    : String(value);
}

/** Translates the issues of one failed parse of `tree`. */
export function translate(tree: unknown, issues: readonly z.core.$ZodIssue[]): Issue[] {
  const all = issues.flatMap((issue) => translateOne(tree, issue));
  // A misspelt key is one mistake, not an unknown key and a missing one.
  const meant = new Set(
    all
      .filter((issue) => issue.at === "key")
      .map((issue) => JSON.stringify([...issue.path.slice(0, -1), issue.problem.nearest])),
  );
  return all.filter((issue) => issue.missing === undefined || !meant.has(JSON.stringify(issue.missing)));
}

function translateOne(tree: unknown, issue: z.core.$ZodIssue): Issue[] {
  const path = issue.path as Path;
  const value = valueAt(tree, path);
  const here = (p: Problem): Issue[] => [{ path, at: "value", problem: p }];
  const missing = (): Issue[] => {
    const key = String(path.at(-1));
    const found = messages.missingKey(key, descriptionAt(tree, path));
    return [{ path: path.slice(0, -1), at: "value", problem: found, missing: path }];
  };
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => ({
        path: [...path, key],
        at: "key" as const,
        problem: messages.unknownKey(key, validKeysAt(tree, path)),
      }));
    case "custom": {
      const own = issue.params?.problem as Problem | undefined;
      if (own === undefined) return here(problem(issue.message));
      if (issue.params?.missing === true) return missing();
      // Problems with a key (unknown Flink key, cost, distribution) point at the key.
      return [
        { path, at: /^unknown (key|cost|Flink key|distribution) /.test(own.message) ? "key" : "value", problem: own },
      ];
    }
    case "invalid_type":
      if (value === undefined) return missing();
      // zod says "number" of text where an integer is due.
      if (issue.expected === "number" && schemasAt(tree, path).some((node) => node.type === "integer")) {
        return here(messages.wrongType(value, "a whole number"));
      }
      return here(messages.wrongType(value, TYPE_WORDS[String(issue.expected)] ?? String(issue.expected)));
    case "invalid_value":
      if (value === undefined) return missing();
      return here(messages.notAllowedValue(value, issue.values.map(spelled)));
    case "too_small":
      return here(
        messages.outOfRange(value, `at least ${String(issue.minimum)}${issue.origin === "array" ? " entries" : ""}`),
      );
    case "too_big":
      return here(
        messages.outOfRange(value, `at most ${String(issue.maximum)}${issue.origin === "array" ? " entries" : ""}`),
      );
    case "invalid_format":
      return here(messages.wrongType(value, descriptionAt(tree, path) ?? "letters, digits, _ and -"));
    case "invalid_key":
      return here(messages.wrongType(path.at(-1), "a name of letters, digits and _"));
    case "invalid_union": {
      const discriminator = (issue as { discriminator?: string }).discriminator;
      const options = (issue as { options?: unknown[] }).options;
      if (discriminator !== undefined && options !== undefined) {
        if (value === undefined) return missing();
        return here(messages.notAllowedValue(value, options.map(String)));
      }
      if (value === undefined) return missing();
      return here(messages.wrongType(value, descriptionAt(tree, path) ?? "another form"));
    }
    default:
      return here(problem(issue.message));
  }
}
