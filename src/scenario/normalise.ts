/**
 * Raw tree → normalised scenario: `--set`, then per case `set`, `${…}`, schema, model. Every case goes through the
 * whole schema, so an override is checked like what it replaces. A diagnostic points at the override that caused it,
 * else into the file.
 */
import type { ModelConfig } from "../model/config.js";
import { Diagnosis, type Origin, type Place } from "./diagnosis.js";
import type { Expectation } from "./expectations.js";
import { readExpectation } from "./expectations.js";
import { interpolated } from "./interpolate.js";
import { translate } from "./issues.js";
import type { Diagnostic, Problem } from "./messages.js";
import { messages } from "./messages.js";
import type { Allowance } from "./names.js";
import { STRATEGY_NAMES, watchedInvariants } from "./names.js";
import { nearestName } from "./nearest.js";
import { normalisedYaml } from "./normalised-yaml.js";
import { parseAssignment, resolvePath, setAt, withFlatConfig } from "./overrides.js";
import type { YamlTree } from "./parse.js";
import type { ScenarioInput, StrategyOptionsInput } from "./schema.js";
import { scenarioSchema } from "./schema.js";
import type { Path } from "./schema-values.js";
import { readSweep, type SweepBlock } from "./sweep.js";
import { applicableOptions, optionProblems, toModel } from "./to-model.js";

export interface NormalisedCase {
  readonly name: string;
  readonly strategy: string;
  readonly config: ModelConfig;
}

export interface NormalisedScenario {
  readonly version: 1;
  readonly name: string;
  readonly description: string;
  readonly seed: string;
  readonly tags: readonly string[];
  /** Refusals of `check` that the scenario means. */
  readonly allowances: readonly Allowance[];
  readonly cases: readonly NormalisedCase[];
  readonly expect: readonly Expectation[];
  /** What `outgap sweep` varies; not part of `normalisedYaml`, which is one setting. */
  readonly sweep: SweepBlock | null;
  /** The scenario with every default and no `params`; reads back as the same cases. */
  readonly normalisedYaml: string;
}

export interface NormaliseOptions {
  readonly file: string;
  /** `PATH=VALUE`, in order. They change the base; a case's own `set` stays on top. */
  readonly sets?: readonly string[];
  /** Keep only these cases. */
  readonly cases?: readonly string[];
  readonly seed?: string;
}

export type NormaliseResult =
  | { readonly ok: true; readonly scenario: NormalisedScenario; readonly locate: (path: Path) => Place }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

type Tree = Record<string, unknown>;
/** What makes a scenario itself cannot differ between its cases. */
const NOT_PER_CASE = [
  "version",
  "name",
  "description",
  "seed",
  "tags",
  "cases",
  "expect",
  "allow",
  "strategy",
  "sweep",
];

class Normaliser {
  private readonly yaml: YamlTree;
  private readonly options: NormaliseOptions;
  private readonly diagnosis: Diagnosis;

  constructor(yaml: YamlTree, options: NormaliseOptions) {
    this.yaml = yaml;
    this.options = options;
    this.diagnosis = new Diagnosis(yaml, options.file);
  }

