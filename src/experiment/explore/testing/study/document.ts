/** What the study found, as a document and as a page to read: equal for any number of threads, and after any interruption. */
import { BROKEN_STRATEGIES } from "../../../../failover/testing/broken.js";
import { together } from "../../explore.js";
import type { StretchResult } from "../../swarm.js";
import type { Hunted } from "../hunt.js";
import type { StudyPlan, Unit, UnitResult } from "./units.js";

export interface Done {
  readonly unit: Unit;
  readonly result: UnitResult;
}

export interface HuntSummary {
  readonly strategy: string;
  /** Names that count as finding it. */
  readonly breaks: readonly string[];
  readonly hunts: number;
  readonly found: number;
  /** Runs to the first finding, over the hunts; null: more than half of them found nothing. */
  readonly median: number | null;
  readonly most: number | null;
  /** What the first hunt saw. */
  readonly example: string;
}

export function documentOf(code: string, plan: StudyPlan, done: readonly Done[]) {
  const stretches = done.filter(({ unit }) => unit.kind === "stretch").map(({ result }) => result as StretchResult);
  const { coverage, runs, refused, simulations, events, neverReached, impossibleReached } = together(stretches);
  const findings = stretches.flatMap((each) => each.findings);
  return {
    outgap: "study:swarm",
    schema: 1,
    code,
    seed: plan.seed,
    shipped: {
      asked: plan.runs,
      runs,
      refused: refused.length,
      simulations,
      events,
      findings: findings.map(({ run, broken }) => ({ run, broken })),
      neverReached,
      impossibleReached,
      coverage,
    },
    broken: BROKEN_STRATEGIES.map(({ strategy, breaks }): HuntSummary => {
      const hunts = done
        .filter(({ unit }) => unit.kind === "hunt" && unit.broken === strategy.name)
        .map(({ result }) => result as Hunted);
      const found = hunts.flatMap(({ runs: each }) => (each === null ? [] : [each])).sort((a, b) => a - b);
      const first = hunts.find((each) => each.runs !== null)?.broken.find(({ name }) => breaks.includes(name));
      return {
        strategy: strategy.name,
        breaks,
        hunts: hunts.length,
        found: found.length,
        median: medianOf(found, hunts.length),
        most: found.length === hunts.length ? (found.at(-1) ?? null) : null,
        example: first === undefined ? "" : `${first.name}: ${first.first}`,
      };
    }),
  };
}

/** Of the sorted ones that were found; those that were not come after them. */
export function medianOf(found: readonly number[], hunts: number): number | null {
  if (hunts === 0) return null;
  const low = found[(hunts - 1) >> 1];
  const high = found[hunts >> 1];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}

export function pageOf(document: ReturnType<typeof documentOf>): string {
  const { shipped, broken } = document;
  const thousands = (count: number): string => count.toLocaleString("en-US");
  const lines = [
    "# The swarm",
    "",
    "`npm run study:swarm` writes this page and `swarm.json`; it goes on where it was interrupted.",
    "",
    `${thousands(shipped.runs)} random jobs on at least four TaskManagers, with random faults, delays and orders of same-time`,
    `events, from base seed \`${document.seed}\`: ${thousands(shipped.simulations)} simulations, ${thousands(shipped.events)} events, every invariant watched,`,
    `code \`${document.code}\`. ${shipped.findings.length === 0 ? "**No invariant was broken.**" : `**${shipped.findings.length} runs broke an invariant.**`}`,
    ...shipped.findings.map(
      ({ run, broken: names }) => `- run ${run}: ${names.map(({ name, first }) => `${name}: ${first}`).join("; ")}`,
    ),
    "",
    `## Cells of the state tables`,
    "",
    shipped.neverReached.length === 0
      ? "Every cell was reached, and none that is marked impossible."
      : `Never reached: ${shipped.neverReached.join("; ")}.`,
    "",
    "| cell | runs | uses |",
    "|---|--:|--:|",
    ...shipped.coverage.map(({ cell, runs, uses }) => `| ${cell} | ${thousands(runs)} | ${thousands(uses)} |`),
    "",
    "## Strategies that are broken on purpose",
    "",
    `Runs until the first finding, over ${broken[0]?.hunts ?? 0} hunts with base seeds of their own.`,
    "",
    "| single-task recovery that … | found | median runs | most | what the first hunt saw |",
    "|---|--:|--:|--:|---|",
    ...broken.map(
      ({ strategy, found, hunts, median, most, example }) =>
        `| ${strategy} | ${found} of ${hunts} | ${median ?? "–"} | ${most ?? "–"} | ${example} |`,
    ),
  ];
  return `${lines.join("\n")}\n`;
}
