/** What is in a folder, for comparing two of them byte by byte. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** File name → sha256, all levels, sorted. */
export function fingerprints(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  const entries = files
    .filter((file) => statSync(join(folder, file)).isFile())
    .map(
      (file) =>
        [
          file,
          createHash("sha256")
            .update(readFileSync(join(folder, file)))
            .digest("hex"),
        ] as const,
    );
  return Object.fromEntries(entries);
}
