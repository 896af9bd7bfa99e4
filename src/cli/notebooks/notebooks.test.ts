/**
 * The notebooks: every one runs whole on the smallest study, and the committed ones show what a full study gave. Needs
 * Debian's python3-jupyter-client and python3-nbformat; the kernel is npm's deno.
 */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Ajv, type ValidateFunction } from "ajv";
import { beforeAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "../testing/program.js";

interface Output {
  readonly output_type: string;
  readonly ename?: string;
  readonly evalue?: string;
  readonly data?: Readonly<Record<string, unknown>>;
}
interface Cell {
  readonly cell_type: "code" | "markdown";
  readonly source: string | readonly string[];
  readonly execution_count?: number | null;
  readonly outputs?: readonly Output[];
}
interface Notebook {
  readonly cells: readonly Cell[];
  readonly metadata: { readonly outgap?: { readonly study: string } };
}

const NAMES = readdirSync("notebooks").filter((name) => name.endsWith(".ipynb"));
const VEGA_LITE = "application/vnd.vegalite.v5+json";

const hasClient = ["python3", "/usr/bin/python3"].some(
  (python) => spawnSync(python, ["-c", "import jupyter_client, nbformat"]).status === 0,
);
const reason = "python3-jupyter-client and python3-nbformat are not installed";
// In CI nothing may be skipped: there the missing package is a failure.
const isSkipped = !hasClient && process.env.CI === undefined;

const read = (...path: string[]) => JSON.parse(readFileSync(join(...path), "utf8")) as Notebook;
const text = (value: unknown): string => (Array.isArray(value) ? value.join("") : String(value));
const codeCells = (notebook: Notebook) => notebook.cells.filter((cell) => cell.cell_type === "code");
const charts = (notebook: Notebook) =>
  codeCells(notebook).flatMap((cell) =>
    (cell.outputs ?? []).filter((output) => output.data?.[VEGA_LITE] !== undefined),
  );

let validate: ValidateFunction;
beforeAll(() => {
  const entry = createRequire(import.meta.url).resolve("vega-lite");
  const schema = JSON.parse(readFileSync(join(dirname(entry), "vega-lite-schema.json"), "utf8"));
  validate = new Ajv({ strict: false, validateFormats: false, allowUnionTypes: true }).compile(schema);
}, 60_000);

test("there are four", () => {
  expect(NAMES).toHaveLength(4);
});

describe.each(NAMES)("%s", (name) => {
  const out = temporaryFolder();

  test.skipIf(isSkipped)(
    `runs whole on eight slots${isSkipped ? ` (skipped: ${reason})` : ""}`,
    { timeout: 300_000 },
    () => {
      const args = ["notebooks/run.mjs", "--quick", "--no-build", "--out", out, name];
      const { status, stderr, stdout } = spawnSync(process.execPath, args, { encoding: "utf8" });
      expect(status, `${stdout}${stderr}`).toBe(0);
      const notebook = read(out, name);
      expect(notebook.metadata.outgap).toEqual({ study: "quick" });
      const cells = codeCells(notebook);
      expect(cells.map((cell) => cell.execution_count)).toEqual(cells.map((_, index) => index + 1));
      for (const cell of cells) {
        expect(cell.outputs?.filter((output) => output.output_type === "error")).toEqual([]);
        expect(text(cell.outputs?.map((output) => JSON.stringify(output)))).not.toMatch(/\bNaN\b|undefined|Infinity/);
      }
      expect(charts(notebook).length).toBeGreaterThan(1);
      for (const { data } of charts(notebook)) {
        const spec = data?.[VEGA_LITE];
        validate(spec);
        expect(validate.errors ?? []).toEqual([]);
        expect(text(data?.["image/svg+xml"])).toMatch(/^<svg /);
      }
    },
  );

  test("explains itself: a title, and text before every cell that shows something", () => {
    const { cells } = read("notebooks", name);
    expect(text(cells[0]?.source)).toMatch(/^# /);
    const words = cells.filter((cell) => cell.cell_type === "markdown").map((cell) => text(cell.source));
    expect(words.length).toBeGreaterThan(4);
    expect(words.join(" ")).toContain("npm run notebooks");
  });

  test("is committed with the outputs of the full study, and without a path of the machine it ran on", () => {
    const notebook = read("notebooks", name);
    expect(notebook.metadata.outgap).toEqual({ study: "full" });
    expect(charts(notebook).length).toBeGreaterThan(1);
    for (const cell of codeCells(notebook)) {
      expect(cell.execution_count).toBeGreaterThan(0);
      expect(cell.outputs?.filter((output) => output.output_type === "error")).toEqual([]);
    }
    expect(readFileSync(join("notebooks", name), "utf8")).not.toMatch(/file:\/\/|\/(home|root|work|tmp|Users)\//);
  });
});
