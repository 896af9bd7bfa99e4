/**
 * `report.html`: one self-contained page. Owns its structure and words; the browser's part is in `client/`, the data
 * in `payload.ts`. Everything a reader needs without JavaScript (answers, tables, scenario) is in the HTML itself.
 */
import { RECORD_LOSS_CAUSES } from "../../metrics/result.js";
import { count } from "../format.js";
import type { ReportInput, ResultSet } from "../input.js";
import { answers } from "./answers.js";
import { bundle, type ClientModule } from "./bundle.js";
import { escapeHtml, scriptText, slug } from "./escape.js";
import { type PageChart, type PageSet, packPayload, payloadOf } from "./payload.js";
import { assumptionTable, expectationTable, gradeLegend, lossTable, parameterTable, resultTable } from "./tables.js";

/** What the page carries beside the data; the caller reads it from the installed packages. */
export interface ReportAssets {
  /** Scripts of vega, vega-lite and vega-embed, in this order. */
  readonly libraries: readonly string[];
  /** The modules of `client/`, those of `CLIENT_MODULES` in that order. */
  readonly client: readonly ClientModule[];
  readonly style: string;
}

const RAW_FILES = [
  "summary.json",
  "summary.csv",
  "output-gap.csv",
  "timeline.csv",
  "loss.csv",
  "phases.csv",
  "scenario.yaml",
];

/** @returns the whole page; the same input and assets give the same bytes */
export function reportHtml(input: ReportInput, assets: ReportAssets): string {
  const payload = payloadOf(input);
  const names = input.sets.map((set) => set.scenario);
  const several = input.sets.length > 1;
  const across = payload.all.map((chart) => figure(chart, "all")).join("\n");
  const title = names.length === 0 ? "Outgap report" : `Outgap: ${names.join(", ")}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<style>
${assets.style}
</style>
</head>
<body>
<a class="skip" href="#content">Skip to the results</a>
${header(input, payload.sets)}
<main id="content">
<noscript><p class="notice">The charts need JavaScript; the answers, tables and the scenario do not.</p></noscript>
${several ? across : ""}
${input.sets.map((set, index) => section(set, payload.sets[index] as PageSet, index, input)).join("\n")}
${several ? "" : across}
</main>
<footer><p>Made by Outgap ${escapeHtml(input.version)} from the files beside this page. It loads nothing from the network.</p></footer>
${assets.libraries.map((source) => `<script>${scriptText(source)}</script>`).join("\n")}
<script type="application/octet-stream" id="payload">${packPayload(payload)}</script>
<script>${scriptText(bundle(assets.client))}</script>
</body>
</html>
`;
}

function header(input: ReportInput, sets: readonly PageSet[]): string {
  const cases = new Map(sets.flatMap((set) => set.cases.map((style) => [style.case, style] as const)));
  const toggles = [...cases.values()].map(
    (style) =>
      `<label><input type="checkbox" data-toggle="${escapeHtml(style.case)}" checked>` +
      `<span class="swatch" style="--colour:${style.colour}"></span>${escapeHtml(style.case)}</label>`,
  );
  const links =
    input.sets.length < 2
      ? ""
      : `<nav aria-label="Scenarios">${input.sets
          .map((set) => `<a href="#${slug(set.scenario)}">${escapeHtml(set.scenario)}</a>`)
          .join("")}</nav>`;
  return `<header>
<h1>${input.sets.map((set) => escapeHtml(set.scenario)).join(" · ") || "Sweep"}</h1>
${links}
</header>
<div class="bar">
<fieldset class="cases"><legend>Cases</legend>${toggles.join("")}</fieldset>
<button type="button" id="theme" aria-pressed="false">Dark</button>
<button type="button" id="print">Print</button>
</div>`;
}

