/**
 * Progress on stderr: a bar where a person looks, plain lines where asked for, else nothing. Reads the cells that
 * workers write; never touches stdout.
 */
import cliProgress from "cli-progress";

export interface ProgressSource {
  /** Finished and planned tasks (runs and twins). */
  readonly done: () => number;
  readonly total: number;
  /** 0..1 over all tasks. */
  readonly fraction: () => number;
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
      format: "{bar} {percentage} % · {done}/{runs} runs",
      barCompleteChar: "█",
      barIncompleteChar: "░",
      barsize: 40,
      hideCursor: true,
      clearOnComplete: true,
      gracefulExit: false,
    },
    cliProgress.Presets.shades_classic,
  );
  display.start(100, 0, { done: 0, runs: source.total });
  const show = (): void => display.update(Math.floor(100 * source.fraction()), { done: source.done() });
  const timer = setInterval(show, BAR_INTERVAL_MS);
  return {
    stop: () => {
      clearInterval(timer);
      show();
      display.stop();
    },
  };
}

function plainLines(source: ProgressSource): Progress {
  let last = "";
  const show = (): void => {
    const line = `outgap: ${Math.floor(100 * source.fraction())} %, ${source.done()} of ${source.total} runs\n`;
    if (line !== last) process.stderr.write(line);
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
