/** The six questions that a newcomer asks, answered from the data in one sentence each. */
import { affectedPhrase, cutPhrase, type Outcome, outcomes, ranked } from "../findings.js";
import { causeWords, compact, count, duration, percent } from "../format.js";
import type { ResultSet } from "../input.js";

export interface Answer {
  readonly question: string;
  readonly answer: string;
  readonly detail: string;
}

export function answers(set: ResultSet): Answer[] {
  const list = outcomes(set);
  const order = ranked(list);
  const [fast, slow] = [order[0], order.at(-1)];
  if (fast === undefined || slow === undefined) return [];
  const both = (phrase: (entry: Outcome) => string): string =>
    fast === slow ? `${slow.case}: ${phrase(slow)}` : `${slow.case}: ${phrase(slow)} · ${fast.case}: ${phrase(fast)}`;
  const rests = assumptionShares(set)
    .filter((row) => row.share > 0)
    .slice(0, 3);
  return [
    {
      question: "How long was output cut?",
      answer: both(cutPhrase),
      detail: list.map((entry) => `${entry.case}: recovered after ${recovery(entry)}`).join("; "),
    },
    {
      question: "For whom?",
      answer: both(affectedPhrase),
      detail: list
        .filter((entry) => entry.affected > 0)
        .map((entry) => `${entry.case}: silent for up to ${duration(entry.affectedGapMaxMs)}`)
        .join("; "),
    },
    {
      question: "What was lost?",
      answer: both((entry) =>
        entry.lostRecords === 0
          ? "no record"
          : `${compact(entry.lostRecords)} records (${percent(entry.lostRatio)}), most ${causeWords(entry.topLoss)}`,
      ),
      detail: list
        .map((entry) => `${entry.case}: ${compact(entry.missedMatches)} matches missed (${percent(entry.missedRatio)})`)
        .join("; "),
    },
    {
      question: "Where did the time go?",
      answer: both((entry) => topPhases(set, entry)),
      detail: "Critical path from the fault to the last channel registered; the chart below shows all of it.",
    },
    {
      question: "Which case is best?",
      answer: `${fast.case}: back after ${recovery(fast)}`,
      detail:
        fast === slow
          ? "The only case."
          : `${ratio(slow, fast)}; it restarts ${count(fast.tasksRestarted)} tasks instead of ${count(slow.tasksRestarted)}.`,
    },
    {
      question: "Which assumptions does it rest on?",
      answer:
        rests.length === 0
          ? "No cost drawn on the critical path."
          : rests.map((row) => `${row.cost} (grade ${row.grade}, ${percent(row.share)} of ${row.case})`).join(", "),
      detail: "Share of the recovery time that is drawn from each cost. Grades: see Assumptions.",
    },
  ];
}

function recovery(entry: Outcome): string {
  return entry.recoveryCensored ? `at least ${duration(entry.recoveryMs)}` : duration(entry.recoveryMs);
}

function ratio(slow: Outcome, fast: Outcome): string {
  if (fast.recoveryMs === 0) return `${slow.case} takes ${recovery(slow)}`;
  const factor = slow.recoveryMs / fast.recoveryMs;
  return `${slow.case} takes ${factor >= 10 ? Math.round(factor) : factor.toFixed(1)} times as long, ${recovery(slow)}`;
}

function topPhases(set: ResultSet, entry: Outcome): string {
  const seed = entry.runs[0]?.seed;
  const total = new Map<string, number>();
  for (const row of set.phases) {
    if (row.case !== entry.case || row.seed !== seed) continue;
    total.set(row.phase, (total.get(row.phase) ?? 0) + row.endMs - row.startMs);
  }
  const top = [...total].sort((a, b) => b[1] - a[1]).slice(0, 2);
  return top.length === 0 ? "no recovery" : top.map(([phase, ms]) => `${phase} ${duration(ms)}`).join(", ");
}

export interface AssumptionShare {
  readonly cost: string;
  readonly value: string;
  readonly grade: string;
  /** The case in which it weighs most, and how much there. */
  readonly case: string;
  readonly share: number;
}

/** Each cost once, with its largest share of any case's recovery, the weightiest first. */
export function assumptionShares(set: ResultSet): AssumptionShare[] {
  const found = new Map<string, AssumptionShare>();
  for (const run of set.summary.cases) {
    for (const { cost, value, grade, criticalPathShare } of run.assumptions) {
      const known = found.get(cost);
      if (known !== undefined && known.share >= criticalPathShare) continue;
      found.set(cost, { cost, value, grade, case: run.case, share: criticalPathShare });
    }
  }
  return [...found.values()].sort((a, b) => b.share - a.share || (a.cost < b.cost ? -1 : 1));
}