function section(set: ResultSet, page: PageSet, index: number, input: ReportInput): string {
  const id = slug(set.scenario);
  const first = set.summary.cases[0];
  const seeds = new Set(set.summary.cases.map((run) => run.seed));
  const violated = set.summary.cases.flatMap((run) =>
    run.invariants.filter((entry) => entry.violations > 0).map((entry) => `${run.case}: ${entry.name}`),
  );
  const ended = set.summary.cases.filter((run) => run.endState !== "completed");
  const facts = [
    `${page.cases.length} cases`,
    `${seeds.size} seed${seeds.size === 1 ? "" : "s"}`,
    `resolution ${first === undefined || first.resolutionMs === 0 ? "exact" : `${first.resolutionMs} ms`}`,
    violated.length === 0 ? "every invariant held" : `invariants violated: ${violated.join(", ")}`,
    ...ended.map((run) => `${run.case}, seed ${run.seed}: ${run.endState}`),
  ];
  const raw = (file: string): string => (set.href === "" ? file : `${set.href}/${file}`);
  return `<section id="${id}" class="set" aria-labelledby="${id}-title">
<h2 id="${id}-title"${input.sets.length === 1 ? ' class="unseen"' : ""}>${escapeHtml(set.scenario)}</h2>
<p class="facts">${facts.map(escapeHtml).join(" · ")}</p>
<div class="answers">
${answers(set)
  .map(
    (entry) =>
      `<div class="answer"><h3>${escapeHtml(entry.question)}</h3><p class="main">${escapeHtml(entry.answer)}</p><p>${escapeHtml(entry.detail)}</p></div>`,
  )
  .join("\n")}
</div>
<h3>Results</h3>
${resultTable(set)}
<h3>Expectations</h3>
${expectationTable(set)}
${explorer(page, index)}
${player(page, index)}
${page.charts.map((chart) => figure(chart, String(index)) + (chart.id === "losses" ? lossTable(set) : "")).join("\n")}
<h3>Assumptions the answer rests on</h3>
<p>Grades: ${gradeLegend()}. <code>outgap sensitivity</code> varies each cost by ±20 %.</p>
${assumptionTable(set, input.parameters[index] ?? [])}
${parameterTable(input.parameters[index] ?? [])}
<h3>Scenario</h3>
<details><summary>The normalised scenario</summary><pre tabindex="0">${escapeHtml(set.scenarioText)}</pre></details>
<h3>Raw data</h3>
<ul class="raw">${RAW_FILES.map((file) => `<li><a href="${escapeHtml(raw(file))}">${escapeHtml(file)}</a></li>`).join("")}</ul>
<p class="facts">Digests: ${set.summary.cases.map((run) => `${escapeHtml(run.case)}, seed ${escapeHtml(run.seed)} <code>${escapeHtml(run.digest.slice(0, 12))}</code>`).join(" · ")}</p>
<p class="facts">${RECORD_LOSS_CAUSES.length} causes of record loss are told apart; ${count(set.gaps.length)} silences and ${count(set.timelines.reduce((sum, line) => sum + line.bins, 0))} time bins are in the files.</p>
</section>`;
}

function figure(chart: PageChart, set: string): string {
  return `<figure class="chart" data-set="${set}" data-chart="${chart.id}">
<figcaption><h3>${escapeHtml(chart.heading)}</h3><p class="finding">${escapeHtml(chart.title)}</p><p class="note">${escapeHtml(chart.subtitle)}</p></figcaption>
<div class="plot" role="img" aria-label="${escapeHtml(chart.alt)}"></div>
</figure>`;
}

function explorer(page: PageSet, index: number): string {
  if (page.overview === null) return "";
  return `<figure class="explorer" data-set="${index}">
<figcaption><h3>Explore over time</h3><p class="note">Drag over the overview to choose a window; all panels follow, and so do the figures below. Grey: without the fault. Scales follow what is shown: hide a case to see the others closer.</p></figcaption>
<div class="controls">
<label>from <input type="number" class="from" step="0.1" min="0" max="${page.endMs / 1000}"> s</label>
<label>to <input type="number" class="to" step="0.1" min="0" max="${page.endMs / 1000}"> s</label>
<button type="button" class="window">failover</button>
<button type="button" class="whole">whole run</button>
</div>
<div class="plot overview" role="img" aria-label="Output of all cases over the whole run"></div>
<div class="plot detail" role="img" aria-label="Output, latency, backlog and discards in the chosen window"></div>
<div class="scroll" tabindex="0" role="region" aria-label="The chosen window in figures"><table class="window-table"></table></div>
</figure>`;
}

function player(page: PageSet, index: number): string {
  if (page.playbacks.length === 0) return "";
  const options = page.playbacks.map((entry, at) => `<option value="${at}">${escapeHtml(entry.case)}</option>`);
  return `<figure class="player" data-set="${index}">
<figcaption><h3>Watch the failover</h3><p class="note">Every slot is a cell with one bar per task. Space plays and pauses, ← and → step to the previous or next change, Home goes to the fault.</p></figcaption>
<div class="controls">
<label>case <select class="case">${options.join("")}</select></label>
<button type="button" class="play" aria-pressed="false">▶ Play</button>
<label>speed <select class="speed"><option value="0.1">0.1×</option><option value="0.5">0.5×</option><option value="1">1×</option><option value="5">5×</option><option value="10">10×</option><option value="30">30×</option></select></label>
<output class="clock"></output>
</div>
<input class="scrub" type="range" min="0" max="1000" value="0" aria-label="Virtual time">
<div class="markers" role="group" aria-label="Protocol steps"></div>
<div class="legend"></div>
<div class="stage"><canvas class="grid" tabindex="0" role="img" aria-label="Task states by slot"></canvas><div class="tip" hidden></div></div>
<canvas class="tracks" role="img" aria-label="Queue of the JobManager, discards and backlog over time"></canvas>
<p class="status" aria-live="polite"></p>
</figure>`;
}
