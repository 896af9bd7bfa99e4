/** What to say and with which code to end when the disk does not take results. Finished runs stay valid. */
import { EXIT } from "../exit.js";
import { writeError } from "../streams.js";
import { DiskError } from "./executor.js";

const WORDS: Readonly<Record<string, string>> = {
  ENOSPC: "no space left on the device",
  EDQUOT: "the disk quota is used up",
  EROFS: "the file system is read-only",
  EIO: "input/output error",
  EFBIG: "the file is too large for the file system",
};

/** Reports a disk that is full or broken; `null` for any other error. */
export function diskFailure(error: unknown, folder: string): number | null {
  const code = error instanceof DiskError ? error.code : ((error as NodeJS.ErrnoException | null)?.code ?? "");
  const words = WORDS[code] ?? (error instanceof DiskError ? error.message : null);
  if (words === null) return null;
  writeError(
    `outgap: ${folder}: ${words}\n` +
      "Finished runs are kept and valid: make room, give the same command again, and it goes on from there.",
  );
  return EXIT.internal;
}