  run(): NormaliseResult {
    const base = this.withSets();
    if (base === null) return this.failed();
    const baseOrigins = base.origins;
    const input = this.validate(base.tree, baseOrigins);
    if (input === null) return this.failed();
    const seed = this.options.seed ?? String(input.seed);
    const wanted = this.wantedCases(input);
    const cases: {
      name: string;
      index: number | null;
      input: ScenarioInput;
      strategy: string;
      options: StrategyOptionsInput;
      config: ModelConfig;
    }[] = [];
    for (const { name, index } of wanted) {
      const made = this.buildCase(base.tree, baseOrigins, input, index, seed);
      if (made !== null) cases.push({ name, index, ...made });
    }
    const expect = this.expectations(input, baseOrigins);
    const sweep = this.sweep(input, baseOrigins);
    if (this.diagnosis.found) return this.failed();
    const allNames = cases.map((c) => c.name);
    const kept = expect.filter((entry) => allNames.includes(entry.case));
    const head = {
      version: 1 as const,
      name: input.name,
      description: input.description,
      seed,
      tags: input.tags,
      allowances: input.allow,
    };
    let text: string | undefined;
    const scenario: NormalisedScenario = {
      ...head,
      cases: cases.map(({ name, strategy, config }) => ({ name, strategy, config })),
      expect: kept,
      sweep,
      // Made when it is asked for: the swarm normalises a hundred thousand scenarios and keeps none.
      get normalisedYaml() {
        text ??= normalisedYaml(head, cases, kept);
        return text;
      },
    };
    // What a case says by itself is asked for by its name, and stands in the list of cases, if there is one.
    const inFile = (path: Path): Path => {
      const index = path[0] === "cases" ? cases.find(({ name }) => name === path[1])?.index : undefined;
      if (index === undefined) return path;
      return index === null ? path.slice(2) : ["cases", index, ...path.slice(2)];
    };
    return { ok: true, scenario, locate: (path) => this.diagnosis.place(inFile(path), "value", baseOrigins) };
  }

  private failed(): NormaliseResult {
    return { ok: false, diagnostics: this.diagnosis.first };
  }

  /** The base tree with every `--set` applied, or `null` after reporting. */
  private withSets(): { tree: Tree; origins: Origin[] } | null {
    let tree = withFlatConfig(this.yaml.tree);
    const origins: Origin[] = [];
    for (const text of this.options.sets ?? []) {
      const place = (column: number): Place => ({ file: "--set", line: 1, column });
      const assignment = parseAssignment(text);
      if (!assignment.ok) {
        this.diagnosis.add({ ...assignment.problem, ...place(1) });
        continue;
      }
      const applied = this.applySet(tree, assignment.value.path, assignment.value.value);
      if ("problem" in applied) {
        this.diagnosis.add({ ...applied.problem, ...place(1) });
        continue;
      }
      tree = applied.tree;
      origins.push({ path: applied.path, place: place(text.indexOf("=") + 2) });
    }
    return this.diagnosis.found ? null : { tree, origins };
  }

  private applySet(tree: Tree, text: string, value: unknown): { tree: Tree; path: Path } | { problem: Problem } {
    const path = resolvePath(tree, text, Object.keys(scenarioSchema.shape));
    if (!path.ok) return { problem: path.problem };
    const result = setAt(tree, path.value, value, text);
    return result.ok ? { tree: result.value, path: path.value } : { problem: result.problem };
  }

  private validate(tree: Tree, origins: readonly Origin[]): ScenarioInput | null {
    const filled = interpolated(tree);
    if (filled.issues.length > 0) {
      this.diagnosis.report(filled.issues, origins);
      return null;
    }
    const parsed = scenarioSchema.safeParse(filled.tree);
    if (parsed.success) return parsed.data;
    this.diagnosis.report(translate(filled.tree, parsed.error.issues), origins);
    return null;
  }

  /** The cases to build: all, or those that `--case` names; one without a `cases` block. */
  private wantedCases(input: ScenarioInput): { name: string; index: number | null }[] {
    const all =
      input.cases === undefined
        ? [{ name: input.strategy ?? "default", index: null }]
        : input.cases.map((entry, index) => ({ name: entry.name, index }));
    const names = all.map((entry) => entry.name);
    names.forEach((name, i) => {
      if (names.indexOf(name) < i)
        this.diagnosis.report(
          [{ path: ["cases", i, "name"], at: "value", problem: messages.duplicate("case", name) }],
          [],
        );
    });
    const chosen = this.options.cases ?? [];
    for (const name of chosen) {
      if (!names.includes(name)) {
        const p = { ...messages.unknownName("case", name, names), nearest: nearestName(name, names) };
        this.diagnosis.add({ ...p, file: "--case", line: 1, column: 1 });
      }
    }
    return chosen.length === 0 ? all : all.filter((entry) => chosen.includes(entry.name));
  }

