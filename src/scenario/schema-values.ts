/**
 * The building blocks of the schema: values with units, distributions, whole numbers. Each carries its own JSON
 * Schema for editors and its own parser for messages; what a key means stands in schema.ts.
 */
import * as z from "zod";
import type { Distribution } from "../model/config.js";
import type { Problem } from "./messages.js";
import { messages } from "./messages.js";
import type { Dimension, Parsed } from "./units.js";
import { expectedOf, parseExact, parseQuantity } from "./units.js";

export type Path = readonly (string | number)[];

/** A zod type that reads anything with `parse` and reports its problem verbatim. */
export function parsedBy<T>(
  json: Readonly<Record<string, unknown>>,
  parse: (value: unknown) => Parsed<T> | readonly { readonly path: Path; readonly problem: Problem }[],
) {
  return z
    .unknown()
    .meta(json)
    .transform((value, ctx): T => {
      const result = parse(value);
      if ("ok" in result && result.ok) return result.value;
      const problems =
        "ok" in result ? [{ path: [] as Path, problem: (result as { problem: Problem }).problem }] : result;
      for (const { path, problem } of problems) {
        const missing = value === undefined && path.length === 0;
        ctx.issues.push({
          code: "custom",
          input: value,
          message: problem.message,
          path: [...path],
          params: { problem, missing },
        });
      }
      return z.NEVER;
    });
}

const EXAMPLES: Readonly<Record<Dimension, readonly string[]>> = {
  duration: ["10s", "100ms", "5min"],
  bytes: ["1kB", "32KiB"],
  rate: ["5000/s"],
  bandwidth: ["10Gbit/s"],
  ratio: ["0.1%"],
};

interface QuantityOptions {
  /** Refuse zero. */
  readonly positive?: boolean;
  /** Words that stand for a value, as `exact` for a resolution of 0. */
  readonly words?: Readonly<Record<string, number>>;
  readonly max?: number;
}

/** A quantity with a unit → a plain number in the base unit (ns, B, /s, bit/s, ratio). */
export function quantity(dimension: Dimension, description: string, options: QuantityOptions = {}) {
  const words = options.words ?? {};
  const types = dimension === "ratio" ? ["string", "number"] : ["string"];
  return parsedBy<number>(
    {
      type: types.length === 1 ? types[0] : types,
      description,
      examples: [...EXAMPLES[dimension], ...Object.keys(words)],
    },
    (value) => {
      if (typeof value === "string" && Object.hasOwn(words, value)) return { ok: true, value: words[value] as number };
      const parsed = parseQuantity(value, dimension);
      if (!parsed.ok) return parsed;
      if (options.positive === true && parsed.value === 0) {
        return { ok: false, problem: messages.outOfRange(value, `${expectedOf(dimension)}, above zero`) };
      }
      if (options.max !== undefined && parsed.value > options.max) {
        return { ok: false, problem: messages.outOfRange(value, `${expectedOf(dimension)}, at most ${options.max}`) };
      }
      return parsed;
    },
  );
}

export const duration = (description: string, options?: QuantityOptions) => quantity("duration", description, options);
export const ratio = (description: string, max = 1) => quantity("ratio", description, { max });

export const DISTRIBUTION_KINDS = ["lognormal", "uniform", "exponential", "normal", "empirical"] as const;
const DISTRIBUTION_EXPECTED =
  "a duration such as 14s, or one of { lognormal: { median, sigma } }, { uniform: { low, high } }, { exponential: MEAN }, { normal: { mean, sd } }, { empirical: [...] }";

type Located = { readonly path: Path; readonly problem: Problem };

