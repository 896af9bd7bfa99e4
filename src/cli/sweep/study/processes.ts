/** Starts the compiled program and keeps hold of it, for tests and studies that kill it. Owns the processes that it started. */
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { packageRoot } from "../../package-info.js";

const PROGRAM = join(packageRoot, "dist", "cli", "main.js");

export interface Started {
  readonly child: ChildProcess;
  /** Resolves when the process has ended. */
  readonly ended: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
}

const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** @param preload a module that the program and its threads load first: a way to break things on purpose */
export function startProgram(args: readonly string[], cwd: string, preload?: string): Started {
  const env: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: "1" };
  for (const name of ["NODE_OPTIONS", "FORCE_COLOR", "VITEST"]) delete env[name];
  if (preload !== undefined) env.NODE_OPTIONS = `--import=${pathToFileURL(preload).href}`;
  const child = spawn(process.execPath, [PROGRAM, ...args], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const ended = new Promise<Awaited<Started["ended"]>>((done, fail) => {
    child.on("error", fail);
    child.on("close", (code) => {
      running.delete(child);
      done({ code, stdout, stderr });
    });
  });
  return { child, ended };
}

export const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** File → sha256 of everything in a folder but hidden files, which are what killed writers leave. */
export function contents(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((name) => !/(^|\/)\./.test(name))
    .sort();
  return Object.fromEntries(
    files.map((name) => [
      name,
      createHash("sha256")
        .update(readFileSync(join(folder, name)))
        .digest("hex"),
    ]),
  );
}

/** How many finished runs a folder has. */
export function runFiles(folder: string): number {
  return Object.keys(contents(folder)).filter((name) => name.endsWith(".run")).length;
}
