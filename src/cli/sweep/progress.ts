/** How a sweep gets on, on stderr: runs done, rate, time left. A bar where a person looks, lines where asked for. */
import cliProgress from "cli-progress";

export interface SweepProgress {
  /** So many runs are planned now; `until` adds to them. */
  plan(runs: number): void;
  /** A run ended just now, or was found finished. */
  done(count: number, how: "now" | "before"): void;
  stop(): void;
}

const SILENT: SweepProgress = { plan: () => undefined, done: () => undefined, stop: () => undefined };
const BAR_INTERVAL_MS = 200;
const PLAIN_INTERVAL_MS = 1_000;

export function sweepProgress(mode: "auto" | "plain" | "none", startMs: number): SweepProgress {
  const isBar = mode === "auto" && process.stderr.isTTY === true;
  if (mode !== "plain" && !isBar) return SILENT;
  let planned = 0;
  let total = 0;
  let fresh = 0;
  const rates = (): string => {
    const seconds = (performance.now() - startMs) / 1000;
    const rate = fresh / Math.max(0.001, seconds);
    const left = rate > 0 && total < planned ? `, ${timeText((planned - total) / rate)} left` : "";
    return `${rate >= 10 ? rate.toFixed(0) : rate.toFixed(2)}/s${left}`;
  };
  const display = isBar ? openBar() : null;
  let last = "";
  const show = (): void => {
    if (display !== null) {
      display.setTotal(Math.max(1, planned));
      display.update(total, { rates: rates(), runs: planned });
      return;
    }
    const line = `outgap: ${total} of ${planned} runs`;
    if (line !== last) process.stderr.write(`${line}, ${rates()}\n`);
    last = line;
  };
  const timer = setInterval(show, isBar ? BAR_INTERVAL_MS : PLAIN_INTERVAL_MS);
  return {
    plan: (runs) => {
      planned = runs;
    },
    done: (count, how) => {
      total += count;
      if (how === "now") fresh += count;
    },
    stop: () => {
      clearInterval(timer);
      show();
      display?.stop();
    },
  };
}

function openBar(): cliProgress.SingleBar {
  const bar = new cliProgress.SingleBar(
    {
      stream: process.stderr,
      format: "{bar} {percentage} % · {value}/{runs} runs · {rates}",
      barCompleteChar: "█",
      barIncompleteChar: "░",
      barsize: 40,
      hideCursor: true,
      clearOnComplete: true,
      gracefulExit: false,
    },
    cliProgress.Presets.shades_classic,
  );
  bar.start(1, 0, { rates: "", runs: 0 });
  return bar;
}

/** `45 s`, `12 min`, `3.5 h`. */
export function timeText(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}
