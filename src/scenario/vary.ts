/**
 * The values that a sweep gives to one path: lists, ranges `a..b:step` and log ranges `log(a..b,n)`, with units. Text in,
 * YAML values out; what a path means is for the scenario itself, which reads every value like any other `set`.
 */
import { parse as parseYamlValue } from "yaml";
import { problem } from "./messages.js";
import type { Parsed } from "./units.js";

/** A value as YAML reads it: a number, text with its unit, a truth value, or a mapping such as a distribution. */
export type VaryValue = unknown;

/** One varied path with its values, in order. */
export interface Variation {
  readonly path: string;
  readonly values: readonly VaryValue[];
}

const MAX_VALUES = 10_000;
const EXPECTED = "values such as 500,1000 or 1s..10s:1s or log(100..10000,5)";
const QUANTITY = /^([+-]?\d+(?:\.\d+)?)\s*(\D*)$/;

function fail<T>(message: string): Parsed<T> {
  return { ok: false, problem: problem(message, EXPECTED) };
}

/** `PATH=VALUES` of `--vary`. */
export function parseVariation(text: string): Parsed<Variation> {
  const equals = text.indexOf("=");
  if (equals <= 0) return { ok: false, problem: problem(`cannot read ${JSON.stringify(text)}`, "PATH=V1,V2,…") };
  const path = text.slice(0, equals).trim();
  const values = parseVaryText(text.slice(equals + 1));
  return values.ok ? { ok: true, value: { path, values: values.value } } : values;
}

/** The values of one path in a `sweep` block: a list, or text as on the command line. */
export function parseVaryValues(value: unknown): Parsed<readonly VaryValue[]> {
  if (typeof value === "string") return parseVaryText(value);
  if (!Array.isArray(value)) return checked([value]);
  const values: VaryValue[] = [];
  for (const entry of value) {
    const read = typeof entry === "string" ? parsePiece(entry) : ({ ok: true, value: [entry] } as const);
    if (!read.ok) return read;
    values.push(...read.value);
  }
  return checked(values);
}

function parseVaryText(text: string): Parsed<readonly VaryValue[]> {
  const values: VaryValue[] = [];
  for (const piece of splitAtCommas(text)) {
    const read = parsePiece(piece);
    if (!read.ok) return read;
    values.push(...read.value);
  }
  return checked(values);
}

function checked(values: readonly VaryValue[]): Parsed<readonly VaryValue[]> {
  if (values.length === 0) return fail("no value to vary over");
  if (values.length > MAX_VALUES) return fail(`${values.length} values, at most ${MAX_VALUES} are meant`);
  const texts = values.map((value) => JSON.stringify(value));
  const twice = texts.find((text, index) => texts.indexOf(text) < index);
  return twice === undefined ? { ok: true, value: values } : fail(`the value ${twice} is given twice`);
}

/** Splits at the commas outside quotes, brackets and braces. */
function splitAtCommas(text: string): string[] {
  const pieces: string[] = [];
  let depth = 0;
  let quote = "";
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const c = text[at] as string;
    if (quote !== "") {
      if (c === quote) quote = "";
    } else if (c === '"' || c === "'") quote = c;
    else if ("([{".includes(c)) depth++;
    else if (")]}".includes(c)) depth--;
    else if (c === "," && depth === 0) {
      pieces.push(text.slice(start, at));
      start = at + 1;
    }
  }
  pieces.push(text.slice(start));
  return pieces.map((piece) => piece.trim()).filter((piece, index, all) => piece !== "" || all.length > index + 1);
}

/** One piece between commas: a range, a log range, or a single YAML value. */
function parsePiece(piece: string): Parsed<readonly VaryValue[]> {
  const log = /^log\(\s*(.+?)\.\.(.+?)\s*,\s*(\d+)\s*\)$/.exec(piece);
  if (log !== null) return logRange(piece, log[1] as string, log[2] as string, Number(log[3]));
  const range = /^([^:]+?)\.\.([^:]+?)(?::(.+))?$/.exec(piece);
  if (range !== null && QUANTITY.test((range[1] as string).trim())) {
    return linearRange(piece, range[1] as string, range[2] as string, range[3]);
  }
  if (piece === "") return fail("an empty value between commas");
  try {
    return { ok: true, value: [parseYamlValue(piece, { maxAliasCount: 0, logLevel: "error" })] };
  } catch {
    return fail(`cannot read the value ${JSON.stringify(piece)}`);
  }
}

