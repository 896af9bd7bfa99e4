/**
 * `expect`: from its written form to a typed one, and its verdict on the runs of one command. A verdict is on the
 * median over the seeds; what the end of a run cut off counts as a lower bound, never as a value.
 */
import type { CaseSummary, Censored, EndState, Measured } from "../metrics/result.js";
import type { Problem } from "./messages.js";
import { messages, problem } from "./messages.js";
import type { MetricSpec, MetricUnit } from "./metrics-catalogue.js";
import { METRICS, readMetric } from "./metrics-catalogue.js";
import { INVARIANT_NAMES } from "./names.js";
import type { ExpectInput } from "./schema.js";
import type { Path } from "./schema-values.js";
import type { Parsed } from "./units.js";
import { parseQuantity } from "./units.js";

export type Relation = "published" | "atMost" | "atLeast" | "equals";

export interface MetricExpectation {
  readonly kind: "metric";
  readonly case: string;
  readonly metric: string;
  readonly unit: MetricUnit;
  readonly relation: Relation;
  /** In the metric's unit: milliseconds, a ratio or a count. */
  readonly value: number;
  /** Half-width around `published`, in the metric's unit; `null` for other relations. */
  readonly within: number | null;
  readonly source: string | null;
}
export interface InvariantExpectation {
  readonly kind: "invariant";
  readonly case: string;
  readonly invariant: string;
  readonly source: string | null;
}
export interface EndStateExpectation {
  readonly kind: "endState";
  readonly case: string;
  readonly endState: EndState;
  readonly source: string | null;
}
export type Expectation = MetricExpectation | InvariantExpectation | EndStateExpectation;

type Located = { readonly path: Path; readonly problem: Problem };

const RELATIONS: readonly Relation[] = ["published", "atMost", "atLeast", "equals"];

function inUnit(value: string | number, unit: MetricUnit): Parsed<number> {
  if (unit === "ms") {
    const parsed = parseQuantity(value, "duration");
    return parsed.ok ? { ok: true, value: parsed.value / 1e6 } : parsed;
  }
  if (unit === "ratio") return parseQuantity(value, "ratio");
  if (typeof value === "number" && value >= 0) return { ok: true, value };
  return { ok: false, problem: messages.wrongType(value, "a count: a number without a unit") };
}

/** Reads one entry of `expect` for the cases it names (all if none is named). */
export function readExpectation(
  input: ExpectInput,
  caseNames: readonly string[],
):
  | { readonly ok: true; readonly value: readonly Expectation[] }
  | { readonly ok: false; readonly problems: readonly Located[] } {
  const fail = (p: Problem, path: Path = []) => ({ ok: false, problems: [{ path, problem: p }] }) as const;
  if (input.case !== undefined && !caseNames.includes(input.case)) {
    return fail(messages.unknownName("case", input.case, caseNames), ["case"]);
  }
  const cases = input.case === undefined ? caseNames : [input.case];
  const source = input.source ?? null;
  const subjects = (["metric", "invariant", "endState"] as const).filter((key) => input[key] !== undefined);
  if (subjects.length !== 1)
    return fail(problem("an expectation tests one thing", "one of metric, invariant or endState"));
  const relations = RELATIONS.filter((key) => input[key] !== undefined);
  if (input.metric === undefined) {
    const extra = relations[0] ?? (input.within === undefined ? undefined : "within");
    if (extra !== undefined)
      return fail(problem(`${extra} belongs to a metric`, "an invariant or endState alone"), [extra]);
    if (input.invariant !== undefined) {
      const invariant = input.invariant;
      if (!INVARIANT_NAMES.includes(invariant)) {
        return fail(messages.unknownName("invariant", invariant, INVARIANT_NAMES), ["invariant"]);
      }
      return { ok: true, value: cases.map((name) => ({ kind: "invariant", case: name, invariant, source })) };
    }
    const endState = input.endState as EndState;
    return { ok: true, value: cases.map((name) => ({ kind: "endState", case: name, endState, source })) };
  }
  const spec = METRICS.find((candidate: MetricSpec) => candidate.path === input.metric);
  if (spec === undefined) {
    const unknown = messages.unknownName(
      "metric",
      input.metric,
      METRICS.map((candidate) => candidate.path),
    );
    return fail({ ...unknown, expected: "a metric of `outgap list metrics`" }, ["metric"]);
  }
  const relation = relations[0];
  if (relation === undefined || relations.length > 1) {
    return fail(problem("a metric is compared once", "one of published, atMost, atLeast or equals"));
  }
  const value = inUnit(input[relation] as string | number, spec.unit);
  if (!value.ok) return fail(value.problem, [relation]);
  let within: number | null = null;
  if (relation === "published") {
    if (input.within === undefined)
      return fail(messages.missingKey("within", "a percentage, or a value in the metric's unit"));
    const tolerance = readTolerance(input.within, value.value, spec.unit);
    if (!tolerance.ok) return fail(tolerance.problem, ["within"]);
    within = tolerance.value;
  } else if (input.within !== undefined)
    return fail(problem("within belongs to published", "no within here"), ["within"]);
  return {
    ok: true,
    value: cases.map((name) => ({
      kind: "metric",
      case: name,
      metric: spec.path,
      unit: spec.unit,
      relation,
      value: value.value,
      within,
      source,
    })),
  };
}

