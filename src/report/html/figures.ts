/** The figures of the page as HTML: charts, explorer and player; the browser fills them. Owns their words. */
import { escapeHtml } from "./escape.js";
import type { PageChart, PageSet } from "./payload.js";

/** @param place where the payload has it: `all`, the index of a set, or `study-` and the index of a study */
export function chartFigure(chart: PageChart, place: string): string {
  return `<figure class="chart" data-set="${place}" data-chart="${chart.id}">
<figcaption><h3>${escapeHtml(chart.heading)}</h3><p class="finding">${escapeHtml(chart.title)}</p><p class="note">${escapeHtml(chart.subtitle)}</p></figcaption>
<div class="plot" role="img" aria-label="${escapeHtml(chart.alt)}"></div>
</figure>`;
}

export function explorerFigure(page: PageSet, index: number): string {
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

export function playerFigure(page: PageSet, index: number): string {
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
<canvas class="tracks" role="img" aria-label="Queue of the JobManager, channels cut, discards and backlog over time"></canvas>
<p class="status" aria-live="polite"></p>
</figure>`;
}
