/**
 * Progress on stderr, with virtual time, speed and time left: a bar where a person looks, plain lines where asked for, else nothing. Reads the cells that
 * workers write; never touches stdout.
 */
import cliProgress from "cli-progress";
import { duration } from "../report/format.js";
import { timeText } from "./sweep/progress.js";

export interface ProgressSource {
  /** Finished and planned tasks (runs and twins). */
  readonly done: () => number;
  readonly total: number;
  /** 0..1 over all tasks. */
  readonly fraction: () => number;
  /** Virtual time of all tasks together, where it is known. */
  readonly totalVirtualMs?: number;
}

export interface Progress {
  stop(): void;
}

const NONE: Progress = { stop: () => undefined };
const BAR_INTERVAL_MS = 100;
const PLAIN_INTERVAL_MS = 1_000;

export function startProgress(mode: "auto" | "plain" | "none", source: ProgressSource): Progress {
  if (mode === "plain") return plainLines(source);
  if (mode === "auto" && process.stderr.isTTY === true) return bar(source);
  return NONE;
}

function bar(source: ProgressSource): Progress {
  const display = new cliProgress.SingleBar(
    {
      stream: process.stderr,
      format: "{bar} {percentage} % · {done}/{runs} runs{pace}",
      barCompleteChar: "█",
      barIncompleteChar: "░",
      barsize: 40,
      hideCursor: true,
      clearOnComplete: true,
      gracefulExit: false,
    },
    cliProgress.Presets.shades_classic,
  );
  const startMs = performance.now();
  display.start(100, 0, { done: 0, runs: source.total, pace: "" });
  const show = (): void =>
    display.update(Math.floor(100 * source.fraction()), {
      done: source.done(),
      pace: paceParts(source, performance.now() - startMs)
        .map((part) => ` · ${part}`)
        .join(""),
    });
  const timer = setInterval(show, BAR_INTERVAL_MS);
  return {
    stop: () => {
      clearInterval(timer);
      show();
      display.stop();
    },
  };
}

/** Virtual time so far, how much faster than real time it passes, and what is left of real time. */
export function paceParts(source: ProgressSource, elapsedMs: number): string[] {
  const fraction = source.fraction();
  if (fraction <= 0 || elapsedMs <= 0) return [];
  const left = fraction < 1 ? [`${timeText((elapsedMs * (1 - fraction)) / fraction / 1000)} left`] : [];
  if (source.totalVirtualMs === undefined) return left;
  const virtualMs = fraction * source.totalVirtualMs;
  const speed = virtualMs / elapsedMs;
  const factor = speed >= 10 ? Math.round(speed) : Number(speed.toPrecision(2));
  return [`${duration(virtualMs)} of virtual time`, `${factor}× real time`, ...left];
}

function plainLines(source: ProgressSource): Progress {
  const startMs = performance.now();
  let last = "";
  const show = (): void => {
    const line = `outgap: ${Math.floor(100 * source.fraction())} %, ${source.done()} of ${source.total} runs`;
    if (line !== last) {
      process.stderr.write(`${[line, ...paceParts(source, performance.now() - startMs)].join(", ")}\n`);
    }
    last = line;
  };
  const timer = setInterval(show, PLAIN_INTERVAL_MS);
  return {
    stop: () => {
      clearInterval(timer);
      show();
    },
  };
}
