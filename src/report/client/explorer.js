/** The explorer: a brush over the run, panels that follow it at the resolution that fits, and the window in figures. */
import { count } from "../format.ts";
import { currentMode, hiddenCases, onCases, onMode } from "./cases.js";
import { embedSpec, fitted } from "./charts.js";

const TWIN = "without the fault";
const OVERVIEW_POINTS = 500;
const DETAIL_POINTS = 450;
const MARGIN_PX = 95;

/** @param {HTMLElement} figure @param {any} set */
export async function startExplorer(figure, set) {
  const part = (/** @type {string} */ selector) => /** @type {any} */ (figure.querySelector(selector));
  const [from, to] = [part("input.from"), part("input.to")];
  let window_ = [set.window.fromMs / 1000, set.window.toMs / 1000];
  /** @type {any} */ let overview = null;
  /** @type {any} */ let detail = null;
  let silent = false;

  const shown = () => set.series.filter((/** @type {any} */ line) => !hiddenCases.has(line.case));

  const detailRows = () => {
    const [start, end] = window_;
    const rows = shown().flatMap((/** @type {any} */ line) => seriesRows(line, start, end, DETAIL_POINTS, false));
    const first = shown()[0];
    if (first) rows.push(...seriesRows(first, start, end, DETAIL_POINTS, true));
    return rows;
  };

  const showDetail = async () => {
    if (detail === null) return;
    const [start, end] = window_;
    await detail.data("detail", detailRows()).signal("from", start).signal("to", end).runAsync();
    // Not what is being typed.
    if (document.activeElement !== from) from.value = start.toFixed(1);
    if (document.activeElement !== to) to.value = end.toFixed(1);
    part(".window-table").innerHTML = windowTable(shown(), start, end);
    figure.dataset.ready = "true";
  };

  let waiting = false;
  const later = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      showDetail();
    });
  };

  /** @param {number} start @param {number} end */
  const choose = async (start, end) => {
    const last = set.endMs / 1000;
    const low = Math.max(0, Math.min(start, end, last));
    const high = Math.min(last, Math.max(start, end));
    window_ = high - low < 0.5 ? [Math.max(0, low - 0.5), Math.min(last, low + 0.5)] : [low, high];
    later();
    if (overview === null) return;
    const width = overview.signal("width");
    silent = true;
    await overview
      .signal(
        "brush_x",
        window_.map((time) => (time / last) * width),
      )
      .runAsync();
    silent = false;
  };

  const build = async () => {
    const width = Math.max(230, Math.min(900, figure.clientWidth - MARGIN_PX));
    const mode = currentMode();
    const overviewSpec = fitted(set.overview[mode], width / 600);
    const brush = overviewSpec.layer[0].params[0];
    brush.value = { x: window_ };
    overviewSpec.data = { name: "overview", values: overviewRows() };
    overview = await embedSpec(part(".overview"), overviewSpec, "canvas");
    overview.addSignalListener("brush", (/** @type {string} */ _, /** @type {any} */ value) => {
      const times = value?.t;
      if (silent || !times || times[1] - times[0] < 0.2) return;
      window_ = [times[0], times[1]];
      later();
    });
    const detailSpec = fitted(set.detail[mode], width / 600);
    detailSpec.data = { name: "detail", values: detailRows() };
    detailSpec.params = [
      { name: "from", value: window_[0] },
      { name: "to", value: window_[1] },
    ];
    detail = await embedSpec(part(".detail"), detailSpec, "canvas");
    await showDetail();
  };
  const overviewRows = () =>
    shown().flatMap((/** @type {any} */ line) => seriesRows(line, 0, set.endMs / 1000, OVERVIEW_POINTS, false));

  // A start behind the end moves the window on instead of turning it round.
  from.addEventListener("change", () => {
    const start = Number(from.value);
    choose(start, window_[1] > start ? window_[1] : start + (window_[1] - window_[0]));
  });
  to.addEventListener("change", () => {
    const end = Number(to.value);
    choose(window_[0] < end ? window_[0] : end - (window_[1] - window_[0]), end);
  });
  part("button.window").addEventListener("click", () => choose(set.window.fromMs / 1000, set.window.toMs / 1000));
  part("button.whole").addEventListener("click", () => choose(0, set.endMs / 1000));
  onCases(async () => {
    if (overview) await overview.data("overview", overviewRows()).runAsync();
    showDetail();
  });
  onMode(build);
  let resized = 0;
  let lastWidth = figure.clientWidth;
  window.addEventListener("resize", () => {
    window.clearTimeout(resized);
    resized = window.setTimeout(() => {
      if (figure.clientWidth === lastWidth) return;
      lastWidth = figure.clientWidth;
      build();
    }, 200);
  });
  await build();
  return {
    /** Marks the time that the player shows. @param {number} ms */
    setPlayhead: (ms) => overview?.signal("playhead", ms / 1000).runAsync(),
  };
}

