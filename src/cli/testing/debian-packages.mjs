/**
 * What some tests need beside npm's packages: found, or installed when this runs as root on Debian as part of
 * `npm test` or as a program. Says what it does. Where it cannot, those tests are skipped, with the reason.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const PACKAGES = ["chromium", "python3-jupyter-client", "python3-nbformat", "python3-simpy", "redis-server"];

/** @param {string} command @param {string[]} args */
function run(command, args) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  return spawnSync(command, args, { env, encoding: "utf8" });
}

/** @param {string} name */
function isInstalled(name) {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg's own placeholder
  return run("dpkg-query", ["-W", "-f", "${Status}", name]).stdout?.includes("ok installed") === true;
}

function install() {
  if (run("apt-get", ["--version"]).status !== 0) return;
  const missing = PACKAGES.filter((name) => !isInstalled(name));
  if (missing.length === 0) return;
  const names = missing.join(" ");
  if (process.getuid?.() !== 0) {
    console.log(`Tests that need ${names} will be skipped: install them with apt-get, or run the tests as root.`);
    return;
  }
  console.log(`Installing what some tests need: ${names}`);
  run("apt-get", ["update", "-qq"]);
  const { status, stderr } = run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...missing]);
  if (status !== 0) console.log(`apt-get could not install them, so tests will be skipped: ${stderr.trim()}`);
}

/** For vitest: only the whole test command may change the machine, not a single test while someone works. */
export default function setup() {
  if (process.env.npm_lifecycle_event === "test") install();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) install();
