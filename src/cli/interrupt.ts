/**
 * Ctrl-C and SIGTERM while a command works: the first asks it to stop and keep what is finished, the second ends the
 * program at once. Owns the signal handlers.
 */
import { EXIT } from "./exit.js";

export interface Interrupt {
  readonly signal: AbortSignal;
  /** The exit code that the signal stands for, or null if none came. */
  readonly exitCode: () => number | null;
  /** Gives the signals back. */
  release(): void;
}

/** @param beforeHardExit called when a second signal ends the program */
export function onInterrupt(beforeHardExit: () => void): Interrupt {
  const abort = new AbortController();
  let code: number | null = null;
  const handler = (name: NodeJS.Signals): void => {
    const wanted = name === "SIGINT" ? EXIT.interrupted : EXIT.terminated;
    if (code !== null) {
      beforeHardExit();
      process.exit(wanted);
    }
    code = wanted;
    abort.abort();
  };
  process.on("SIGINT", handler);
  process.on("SIGTERM", handler);
  return {
    signal: abort.signal,
    exitCode: () => code,
    release: () => {
      process.off("SIGINT", handler);
      process.off("SIGTERM", handler);
    },
  };
}
