import { describe, expect, it } from "vitest";
import { outcomes } from "../findings.js";
import { duration } from "../format.js";
import type { ReportInput } from "../input.js";
import { testAssets } from "../testing/assets.js";
import { syntheticSet, syntheticSweep } from "../testing/fixture.js";
import { answers } from "./answers.js";
import { escapeHtml, scriptText } from "./escape.js";
import { reportHtml } from "./page.js";

const assets = testAssets();
const input = (sets: ReportInput["sets"]): ReportInput => ({
  version: "0.0.0-test",
  sets,
  parameters: sets.map(() => [{ name: "taskOpen", value: "2.65 s", grade: "I", source: "fitted with the notice" }]),
  studies: [],
});

describe("report.html", () => {
  const set = syntheticSet(40, 3);
  const html = reportHtml(input([set]), assets);

  it("shows the recovery time of every case, with its interval, and the published one", () => {
    for (const entry of outcomes(set)) {
      const mean = entry.runs.reduce((sum, run) => sum + Number(run.recoveryTimeMs), 0) / entry.runs.length;
      expect(html).toContain(`>${duration(mean)}`);
    }
    expect(html).toContain('class="interval"');
    expect(html).toContain("✓ met");
    expect(html).toContain("✗ missed");
    expect(html).toContain("fitted with the notice");
    expect(html).toContain('href="output-gap.csv"');
    expect(html).toContain("name: bytedance-join-40");
  });

  it("asks nothing of the network", () => {
    const own = html.replace(/<script>[\s\S]*?<\/script>/g, "");
    expect(own).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
    expect(own).not.toContain("@import");
  });

  it("has the same bytes for the same input", () => {
    expect(reportHtml(input([set]), assets)).toBe(html);
  });

  it("cannot be broken by the text of a scenario", () => {
    const hostile = {
      ...set,
      scenario: '</script><img src=x onerror="alert(1)">',
      scenarioText: "</pre><script>1</script>",
    };
    const page = reportHtml(input([hostile]), assets);
    expect(page).not.toContain("<img src=x");
    expect(page).not.toContain("</pre><script>1");
  });

  it("puts results side by side, and a sweep alone", () => {
    const two = reportHtml(
      input([
        { ...syntheticSet(40), href: "../a" },
        { ...syntheticSet(80), href: "../b" },
      ]),
      assets,
    );
    expect(two).toContain('href="#bytedance-join-80"');
    expect(two).toContain('href="../b/timeline.csv"');
    const study = {
      name: "a-sweep",
      description: "What a shorter timeout does.",
      href: "../s",
      files: ["means.csv"],
      facts: ["4 settings"],
      answers: [{ question: "What was varied?", lines: [{ case: null, text: "heartbeat.timeout" }], detail: "" }],
      charts: { sweep: syntheticSweep(1) },
      tables: [
        {
          caption: "Means",
          columns: [{ name: "Case", numeric: false }],
          rows: [{ case: "single-task", cells: ["<single>"], isChosen: true }],
        },
      ],
      scenarioText: "",
    };
    const sweep = reportHtml({ ...input([]), studies: [study] }, assets);
    expect(sweep).toContain('data-set="study-0" data-chart="sweep-lines"');
    expect(sweep).toContain('data-toggle="global restart"');
    expect(sweep).toContain('href="../s/means.csv"');
    expect(sweep).toContain('<tr class="chosen" data-case="single-task"><td>&lt;single&gt;</td>');
    const all = reportHtml({ ...input([set]), studies: [study] }, assets);
    expect(all).toContain(
      '<nav aria-label="Contents"><a href="#bytedance-join-40">bytedance-join-40</a><a href="#a-sweep">',
    );
  });
});

describe("answers", () => {
  it("name the best case, what was lost and the weightiest assumption", () => {
    const found = answers(syntheticSet(400));
    expect(found.map((entry) => entry.question)).toHaveLength(6);
    const text = (question: string): string =>
      (found.find((entry) => entry.question.includes(question))?.lines ?? [])
        .map((line) => `${line.case ?? ""}: ${line.text}`)
        .join("; ");
    expect(text("best")).toContain("single-task, reserved TM");
    expect(text("For whom")).toContain("4 of 400 sink subtasks");
    expect(text("lost")).toContain("lost with the state");
    expect(text("assumptions")).toContain("task open, 2.65 s (grade I)");
  });
});

describe("the browser's part", () => {
  it("is one line of script and one of style, and no module", () => {
    expect(assets.script.length).toBeGreaterThan(2_000);
    expect([assets.script, assets.style].map((text) => text.split("\n").length)).toEqual([1, 1]);
    expect(() => new Function(assets.script)).not.toThrow();
  });

  it("has the same bytes whenever it is made", () => {
    expect(testAssets()).toEqual(assets);
  });
});

describe("escaping", () => {
  it("covers text and scripts", () => {
    expect(escapeHtml(`<a b="c">'&`)).toBe("&lt;a b=&quot;c&quot;&gt;&#39;&amp;");
    expect(scriptText('"</script><!--"')).toBe('"<\\/script><\\!--"');
  });
});
