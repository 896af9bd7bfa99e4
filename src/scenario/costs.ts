/** A scenario's `costs:` against the catalogue (`cost-catalogue.ts`): reads them, fills in the preset's defaults, JSON Schema. */
import type { CostName, Costs, Distribution, Provider } from "../model/config.js";
import { COSTS, type CostKind, type CostSpec } from "./cost-catalogue.js";
import type { EngineVersion } from "./engines.js";
import type { Problem } from "./messages.js";
import { messages } from "./messages.js";
import type { Path } from "./schema-values.js";
import { DISTRIBUTION_JSON, parseDistribution } from "./schema-values.js";
import type { Parsed } from "./units.js";
import { parseExact, parseQuantity } from "./units.js";

const BY_KEY: ReadonlyMap<string, CostSpec> = new Map(COSTS.map((spec) => [spec.key, spec]));

type Located = { readonly path: Path; readonly problem: Problem };

function readCost(spec: CostSpec, value: unknown): Parsed<Distribution | number> | readonly Located[] {
  switch (spec.kind) {
    case "distribution":
      return parseDistribution(value);
    case "durationPerByte":
      return parseExact(value, "duration", "outgap", "ns");
    case "bytes":
      return parseQuantity(value, "bytes");
    case "duration": {
      const parsed = parseQuantity(value, "duration");
      if (parsed.ok && parsed.value === 0)
        return { ok: false, problem: messages.outOfRange(value, "a duration above zero") };
      return parsed;
    }
    case "probability": {
      const parsed = parseQuantity(value, "ratio");
      if (parsed.ok && parsed.value > 1)
        return { ok: false, problem: messages.outOfRange(value, "a probability from 0 to 1") };
      return parsed;
    }
  }
}

/** Reads a scenario's `costs:`; absent = the preset's. */
export function parseCosts(value: unknown): Parsed<Partial<Costs>> | readonly Located[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return [{ path: [], problem: messages.wrongType(value, "a mapping of costs, see `outgap list costs`") }];
  }
  const costs: Partial<Record<CostName, Distribution | number>> = {};
  const problems: Located[] = [];
  for (const [key, raw] of Object.entries(value)) {
    const spec = BY_KEY.get(key);
    if (spec === undefined) {
      const unknown = messages.unknownName("cost", key, [...BY_KEY.keys()]);
      problems.push({ path: [key], problem: { ...unknown, expected: "a cost of `outgap list costs`" } });
      continue;
    }
    const result = readCost(spec, raw);
    if (!("ok" in result)) for (const p of result) problems.push({ path: [key, ...p.path], problem: p.problem });
    else if (result.ok) costs[spec.name] = result.value;
    else problems.push({ path: [key], problem: result.problem });
  }
  return problems.length > 0 ? problems : { ok: true, value: costs as Partial<Costs> };
}

/** The default of one cost for a preset and provider, with the evidence that goes with it. */
export function costDefault(
  spec: CostSpec,
  version: EngineVersion,
  provider: Provider,
): { value: unknown; grade: string; source: string } {
  const special = spec.unless?.find(
    (other) =>
      (other.versions?.includes(version) ?? true) && (other.provider === undefined || other.provider === provider),
  );
  return special ?? { value: spec.value, grade: spec.grade, source: spec.source };
}

/** All costs of a case: the preset's defaults for its provider, overridden by the scenario. */
export function resolveCosts(version: EngineVersion, provider: Provider, overrides: Partial<Costs>): Costs {
  const costs: Partial<Record<CostName, Distribution | number>> = {};
  for (const spec of COSTS) {
    const result = readCost(spec, costDefault(spec, version, provider).value);
    if (!("ok" in result) || !result.ok) throw new Error(`default of cost ${spec.key} does not parse`);
    costs[spec.name] = result.value;
  }
  return { ...(costs as unknown as Costs), ...overrides };
}

const KIND_JSON: Readonly<Record<CostKind, object>> = {
  distribution: DISTRIBUTION_JSON,
  durationPerByte: { type: "string" },
  bytes: { type: "string" },
  duration: { type: "string" },
  probability: { type: ["number", "string"] },
};

/** JSON Schema of `costs:`. */
export const COST_JSON = {
  type: "object",
  description: "The simulator's own costs; defaults come from the engine preset (`outgap list costs`).",
  properties: Object.fromEntries(
    COSTS.map((spec) => [
      spec.key,
      { ...KIND_JSON[spec.kind], description: `${spec.doc} [${spec.grade}]`, default: spec.value },
    ]),
  ),
  additionalProperties: false,
} as const;