/** Reads a duration that may vary. Problems carry the path inside the value. */
export function parseDistribution(value: unknown): Parsed<Distribution> | readonly Located[] {
  if (typeof value === "string" || typeof value === "number") {
    const parsed = parseQuantity(value, "duration");
    return parsed.ok ? { ok: true, value: { kind: "constant", valueNs: parsed.value } } : parsed;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return [{ path: [], problem: messages.wrongType(value, DISTRIBUTION_EXPECTED) }];
  }
  const keys = Object.keys(value);
  const kind = keys[0];
  if (kind === undefined || keys.length > 1) {
    return [{ path: [], problem: messages.wrongType(value, DISTRIBUTION_EXPECTED) }];
  }
  const body = (value as Record<string, unknown>)[kind];
  const problems: Located[] = [];
  const at = (path: Path, input: unknown): number => {
    const parsed = parseQuantity(input, "duration");
    if (parsed.ok) return parsed.value;
    problems.push({ path, problem: parsed.problem });
    return 0;
  };
  const fields = (names: readonly string[]): Record<string, unknown> => {
    if (typeof body !== "object" || body === null || Array.isArray(body)) {
      problems.push({ path: [kind], problem: messages.wrongType(body, `{ ${names.join(", ")} }`) });
      return {};
    }
    for (const key of Object.keys(body)) {
      if (!names.includes(key)) problems.push({ path: [kind, key], problem: messages.unknownKey(key, names) });
    }
    for (const name of names) {
      if (!(name in body)) problems.push({ path: [kind], problem: messages.missingKey(name, null) });
    }
    return body as Record<string, unknown>;
  };
  const done = (result: () => Distribution): Parsed<Distribution> | readonly Located[] => {
    if (problems.length > 0) return problems;
    const made = result();
    return problems.length > 0 ? problems : { ok: true, value: made };
  };
  switch (kind) {
    case "exponential": {
      const meanNs = at([kind], body);
      return done(() => ({ kind, meanNs }));
    }
    case "lognormal": {
      const { median, sigma } = fields(["median", "sigma"]);
      return done(() => {
        const parsed = parseExact(sigma, "ratio");
        if (!parsed.ok) problems.push({ path: [kind, "sigma"], problem: messages.wrongType(sigma, "a number ≥ 0") });
        return { kind, medianNs: at([kind, "median"], median), sigma: parsed.ok ? parsed.value : 0 };
      });
    }
    case "uniform": {
      const { low, high } = fields(["low", "high"]);
      return done(() => {
        const result = { kind, lowNs: at([kind, "low"], low), highNs: at([kind, "high"], high) } as const;
        if (result.highNs < result.lowNs) {
          problems.push({ path: [kind, "high"], problem: messages.outOfRange(high, "at least `low`") });
        }
        return result;
      });
    }
    case "normal": {
      const { mean, sd } = fields(["mean", "sd"]);
      return done(() => ({ kind, meanNs: at([kind, "mean"], mean), sdNs: at([kind, "sd"], sd) }));
    }
    case "empirical": {
      if (!Array.isArray(body) || body.length === 0) {
        return [{ path: [kind], problem: messages.wrongType(body, "a list of durations") }];
      }
      const valuesNs = body.map((entry, i) => at([kind, i], entry));
      return done(() => ({ kind, valuesNs }));
    }
    default:
      return [{ path: [kind], problem: messages.unknownName("distribution", kind, DISTRIBUTION_KINDS) }];
  }
}

const one = (name: string, body: unknown) => ({
  type: "object",
  properties: { [name]: body },
  required: [name],
  additionalProperties: false,
});
const record = (names: readonly string[], numbers: readonly string[] = []) => ({
  type: "object",
  properties: Object.fromEntries(
    names.map((name) => [name, { type: numbers.includes(name) ? ["number", "string"] : "string" }]),
  ),
  required: names,
  additionalProperties: false,
});

/** The JSON Schema of a distribution. */
export const DISTRIBUTION_JSON = {
  anyOf: [
    { type: "string", description: "A constant duration, such as 14s." },
    one("lognormal", record(["median", "sigma"], ["sigma"])),
    one("uniform", record(["low", "high"])),
    one("exponential", { type: "string", description: "The mean." }),
    one("normal", { ...record(["mean", "sd"]), description: "Truncated at 0." }),
    one("empirical", { type: "array", items: { type: "string" }, minItems: 1 }),
  ],
} as const;

export function distribution(description: string) {
  return parsedBy<Distribution>({ ...DISTRIBUTION_JSON, description: `${description} May vary.` }, parseDistribution);
}

export const whole = (description: string, min: number, max = 1_000_000_000) =>
  z.int().min(min).max(max).meta({ description });

export const positiveNumber = (description: string) => z.number().positive().meta({ description });

/** The mean of a distribution in ns (exact for all but a normal cut at 0, where the cut is ignored). */
export function meanNs(d: Distribution): number {
  switch (d.kind) {
    case "constant":
      return d.valueNs;
    case "uniform":
      return (d.lowNs + d.highNs) / 2;
    case "exponential":
      return d.meanNs;
    case "lognormal":
      return d.medianNs * Math.exp((d.sigma * d.sigma) / 2);
    case "normal":
      return d.meanNs;
    case "empirical":
      return d.valuesNs.reduce((sum, value) => sum + value, 0) / d.valuesNs.length;
  }
}
