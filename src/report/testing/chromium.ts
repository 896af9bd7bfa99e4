/**
 * Finds Chromium for the tests of the page, or installs Debian's where that is possible. Owns no test: whoever asks
 * skips with the reason that it gives, except under CI, where nothing may be skipped.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

export const CHROMIUM_FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

export interface FoundChromium {
  readonly path: string | null;
  /** Why there is none. */
  readonly reason: string;
}

function onPath(): string | null {
  const folders = (process.env.PATH ?? "").split(delimiter).concat("/usr/bin");
  for (const folder of folders) {
    for (const name of NAMES) if (existsSync(join(folder, name))) return join(folder, name);
  }
  return null;
}

export function findChromium(): FoundChromium {
  const found = onPath();
  if (found !== null) return { path: found, reason: "" };
  const mayInstall = process.getuid?.() === 0 && existsSync("/etc/debian_version");
  if (!mayInstall) return { path: null, reason: "no Chromium on the PATH, and this is not root on Debian" };
  process.stderr.write("Installing the Debian package chromium for the tests of the report …\n");
  spawnSync("apt-get", ["update"], { stdio: "ignore" });
  const run = spawnSync("apt-get", ["install", "-y", "--no-install-recommends", "chromium"], { stdio: "ignore" });
  const installed = onPath();
  return { path: installed, reason: installed === null ? `apt-get install chromium ended with ${run.status}` : "" };
}
