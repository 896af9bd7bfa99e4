/** The player: plays one case's failover on the virtual clock. Draws only the slots that changed. */
import { count } from "../format.ts";
import { currentMode, onMode } from "./cases.js";
import { showDuration } from "./data.js";
import { openPlayback, RUNNING, STATE_NAMES } from "./player-state.js";
import { drawTrackList, TRACK_LEFT, TRACK_RIGHT, trackList } from "./player-tracks.js";

const MOST_HEIGHT = 380;
const LARGEST_CELL = 26;

/** @param {HTMLElement} figure @param {any} set @param {(ms: number) => void} onTime */
export function startPlayer(figure, set, onTime) {
  const part = (/** @type {string} */ selector) => /** @type {any} */ (figure.querySelector(selector));
  const grid = /** @type {HTMLCanvasElement} */ (part(".grid"));
  const tracks = /** @type {HTMLCanvasElement} */ (part(".tracks"));
  const [scrub, play, speed] = [part(".scrub"), part(".play"), part(".speed")];
  const { fromMs, toMs } = set.window;
  /** @type {any} */ let playback = null;
  /** @type {any} */ let series = null;
  /** @type {any} */ let layout = null;
  let nowMs = fromMs;
  let playing = false;
  let lastFrame = 0;
  let lastText = 0;

  const colours = () => {
    const style = getComputedStyle(document.documentElement);
    const named = (/** @type {string} */ name) => style.getPropertyValue(`--${name}`).trim();
    return {
      states: STATE_NAMES.map(named),
      background: named("background"),
      text: named("text"),
      muted: named("muted"),
      line: named("line"),
      accent: named("accent"),
    };
  };
  let palette = colours();

  const load = () => {
    const encoded = set.playbacks[Number(part("select.case").value)];
    playback = openPlayback(encoded);
    series = set.series.find((/** @type {any} */ line) => line.case === encoded.case) ?? null;
    const fault = playback.markers.find(isFault);
    nowMs = Math.max(fromMs, (fault?.timeMs ?? fromMs) - 1000);
    part(".markers").replaceChildren(
      ...playback.markers.slice(0, 24).map((/** @type {any} */ marker) => {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = `${marker.name} ${(marker.timeMs / 1000).toFixed(2)} s`;
        button.addEventListener("click", () => go(marker.timeMs));
        return button;
      }),
    );
    measure();
    go(nowMs);
  };

  const measure = () => {
    palette = colours();
    const width = figure.clientWidth;
    const group = Math.max(1, playback.slotsPerTaskManager);
    let cell = LARGEST_CELL;
    let columns = 1;
    for (; cell > 2; cell--) {
      columns = columnsOf(playback.slots, group, Math.floor(width / cell));
      if (columns * cell <= width && Math.ceil(playback.slots / columns) * cell <= MOST_HEIGHT) break;
    }
    layout = { cell, columns, rows: Math.ceil(playback.slots / columns), gap: cell >= 6 ? 1 : 0 };
    sizeCanvas(grid, width, layout.rows * cell);
    sizeCanvas(tracks, width, tracks.clientHeight || 200);
  };

  /** @param {number} slot */
  const drawSlot = (slot) => {
    const context = /** @type {CanvasRenderingContext2D} */ (grid.getContext("2d"));
    const { cell, columns, gap } = layout;
    const x = (slot % columns) * cell;
    const y = Math.floor(slot / columns) * cell;
    const perSlot = playback.perSlot;
    const bar = (cell - gap) / perSlot;
    for (let vertex = 0; vertex < perSlot; vertex++) {
      const state = playback.state[slot * perSlot + vertex];
      context.fillStyle = palette.states[state];
      // A task that does not run is shorter: the state can be told without its colour.
      const inset = state === RUNNING || cell < 8 ? 0 : state === 0 ? (cell - gap) * 0.35 : (cell - gap) * 0.15;
      context.fillRect(x + vertex * bar, y + inset, bar, cell - gap - inset);
    }
  };

  const drawGrid = () => {
    const context = /** @type {CanvasRenderingContext2D} */ (grid.getContext("2d"));
    context.fillStyle = palette.background;
    context.fillRect(0, 0, grid.clientWidth, layout.rows * layout.cell);
    for (let slot = 0; slot < playback.slots; slot++) drawSlot(slot);
  };

  /** @param {number} slot */
  const redraw = (slot) => {
    const { cell, columns } = layout;
    const context = /** @type {CanvasRenderingContext2D} */ (grid.getContext("2d"));
    context.fillStyle = palette.background;
    context.fillRect((slot % columns) * cell, Math.floor(slot / columns) * cell, cell, cell);
    drawSlot(slot);
  };

  /** @param {number} ms @param {boolean} [all] */
  const show = (ms, all = false) => {
    nowMs = Math.min(toMs, Math.max(fromMs, ms));
    const touched = new Set();
    const whole = playback.seek(nowMs, (/** @type {number} */ slot) => touched.add(slot)) || all;
    if (whole) drawGrid();
    else for (const slot of touched) redraw(slot);
    drawTracks();
    scrub.value = String(Math.round(((nowMs - fromMs) / (toMs - fromMs)) * 1000));
    const now = performance.now();
    if (!playing || now - lastText > 120) {
      lastText = now;
      writeText();
      onTime(nowMs);
    }
  };

  /** @param {number} ms */
  const go = (ms) => {
    show(ms, true);
    part(".status").textContent = describe();
  };

  const at = (/** @type {(number | null)[]} */ values) =>
    series ? (values[Math.min(values.length - 1, Math.floor(nowMs / series.binMs))] ?? 0) : 0;

  const describe = () => {
    const fault = playback.markers.find(isFault);
    const since = fault
      ? `, ${showDuration(Math.abs(nowMs - fault.timeMs))} ${nowMs < fault.timeMs ? "before" : "after"} the fault`
      : "";
    return (
      `At ${(nowMs / 1000).toFixed(2)} s${since}: ${count(playback.counts[RUNNING])} tasks running, ` +
      `${count(playback.counts[0])} down, ${count(playback.counts[1])} deploying, ` +
      `${count(playback.counts[3])} cancelling; ${count(playback.channelsAt(nowMs))} channels cut; ` +
      `${count(playback.queueAt(nowMs))} messages wait for the JobManager.`
    );
  };

  const writeText = () => {
    part(".clock").textContent = `${(nowMs / 1000).toFixed(2)} s`;
    const entries = STATE_NAMES.map((name, state) => [name, count(playback.counts[state]), `var(--${name})`]);
    entries.push(["JobManager queue", count(playback.queueAt(nowMs)), ""]);
    entries.push(["channels cut", count(playback.channelsAt(nowMs)), ""]);
    if (series) {
      entries.push(["output/s", count(at(series.output)), ""]);
      entries.push(["discarded at senders/s", count(at(series.discarded)), ""]);
      entries.push(["in buffers", count(at(series.network)), ""]);
      entries.push(["in the log", count(at(series.log)), ""]);
    }
    part(".legend").replaceChildren(
      ...entries.map(([name, text, colour]) => {
        const element = document.createElement("span");
        if (colour) {
          const swatch = document.createElement("span");
          swatch.className = "swatch";
          swatch.style.setProperty("--colour", colour);
          element.append(swatch);
        }
        element.append(`${name} ${text}`);
        return element;
      }),
    );
    grid.setAttribute("aria-label", `Task states by slot. ${describe()}`);
  };

  /** @type {any} */ let trackCache = null;
  const drawTracks = () => {
    if (trackCache?.playback !== playback) {
      trackCache = { playback, list: trackList(playback, series, fromMs, toMs) };
    }
    drawTrackList(tracks, trackCache.list, playback.markers, { fromMs, toMs, nowMs, palette });
  };

  const frame = (/** @type {number} */ time) => {
    if (!playing) return;
    const elapsed = Math.min(100, time - lastFrame);
    lastFrame = time;
    show(nowMs + elapsed * Number(speed.value));
    if (nowMs >= toMs) setPlaying(false);
    else requestAnimationFrame(frame);
  };

  /** @param {boolean} on */
  const setPlaying = (on) => {
    playing = on;
    play.setAttribute("aria-pressed", String(on));
    play.textContent = on ? "❚❚ Pause" : "▶ Play";
    if (!on) {
      writeText();
      part(".status").textContent = describe();
      onTime(nowMs);
      return;
    }
    if (nowMs >= toMs) nowMs = fromMs;
    part(".status").textContent = "";
    lastFrame = performance.now();
    requestAnimationFrame(frame);
  };

  play.addEventListener("click", () => setPlaying(!playing));
  part("select.case").addEventListener("change", load);
  scrub.addEventListener("input", () => show(fromMs + (Number(scrub.value) / 1000) * (toMs - fromMs)));
  scrub.addEventListener("change", () => go(fromMs + (Number(scrub.value) / 1000) * (toMs - fromMs)));
  figure.addEventListener("keydown", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (["SELECT", "BUTTON"].includes(target.tagName)) return;
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (event.key === " ") setPlaying(!playing);
    else if (event.key === "Home") go((playback.markers[0]?.timeMs ?? fromMs) - 1);
    else if (step !== 0) go(playback.changeNear(nowMs, step) ?? nowMs);
    else return;
    event.preventDefault();
  });
  const drag = (/** @type {PointerEvent} */ event) => {
    if (event.type === "pointermove" && event.buttons === 0) return;
    const box = tracks.getBoundingClientRect();
    const share = (event.clientX - box.left - TRACK_LEFT) / (box.width - TRACK_RIGHT - TRACK_LEFT);
    show(fromMs + Math.min(1, Math.max(0, share)) * (toMs - fromMs));
  };
  tracks.addEventListener("pointerdown", drag);
  tracks.addEventListener("pointermove", drag);
  const tip = part(".tip");
  grid.addEventListener("pointermove", (event) => {
    const box = grid.getBoundingClientRect();
    const column = Math.floor((event.clientX - box.left) / layout.cell);
    const slot = Math.floor((event.clientY - box.top) / layout.cell) * layout.columns + column;
    tip.hidden = column >= layout.columns || slot < 0 || slot >= playback.slots;
    if (tip.hidden) return;
    tip.textContent = slotText(playback, slot);
    tip.style.left = `${Math.min(event.clientX - box.left + 14, box.width - 190)}px`;
    tip.style.top = `${event.clientY - box.top + 14}px`;
  });
  grid.addEventListener("pointerleave", () => {
    tip.hidden = true;
  });
  const again = () => {
    measure();
    show(nowMs, true);
  };
  onMode(again);
  window.addEventListener("resize", again);
  // Fast enough that the whole window takes about half a minute.
  speed.value = toMs - fromMs > 150_000 ? "10" : toMs - fromMs > 40_000 ? "5" : "1";
  load();
  figure.dataset.ready = "true";
  figure.dataset.mode = currentMode();
}

