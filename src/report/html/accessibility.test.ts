/** The page for those who use no mouse, see no colours or hear it read: axe-core's rules, and everything by keyboard. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testAssets } from "../testing/assets.js";
import { CHROMIUM_FLAGS, findChromium } from "../testing/chromium.js";
import { syntheticSet } from "../testing/fixture.js";
import { reportHtml } from "./page.js";

const found = findChromium();
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

describe.skipIf(found.path === null && !process.env.CI)("report.html", () => {
  let folder: string;
  let file: string;
  let browser: Browser;

  beforeAll(async () => {
    if (found.path === null) throw new Error(found.reason);
    folder = mkdtempSync(join(tmpdir(), "outgap-accessible-"));
    file = join(folder, "report.html");
    const parameters = [[{ name: "taskOpen", value: "2.65 s", grade: "I", source: "fitted", doc: "a task opens" }]];
    const input = { version: "0.0.0-test", sets: [syntheticSet(40, 3)], parameters, studies: [] };
    writeFileSync(file, reportHtml(input, testAssets()));
    browser = await chromium.launch({ executablePath: found.path, args: CHROMIUM_FLAGS });
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  async function open(theme: string, width = 1200): Promise<Page> {
    const page = await browser.newPage({ viewport: { width, height: 900 } });
    await page.goto(`${pathToFileURL(file)}?theme=${theme}`);
    await page.waitForSelector("html[data-ready]", { timeout: 20_000 });
    await page.waitForFunction("[...document.querySelectorAll('.plot')].every((p) => p.childElementCount > 0)", null, {
      timeout: 20_000,
    });
    return page;
  }

  it.each([
    ["light", 1200],
    ["dark", 1200],
    ["light", 390],
  ] as const)("breaks no rule of axe-core: %s, %i pixels wide", { timeout: 60_000 }, async (theme, width) => {
    const page = await open(theme, width);
    await page.evaluate("for (const details of document.querySelectorAll('details')) details.open = true");
    await page.locator("figure.player").scrollIntoViewIfNeeded();
    await page.waitForSelector("figure.player[data-ready]");
    await page.evaluate(axe);
    const violations = (await page.evaluate("axe.run().then((results) => results.violations)")) as Violation[];
    const told = violations.map(({ id, nodes }) => ({ id, nodes: nodes.map((node) => node.html.slice(0, 120)) }));
    expect(told).toEqual([]);
    await page.close();
  });

  it("is worked by keyboard: skip link, cases, window, player, details", { timeout: 60_000 }, async () => {
    const page = await open("light");
    const focused = (): Promise<string> =>
      page.evaluate("document.activeElement.className || document.activeElement.id || document.activeElement.tagName");
    await page.keyboard.press("Tab");
    expect(await focused()).toBe("skip");
    await page.keyboard.press("Tab");
    // The first case: space hides it, and shows it again.
    const hidden = page.locator('table.results th[data-case="global restart"]');
    await page.keyboard.press("Space");
    expect(await hidden.isVisible()).toBe(false);
    await page.keyboard.press("Space");
    expect(await hidden.isVisible()).toBe(true);
    // Every control is reached by Tab, in the order of the page, and shows that it is.
    const reached = new Set<string>();
    for (let presses = 0; presses < 80; presses++) {
      await page.keyboard.press("Tab");
      const name = await focused();
      if (name === "BODY") break;
      reached.add(name);
      expect(await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")).not.toBe("none");
    }
    for (const name of [
      "theme",
      "print",
      "from",
      "to",
      "case",
      "play",
      "speed",
      "scrub",
      "grid",
      "SUMMARY",
      "scroll",
    ]) {
      expect([...reached]).toContain(name);
    }
    await page.locator("canvas.grid").focus();
    await page.keyboard.press("Home");
    expect(await page.textContent(".player .status")).toContain("120 tasks running, 0 down");
    await page.keyboard.press("ArrowRight");
    expect(await page.textContent(".player .status")).not.toContain("0 down");
    expect(await page.getAttribute("canvas.grid", "aria-label")).toContain("tasks running");
    await page.keyboard.press("Space");
    expect(await page.getAttribute("button.play", "aria-pressed")).toBe("true");
    await page.keyboard.press("Space");
    expect(await page.getAttribute("button.play", "aria-pressed")).toBe("false");
    await page.close();
  });
});
