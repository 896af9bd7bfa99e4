/**
 * `report.html`: one self-contained page. Owns its frame; the sections have files of their own, the browser's part is in
 * `client/`, the data in `payload.ts`. What a reader needs without JavaScript (answers, tables, scenario) is HTML.
 */
import type { ReportInput } from "../input.js";
import { escapeHtml, scriptText, slug } from "./escape.js";
import { chartFigure } from "./figures.js";
import { type PageSet, type PageStudy, type Payload, pack, payloadOf } from "./payload.js";
import { setSection } from "./set-section.js";
import { studySection } from "./study-section.js";

/** What the page carries beside the data; the caller reads it from the installed packages. */
export interface ReportAssets {
  /** Scripts of vega, vega-lite and vega-embed, in this order. */
  readonly libraries: readonly string[];
  /** The browser's part, `client/`, bundled and minified. */
  readonly script: string;
  readonly style: string;
}

/** @returns the whole page; the same input and assets give the same bytes */
export function reportHtml(input: ReportInput, assets: ReportAssets): string {
  const payload = payloadOf(input);
  const names = [...input.sets.map((set) => set.scenario), ...input.studies.map((study) => study.name)];
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
${header(names, payload)}
<main id="content">
<noscript><p class="notice">The charts need JavaScript; the answers, tables and the scenario do not.</p></noscript>
${oneLine(sections(input, payload))}
</main>
<footer><p>Made by Outgap ${escapeHtml(input.version)} from the files beside this page. It loads nothing from the network.</p></footer>
<script type="application/octet-stream" id="libraries">${pack(assets.libraries)}</script>
<script type="application/octet-stream" id="payload">${pack(payload)}</script>
<script>${scriptText(assets.script)}</script>
</body>
</html>
`;
}

/** Made to be read in a browser: as one line, so that a change of a report is one line of a diff. Looks the same. */
function oneLine(markup: string): string {
  return markup.replaceAll(">\n<", "> <").replaceAll("\n", "&#10;");
}

function header(names: readonly string[], { sets, studies }: Payload): string {
  const parts: readonly (PageSet | PageStudy)[] = [...sets, ...studies];
  const cases = new Map(parts.flatMap((part) => part.cases.map((style) => [style.case, style] as const)));
  const toggles = [...cases.values()].map(
    (style) =>
      `<label><input type="checkbox" data-toggle="${escapeHtml(style.case)}" checked>` +
      `<span class="swatch" style="--colour:${style.colour}"></span>${escapeHtml(style.case)}</label>`,
  );
  const anchors = names.map((name) => `<a href="#${slug(name)}">${escapeHtml(name)}</a>`);
  const links = names.length < 2 ? "" : `<nav aria-label="Contents">${anchors.join("")}</nav>`;
  return `<header>
<h1>${names.map(escapeHtml).join(" · ") || "Outgap report"}</h1>
${links}
</header>
<div class="bar" role="region" aria-label="Cases and view">
<fieldset class="cases"><legend>Cases</legend>${toggles.join("")}</fieldset>
<button type="button" id="theme" aria-pressed="false">Dark</button>
<button type="button" id="print">Print</button>
</div>`;
}

/** With several sets, what compares them comes first; with one, it is one of its charts. */
function sections(input: ReportInput, payload: Payload): string {
  const isAlone = input.sets.length + input.studies.length === 1;
  const first = input.sets.length > 1 ? payload.all.map((chart) => chartFigure(chart, "all")) : [];
  const sets = input.sets.map((set, index) =>
    setSection({
      set,
      page: payload.sets[index] as PageSet,
      index,
      parameters: input.parameters[index] ?? [],
      across: input.sets.length === 1 ? payload.all : [],
      isAlone,
    }),
  );
  const studies = input.studies.map((study, index) =>
    studySection(study, payload.studies[index] as PageStudy, index, isAlone),
  );
  return [...first, ...sets, ...studies].join("\n");
}