/**
 * Whole TaskManagers side by side, at most as many as there is room for; fewer if that fills the last row.
 * @param {number} slots @param {number} group slots of a TaskManager @param {number} room columns
 */
function columnsOf(slots, group, room) {
  const most = Math.max(group, Math.floor(room / group) * group);
  for (let columns = most; columns > 0.6 * most; columns -= group) if (slots % columns === 0) return columns;
  return most;
}

/** @param {{ name: string }} marker */
function isFault(marker) {
  return marker.name.startsWith("fault");
}

/** @param {any} playback @param {number} slot */
function slotText(playback, slot) {
  const manager = Math.floor(slot / Math.max(1, playback.slotsPerTaskManager));
  const machine = Math.floor(manager / Math.max(1, playback.taskManagersPerMachine));
  const tasks = playback.vertices.map((/** @type {string} */ name, /** @type {number} */ vertex) => {
    const index = slot * playback.perSlot + vertex;
    return `${name}: ${STATE_NAMES[playback.state[index]]}, attempt ${playback.attempt[index]}`;
  });
  return [`machine ${machine}, TaskManager ${manager}, slot ${slot}`, ...tasks].join("\n");
}

/** @param {HTMLCanvasElement} canvas @param {number} width @param {number} height */
function sizeCanvas(canvas, width, height) {
  const scale = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.style.height = `${height}px`;
  canvas.getContext("2d")?.setTransform(scale, 0, 0, scale, 0, 0);
}
