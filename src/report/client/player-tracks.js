/** The tracks below the player's grid: queue, cut channels, what senders discard and buffer, and the protocol steps. */

export const TRACK_LEFT = 78;
export const TRACK_RIGHT = 8;

/** @typedef {{ name: string; most: number; steps: number[][] }} Track */

/**
 * Steps of the JobManager's queue, cut channels, discards and what waits in buffers and log, within the window.
 * @param {any} playback @param {any} series null where the case has none @param {number} fromMs @param {number} toMs
 * @returns {Track[]}
 */
export function trackList(playback, series, fromMs, toMs) {
  /** @type {Track[]} */
  const list = [];
  const within = (/** @type {number[]} */ step) => step[1] > fromMs && step[0] < toMs;
  const clip = (/** @type {number[]} */ [from, to, value]) => [Math.max(from, fromMs), Math.min(to, toMs), value];
  const add = (/** @type {string} */ name, /** @type {number[][]} */ steps) => {
    const kept = steps.filter(within).map(clip);
    list.push({ name, most: kept.reduce((most, step) => Math.max(most, step[2]), 0), steps: kept });
  };
  const leastMs = (toMs - fromMs) / 1500;
  add("JM queue", joined(sampled(playback.queueTimes, playback.queueLengths, toMs), leastMs));
  if (playback.channelTimes.length > 0) {
    add("channels cut", joined(sampled(playback.channelTimes, playback.channelsDown, toMs), leastMs));
  }
  if (series) {
    const bins = (/** @type {(index: number) => number} */ value) =>
      series.output.map((/** @type {any} */ _, /** @type {number} */ index) => [
        index * series.binMs,
        (index + 1) * series.binMs,
        value(index),
      ]);
    add(
      "discarded/s",
      bins((index) => series.discarded[index] ?? 0),
    );
    add(
      "in buffers",
      bins((index) => series.network[index] ?? 0),
    );
    add(
      "in the log",
      bins((index) => series.log[index] ?? 0),
    );
  }
  return list;
}

/**
 * Draws all tracks over one time axis, the protocol steps and the time that the player shows.
 * @param {HTMLCanvasElement} tracks @param {Track[]} list @param {any[]} markers
 * @param {{ fromMs: number; toMs: number; nowMs: number; palette: any }} view
 */
export function drawTrackList(tracks, list, markers, { fromMs, toMs, nowMs, palette }) {
  const context = /** @type {CanvasRenderingContext2D} */ (tracks.getContext("2d"));
  const width = tracks.clientWidth;
  const height = tracks.clientHeight;
  const right = width - TRACK_RIGHT;
  const x = (/** @type {number} */ ms) => TRACK_LEFT + ((ms - fromMs) / (toMs - fromMs)) * (right - TRACK_LEFT);
  const trackHeight = (height - 18) / list.length;
  context.clearRect(0, 0, width, height);
  context.font = "11px system-ui, sans-serif";
  context.textBaseline = "middle";
  for (const [row, track] of list.entries()) {
    const top = row * trackHeight + 4;
    const bottom = top + trackHeight - 10;
    context.strokeStyle = palette.line;
    context.beginPath();
    context.moveTo(TRACK_LEFT, bottom);
    context.lineTo(right, bottom);
    context.stroke();
    context.fillStyle = palette.muted;
    context.textAlign = "right";
    context.fillText(track.name, TRACK_LEFT - 6, (top + bottom) / 2 - 7);
    context.fillText(track.most > 0 ? `≤ ${compactCount(track.most)}` : "none", TRACK_LEFT - 6, (top + bottom) / 2 + 8);
    context.fillStyle = palette.accent;
    for (const [from, to, value] of track.steps) {
      if (value <= 0) continue;
      const size = Math.max(1, (value / track.most) * (bottom - top));
      context.fillRect(x(from), bottom - size, Math.max(0.6, x(to) - x(from)), size);
    }
  }
  context.textAlign = "center";
  for (const marker of markers) {
    if (marker.timeMs < fromMs || marker.timeMs > toMs) continue;
    context.fillStyle = palette.muted;
    context.fillRect(x(marker.timeMs), 0, 1, height - 16);
  }
  context.fillStyle = palette.muted;
  for (const fraction of [0, 0.25, 0.5, 0.75, 1]) {
    const ms = fromMs + fraction * (toMs - fromMs);
    context.textAlign = fraction === 1 ? "right" : fraction === 0 ? "left" : "center";
    context.fillText(`${(ms / 1000).toFixed(0)} s`, x(ms), height - 7);
  }
  context.fillStyle = palette.text;
  context.fillRect(x(nowMs) - 1, 0, 2, height - 14);
}

/** A value from each sample to the next. @param {Float64Array} times @param {Int32Array} values @param {number} toMs */
function sampled(times, values, toMs) {
  return Array.from(times, (from, index) => [from, times[index + 1] ?? toMs, values[index]]);
}

/** Joins steps shorter than a pixel, keeping the largest. @param {number[][]} steps @param {number} leastMs */
function joined(steps, leastMs) {
  /** @type {number[][]} */
  const kept = [];
  for (const [from, to, value] of steps) {
    const last = kept.at(-1);
    if (last && last[1] - last[0] < leastMs) {
      last[1] = to;
      last[2] = Math.max(last[2], value);
    } else kept.push([from, to, value]);
  }
  return kept;
}

/** @param {number} value */
function compactCount(value) {
  for (const [factor, unit] of /** @type {[number, string][]} */ ([
    [1e9, " G"],
    [1e6, " M"],
    [1e3, " k"],
  ])) {
    if (value >= factor) return `${Number((value / factor).toPrecision(3))}${unit}`;
  }
  return String(Number(value.toPrecision(3)));
}