interface Quantity {
  readonly digits: string;
  readonly unit: string;
}

/** Quantities of one unit, or the problem. */
function sameUnit(piece: string, texts: readonly string[]): Parsed<readonly Quantity[]> {
  const all: Quantity[] = [];
  for (const text of texts) {
    const match = QUANTITY.exec(text.trim());
    if (match === null) return fail(`cannot read the range ${JSON.stringify(piece)}`);
    all.push({ digits: match[1] as string, unit: (match[2] as string).trim() });
  }
  const different = all.some(({ unit }) => unit !== all[0]?.unit);
  return different ? fail(`the range ${JSON.stringify(piece)} mixes units`) : { ok: true, value: all };
}

function linearRange(piece: string, from: string, to: string, step: string | undefined): Parsed<readonly VaryValue[]> {
  const bare = /^[+-]?\d+$/.test(from.trim());
  if (step === undefined && !bare) return fail(`the range ${JSON.stringify(piece)} has no step`);
  const read = sameUnit(piece, [from, to, step ?? "1"]);
  if (!read.ok) return read;
  const [a, b, s] = read.value as [Quantity, Quantity, Quantity];
  // Whole multiples of the last decimal place: 0.1, 0.2, 0.3 and not 0.30000000000000004.
  const places = Math.max(...[a, b, s].map(({ digits }) => (digits.split(".")[1] ?? "").length));
  const scaled = ({ digits }: Quantity): number => Math.round(Number(digits) * 10 ** places);
  const [low, high, by] = [scaled(a), scaled(b), scaled(s)];
  if (by <= 0) return fail(`the step of ${JSON.stringify(piece)} is not above zero`);
  if (high < low) return fail(`the range ${JSON.stringify(piece)} ends before it begins`);
  const count = Math.floor((high - low) / by) + 1;
  if (count > MAX_VALUES) return fail(`${count} values, at most ${MAX_VALUES} are meant`);
  return { ok: true, value: Array.from({ length: count }, (_, i) => spell((low + i * by) / 10 ** places, a.unit)) };
}

function logRange(piece: string, from: string, to: string, count: number): Parsed<readonly VaryValue[]> {
  const read = sameUnit(piece, [from, to]);
  if (!read.ok) return read;
  const [a, b] = read.value as [Quantity, Quantity];
  const [low, high] = [Number(a.digits), Number(b.digits)];
  if (low <= 0 || high <= low) return fail(`the range ${JSON.stringify(piece)} does not rise from above zero`);
  if (count < 2 || count > MAX_VALUES)
    return fail(`${JSON.stringify(piece)} wants ${count} values, at least 2 are due`);
  const whole = a.unit === "" && Number.isInteger(low) && Number.isInteger(high);
  const values = Array.from({ length: count }, (_, i) => {
    if (i === 0) return low;
    if (i === count - 1) return high;
    const value = low * (high / low) ** (i / (count - 1));
    return whole ? Math.round(value) : Number(value.toPrecision(3));
  });
  return { ok: true, value: [...new Set(values)].map((value) => spell(value, a.unit)) };
}

function spell(value: number, unit: string): number | string {
  return unit === "" ? value : `${value}${unit}`;
}

/** How a value is shown and compared: numbers stay numbers, text stays text, anything else is its JSON. */
export function varyLabel(value: VaryValue): number | string {
  if (typeof value === "number" || typeof value === "string") return value;
  return JSON.stringify(value);
}

/** The `PATH=VALUE` that sets it; JSON is YAML. */
export function assignment(path: string, value: VaryValue): string {
  return `${path}=${JSON.stringify(value)}`;
}
