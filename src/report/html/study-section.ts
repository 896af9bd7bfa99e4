/** The part of the page about a sweep or a sensitivity study: answers, charts, tables and raw files. */
import type { StudyReport, StudyTable } from "../input.js";
import { answerCards } from "./answer-cards.js";
import { escapeHtml, slug } from "./escape.js";
import { chartFigure } from "./figures.js";
import type { PageStudy } from "./payload.js";
import { cell, details, head, tableHtml } from "./table.js";

export function studySection(study: StudyReport, page: PageStudy, index: number, isAlone: boolean): string {
  const id = slug(study.name);
  const raw = (file: string): string => (study.href === "" ? file : `${study.href}/${file}`);
  const links = study.files.map((file) => `<li><a href="${escapeHtml(raw(file))}">${escapeHtml(file)}</a></li>`);
  const scenario =
    study.scenarioText === ""
      ? ""
      : `<h3>Scenario</h3>\n${details("As it was run", `<pre tabindex="0">${escapeHtml(study.scenarioText)}</pre>`)}`;
  return `<section id="${id}" class="study" aria-labelledby="${id}-title">
<h2 id="${id}-title"${isAlone ? ' class="unseen"' : ""}>${escapeHtml(study.name)}</h2>
${study.description === "" ? "" : `<p class="story">${escapeHtml(study.description)}</p>`}
<p class="facts">${study.facts.map(escapeHtml).join(" · ")}</p>
${answerCards(study.answers, page.cases)}
${page.charts.map((chart) => chartFigure(chart, `study-${index}`)).join("\n")}
<h3>In figures</h3>
${study.tables.map(studyTable).join("\n")}
${scenario}
<h3>Raw data</h3>
<ul class="raw">${links.join("")}</ul>
</section>`;
}

function studyTable({ caption, columns, rows }: StudyTable): string {
  const classOf = (at: number): string => (columns[at]?.numeric ? "number" : "");
  return tableHtml({
    label: caption,
    caption: escapeHtml(caption),
    head: columns.map(({ name }, at) => head(name, { className: classOf(at) })),
    rows: rows.map(({ case: of, cells, isChosen }) => {
      const shown = cells.map((text, at) => cell(escapeHtml(text), { className: classOf(at) }));
      const chosen = isChosen === true ? ' class="chosen"' : "";
      return `<tr${chosen} data-case="${escapeHtml(of)}">${shown.join("")}</tr>`;
    }),
  });
}
