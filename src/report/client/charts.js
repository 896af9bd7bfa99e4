/** The static charts: drawn when near the screen or when the page is idle, again when cases, mode or width change. */
import { currentMode, hiddenCases, onCases, onMode } from "./cases.js";

const PLOT_WIDTH = 640;
const MARGIN_PX = 190;
const LEAST_WIDTH = 250;
const NARROW = 0.7;
const NARROW_LABEL_PX = 104;

/** Draws one after the other, so that a click is never kept waiting for long. */
let drawing = Promise.resolve();

/** @param {any} payload */
export function startCharts(payload) {
  const figures = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("figure.chart")]);
  /** @type {Map<HTMLElement, string>} */
  const drawn = new Map();
  const stamp = () => `${currentMode()}|${[...hiddenCases].sort().join("|")}|${plotWidth(figures[0])}`;

  /** @param {HTMLElement} figure */
  const draw = (figure) => {
    const wanted = stamp();
    if (drawn.get(figure) === wanted) return drawing;
    drawn.set(figure, wanted);
    drawing = drawing.then(() => embedChart(payload, figure)).catch((error) => console.error(error));
    return drawing;
  };
  /** @type {Set<HTMLElement>} */
  const near = new Set();
  const observer = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        const figure = /** @type {HTMLElement} */ (entry.target);
        if (!entry.isIntersecting) near.delete(figure);
        else {
          near.add(figure);
          draw(figure);
        }
      }
    },
    { rootMargin: "600px" },
  );
  for (const figure of figures) observer.observe(figure);

  const again = () => {
    for (const figure of near) draw(figure);
    drawRest();
  };
  let pending = 0;
  const drawRest = () => {
    window.clearTimeout(pending);
    pending = window.setTimeout(() => {
      const next = figures.find((figure) => drawn.get(figure) !== stamp());
      if (next) draw(next).then(drawRest);
    }, 120);
  };
  onCases(again);
  onMode(again);
  let resized = 0;
  window.addEventListener("resize", () => {
    window.clearTimeout(resized);
    resized = window.setTimeout(again, 200);
  });
  window.setTimeout(drawRest, 600);
  return { drawAll: () => Promise.all(figures.map(draw)) };
}

/** @param {HTMLElement | undefined} figure */
function plotWidth(figure) {
  const room = (figure?.clientWidth ?? 1000) - MARGIN_PX;
  return Math.max(LEAST_WIDTH, Math.min(820, Math.round(room / 10) * 10));
}

/** @param {any} payload @param {HTMLElement} figure */
async function embedChart(payload, figure) {
  const { set = "", chart } = figure.dataset;
  const study = /^study-(\d+)$/.exec(set);
  const part = study ? payload.studies[Number(study[1])] : payload.sets[Number(set)];
  const charts = set === "all" ? payload.all : part.charts;
  const found = charts.find((/** @type {any} */ entry) => entry.id === chart);
  const plot = /** @type {HTMLElement} */ (figure.querySelector(".plot"));
  const spec = fitted(withoutCases(found[currentMode()]), plotWidth(figure) / PLOT_WIDTH);
  await embedSpec(plot, spec, "svg");
}

/** @param {HTMLElement} plot @param {any} spec @param {"svg" | "canvas"} renderer @returns {Promise<any>} */
export async function embedSpec(plot, spec, renderer) {
  const embed = /** @type {any} */ (globalThis).vegaEmbed;
  const result = await embed(plot, spec, { renderer, actions: false, tooltip: { theme: currentMode() } });
  // What does not fit scrolls, and then by keyboard as well.
  if (plot.scrollWidth > plot.clientWidth) plot.tabIndex = 0;
  else plot.removeAttribute("tabindex");
  return result.view;
}

/** Leaves out the rows of hidden cases and the pictures that belong to one. @param {any} spec */
function withoutCases(spec) {
  if (hiddenCases.size === 0) return spec;
  /** @param {any} part @returns {any} */
  const walk = (part) => {
    if (Array.isArray(part)) {
      return part
        .filter((entry) => !(typeof entry?.name === "string" && hiddenCases.has(entry.name.replace(/^case\d*:/, ""))))
        .filter((entry) => !(typeof entry?.case === "string" && hiddenCases.has(entry.case)))
        .map(walk);
    }
    if (part === null || typeof part !== "object") return part;
    const scale = part.scale;
    const copy = Object.fromEntries(Object.entries(part).map(([name, value]) => [name, walk(value)]));
    if (part.field === "case" && Array.isArray(scale?.domain) && Array.isArray(scale.range)) {
      const keep = scale.domain.map((/** @type {string} */ name) => !hiddenCases.has(name));
      copy.scale = {
        ...scale,
        domain: scale.domain.filter((/** @type {any} */ _, /** @type {number} */ at) => keep[at]),
        range: scale.range.filter((/** @type {any} */ _, /** @type {number} */ at) => keep[at]),
      };
    }
    return copy;
  };
  return walk(spec);
}

/** On a phone: one column, each label of a row on a level of its own, titles in lines, short axis labels. @param {any} part */
function narrow(part) {
  if (part.columns) {
    part.concat = part.concat.map((/** @type {any} */ child) => ({ ...child, width: child.width * part.columns }));
    part.columns = 1;
  }
  const label = /^(?:rule|text):.*:(\d+)$/.exec(part.name ?? "");
  if (label) {
    const offset = 4 + (Number(label[1]) % 4) * 12;
    if (part.mark.type === "text") part.mark = { ...part.mark, y: offset };
    else part.encoding = { ...part.encoding, y: { value: offset } };
  }
  if (typeof part.title?.text === "string" && part.title.text.length > 40) {
    part.title = { ...part.title, text: part.title.text.split(/(?<=:) | (?=\()/) };
  }
  if (!part.encoding) return;
  part.encoding = Object.fromEntries(
    Object.entries(part.encoding).map(([name, channel]) => {
      if (Array.isArray(channel)) return [name, channel];
      const copy = { ...channel };
      if (copy.legend?.direction) copy.legend = { ...copy.legend, columns: copy.field === "case" ? 1 : 4 };
      if (copy.axis?.labelLimit) copy.axis = { ...copy.axis, labelLimit: NARROW_LABEL_PX };
      return [name, copy];
    }),
  );
}

/**
 * Widths of all plots by one factor; positions in data units follow by themselves, and a label that says how wide its
 * plot must be (`needs`) goes where it no longer fits.
 * @param {any} spec @param {number} factor
 */
export function fitted(spec, factor) {
  /** @param {any} part @param {number} width @returns {any} */
  const walk = (part, width) => {
    const copy = { ...part };
    if (factor < NARROW) narrow(copy);
    if (typeof copy.width === "number") copy.width = Math.round(copy.width * factor);
    const own = copy.width ?? width;
    const values = copy.data?.values;
    if (factor < 1 && Array.isArray(values) && values[0]?.needs !== undefined) {
      copy.data = { ...copy.data, values: values.map((row) => (row.needs > own ? { ...row, label: "" } : row)) };
    }
    for (const name of ["layer", "vconcat", "hconcat", "concat"]) {
      if (name in copy) copy[name] = copy[name].map((/** @type {any} */ child) => walk(child, own));
    }
    return copy;
  };
  return walk(spec, PLOT_WIDTH);
}
