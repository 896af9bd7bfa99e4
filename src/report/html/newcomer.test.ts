/** Whoever knows nothing of the job can answer the six questions from the text of the page alone, with its numbers. */
import { beforeAll, describe, expect, it } from "vitest";
import { runScenario } from "../../experiment/run-scenario.js";
import { smallScenario } from "../../experiment/testing/small-scenario.js";
import type { CaseSummary } from "../../metrics/result.js";
import { parseScenario } from "../../scenario/index.js";
import { resultSetFromRuns } from "../files/read.js";
import { compact, count, duration, percent, unbroken, words } from "../format.js";
import { testAssets } from "../testing/assets.js";
import { reportHtml } from "./page.js";

/** A card's text, without its markup. */
const plain = (html: string): string =>
  html
    .replace(/<[^>]+>/g, " ")
    .replaceAll("&lt;", "<")
    .replace(/[ \n]+/g, " ");

describe("from the page alone", () => {
  let html: string;
  let cases: readonly CaseSummary[];
  const answer = (question: string): string => {
    const card = html.split('<div class="answer">').find((part) => part.includes(`<h3>${question}</h3>`)) ?? "";
    return plain(card.split("</div>")[0] as string);
  };
  const shows = (text: string, part: string): void => expect(text).toContain(unbroken(part));

  beforeAll(async () => {
    const parsed = parseScenario(smallScenario({ durationS: 60 }), { file: "small.yaml" });
    if (!parsed.ok) throw new Error("the small scenario does not parse");
    const runs = await runScenario(parsed.scenario, { workers: 0 });
    cases = runs.map((run) => run.summary);
    const summary = { scenario: "small", file: "small.yaml", cases, expect: [] };
    const set = resultSetFromRuns(summary, runs, parsed.scenario.normalisedYaml);
    html = reportHtml({ version: "0.0.0-test", sets: [set], parameters: [[]], studies: [] }, testAssets());
  }, 60_000);

  it("what happened: the job, the cluster, the fault", () => {
    const text = plain(html.slice(html.indexOf("<main"), html.indexOf('<div class="answers">')));
    expect(text).toContain("A small join loses a container.");
    expect(text).toContain("left × 8, right × 8, joiner × 8, on 2 TaskManagers of 4 slots (yarn, Flink 1.9)");
    expect(text).toContain("Fault: kill-task-manager (taskManager 1) at 20s.");
  });

  it("how long output was cut", () => {
    for (const run of cases) {
      shows(answer("How long was output cut?"), duration(run.recoveryTimeMs as number));
      if ((run.jobOutageMs as number) > 0)
        shows(answer("How long was output cut?"), `no output for ${duration(run.jobOutageMs as number)}`);
    }
  });

  it("for whom", () => {
    for (const { outputGapMs } of cases) {
      const { count: affected, max } = outputGapMs.affected;
      shows(answer("For whom?"), affected === 8 ? "all 8 sink subtasks" : `${count(affected)} of 8 sink subtasks`);
      shows(answer("For whom?"), `silent for up to ${duration(max)}`);
    }
  });

  it("what was lost", () => {
    for (const { records, matches } of cases) {
      shows(
        answer("What was lost?"),
        `${compact(records.lostTotal)} records (${percent(records.lostTotal / records.produced)})`,
      );
      shows(answer("What was lost?"), `${compact(matches.missedTotal)} matches missed`);
    }
  });

  it("where the time went", () => {
    for (const run of cases) {
      const spent = new Map<string, number>();
      for (const span of run.phases) spent.set(span.phase, (spent.get(span.phase) ?? 0) + span.endMs - span.startMs);
      const [phase, ms] = [...spent].sort((a, b) => b[1] - a[1])[0] as [string, number];
      shows(answer("Where did the time go?"), `${phase} ${duration(ms)}`);
      expect(html).toContain(`<dt>${phase}</dt>`);
    }
  });

  it("which case is best", () => {
    const best = [...cases].sort((a, b) => (a.recoveryTimeMs as number) - (b.recoveryTimeMs as number))[0];
    shows(answer("Which case is best?"), `${best?.case}: back after ${duration(best?.recoveryTimeMs as number)}`);
  });

  it("which assumptions it rests on", () => {
    const weights = cases.flatMap((run) => run.assumptions);
    const { cost, grade } = weights.reduce((a, b) => (b.criticalPathShare > a.criticalPathShare ? b : a));
    expect(answer("Which assumptions does it rest on?")).toContain(words(cost));
    expect(answer("Which assumptions does it rest on?")).toContain(`(grade ${grade})`);
    expect(html).toContain("outgap sensitivity");
  });
});
