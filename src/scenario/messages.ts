/**
 * Every message that a user's input can cause, built in one place, and their one printed form. A `Problem` says
 * what is wrong; a `Diagnostic` also says where. Nothing here looks at a scenario.
 */
import { nearestName } from "./nearest.js";

/** What is wrong with a value, before anyone knows where it stands. */
export interface Problem {
  readonly message: string;
  /** What would have been right, in words; `null` where the message says it already. */
  readonly expected: string | null;
  /** The nearest valid name or spelling, for "did you mean …?". */
  readonly nearest: string | null;
}

/** A problem at a place. Lines and columns count from 1; for `--set` the file is `--set`, the line 1. */
export interface Diagnostic extends Problem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** `file:line:column: message, expected …; did you mean …?` */
export function formatDiagnostic(d: Diagnostic): string {
  const expected = d.expected === null ? "" : `, expected ${d.expected}`;
  const nearest = d.nearest === null ? "" : `; did you mean ${d.nearest}?`;
  return `${d.file}:${d.line}:${d.column}: ${d.message}${expected}${nearest}`;
}

export function problem(message: string, expected: string | null = null, nearest: string | null = null): Problem {
  return { message, expected, nearest };
}

/** Quotes and shortens what the user wrote, on one line. */
export function quote(value: unknown): string {
  let text: string;
  if (typeof value === "string") text = JSON.stringify(value);
  else if (value === undefined) text = "nothing";
  else if (Array.isArray(value)) text = "a list";
  else if (typeof value === "object" && value !== null) text = "a mapping";
  else text = String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** `a, b or c`; long lists are cut. */
export function oneOf(names: readonly string[]): string {
  const shown = names.length > 24 ? [...names.slice(0, 24), "…"] : [...names];
  if (shown.length <= 1) return shown.join("");
  return `${shown.slice(0, -1).join(", ")} or ${shown.at(-1)}`;
}

export const messages = {
  tooLarge: (bytes: number, limit: number) =>
    problem(`the file has at least ${bytes} characters`, `a scenario of at most ${limit}`),
  notText: () => problem("not a text file (it contains control characters)", "a scenario in YAML"),
  notAMapping: (value: unknown) => problem(`this is ${quote(value)}`, "a scenario: a YAML mapping with `version: 1`"),
  empty: () => problem("the file is empty", "a scenario: a YAML mapping with `version: 1`"),
  yaml: (text: string) => problem(`not valid YAML: ${text}`),
  aliases: () => problem("too many or too deeply nested aliases", "at most 100 expanded aliases"),
  nesting: () => problem("nested too deeply", "at most a few dozen levels"),
  nonTextKey: (key: unknown) => problem(`key ${quote(key)} is not text`, "a name"),
  prototypeKey: (key: string) => problem(`key ${quote(key)} is not allowed`),
  unknownKey: (key: string, valid: readonly string[]) =>
    problem(`unknown key ${quote(key)}`, oneOf(valid), nearestName(key, valid)),
  unknownName: (what: string, name: string, valid: readonly string[]) =>
    problem(
      `unknown ${what} ${quote(name)}`,
      valid.length === 0 ? `a ${what}, but there is none` : oneOf(valid),
      nearestName(name, valid),
    ),
  missingKey: (key: string, what: string | null) =>
    problem(`key ${quote(key)} is missing`, what === null ? null : `${key}: ${what}`),
  wrongType: (value: unknown, expected: string) => problem(`this is ${quote(value)}`, expected),
  notAllowedValue: (value: unknown, valid: readonly string[]) =>
    problem(`this is ${quote(value)}`, oneOf(valid), typeof value === "string" ? nearestName(value, valid) : null),
  outOfRange: (value: unknown, expected: string) => problem(`${quote(value)} is out of range`, expected),
  noUnit: (value: unknown, expected: string, suggestion: string | null) =>
    problem(`the bare number ${quote(value)} has no unit`, expected, suggestion),
  badQuantity: (value: unknown, expected: string, suggestion: string | null) =>
    problem(`cannot read ${quote(value)}`, expected, suggestion),
  badUnit: (value: string, unit: string, expected: string, suggestion: string | null) =>
    problem(`unknown unit ${quote(unit)} in ${quote(value)}`, expected, suggestion),
  badExpression: (text: string, reason: string) =>
    problem(`cannot evaluate \${${text}}: ${reason}`, "numbers, params, + - * / × ÷ and parentheses"),
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the scenario's own notation
  unclosedExpression: (text: string) => problem(`\${ without } in ${quote(text)}`, "${expression}"),
  unknownParam: (name: string, valid: readonly string[]) =>
    problem(
      `unknown param ${quote(name)}`,
      valid.length === 0 ? "a name defined under `params`" : oneOf(valid),
      nearestName(name, valid),
    ),
  paramCycle: (names: readonly string[]) => problem(`params refer to each other in a circle: ${names.join(" → ")}`),
  textParam: (name: string) => problem(`param ${quote(name)} is text and cannot be calculated with`, "a number"),
  duplicate: (what: string, name: string) => problem(`${what} ${quote(name)} is defined twice`, "unique names"),
  setSyntax: (text: string) => problem(`cannot read ${quote(text)}`, "PATH=VALUE"),
  setPath: (path: string, reason: string, valid: readonly string[], name: string) =>
    problem(
      `cannot set ${quote(path)}: ${reason}`,
      valid.length === 0 ? null : oneOf(valid),
      valid.length === 0 ? null : nearestName(name, valid),
    ),
  setForbidden: (path: string) =>
    problem(
      `a case cannot set ${quote(path)}`,
      "a path under job, cluster, engine, costs, faults, strategyOptions or params",
    ),
  unwatchedInvariant: (name: string, watched: readonly string[]) =>
    problem(`invariant ${quote(name)} is not watched at this resolution`, oneOf(watched)),
  notModelled: (key: string, value: string, modelled: readonly string[]) =>
    problem(`${key}: ${quote(value)} is not modelled`, oneOf(modelled)),
  failoverStrategyDisagrees: (value: string, strategy: string, expected: string | null) =>
    problem(
      `jobmanager.execution.failover-strategy: ${quote(value)} disagrees with the case's strategy ${quote(strategy)}`,
      expected === null ? "no such key: the case's strategy decides" : expected,
    ),
  strategyOption: (strategy: string, option: string, valid: readonly string[]) =>
    valid.length === 0
      ? problem(`strategy ${quote(strategy)} has no options`, "no strategyOptions here")
      : problem(`strategy ${quote(strategy)} has no option ${quote(option)}`, oneOf(valid), nearestName(option, valid)),
} as const;
