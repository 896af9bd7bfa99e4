/** The part of the page about one scenario: its story, answers, tables, charts, assumptions and raw files. */
import type { PhaseName } from "../../metrics/result.js";
import type { ParameterRow, ResultSet } from "../input.js";
import { answerCards } from "./answer-cards.js";
import { answers } from "./answers.js";
import { assumptionTable, gradeLegend, parameterTable } from "./assumption-table.js";
import { escapeHtml, slug } from "./escape.js";
import { expectationTable } from "./expectation-table.js";
import { chartFigure, explorerFigure, playerFigure } from "./figures.js";
import type { PageChart, PageSet } from "./payload.js";
import { lossTable, resultTable } from "./result-table.js";
import { storyOf } from "./scenario-story.js";
import { details } from "./table.js";

const RAW_FILES = [
  "summary.json",
  "summary.csv",
  "output-gap.csv",
  "timeline.csv",
  "loss.csv",
  "phases.csv",
  "scenario.yaml",
];

const PHASE_MEANINGS: Readonly<Record<PhaseName, string>> = {
  detect: "from the fault until the JobManager knows of it",
  cancel: "tasks that still run are told to stop, and say that they have",
  delay: "the restart strategy waits, as configured",
  reset: "the JobManager computes what restarts and resets it",
  slots: "slots are asked for and offered, containers start where some are missing",
  deploy: "the JobManager writes and sends a descriptor per task",
  open: "a task is created, opened and reported running",
  restore: "state is read back",
  connect: "input channels request their partitions until every view is registered",
  timer: "a fallback timer of single-task recovery runs down",
};

export interface SetSection {
  readonly set: ResultSet;
  readonly page: PageSet;
  readonly index: number;
  readonly parameters: readonly ParameterRow[];
  /** Charts about all sets, where this is the only one. */
  readonly across: readonly PageChart[];
  /** Whether the page is about this set alone: then the page's title is its title. */
  readonly isAlone: boolean;
}

export function setSection({ set, page, index, parameters, across, isAlone }: SetSection): string {
  const id = slug(set.scenario);
  const story = storyOf(set.scenarioText);
  const raw = (file: string): string => (set.href === "" ? file : `${set.href}/${file}`);
  const links = RAW_FILES.map((file) => `<li><a href="${escapeHtml(raw(file))}">${escapeHtml(file)}</a></li>`);
  const digests = set.summary.cases.map(
    (run) =>
      `${escapeHtml(run.case)}, seed ${escapeHtml(run.seed)} <code>${escapeHtml(run.digest.slice(0, 12))}</code>`,
  );
  return `<section id="${id}" class="set" aria-labelledby="${id}-title">
<h2 id="${id}-title"${isAlone ? ' class="unseen"' : ""}>${escapeHtml(set.scenario)}</h2>
${story.description === "" ? "" : `<p class="story">${escapeHtml(story.description)}</p>`}
${story.facts.map((fact) => `<p class="facts">${escapeHtml(fact)}</p>`).join("\n")}
<p class="facts">${facts(set, page).map(escapeHtml).join(" · ")}</p>
${answerCards(answers(set), page.cases)}
<h3>Results</h3>
${resultTable(set)}
<h3>Expectations</h3>
${expectationTable(set)}
${explorerFigure(page, index)}
${playerFigure(page, index)}
${page.charts.map((chart) => chartFigure(chart, String(index)) + below(chart, set)).join("\n")}
${across.map((chart) => chartFigure(chart, "all")).join("\n")}
<h3>Assumptions the answer rests on</h3>
<p>Share: how much of the recovery time is drawn from a cost, in the case where it weighs most. Grades: ${gradeLegend()}. <code>outgap sensitivity</code> varies each cost by ±20 %.</p>
${assumptionTable(set, parameters)}
${parameterTable(parameters)}
<h3>Scenario</h3>
${details("The normalised scenario", `<pre tabindex="0">${escapeHtml(set.scenarioText)}</pre>`)}
<h3>Raw data</h3>
<ul class="raw">${links.join("")}</ul>
<p class="facts">Digests: ${digests.join(" · ")}</p>
</section>`;
}

function facts(set: ResultSet, page: PageSet): string[] {
  const { cases } = set.summary;
  const seeds = new Set(cases.map((run) => run.seed));
  const resolution = cases[0]?.resolutionMs ?? 0;
  const violated = cases.flatMap((run) =>
    run.invariants.filter((entry) => entry.violations > 0).map((entry) => `${run.case}: ${entry.name}`),
  );
  const ended = cases.filter((run) => run.endState !== "completed");
  return [
    `${page.cases.length} case${page.cases.length === 1 ? "" : "s"}`,
    `${seeds.size} seed${seeds.size === 1 ? "" : "s"}`,
    `resolution ${resolution === 0 ? "exact" : `${resolution} ms`}`,
    violated.length === 0 ? "every invariant held" : `invariants violated: ${violated.join(", ")}`,
    ...ended.map((run) => `${run.case}, seed ${run.seed}: ${run.endState}`),
  ];
}

/** What stands under a chart: the figures behind it, or what its words mean. */
function below(chart: PageChart, set: ResultSet): string {
  if (chart.id === "losses") return lossTable(set);
  if (chart.id !== "phases") return "";
  const present = new Set(set.phases.map((row) => row.phase));
  const terms = Object.entries(PHASE_MEANINGS).filter(([phase]) => present.has(phase as PhaseName));
  const list = terms.map(([phase, meaning]) => `<dt>${escapeHtml(phase)}</dt><dd>${escapeHtml(meaning)}</dd>`);
  return details("What the phases are", `<dl class="terms">${list.join("")}</dl>`);
}
