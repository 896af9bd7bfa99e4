/**
 * One finished run on disk: a line with the checksum, then its JSON. Written under a temporary name and renamed, so that
 * a file is whole or absent; read with the checksum, so that what a power cut tore is absent too. Owns the format.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { CaseSummary } from "../../metrics/result.js";

/** A run that ended, with its summary or with what went wrong. */
export type RunRecord =
  | { readonly key: string; readonly summary: CaseSummary }
  | { readonly key: string; readonly error: string; readonly stack: string };

export function isFailure(record: RunRecord): record is Extract<RunRecord, { error: string }> {
  return "error" in record;
}

/** The text of a record, the same on every machine. */
export function recordText(record: RunRecord): string {
  const body = `${JSON.stringify(record)}\n`;
  return `${checksum(body)}\n${body}`;
}

/** @returns `null` if the text is not a whole record of `key` */
export function parseRecord(text: string, key: string): RunRecord | null {
  const end = text.indexOf("\n");
  const body = text.slice(end + 1);
  if (end !== 64 || checksum(body) !== text.slice(0, end)) return null;
  const record = JSON.parse(body) as RunRecord;
  return record.key === key ? record : null;
}

function checksum(body: string): string {
  return createHash("sha256").update(body).digest("hex");
}

let written = 0;

/** Writes a file whole or not at all. Throws what the file system says (`ENOSPC`, …), leaving nothing behind. */
export function writeWhole(path: string, content: string | Uint8Array): void {
  const folder = dirname(path);
  const name = `${folder}/.${process.pid}-${threadName}-${written++}.tmp`;
  const attempt = (): void => {
    writeFileSync(name, content);
    renameSync(name, path);
  };
  try {
    try {
      attempt();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      mkdirSync(folder, { recursive: true });
      attempt();
    }
  } catch (error) {
    rmSync(name, { force: true });
    throw error;
  }
}

/** Threads of one process share its id. */
const threadName = Math.floor(performance.timeOrigin * 1000 + performance.now() * 1000).toString(36);

/** @returns `null` if the run is not there or not whole */
export function readRecord(path: string, key: string): RunRecord | null {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  return parseRecord(text, key);
}