function readTolerance(input: string | number, value: number, unit: MetricUnit): Parsed<number> {
  if (typeof input === "string" && input.trim().endsWith("%")) {
    const relative = parseQuantity(input, "ratio");
    return relative.ok ? { ok: true, value: relative.value * value } : relative;
  }
  return inUnit(input, unit);
}

export interface ExpectationResult {
  readonly case: string;
  /** Path of the metric, `invariant NAME` or `endState`. */
  readonly metric: string;
  /** What was wanted: `published`, `atMost`, `atLeast`, `equals`, or the invariant's or end state's name. */
  readonly relation: Relation | "invariant" | "endState";
  readonly wanted: number | string;
  readonly within: number | null;
  /** Median over the seeds; violations for an invariant; the first end state that differs. */
  readonly measured: Measured | string;
  readonly ok: boolean;
  readonly source: string | null;
}

/** Median of a sample (mean of the two middle values of an even one); `NaN` if empty. */
export function median(values: readonly number[]): number {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}

function isCensored(value: Measured): value is Censored {
  return typeof value !== "number";
}

/** Median where some values are lower bounds: exact if they cannot move it, else itself a lower bound. */
export function medianMeasured(values: readonly Measured[]): Measured {
  const low = median(values.map((value) => (isCensored(value) ? value.atLeastMs : value)));
  const high = median(values.map((value) => (isCensored(value) ? Number.POSITIVE_INFINITY : value)));
  return low === high || values.length === 0 ? low : { censored: true, atLeastMs: low };
}

/** Verdict of a metric expectation on one value per seed. No values: not ok. */
export function evaluateExpectation(expectation: MetricExpectation, values: readonly Measured[]): ExpectationResult {
  const measured = medianMeasured(values);
  const low = isCensored(measured) ? measured.atLeastMs : measured;
  const high = isCensored(measured) ? Number.POSITIVE_INFINITY : measured;
  const { value } = expectation;
  // Decimal tolerances such as 10 % of 20 s must not fail on the last bit.
  const slack = 1e-9 * Math.max(1, Math.abs(value));
  let ok: boolean;
  switch (expectation.relation) {
    case "published": {
      const within = (expectation.within ?? 0) + slack;
      ok = low >= value - within && high <= value + within;
      break;
    }
    case "atMost":
      ok = high <= value + slack;
      break;
    case "atLeast":
      ok = low >= value - slack;
      break;
    case "equals":
      ok = low === value && high === value;
      break;
  }
  const { case: name, metric, relation, within, source } = expectation;
  return { case: name, metric, relation, wanted: value, within, measured, ok, source };
}

/** Verdict of any expectation on the summaries of its case, one per seed (summaries of other cases are ignored). */
export function evaluateOnSummaries(expectation: Expectation, summaries: readonly CaseSummary[]): ExpectationResult {
  const own = summaries.filter((summary) => summary.case === expectation.case);
  const { case: name, source } = expectation;
  switch (expectation.kind) {
    case "metric":
      return evaluateExpectation(
        expectation,
        own.map((summary) => readMetric(summary, expectation.metric)),
      );
    case "invariant": {
      const found = own.map((summary) => summary.invariants.find((entry) => entry.name === expectation.invariant));
      const violations = found.reduce((sum, entry) => sum + (entry?.violations ?? 0), 0);
      const watched = own.length > 0 && found.every((entry) => entry !== undefined);
      return {
        case: name,
        metric: `invariant ${expectation.invariant}`,
        relation: "invariant",
        wanted: 0,
        within: null,
        measured: watched ? violations : "not watched",
        ok: watched && violations === 0,
        source,
      };
    }
    case "endState": {
      const other = own.find((summary) => summary.endState !== expectation.endState);
      return {
        case: name,
        metric: "endState",
        relation: "endState",
        wanted: expectation.endState,
        within: null,
        measured: other?.endState ?? (own.length === 0 ? "no run" : expectation.endState),
        ok: own.length > 0 && other === undefined,
        source,
      };
    }
  }
}