  private buildCase(
    baseTree: Tree,
    baseOrigins: readonly Origin[],
    base: ScenarioInput,
    index: number | null,
    seed: string,
  ) {
    const entry = index === null ? null : (base.cases?.[index] ?? null);
    let tree = baseTree;
    const origins = [...baseOrigins];
    // The raw `set`: its `${…}` are replaced with this case's own params.
    const rawCases = baseTree.cases;
    const rawEntry = index !== null && Array.isArray(rawCases) ? (rawCases[index] as Tree) : {};
    for (const [text, value] of Object.entries((rawEntry.set as Tree | undefined) ?? {})) {
      const path: Path = ["cases", index as number, "set", text];
      const fail = (p: Problem) => this.diagnosis.report([{ path, at: "key", problem: p }], baseOrigins);
      const head = /^[^.[]*/.exec(text)?.[0] ?? "";
      if (NOT_PER_CASE.includes(head)) {
        fail(messages.setForbidden(text));
        return null;
      }
      const applied = this.applySet(tree, text, value);
      if ("problem" in applied) {
        fail(applied.problem);
        return null;
      }
      tree = applied.tree;
      origins.push({ path: applied.path, place: this.diagnosis.place(path, "value", baseOrigins) });
    }
    const input = entry === null || Object.keys(entry.set).length === 0 ? base : this.validate(tree, origins);
    if (input === null) return null;
    const strategy = entry?.strategy ?? input.strategy;
    const home: Path = index === null ? [] : ["cases", index];
    if (strategy === undefined) {
      this.diagnosis.report(
        [{ path: home, at: "value", problem: messages.missingKey("strategy", `one of ${STRATEGY_NAMES.join(", ")}`) }],
        origins,
      );
      return null;
    }
    const own = index === null ? input.strategyOptions : (entry?.strategyOptions ?? {});
    const wrong = optionProblems(strategy, own);
    this.diagnosis.report(
      wrong.map((w) => ({ path: [...home, "strategyOptions", ...w.path], at: "key" as const, problem: w.problem })),
      origins,
    );
    // Options on top are for the cases whose strategy has them.
    const options = { ...applicableOptions(strategy, input.strategyOptions), ...entry?.strategyOptions };
    const made = toModel(input, strategy, options, seed);
    if ("problems" in made) {
      this.diagnosis.report(
        made.problems.map((found) => ({ ...found, at: "value" as const })),
        origins,
      );
      return null;
    }
    return { input, strategy, options, config: made.config };
  }

  private sweep(input: ScenarioInput, origins: readonly Origin[]): SweepBlock | null {
    if (input.sweep === undefined) return null;
    const read = readSweep(input.sweep);
    if (read.ok) return read.value;
    this.diagnosis.report(
      read.problems.map((p) => ({ path: ["sweep", ...p.path], at: "value" as const, problem: p.problem })),
      origins,
    );
    return null;
  }

  private expectations(input: ScenarioInput, origins: readonly Origin[]): Expectation[] {
    const names = input.cases?.map((entry) => entry.name) ?? [input.strategy ?? "default"];
    const watched = watchedInvariants(input.resolution);
    return input.expect.flatMap((entry, i) => {
      const read = readExpectation(entry, names);
      if (read.ok) {
        const unwatched = read.value.find((each) => each.kind === "invariant" && !watched.includes(each.invariant));
        if (unwatched === undefined) return [...read.value];
        const unseen = messages.unwatchedInvariant(entry.invariant ?? "", watched);
        this.diagnosis.report([{ path: ["expect", i, "invariant"], at: "value", problem: unseen }], origins);
        return [];
      }
      this.diagnosis.report(
        read.problems.map((p) => ({ path: ["expect", i, ...p.path], at: "value" as const, problem: p.problem })),
        origins,
      );
      return [];
    });
  }
}

/** Normalises a parsed file. */
export function normalise(yaml: YamlTree, options: NormaliseOptions): NormaliseResult {
  return new Normaliser(yaml, options).run();
}
