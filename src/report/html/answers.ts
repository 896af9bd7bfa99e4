/** The six questions that a newcomer asks, answered from the data: a line per case. */
import { affectedPhrase, cutPhrase, type Outcome, outcomes, ranked, recoveredPhrase } from "../findings.js";
import { causeWords, compact, count, duration, percent, words } from "../format.js";
import type { Answer, AnswerLine, ResultSet } from "../input.js";

/** With more cases than this the cards tell of the slowest and the fastest. */
const MOST_LINES = 6;

export function answers(set: ResultSet): Answer[] {
  const list = outcomes(set);
  const order = ranked(list);
  const [fast, slow] = [order[0], order.at(-1)];
  if (fast === undefined || slow === undefined) return [];
  const told = list.length <= MOST_LINES ? list : [slow, fast];
  const each = (phrase: (entry: Outcome) => string): AnswerLine[] =>
    told.map((entry) => ({ case: entry.case, text: phrase(entry) }));
  const rests = assumptionShares(set)
    .filter((row) => row.share > 0)
    .slice(0, 3);
  return [
    {
      question: "How long was output cut?",
      lines: each((entry) => {
        const cut = cutPhrase(entry);
        const recovered = recoveredPhrase(entry);
        return cut.includes(recovered) || entry.recoveryMs === 0 ? cut : `${cut}; recovered after ${recovered}`;
      }),
      detail: "Recovered: every task runs again and has all its channels.",
    },
    {
      question: "For whom?",
      lines: each((entry) =>
        entry.affected === 0
          ? affectedPhrase(entry)
          : `${affectedPhrase(entry)}, silent for up to ${duration(entry.affectedGapMaxMs)}`,
      ),
      detail: "Sink subtasks that were silent for longer than any is without the fault.",
    },
    {
      question: "What was lost?",
      lines: each((entry) => `${lostRecords(entry)}; ${missedMatches(entry)}`),
      detail: "Of all input records and of all matches that the input holds; each counts once.",
    },
    {
      question: "Where did the time go?",
      lines: each((entry) => topPhases(set, entry)),
      detail: "The longest phases of the critical path, from the fault to the last channel registered.",
    },
    {
      question: "Which case is best?",
      lines: [{ case: fast.case, text: `back after ${recoveredPhrase(fast)}` }],
      detail:
        fast === slow
          ? "The only case."
          : `${ratio(slow, fast)}${restarts(slow, fast)} Best means the shortest recovery; the table marks the best of every measure.`,
    },
    {
      question: "Which assumptions does it rest on?",
      lines:
        rests.length === 0
          ? [{ case: null, text: "No cost drawn on the critical path." }]
          : rests.map((row) => ({
              case: null,
              text: `${words(row.cost)}, ${row.value} (grade ${row.grade}): ${percent(row.share)} of the recovery of ${row.case}`,
            })),
      detail: "The costs with the largest shares of a critical path. Grades and sources: see Assumptions.",
    },
  ];
}

function lostRecords(entry: Outcome): string {
  if (entry.lostRecords === 0) return "no record";
  return `${compact(entry.lostRecords)} records (${percent(entry.lostRatio)}), most ${causeWords(entry.topLoss)}`;
}

function missedMatches(entry: Outcome): string {
  if (entry.missedMatches === 0) return "no match missed";
  return `${compact(entry.missedMatches)} matches missed (${percent(entry.missedRatio)})`;
}

function ratio(slow: Outcome, fast: Outcome): string {
  if (fast.recoveryMs === 0) return `${slow.case} takes ${recoveredPhrase(slow)}`;
  const factor = slow.recoveryMs / fast.recoveryMs;
  if (factor < 1.005) return `${slow.case} takes as long`;
  const times = factor >= 10 ? Math.round(factor) : Number(factor.toFixed(factor < 1.1 ? 2 : 1));
  return `${slow.case} takes ${times} times as long, ${recoveredPhrase(slow)}`;
}

function restarts(slow: Outcome, fast: Outcome): string {
  if (slow.tasksRestarted === fast.tasksRestarted) return ".";
  return `; ${fast.case} restarts ${count(fast.tasksRestarted)} tasks, ${slow.case} ${count(slow.tasksRestarted)}.`;
}

function topPhases(set: ResultSet, entry: Outcome): string {
  const seed = entry.runs[0]?.seed;
  const total = new Map<string, number>();
  for (const row of set.phases) {
    if (row.case !== entry.case || row.seed !== seed) continue;
    total.set(row.phase, (total.get(row.phase) ?? 0) + row.endMs - row.startMs);
  }
  const top = [...total].sort((a, b) => b[1] - a[1]).slice(0, 3);
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
