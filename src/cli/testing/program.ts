/** Runs the compiled program as a user would, in a folder of its own. Owns those folders. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll } from "vitest";

const PROGRAM = resolve("dist/cli/main.js");

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Sent once stderr has said this (use `--progress=plain`). */
  readonly signal?: { readonly name: NodeJS.Signals; readonly after: RegExp };
  /** Nobody reads stdout. */
  readonly closeStdout?: boolean;
}

export function program(args: readonly string[], options: ProgramOptions): Promise<Ended> {
  return new Promise((done, fail) => {
    const env = { ...process.env, NO_COLOR: "1", ...options.env };
    // Left by the test runner; a user has neither.
    for (const name of ["NODE_OPTIONS", "FORCE_COLOR", "VITEST"]) delete (env as Record<string, unknown>)[name];
    const child = spawn(process.execPath, [PROGRAM, ...args], {
      cwd: options.cwd,
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    let signalled = false;
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      if (options.signal === undefined || signalled || !options.signal.after.test(stderr)) return;
      signalled = true;
      child.kill(options.signal.name);
    });
    if (options.closeStdout === true) child.stdout.destroy();
    child.on("error", fail);
    child.on("close", (code) => done({ code, stdout, stderr }));
  });
}

/** A folder that is gone after the test file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "outgap-test-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
