/**
 * The digest of one run: sha256 over its exogenous streams, its rare-event trace, its rows of every CSV file and its
 * summary. Wall-clock values are never part of it.
 */
import { createHash } from "node:crypto";
import type { CaseSummary } from "../metrics/result.js";

/**
 * @param summary what the model yields; its `digest` is that of the rare-event trace so far
 * @param csvByFile the text of every CSV file for this run alone, by file name
 * @returns lower-case hex
 */
export function finalDigest(summary: CaseSummary, csvByFile: ReadonlyMap<string, string>): string {
  const hash = createHash("sha256");
  const part = (name: string, text: string): void => {
    hash.update(`${name} ${Buffer.byteLength(text)}\n`).update(text);
  };
  part("exogenous", summary.exogenousDigest);
  part("trace", summary.digest);
  for (const file of [...csvByFile.keys()].sort()) part(file, csvByFile.get(file) as string);
  part("summary", JSON.stringify({ ...summary, digest: "" }));
  return hash.digest("hex");
}
