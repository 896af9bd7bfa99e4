/**
 * Standard output and error of the program: colour where a person reads it, silence when the reader has gone away.
 * Progress belongs to `progress.ts`.
 */
import { writeSync } from "node:fs";
import { styleText } from "node:util";

/** When the reader closes a pipe (`outgap … | head`), the work is done as far as anyone can see. */
export function endQuietlyOnClosedPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit(process.exitCode ?? 0);
      throw error;
    });
  }
}

/** Writes text to stdout and waits until it has been taken, so that an exit right after loses nothing. */
export function writeOut(text: string): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write(text, () => resolve());
  });
}

/** Writes one message to stderr at once; a closed stderr is nobody's error. */
export function writeError(text: string): void {
  try {
    writeSync(2, text.endsWith("\n") ? text : `${text}\n`);
  } catch {
    process.exitCode ??= 0;
  }
}

type Style = Parameters<typeof styleText>[0];

/** Colours text for stdout: not in a pipe, not with NO_COLOR. */
export function paint(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout, validateStream: true });
}