/** @param {number} bins @param {number} points */
function factorFor(bins, points) {
  for (let decade = 1; ; decade *= 10) {
    for (const step of [1, 2, 5]) if (bins / (decade * step) <= points) return decade * step;
  }
}

/** A log axis has no zero: the line breaks there. @param {number | null} value */
const positive = (value) => (value !== null && value > 0 ? value : null);

/** @param {any} line @param {number} start @param {number} end @param {number} points @param {boolean} twin */
function seriesRows(line, start, end, points, twin) {
  const bin = line.binMs / 1000;
  const first = Math.max(0, Math.floor(start / bin) - 1);
  const last = Math.min(line.output.length, Math.ceil(end / bin) + 1);
  const factor = factorFor(last - first, points);
  /** @param {(number | null)[]} values @param {number} at */
  const mean = (values, at) => {
    let total = 0;
    let found = 0;
    for (let index = at; index < Math.min(at + factor, last); index++) {
      const value = values[index];
      if (value === null || value === undefined) continue;
      total += value;
      found++;
    }
    return found === 0 ? null : total / found;
  };
  const rows = [];
  for (let at = first; at < last; at += factor) {
    rows.push(
      twin
        ? {
            case: TWIN,
            t: at * bin,
            output: mean(line.twin, at),
            p99: positive(mean(line.twinP99, at)),
            backlog: positive(mean(line.twinBacklog, at)),
            discarded: null,
          }
        : {
            case: line.case,
            t: at * bin,
            output: mean(line.output, at),
            p99: positive(mean(line.p99, at)),
            backlog: positive((mean(line.log, at) ?? 0) + (mean(line.network, at) ?? 0)),
            discarded: mean(line.discarded, at),
          },
    );
  }
  return rows;
}

/** @param {any[]} lines @param {number} start @param {number} end */
function windowTable(lines, start, end) {
  const rows = lines.map((line) => {
    const bin = line.binMs / 1000;
    const first = Math.max(0, Math.round(start / bin));
    const last = Math.min(line.output.length, Math.max(first + 1, Math.round(end / bin)));
    const total = (/** @type {(number | null)[]} */ values) => {
      let sum = 0;
      for (let at = first; at < last; at++) sum += values[at] ?? 0;
      return sum * bin;
    };
    let peak = 0;
    for (let at = first; at < last; at++) peak = Math.max(peak, (line.log[at] ?? 0) + (line.network[at] ?? 0));
    const output = total(line.output);
    const twin = total(line.twin);
    const share = twin === 0 ? "–" : `${((100 * output) / twin).toFixed(2)} %`;
    const cells = [count(output), share, count(peak), count(total(line.discarded))];
    return `<tr><th scope="row">${escapeText(line.case)}</th>${cells.map((text) => `<td>${text}</td>`).join("")}</tr>`;
  });
  return (
    `<caption>From ${start.toFixed(1)} s to ${end.toFixed(1)} s</caption><thead><tr><th scope="col">Case</th><th scope="col">Matches emitted</th>` +
    `<th scope="col">of those without the fault</th><th scope="col">Largest backlog (records)</th><th scope="col">Discarded (records)</th></tr></thead><tbody>${rows.join("")}</tbody>`
  );
}

/** @param {string} text */
function escapeText(text) {
  const element = document.createElement("span");
  element.textContent = text;
  return element.innerHTML;
}
