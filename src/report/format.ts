/** Numbers as people read them, with units. One place, so that table, title and tooltip agree. */
import type { MatchMissCause, Measured, RecordLossCause } from "../metrics/result.js";

/** `240 ms`, `5.23 s`, `81.3 s`, `12.4 min`; three significant figures. NaN is an en dash. */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return "–";
  const size = Math.abs(ms);
  if (size < 1) return size === 0 ? "0 s" : `${figures(ms * 1000)} µs`;
  if (size < 999.5) return `${figures(ms)} ms`;
  if (size < 600_000) return `${figures(ms / 1000)} s`;
  return `${figures(ms / 60_000)} min`;
}

/** A measured duration; one cut off by the end of the run reads `≥ 300 s`. */
export function measuredDuration(value: Measured): string {
  return typeof value === "number" ? duration(value) : `≥ ${duration(value.atLeastMs)}`;
}

/** The number to plot: a censored one counts as its lower bound. */
export function lowerBound(value: Measured): number {
  return typeof value === "number" ? value : value.atLeastMs;
}

/** Three significant figures without exponent. */
export function figures(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size >= 999.5) return count(value);
  const digits = size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
  const text = value.toFixed(digits);
  return digits > 0 ? text.replace(/\.?0+$/, "") : text;
}

/** `4,000`. */
export function count(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const text = Math.round(Math.abs(value)).toString();
  return (value < 0 ? "−" : "") + text.replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `950`, `12.3 k`, `4.56 M`, `1.2 G`. */
export function compact(value: number): string {
  const size = Math.abs(value);
  for (const [factor, unit] of [
    [1e9, "G"],
    [1e6, "M"],
    [1e3, "k"],
  ] as const) {
    if (size >= factor * 0.9995) return `${figures(value / factor)} ${unit}`;
  }
  return figures(value);
}

/** `0.31 %`; tiny ones as `< 0.01 %`. */
export function percent(ratio: number): string {
  if (!Number.isFinite(ratio)) return "–";
  if (ratio !== 0 && Math.abs(ratio) < 0.0001) return `${ratio < 0 ? "−" : ""}< 0.01 %`;
  return `${figures(ratio * 100)} %`;
}

/** Causes of loss as they read in a sentence: "most of them …". */
const CAUSES: Readonly<Record<RecordLossCause | MatchMissCause, string>> = {
  discardedAtSender: "discarded at the sender",
  queuedAtSender: "queued at the sender",
  lostInFlight: "lost in flight",
  partialRecords: "half records",
  stateLost: "lost with the state",
  unflushedOutput: "unflushed output",
  skippedAtSource: "skipped at the source",
  inputLost: "input lost",
  late: "partner expired",
  outputLost: "output lost",
};

export function causeWords(cause: RecordLossCause | MatchMissCause): string {
  return CAUSES[cause] ?? cause;
}

/** A number and its unit belong on one line: the space between them does not break. */
export function unbroken(text: string): string {
  return text.replace(/(\d) (?=(?:ns|µs|ms|s|min|k|M|G|%)(?![A-Za-z]))/g, "$1\u00a0");
}

/** Breaks a title into lines of at most `width` characters, at spaces, but not before a unit. */
export function wrap(text: string, width = 84): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of unbroken(text)
    .split(" ")
    .map((part) => part.replaceAll("\u00a0", " "))) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  if (line !== "") lines.push(line);
  return lines;
}

/** A metric's path as words: `outputGapMs.affected.max` → `output gap affected max`. Its values carry the unit. */
export function metricTitle(path: string): string {
  return words(path.replace(/Ms(?=$|\.)/g, "")).replaceAll(".", " ");
}

/** `discardedAtSender` → `discarded at sender`. */
export function words(camelCase: string): string {
  return camelCase.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
